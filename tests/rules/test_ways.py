"""What each way of consenting has to leave behind; every rule alone, the others being kept."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldkit.errors import Refusal
from fieldkit.rules import ways
from fieldkit.rules.findings import ReasonNeeded, check_answered
from fieldkit.rules.ways import (
    CallNotChecked,
    Evidence,
    NoSignature,
    NotNoted,
    NotToBeRecorded,
    UnfitWitness,
    check,
    findings,
)

CALL = {"number_source": "carer", "id_check": "yes", "on_speaker": "yes"}
WITNESS: dict[str, Any] = {"witness_name": "张某", "witness_relation": "neighbour", "witness_fit": True}
RECORDING: dict[str, Any] = {"recording_agreed": True, "recording_place": "录音笔 2 号"}
SOUND = {
    "signature": Evidence("signature", b"\x89PNG"),
    "thumbprint": Evidence("thumbprint", no_sign_reason="cannot_read", paper_ref="P-1", **WITNESS),
    "oral_witness": Evidence("oral_witness", no_sign_reason="hand", **WITNESS),
    "oral_recorded": Evidence("oral_recorded", no_sign_reason="prefers_oral", **RECORDING),
    "phone_witness": Evidence("phone_witness", no_sign_reason="absent", call=CALL, **WITNESS),
    "phone_recorded": Evidence("phone_recorded", no_sign_reason="absent", call=CALL, **RECORDING),
    "video_call": Evidence("video_call", no_sign_reason="absent", call=CALL, **WITNESS),
}


def refused(said: Evidence) -> str:
    with pytest.raises(Refusal) as told:
        check(said, "mother")
    return told.value.code


@pytest.mark.parametrize("method", ["", "fax", "child_oral"])
def test_v23_a_way_that_is_none_is_refused(method: str) -> None:
    assert refused(Evidence(method, b"\x89PNG")) == "V23"


@pytest.mark.parametrize(
    ("method", "field"),
    [
        ("signature", "signature"),
        *((method, "no_sign_reason") for method in SOUND if method != "signature"),
        *((method, "witness_name") for method in ("thumbprint", "oral_witness", "phone_witness", "video_call")),
        ("thumbprint", "paper_ref"),
        ("oral_recorded", "recording_place"),
        ("phone_recorded", "recording_place"),
    ],
)
def test_v23_what_stands_for_a_signature_has_to_be_whole(method: str, field: str) -> None:
    empty: Any = b"" if field == "signature" else " " if field != "no_sign_reason" else ""

    missing = NoSignature if field == "signature" else NotNoted
    assert refused(replace(SOUND[method], **{field: empty})) == missing.code


@pytest.mark.parametrize(
    ("method", "wrong", "named"),
    [
        ("phone_witness", {"witness_name": ""}, "见证人姓名"),
        ("video_call", {"witness_name": "😀"}, "见证人姓名"),
        ("phone_recorded", {"recording_place": " "}, "录音存放处"),
        ("thumbprint", {"paper_ref": ""}, "纸质表编号"),
        ("oral_witness", {"no_sign_reason": ""}, "为什么不签字"),
        ("signature", {"signature": b"", "on_paper": True}, "纸质表编号"),
        ("thumbprint", {"paper_ref": "无"}, "纸质表编号"),
        ("signature", {"signature": b"", "on_paper": True, "paper_ref": "——"}, "纸质表编号"),
    ],
)
def test_v23_what_is_missing_is_named_and_nobody_is_sent_to_a_screen_that_is_not_there(
    method: str, wrong: dict[str, Any], named: str
) -> None:
    with pytest.raises(NoSignature) as told:
        check(replace(SOUND[method], **wrong), "mother")

    said = told.value.sentence("zh_CN")
    assert f"“{named}”" in said
    assert "屏幕" not in said


def test_v23_where_the_pad_is_both_ways_out_are_said() -> None:
    with pytest.raises(NoSignature) as told:
        check(Evidence("signature"), "mother")

    assert "请在屏幕上签" in told.value.sentence("zh_CN")


@pytest.mark.parametrize("method", ["thumbprint", "oral_witness", "phone_witness", "video_call"])
@pytest.mark.parametrize(
    "unfit",
    [{"witness_fit": False}, *({"witness_relation": one} for one in ("", "team", "mother", "sib_minor", "self"))],
)
def test_v24_an_unfit_witness_is_refused(method: str, unfit: dict[str, Any]) -> None:
    assert refused(replace(SOUND[method], **unfit)) == UnfitWitness.code


@pytest.mark.parametrize("power", ["village_cadre", "teacher"])
def test_v25_a_witness_with_power_over_the_family_wants_a_reason(power: str) -> None:
    found = findings(replace(SOUND["thumbprint"], witness_relation=power))

    assert [one.code for one in found] == ["V25"]
    with pytest.raises(ReasonNeeded):
        check_answered(found, {})
    check_answered(found, {"V25": "no_pressure"})
    assert findings(SOUND["thumbprint"]) == []
    assert findings(replace(SOUND["signature"], witness_relation=power)) == []


@pytest.mark.parametrize("method", ["phone_witness", "phone_recorded", "video_call"])
@pytest.mark.parametrize(
    "wrong",
    [{"number_source": "child_only"}, {"number_source": ""}, {"id_check": "no"}, {"on_speaker": "no"}],
)
def test_v26_a_call_that_nobody_vouched_for_is_refused(method: str, wrong: dict[str, str]) -> None:
    assert refused(replace(SOUND[method], call={**CALL, **wrong})) == CallNotChecked.code


@pytest.mark.parametrize("method", ["oral_recorded", "phone_recorded"])
def test_v27_no_recording_that_nobody_agreed_to(method: str) -> None:
    assert refused(replace(SOUND[method], recording_agreed=False)) == NotToBeRecorded.code


@pytest.mark.parametrize("method", SOUND)
def test_what_is_whole_is_taken(method: str) -> None:
    check(SOUND[method], "mother")


def test_every_way_that_is_offered_is_judged_here() -> None:
    assert SOUND.keys() == ways.WAYS


def test_a_signature_on_a_paper_that_is_named_is_one_too() -> None:
    check(Evidence("signature", paper_ref="P-1", on_paper=True), "mother")
    assert refused(Evidence("signature", on_paper=True)) == NotNoted.code
    assert refused(Evidence("signature", paper_ref="P-1")) == "V23"


def test_after_a_call_a_signed_paper_is_still_to_come() -> None:
    assert {method for method in SOUND if ways.paper_follows(method)} == {
        "phone_witness",
        "phone_recorded",
        "video_call",
    }


evidence = st.builds(
    Evidence,
    st.sampled_from([*SOUND, ""]),
    st.sampled_from([b"", b"\x89PNG"]),
    *(st.sampled_from(["", "x"]) for _ in range(2)),
    st.sampled_from(["", "team", "neighbour", "teacher"]),
    st.booleans(),
    *(st.sampled_from(["", "x"]) for _ in range(2)),
    st.booleans(),
    st.sampled_from(["", "x"]),
    st.sampled_from([{}, CALL]),
    st.booleans(),
)


@given(evidence)
def test_nothing_is_taken_that_neither_signature_nor_witness_nor_recording_stands_for(said: Evidence) -> None:
    try:
        check(said, "mother")
    except Refusal:
        return
    witnessed = said.witness_fit and bool(said.witness_name) and said.witness_relation in {"neighbour", "teacher"}
    recorded = said.recording_agreed and bool(said.recording_place)
    assert said.signature or (said.on_paper and said.paper_ref) or witnessed or recorded
