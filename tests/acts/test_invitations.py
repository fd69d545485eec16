"""The invitation as bytes: a literal of version 1 opens for ever, and for its own machine alone."""

from __future__ import annotations

import pytest

from fieldkit.acts import invitations
from fieldkit.acts.invitations import Given, Letter, NotAnInvitation
from fieldkit.store.keys import KeyPair
from fieldkit.store.machine import Self

PAIR = KeyPair(bytes(range(32)), bytes(range(32, 64)))
ASKING = Self("device-1", "", "", "", "", "interviewer", PAIR, (0, 0))
LETTER = Letter(
    "study-1", "root-1", Given("L1", "interviewer", "A", (1, 99)), [("study", 1, bytes(32))], [b"{}"], [], []
)
SEALED = (
    b"7A7XQ2lo-"
    b"M4KwZtDKBVg_NaU_lQJHWOOXK2_dBJbLV5NkIG7LkQ6_exVU6U17qE28ic6NmLlfZ_pNl6VC2HiAM3f3Y5SQQqL2TNLtMZc0-"
    b"SrF8ejG5hfgpyMNuZ8S-38LF2E4iCO62R8_rrqgqwQby7cX-pwQv5p_-"
    b"EsbyY8XtlTou4dL5tI93ltS-555-W_DD65AWjOxjcz4D2xjhmZ3NY6GxNSn90WKMOhJq-BNMYULCbrGZsU53dj3WshLCOxNekhY-"
    b"qKLr__PBvpNuSHC-CfX_kZsYwxDFa22r9TH36taKQqR-RWIN_920ikqrv8wXkYN5OFk7n-h6k2r7lb0Hr9F9ArlxMxllQ"
)
VERSION_1 = b'{"format":1,"sealed":"' + SEALED + b'"}'


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[1]",
        VERSION_1[:-30] + b'"}',
        VERSION_1.replace(b'"format":1', b'"format":2'),
        VERSION_1.replace(SEALED[:8], b"AAAAAAAA"),
        b"[" * 99_999,
    ],
)
def test_what_is_no_invitation_is_refused(content: bytes) -> None:
    with pytest.raises(NotAnInvitation):
        invitations.read(content, ASKING)


def test_an_invitation_to_another_machine_does_not_open() -> None:
    other = Self("device-2", "", "", "", "", "interviewer", KeyPair.make(), (0, 0))
    with pytest.raises(NotAnInvitation):
        invitations.read(VERSION_1, other)


def test_version_1_opens_as_it_was_written() -> None:
    assert invitations.read(VERSION_1, ASKING) == LETTER


def test_what_is_written_is_read() -> None:
    assert invitations.read(invitations.write(LETTER, PAIR.public["box"]), ASKING) == LETTER


def test_the_machine_that_asked_becomes_what_the_letter_says() -> None:
    assert LETTER.machine(ASKING) == Self("device-1", "L1", "study-1", "root-1", "A", "interviewer", PAIR, (1, 99))
