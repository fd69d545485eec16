from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from fieldkit.acts import forms, promises, readiness
from fieldkit.acts.desk import Desk
from fieldkit.acts.readiness import FormsSayOtherwise, LongerThanPromised
from fieldkit.errors import Refusal
from fieldkit.studies import Pair

Desks = dict[str, Desk]
Refused = Callable[[type[Refusal], str, Callable[[Desk], object]], Refusal]
LATER = {"retention_until": "2040-12-31"}
COMPANY = {"institution": "某数据有限公司"}


def keep(desk: Desk, facts: dict[str, str]) -> None:
    lines = [line for group in readiness.overview(desk) for line in group.lines]
    readiness.keep(desk, facts, {line.fact.code: line.opened.base for line in lines})


def renew(desk: Desk, kind: str) -> None:
    """Write a new version of a form, and have it stamped."""
    first = forms.texts(desk, kind).lines[0]
    words = {first.id: Pair(first.text.zh + "（新）", first.text.en + " (new)")}
    forms.rewrite(desk, kind, words, "major", forms.texts(desk, kind).text_hash)
    stamp(desk, kind)


def stamp(desk: Desk, kind: str) -> None:
    sheet = next(one for one in forms.listing(desk) if one.version.doc_kind == kind)
    readiness.stamp(desk, {sheet.version.text_hash: sheet.opened.base}, desk.today, "E-2", desk.today)


def bound(desk: Desk, code: str) -> list[str]:
    with desk.db.reading() as tables:
        return promises.binding(tables, code)


@pytest.mark.parametrize(
    "changed", [COMPANY, {"pi_contact": "0394-7654321"}, {"institution": ""}, {"institution_en": "A data company"}]
)
def test_who_does_the_study_and_whom_to_ring_stay_as_they_were_stamped(
    refused: Refused, changed: dict[str, str]
) -> None:
    told = refused(FormsSayOtherwise, "coordinator", partial(keep, facts=changed))

    assert "监护人知情同意书" in told.sentence("zh_CN")
    assert "Guardian information and consent" in told.sentence("en")


def test_the_same_again_and_what_no_form_prints_are_saved(desks: Desks) -> None:
    desk = desks["coordinator"]
    with desk.db.reading() as tables:
        now = promises.facts_under(tables, None)["institution"]

    keep(desk, {"institution": now, "pi_name": "另一位"})


@pytest.mark.parametrize(("refusal", "changed"), [(FormsSayOtherwise, COMPANY), (LongerThanPromised, LATER)])
def test_what_changes_waits_until_every_form_that_prints_it_has_a_newer_stamped_version_and_then_binds_anew(
    refused: Refused, desks: Desks, refusal: type[Refusal], changed: dict[str, str]
) -> None:
    desk, code = desks["coordinator"], next(iter(changed))
    kinds = bound(desk, code)
    stamp(desk, kinds[0])  # the same version once more is no newer one
    for kind in kinds:
        assert kind in bound(desk, code)
        refused(refusal, "coordinator", partial(keep, facts=changed))
        renew(desk, kind)
    keep(desk, changed)

    assert set(bound(desk, code)) == set(kinds)
    again = {"institution": "第三家", "retention_until": "2041-01-01"}[code]
    refused(refusal, "coordinator", partial(keep, facts={code: again}))


def test_the_former_version_goes_on_saying_what_was_stamped_with_it(desks: Desks) -> None:
    desk, kind = desks["coordinator"], "guardian_info_consent"
    with desk.db.reading() as tables:
        before = promises.facts_under(tables, None)
    old = next(one.version for one in forms.listing(desk) if one.version.doc_kind == kind)
    for one in {*bound(desk, "retention_until"), *bound(desk, "institution")}:
        renew(desk, one)
    keep(desk, {**COMPANY, **LATER})

    new = next(one.version for one in forms.listing(desk) if one.version.doc_kind == kind)
    with desk.db.reading() as tables:
        told, now = promises.facts_under(tables, old), promises.facts_under(tables, new)
    assert (told["institution"], told["retention_until"]) == (before["institution"], before["retention_until"])
    assert (now["institution"], now["retention_until"]) == ("某数据有限公司", "2040-12-31")
    assert "某数据有限公司" in forms.blank(desk, kind).read_aloud[0].zh


def test_an_earlier_day_holds_for_the_former_version_too(desks: Desks) -> None:
    desk, kind = desks["coordinator"], "guardian_info_consent"
    old = next(one.version for one in forms.listing(desk) if one.version.doc_kind == kind)
    renew(desk, kind)
    keep(desk, {"retention_until": "2027-01-01"})

    with desk.db.reading() as tables:
        assert promises.facts_under(tables, old)["retention_until"] == "2027-01-01"


def test_of_two_that_were_written_either_may_be_chosen_and_no_third_one(refused: Refused, desks: Desks) -> None:
    desk = desks["coordinator"]
    with desk.db.writing() as tables:
        tables.execute("UPDATE forms SET stamped_on = NULL")
    for name in ("甲大学", "乙大学"):  # two tabs: neither saw the other
        readiness.keep(desk, {"institution": name})
    for kind in {one.version.doc_kind for one in forms.listing(desk)}:
        stamp(desk, kind)

    refused(FormsSayOtherwise, "coordinator", partial(keep, facts=COMPANY))
    keep(desk, {"institution": "乙大学"})
