from __future__ import annotations

import json
from pathlib import Path

import pytest

from fieldkit.store import envelope
from fieldkit.store.keys import KeyPair, unb64

VECTORS = json.loads(Path(__file__).with_name("vectors.json").read_text("utf-8"))
LEAD = KeyPair(bytes(range(32)), bytes(range(32, 64)))
SAID = "孩子说害怕回家。".encode()


def test_nobody_opens_an_envelope_that_was_not_made_for_them() -> None:
    assert envelope.unfill(envelope.fill(SAID, [LEAD.public["box"]]), KeyPair.make()) is None


def test_an_envelope_of_another_size_is_none() -> None:
    made = envelope.fill(SAID, [LEAD.public["box"]])
    assert envelope.unfill(made[:-1], LEAD) is None
    assert envelope.unfill(made + b"\0", LEAD) is None
    assert envelope.unfill(b"", LEAD) is None


def test_nine_readers_or_too_much_content_do_not_fit() -> None:
    box = LEAD.public["box"]
    with pytest.raises(ValueError, match="too many"):
        envelope.fill(b"", [box] * 9)
    with pytest.raises(ValueError, match="too much"):
        envelope.fill(bytes(16 * 1024 - 3), [box])


def test_an_envelope_of_the_first_version_opens_for_ever() -> None:
    opened = envelope.unfill(unb64(VECTORS["envelope"]), LEAD)
    assert opened == VECTORS["envelope_says"].encode() == SAID


@pytest.mark.parametrize("content", [b"", SAID, b"\0\0", bytes(16 * 1024 - 4)], ids=["none", "words", "zeros", "full"])
@pytest.mark.parametrize("readers", [0, 1, 8])
def test_every_envelope_has_the_same_size(content: bytes, readers: int) -> None:
    pairs = [KeyPair.make() for _ in range(readers)]
    made = envelope.fill(content, [pair.public["box"] for pair in pairs])
    assert len(made) == 8 * 80 + 24 + 16 * 1024 + 16
    assert all(envelope.unfill(made, pair) == content for pair in pairs)


def test_an_envelope_shows_neither_words_nor_readers() -> None:
    made = envelope.fill(SAID, [LEAD.public["box"]])
    assert SAID not in made
    assert unb64(LEAD.public["box"]) not in made


def test_no_two_envelopes_are_alike_and_a_reader_has_no_fixed_place() -> None:
    def place(made: bytes) -> int:
        slots = [made[start : start + 80] for start in range(0, 640, 80)]
        return next(number for number, slot in enumerate(slots) if envelope._opened(slot, LEAD))

    made = [envelope.fill(b"", [LEAD.public["box"]]) for _ in range(40)]
    assert len(set(made)) == 40
    assert len({place(one) for one in made}) > 1


def test_a_changed_envelope_does_not_open_as_something_else() -> None:
    made = envelope.fill(SAID, [LEAD.public["box"]])
    with pytest.raises(Exception, match=r"[Dd]ecrypt|verif"):
        envelope.unfill(made[:-1] + bytes([made[-1] ^ 1]), LEAD)
