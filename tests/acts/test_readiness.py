from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from fieldkit.acts import members, readiness
from fieldkit.acts.desk import Desk
from fieldkit.acts.readiness import EndsBeforeItBegins
from fieldkit.errors import Invalid, Missing, NotAllowed, NotFound, Refusal

Desks = dict[str, Desk]
Refused = Callable[[type[Refusal], str, Callable[[Desk], object]], Refusal]
STAMP = {"stamped_on": "2026-01-02", "ethics_no": "YS-9", "valid_from": "2026-01-02"}


def missing(desk: Desk) -> dict[str, int]:
    return {group.gate: group.missing for group in readiness.overview(desk) if group.missing}


def test_only_the_coordinator_makes_the_study_ready(refused: Refused) -> None:
    stamp = partial(readiness.stamp, doc_kinds=["assent_9_11"], **STAMP)

    for act in (readiness.overview, partial(readiness.keep, values={"pi_name": "某"}), stamp):
        refused(NotAllowed, "interviewer translator sg_lead", act)


@pytest.mark.parametrize(
    ("refusal", "values"),
    [
        (NotFound, {"weather": "fine"}),
        (Invalid, {"ethics_from": "2026-02-30"}),
        (Invalid, {"ethics_to": "20261125"}),
        (Invalid, {"allow_phone_consent": "maybe"}),
        (Invalid, {"lbc_definition": "mine"}),
        (Invalid, {"withdraw_window_days": "0"}),
        (EndsBeforeItBegins, {"ethics_from": "2026-02-02", "ethics_to": "2026-02-01"}),
        (EndsBeforeItBegins, {"ethics_to": "2019-12-31"}),
        (Invalid, {"pi_name": "某某", "pia_on": "soon"}),
    ],
)
def test_a_fact_that_cannot_be_is_refused_and_nothing_of_it_is_kept(
    refused: Refused, refusal: type[Refusal], values: dict[str, str]
) -> None:
    refused(refusal, "coordinator", partial(readiness.keep, values=values))


@pytest.mark.parametrize(
    ("refusal", "kinds", "changed"),
    [
        (Missing, ["assent_9_11"], {"ethics_no": " "}),
        (Missing, [], {}),
        (Invalid, ["assent_9_11"], {"stamped_on": ""}),
        (EndsBeforeItBegins, ["assent_9_11"], {"valid_to": "2026-01-01"}),
        (NotFound, ["assent_9_11", "poem"], {}),
    ],
)
def test_a_stamp_that_cannot_be_is_refused(
    refused: Refused, refusal: type[Refusal], kinds: list[str], changed: dict[str, str]
) -> None:
    refused(refusal, "coordinator", partial(readiness.stamp, doc_kinds=kinds, **{**STAMP, **changed}))


def test_a_study_that_is_ready_misses_nothing(desks: Desks) -> None:
    assert missing(desks["coordinator"]) == {}


def test_what_is_taken_back_is_missing_at_its_gate(desks: Desks) -> None:
    desk = desks["coordinator"]
    readiness.keep(desk, {"pia_ref": "", "safeguarding_lead": " "})
    members.keep(desk, desks["interviewer"].me.code, {"record_check_on": ""})

    assert missing(desk) == {"G01": 1, "G02": 1, "G08": 1}


def test_what_may_be_decided_later_is_never_missing(desks: Desks) -> None:
    later = readiness.overview(desks["coordinator"])[-1]

    assert later.gate == ""
    assert {line.value for line in later.lines} == {""}
    assert later.missing == 0


def test_a_group_can_be_kept_alone_and_the_same_again_writes_nothing(
    desks: Desks, kept: Callable[[Desk], object]
) -> None:
    desk = desks["coordinator"]
    readiness.keep(desk, {"gift": "一盒彩笔"})
    before = kept(desk)

    readiness.keep(desk, {"gift": "一盒彩笔"})
    assert kept(desk) == before


def test_the_lead_and_the_deputy_are_named(desks: Desks) -> None:
    assert len(readiness.leads(desks["interviewer"])) == 2
