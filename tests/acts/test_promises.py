from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from fieldkit.acts import forms, promises, readiness, situations
from fieldkit.acts.desk import Desk
from fieldkit.acts.promises import FactsDisputed
from fieldkit.acts.readiness import FormsSayOtherwise, LongerThanPromised
from fieldkit.errors import Refusal
from fieldkit.records import natural_id
from fieldkit.rules.versions import FormVersion
from fieldkit.store import log
from fieldkit.store.log import Draft
from fieldkit.studies import Pair, load_study

Desks = dict[str, Desk]
Refused = Callable[[type[Refusal], str, Callable[[Desk], object]], Refusal]
LATER = {"retention_until": "2040-12-31"}
COMPANY = {"institution": "某数据有限公司"}


def keep(desk: Desk, facts: dict[str, str]) -> None:
    lines = [line for group in readiness.overview(desk) for line in group.lines]
    readiness.keep(desk, facts, {line.fact.code: line.opened.base for line in lines})


def write(desk: Desk, kind: str, change_class: str = "major") -> None:
    """Write a new version of a form; its stamp is still to come."""
    first = forms.texts(desk, kind).lines[0]
    words = {first.id: Pair(first.text.zh + "（新）", first.text.en + " (new)")}
    forms.rewrite(desk, kind, words, change_class, forms.texts(desk, kind).text_hash)


def stamp(desk: Desk, kind: str) -> None:
    sheet = next(one for one in forms.listing(desk) if one.version.doc_kind == kind)
    readiness.stamp(desk, {sheet.version.text_hash: sheet.opened.base}, desk.today, "E-2", desk.today)


def bound(desk: Desk, code: str) -> list[str]:
    with desk.db.reading() as tables:
        return promises.binding(tables, code)


@pytest.mark.parametrize(
    "changed",
    [
        COMPANY,
        {"pi_contact": "0394-7654321"},
        {"institution": ""},
        {"institution_en": "A data company"},
        {"pi_name": "另一位"},
        {"team_size": "8"},
    ],
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

    keep(desk, {"institution": now, "ethics_board": "另一个委员会"})


@pytest.mark.parametrize(("refusal", "changed"), [(FormsSayOtherwise, COMPANY), (LongerThanPromised, LATER)])
def test_what_changes_waits_until_every_form_that_prints_it_has_a_major_version_to_be_stamped_and_then_binds_anew(
    refused: Refused, desks: Desks, refusal: type[Refusal], changed: dict[str, str]
) -> None:
    desk, code = desks["coordinator"], next(iter(changed))
    kinds = bound(desk, code)
    stamp(desk, kinds[0])  # the same version once more is no newer one
    for kind in kinds:
        assert kind in bound(desk, code)
        refused(refusal, "coordinator", partial(keep, facts=changed))
        write(desk, kind)
    keep(desk, changed)
    for kind in kinds:
        stamp(desk, kind)

    assert set(bound(desk, code)) == set(kinds)
    again = {"institution": "第三家", "retention_until": "2041-01-01"}[code]
    refused(refusal, "coordinator", partial(keep, facts={code: again}))


@pytest.mark.parametrize("change_class", ["editorial", "minor"])
def test_a_version_that_asks_no_family_anew_brings_in_no_other_institution(
    refused: Refused, desks: Desks, change_class: str
) -> None:
    desk = desks["coordinator"]
    for kind in bound(desk, "institution"):
        write(desk, kind, change_class)

    refused(FormsSayOtherwise, "coordinator", partial(keep, facts=COMPANY))


@pytest.mark.parametrize("change_class", ["editorial", "minor"])
@pytest.mark.parametrize("changed", [{"pi_contact": "0394-7654321"}, {"pi_name": "另一位"}])
def test_whom_to_ask_is_told_with_a_minor_version_and_slips_in_with_none_that_says_nothing(
    desks: Desks, changed: dict[str, str], change_class: str
) -> None:
    desk = desks["coordinator"]
    for kind in bound(desk, *changed):
        write(desk, kind, change_class)

    if change_class == "editorial":
        with pytest.raises(FormsSayOtherwise):
            keep(desk, changed)
    else:
        keep(desk, changed)
    assert bool(bound(desk, *changed)) == (change_class == "editorial")


def test_a_version_that_was_stamped_already_brings_in_no_other_institution(refused: Refused, desks: Desks) -> None:
    desk = desks["coordinator"]
    for kind in bound(desk, "institution"):
        write(desk, kind)
        stamp(desk, kind)

    refused(FormsSayOtherwise, "coordinator", partial(keep, facts=COMPANY))


def test_each_version_says_what_was_stamped_with_it_and_one_that_waits_for_its_stamp_what_is_to_be_stamped(
    desks: Desks,
) -> None:
    desk, kind = desks["coordinator"], "guardian_info_consent"
    with desk.db.reading() as tables:
        before = promises.facts_under(tables, None)
    for one in {*bound(desk, "retention_until"), *bound(desk, "institution")}:
        write(desk, one)
    keep(desk, {**COMPANY, **LATER})
    old, new = sorted(versions_of(desk, kind), key=lambda one: one.number)

    assert said_by(desk, old) == (before["institution"], before["retention_until"])
    assert said_by(desk, new) == ("某数据有限公司", "2040-12-31")
    assert "某数据有限公司" not in forms.blank(desk, kind).read_aloud[0].zh
    assert "某数据有限公司" in forms.blank(desk, kind, to_stamp=True).read_aloud[0].zh
    assert forms.imprint(desk, old.text_hash)["institution"].zh == before["institution"]
    stamp(desk, kind)
    old, new = sorted(versions_of(desk, kind), key=lambda one: one.number)
    assert said_by(desk, old) == (before["institution"], before["retention_until"])
    assert said_by(desk, new) == ("某数据有限公司", "2040-12-31")


def versions_of(desk: Desk, kind: str) -> list[FormVersion]:
    with desk.db.reading() as tables:
        return [one for one in situations.form_versions(tables) if one.doc_kind == kind]


def said_by(desk: Desk, form: FormVersion) -> tuple[str, str]:
    with desk.db.reading() as tables:
        found = promises.facts_under(tables, form)
    return found["institution"], found["retention_until"]


@pytest.mark.parametrize("at_the_stamp", [True, False])
def test_the_english_name_that_the_stamped_forms_did_not_have_is_not_slipped_in_after_the_stamp(
    refused: Refused, desks: Desks, *, at_the_stamp: bool
) -> None:
    desk, kind = desks["coordinator"], "guardian_info_consent"
    gone = "'$.set.printed.institution_en'" if at_the_stamp else "'$.set.printed'"
    with desk.db.writing() as tables:
        tables.execute(f"UPDATE changes SET body = CAST(json_remove(body, {gone}) AS BLOB) WHERE kind = 'form'")
        tables.execute("DELETE FROM changes WHERE record = ?", [natural_id("study_fact", "institution_en")])
        tables.execute("DELETE FROM study_facts WHERE code = 'institution_en'")
        stamped = promises.facts_under(tables, None)["institution"]
    told = refused(FormsSayOtherwise, "coordinator", partial(keep, facts={"institution_en": "A data company"}))
    assert stamped in told.sentence("en")
    keep(desk, {"institution_en": ""})
    keep(desk, {"institution_en": stamped})

    for one in bound(desk, "institution_en"):
        write(desk, one)
    keep(desk, {"institution_en": "A data company"})
    old, new = sorted(versions_of(desk, kind), key=lambda one: one.number)
    with desk.db.reading() as tables:
        said = [forms.placeholder_values(desk, tables, None, one)["institution"].en for one in (old, new)]
    assert said == [stamped, "A data company"]


def test_what_nobody_had_written_by_the_stamp_is_what_is_written_first_after_it(desks: Desks) -> None:
    desk, kind = desks["coordinator"], "guardian_info_consent"
    with desk.db.writing() as tables:
        gone = ("institution", "institution_en")
        tables.execute("UPDATE changes SET body = CAST(json_remove(body, '$.set.printed') AS BLOB) WHERE kind = 'form'")
        for code in gone:
            tables.execute("DELETE FROM changes WHERE record = ?", [natural_id("study_fact", code)])
            tables.execute("DELETE FROM study_facts WHERE code = ?", [code])
    keep(desk, COMPANY)
    for one in bound(desk, "institution"):
        write(desk, one)
    keep(desk, {"institution": "第三家"})

    old, new = sorted(versions_of(desk, kind), key=lambda one: one.number)
    assert [said_by(desk, one)[0] for one in (old, new)] == ["某数据有限公司", "第三家"]


def test_an_earlier_day_holds_for_every_version(desks: Desks) -> None:
    desk, kind = desks["coordinator"], "guardian_info_consent"
    write(desk, kind)
    keep(desk, {"retention_until": "2027-01-01"})

    assert [said_by(desk, one)[1] for one in versions_of(desk, kind)] == ["2027-01-01"] * 2


def test_an_earlier_day_that_families_heard_stays_though_a_later_one_is_written_for_the_next_version(
    desks: Desks,
) -> None:
    desk, kind = desks["coordinator"], "guardian_info_consent"
    keep(desk, {"retention_until": "2027-01-01"})
    for one in bound(desk, "retention_until"):
        write(desk, one)
    keep(desk, LATER)

    old, new = sorted(versions_of(desk, kind), key=lambda one: one.number)
    assert (said_by(desk, old)[1], said_by(desk, new)[1]) == ("2027-01-01", "2040-12-31")


def test_the_approval_that_a_form_prints_is_the_one_of_its_stamp(desks: Desks) -> None:
    desk, kind = desks["coordinator"], "guardian_info_consent"
    write(desk, kind)
    stamp(desk, kind)
    keep(desk, {"ethics_no": "XYZ-1"})

    old, new = sorted(versions_of(desk, kind), key=lambda one: one.number)
    assert forms.imprint(desk, old.text_hash)["ethics"].zh == "YS-2020-01"
    assert forms.imprint(desk, new.text_hash)["ethics"].zh == "E-2"


KIND = "guardian_info_consent"


@pytest.fixture
def unstamped(desks: Desks) -> Desk:
    """The coordinator's desk before any stamp."""
    desk = desks["coordinator"]
    with desk.db.writing() as tables:
        tables.execute("DELETE FROM changes WHERE kind = 'form' AND json_extract(body, '$.set.stamped_on') <> ''")
        tables.execute("UPDATE forms SET stamped_on = NULL")
    return desk


@pytest.fixture
def apart(unstamped: Desk) -> Desk:
    """The coordinator's desk before any stamp, where two tabs wrote two institutions and neither saw the other."""
    desk = unstamped
    for name in ("甲大学", "乙大学"):
        readiness.keep(desk, {"institution": name})
    return desk


def test_of_how_many_may_read_the_notes_it_is_said_in_words_which_two_stand_apart(
    refused: Refused, unstamped: Desk
) -> None:
    for size in ("2", "4"):
        readiness.keep(unstamped, {"team_size": size})

    told = refused(FactsDisputed, "coordinator", partial(forms.blank, doc_kind=KIND))
    one, other = (load_study().codes["team_size"][size] for size in ("2", "4"))
    for language, said in (("zh_CN", (one.zh, other.zh)), ("en", (one.en, other.en))):
        assert all(words in told.sentence(language) for words in said)


def test_what_two_tabs_wrote_differently_goes_into_no_stamp_and_on_no_paper_for_the_committee(
    refused: Refused, apart: Desk
) -> None:
    for act in (
        partial(stamp, kind=KIND),
        partial(forms.blank, doc_kind=KIND),
        partial(forms.blank, doc_kind=KIND, to_stamp=True),
    ):
        told = refused(FactsDisputed, "coordinator", act)
        assert "甲大学 / 乙大学" in told.sentence("zh_CN")

    keep(apart, {"institution": "乙大学"})
    stamp(apart, KIND)
    assert "乙大学" in forms.blank(apart, KIND).read_aloud[0].zh


def test_while_two_versions_stand_a_line_is_printed_and_not_the_demo_s_institution(apart: Desk) -> None:
    keep(apart, {"institution_en": ""})
    assert forms.imprint(apart)["institution"] == Pair(promises.BLANK, promises.BLANK)


def test_a_stamped_version_prints_what_was_stamped_whatever_comes_beside_it_and_is_chosen(
    apart: Desk,
) -> None:
    keep(apart, {"institution": "甲大学", "pi_name": "李某"})
    stamp(apart, KIND)
    seen = forms.blank(apart, KIND), forms.imprint(apart, forms.blank(apart, KIND).text_hash)
    assert (seen[1]["institution"].zh, seen[1]["lead"].zh) == ("甲大学", "李某")

    with apart.db.writing() as tables:  # another laptop wrote it before the stamp, and this one had not heard of it
        tick = min(one.tick for one in log.of_record(tables, natural_id("study_fact", "institution")))
        for code, value in (("institution", "乙数据公司"), ("pi_name", "某经理")):
            other = log.append(tables, apart.pen, Draft("study_fact", {"code": code, "value": value}))
            earlier = [tick, replace(other, tick=tick).encoded(), other.id]
            tables.execute("UPDATE changes SET tick = ?, body = ? WHERE id = ?", earlier)
    assert (forms.blank(apart, KIND), forms.imprint(apart, seen[0].text_hash)) == seen
    keep(apart, {"institution": "乙数据公司"})

    assert (forms.blank(apart, KIND), forms.imprint(apart, seen[0].text_hash)) == seen
    assert forms.imprint(apart)["institution"].zh == "乙数据公司"
    stamp(apart, KIND)  # its dates once more
    assert (forms.blank(apart, KIND), forms.imprint(apart, seen[0].text_hash)) == seen


def test_who_can_see_it_stays_as_the_study_says_it_until_a_version_that_asks_anew_is_stamped(desks: Desks) -> None:
    """The built-in words bind like written ones: nobody wrote another number by the stamp."""
    desk = desks["coordinator"]
    keep(desk, {"team_size": ""})
    keep(desk, {"team_size": "4"})
    keep(desk, {"team_size": ""})
    for one in bound(desk, "team_size"):
        write(desk, one)
    keep(desk, {"team_size": "8"})

    old, new = sorted(versions_of(desk, KIND), key=lambda one: one.number)
    assert [told(desk, one) for one in (old, new)] == ["课题组的四个人", "课题组的八个人"]
    stamp(desk, KIND)
    assert "课题组的八个人" in "".join(one.zh for one in forms.blank(desk, KIND).read_aloud)


def told(desk: Desk, form: FormVersion) -> str:
    with desk.db.reading() as tables:
        return promises.readers(promises.facts_under(tables, form)).zh


def test_of_a_stamp_that_kept_no_number_the_study_s_own_counts_whatever_was_written_since(desks: Desks) -> None:
    desk = desks["coordinator"]
    with desk.db.writing() as tables:
        tables.execute("UPDATE changes SET body = CAST(json_remove(body, '$.set.printed') AS BLOB) WHERE kind = 'form'")
    for one in bound(desk, "team_size"):
        write(desk, one)
    keep(desk, {"team_size": "8"})

    assert told(desk, min(versions_of(desk, KIND), key=lambda one: one.number)) == "课题组的四个人"


def test_while_two_say_differently_who_can_see_it_a_line_is_printed_and_no_stamp_goes_on_it(
    refused: Refused, apart: Desk
) -> None:
    keep(apart, {"institution": "甲大学"})
    for size in ("5", "8"):
        readiness.keep(apart, {"team_size": size})

    with apart.db.reading() as tables:
        assert promises.readers(promises.facts_under(tables, None)) == Pair(promises.BLANK, promises.BLANK)
    refused(FactsDisputed, "coordinator", partial(stamp, kind=KIND))
