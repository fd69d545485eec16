from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from nacl.exceptions import CryptoError

from fieldkit.store import keys
from fieldkit.store.keys import Cost, KeyPair, OnlyDigits, Repeated, WeakPassphrase, WrongPassphrase, WrongWords

VECTORS = json.loads(Path(__file__).with_name("vectors.json").read_text("utf-8"))
STORE_KEY, PAIR = bytes(range(100, 148)), KeyPair(bytes(range(32)), bytes(range(32, 64)))
WHO = {"code": "aB3xYz90", "name": "李岚", "role": "interviewer"}


@pytest.fixture
def slot() -> dict[str, Any]:
    """A slot as the first version wrote it."""
    return dict(VECTORS["slot"])


def test_a_wrong_passphrase_does_not_open_a_slot(slot: dict[str, Any]) -> None:
    with pytest.raises(WrongPassphrase):
        keys.open_slot(slot, "four plain words there")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("role", "coordinator"),
        ("name", "陈静"),
        ("passes", 2),
        ("passes", 0),
        ("passes", "1"),
        ("memory", 16 * 1024),
        ("memory", 1),
        ("memory", 2**41),
        ("memory", 2**63),
        ("salt", "AAAAAAAAAAAAAAAAAAAAAA"),
        ("salt", "short"),
        ("salt", None),
        ("wrapped", "AAAA"),
        ("wrapped", "not base64 ☹"),
        ("wrapped", 7),
        ("added", "by somebody"),
    ],
)
def test_a_slot_that_was_tampered_with_does_not_open(
    slot: dict[str, Any], passphrase: str, name: str, value: object
) -> None:
    with pytest.raises(WrongPassphrase):
        keys.open_slot({**slot, name: value}, passphrase)


@pytest.mark.parametrize("name", ["salt", "passes", "memory", "wrapped", "role"])
def test_a_slot_that_lacks_something_does_not_open(slot: dict[str, Any], passphrase: str, name: str) -> None:
    del slot[name]
    with pytest.raises(WrongPassphrase):
        keys.open_slot(slot, passphrase)


def test_a_slot_of_the_first_version_opens_for_ever(slot: dict[str, Any], passphrase: str) -> None:
    assert keys.open_slot(slot, passphrase) == (STORE_KEY, PAIR)
    assert {name: slot[name] for name in WHO} == WHO


def test_a_slot_opens_with_the_passphrase_that_made_it(cheap: Cost) -> None:
    made = keys.make_slot(WHO, "白鹭 南岸 旧桥 十二", STORE_KEY, PAIR, cheap)
    assert keys.open_slot(json.loads(json.dumps(made)), "白鹭 南岸 旧桥 十二") == (STORE_KEY, PAIR)


def test_two_slots_of_one_passphrase_have_nothing_secret_in_common(cheap: Cost, passphrase: str) -> None:
    one, two = (keys.make_slot(WHO, passphrase, STORE_KEY, PAIR, cheap) for _ in range(2))
    assert one["salt"] != two["salt"]
    assert one["wrapped"] != two["wrapped"]


def test_a_slot_shows_neither_key_nor_passphrase(slot: dict[str, Any], passphrase: str) -> None:
    shown = json.dumps(slot)
    assert passphrase not in shown
    assert not any(keys.b64(secret) in shown for secret in (STORE_KEY, PAIR.sign, PAIR.box))


def test_a_letter_composed_in_two_ways_is_the_same_passphrase(cheap: Cost) -> None:
    typed = "Zoë rides the ferry"
    made = keys.make_slot(WHO, unicodedata.normalize("NFD", typed), STORE_KEY, PAIR, cheap)
    assert keys.open_slot(made, unicodedata.normalize("NFC", typed))[0] == STORE_KEY


def test_capital_letters_count(cheap: Cost) -> None:
    made = keys.make_slot(WHO, "Four plain words here", STORE_KEY, PAIR, cheap)
    with pytest.raises(WrongPassphrase):
        keys.open_slot(made, "four plain words here")


def test_a_guess_costs_64_mib_and_three_passes_in_the_field() -> None:
    assert keys.FIELD_COST.passes == 3
    assert keys.FIELD_COST.memory == 64 * 1024 * 1024


@pytest.mark.parametrize("facts", [{"passes": 2**31}, {"memory": 2**40}, {"memory": "8192"}, {"passes": None}])
def test_a_slot_that_would_cost_hours_to_try_is_refused_at_once(facts: dict[str, object], cheap: Cost) -> None:
    slot = keys.make_slot(WHO, "a b c d", STORE_KEY, PAIR, cheap)
    with pytest.raises(WrongPassphrase):
        keys.open_slot({**slot, **facts}, "a b c d")


@pytest.mark.parametrize("weak", ["", "short", "elevenchars", "three small words"[:11], "  padded     ", "a b c"])
def test_a_short_passphrase_is_refused(weak: str) -> None:
    with pytest.raises(WeakPassphrase):
        keys.check_strength(weak)


@pytest.mark.parametrize(
    "digits", ["123456789012", "2026 11 26 08", "１２３４５６７８９０１２", "1990-01-01-0394", "٠١٢٣٤٥٦٧٨٩٠١"]
)
def test_digits_alone_are_refused_and_a_slot_from_before_still_opens(digits: str, cheap: Cost) -> None:
    with pytest.raises(OnlyDigits):
        keys.check_strength(digits)
    slot = keys.make_slot(WHO, digits, STORE_KEY, PAIR, cheap)
    assert keys.open_slot(slot, digits) == (STORE_KEY, PAIR)


@pytest.mark.parametrize(
    "repeated",
    [
        "aaaaaaaaaaaa",
        "aaaa aaaa aaaa aaaa",
        "abcabcabcabc",
        "word word word word",
        "春天春天春天春天春天春天",
        "aabbaaccbbaac",
    ],
)
def test_the_same_over_and_over_is_refused(repeated: str) -> None:
    with pytest.raises(Repeated):
        keys.check_strength(repeated)


@pytest.mark.parametrize("strong", ["a b c d", "twelve chars", "白鹭 南岸 旧桥 十二", "白鹭南岸旧桥十二月初三夜"])
def test_four_words_or_twelve_characters_will_do(strong: str) -> None:
    keys.check_strength(strong)


def test_what_was_sealed_to_one_person_opens_for_nobody_else() -> None:
    sealed = keys.seal_to(PAIR.public["box"], b"words")
    assert PAIR.unseal(sealed) == b"words"
    with pytest.raises(CryptoError):
        KeyPair.make().unseal(sealed)


def test_the_public_halves_are_those_of_the_first_version() -> None:
    assert PAIR.public == {
        "verify": "A6EHv_POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg",
        "box": "NYBy1jZYgNGu6jKa35EhODhR7SGijjt16WXQ0s0WYlQ",
    }


CODE = bytes(range(16))


@pytest.fixture
def with_sheet() -> dict[str, Any]:
    """The same slot with the recovery part that was first written."""
    return dict(VECTORS["recovery"])


def test_other_words_open_no_recovery_part(with_sheet: dict[str, Any], slot: dict[str, Any]) -> None:
    with pytest.raises(WrongWords):
        keys.open_recovery(with_sheet, bytes(16))
    with pytest.raises(WrongWords):
        keys.open_recovery(slot, CODE)


@pytest.mark.parametrize(
    ("name", "value"),
    [("role", "coordinator"), ("code", "other"), ("opens", "all"), ("salt", "short"), ("passes", 2), ("memory", 2**63)],
)
def test_a_recovery_part_that_was_tampered_with_or_moved_does_not_open(
    with_sheet: dict[str, Any], name: str, value: object
) -> None:
    part = {**with_sheet["recovery"], name: value}
    for spoiled in ({**with_sheet, "recovery": part}, {**with_sheet, **part, "recovery": part}):
        with pytest.raises(WrongWords):
            keys.open_recovery(spoiled, CODE)


def test_a_passphrase_slot_is_no_recovery_part_and_the_other_way_round(
    with_sheet: dict[str, Any], passphrase: str
) -> None:
    with pytest.raises(WrongWords):
        keys.open_recovery({**with_sheet, "recovery": VECTORS["slot"]}, passphrase.encode())
    with pytest.raises(WrongPassphrase):
        keys.open_slot(with_sheet["recovery"], CODE.decode("latin-1"))


def test_a_sheet_opens_the_store_and_the_signing_key_but_never_the_box(
    with_sheet: dict[str, Any], passphrase: str
) -> None:
    assert keys.open_recovery(with_sheet, CODE) == (STORE_KEY, PAIR.sign)
    assert keys.open_slot(with_sheet, passphrase) == (STORE_KEY, PAIR)
    assert len(keys.unb64(with_sheet["recovery"]["wrapped"])) == keys.NONCE + len(STORE_KEY) + 32 + 16


def test_a_new_sheet_makes_the_old_one_worthless(with_sheet: dict[str, Any], cheap: Cost) -> None:
    again = keys.with_recovery(with_sheet, bytes(16), STORE_KEY, PAIR.sign, cheap)
    assert keys.open_recovery(again, bytes(16)) == (STORE_KEY, PAIR.sign)
    with pytest.raises(WrongWords):
        keys.open_recovery(again, CODE)


def test_what_a_person_keeps_for_themselves_is_of_a_version_and_opens_again() -> None:
    """A vector: this text was sealed by version 1, and every later version has to open it."""
    pair = keys.KeyPair(bytes(range(32)), bytes(32))
    assert pair.kept(pair.keep(b"thought")) == b"thought"
    assert pair.kept(VECTORS["memo"]) == b"one thought"
    for spoilt in ("2:" + VECTORS["memo"][2:], VECTORS["memo"][:-4], "", keys.KeyPair.make().keep(b"thought")):
        with pytest.raises(CryptoError):
            pair.kept(spoilt)
