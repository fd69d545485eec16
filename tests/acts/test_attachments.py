from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from fieldkit.acts import assents, attachments, interviews, people, withdrawals
from fieldkit.acts.assents import ChildAnswer
from fieldkit.acts.attachments import ItemNotInForce, NoAttachmentsYet
from fieldkit.acts.demo import KEPT
from fieldkit.acts.desk import Desk
from fieldkit.errors import NotAllowed, NotFound, Refusal

Desks = dict[str, Desk]
Refused = Callable[[type[Refusal], str, Callable[[Desk], object]], Refusal]


@pytest.mark.parametrize("media", ["audio/mpeg", "video/mp4", "image/jpeg", "application/zip", "", "audio"])
def test_v39_what_guardian_and_child_have_not_both_agreed_to_is_not_attached(
    refused: Refused, interview: str, media: str
) -> None:
    told = refused(ItemNotInForce, "interviewer", lambda desk: attachments.refuse(desk, interview, media))

    assert told.code == "V39"


def test_what_both_agreed_to_is_not_kept_either_and_that_is_said(
    refused: Refused, desks: Desks, consented: str
) -> None:
    said = ChildAnswer("yes", (1, 2, 3), "child_oral", items={"audio": "yes"})
    assents.record(desks["interviewer"], consented, said)
    interview = interviews.start(desks["interviewer"], consented, KEPT)

    refused(NoAttachmentsYet, "interviewer", lambda desk: attachments.refuse(desk, interview, "audio/mpeg"))
    refused(ItemNotInForce, "interviewer", lambda desk: attachments.refuse(desk, interview, "image/jpeg"))


def test_only_an_interviewer_attaches_and_only_to_an_interview_that_is_here(
    refused: Refused, desks: Desks, interview: str
) -> None:
    others = "coordinator translator sg_lead"
    refused(NotAllowed, others, lambda desk: attachments.refuse(desk, interview, "audio/mpeg"))
    case = people.listing(desks["interviewer"])[0]
    withdrawals.withdraw(desks["interviewer"], case.id)

    for name in (interview, "nobody"):
        refused(NotFound, "interviewer", partial(attachments.refuse, interview=name, media="audio/mpeg"))
