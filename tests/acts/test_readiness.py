from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest

from fieldkit.acts import consents, forms, members, promises, readiness
from fieldkit.acts.consents import GuardianAnswer
from fieldkit.acts.desk import Desk
from fieldkit.acts.promises import FactsWanting
from fieldkit.acts.readiness import DayOver, EndsBeforeItBegins, LongerThanPromised
from fieldkit.errors import Invalid, Missing, NotAllowed, NotFound, Refusal
from fieldkit.rules.calendars import DayToCome, NoDay
from fieldkit.rules.terms import NotForFamilies
from fieldkit.rules.versions import FormNotInForce, NewerVersion
from fieldkit.rules.ways import SIGNATURE, Evidence
from fieldkit.store import log
from fieldkit.store.log import Draft
from fieldkit.studies import Pair, load_study

Desks = dict[str, Desk]
Refused = Callable[[type[Refusal], str, Callable[[Desk], object]], Refusal]
Carry = Callable[[Desk, Desk], object]
STAMP = {"stamped_on": "2026-01-02", "ethics_no": "YS-9", "valid_from": "2026-01-02"}


def bases(desk: Desk) -> dict[str, str]:
    return {line.fact.code: line.opened.base for group in readiness.overview(desk) for line in group.lines}


def missing(desk: Desk) -> dict[str, int]:
    return {group.gate: group.missing for group in readiness.overview(desk) if group.missing}


def test_only_the_coordinator_makes_the_study_ready(refused: Refused) -> None:
    stamp = partial(readiness.stamp, shown={"any": "{}"}, **STAMP)

    for act in (readiness.overview, partial(readiness.keep, values={"pi_name": "某"}), stamp):
        refused(NotAllowed, "interviewer translator sg_lead", act)


@pytest.mark.parametrize(
    ("refusal", "values"),
    [
        (NotFound, {"weather": "fine"}),
        (NoDay, {"ethics_from": "2026-02-30"}),
        (NoDay, {"ethics_to": "20261125"}),
        (Invalid, {"allow_phone_consent": "maybe"}),
        (Invalid, {"lbc_definition": "mine"}),
        (Invalid, {"withdraw_window_days": "0"}),
        (EndsBeforeItBegins, {"ethics_from": "2026-02-02", "ethics_to": "2026-02-01"}),
        (EndsBeforeItBegins, {"ethics_to": "2014-12-31"}),
        (NoDay, {"pi_name": "某某", "pia_on": "soon"}),
        (DayToCome, {"pia_on": "2999-01-01"}),
        (Invalid, {"pi_contact": "😀"}),
        (Invalid, {"pi_name": "—— "}),
        (NotForFamilies, {"institution": "某大学留守儿童研究中心"}),
        (NotForFamilies, {"institution_en": "Centre for Left-behind Children"}),
        (NotForFamilies, {"pi_contact": "0394-0000000（留守儿童热线）"}),
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
        (NoDay, ["assent_9_11"], {"stamped_on": ""}),
        (DayToCome, ["assent_9_11"], {"stamped_on": "2999-01-01"}),
        (EndsBeforeItBegins, ["assent_9_11"], {"valid_to": "2026-01-01"}),
        (NotFound, ["assent_9_11", "poem"], {}),
    ],
)
def test_a_stamp_that_cannot_be_is_refused(
    refused: Refused, desks: Desks, refusal: type[Refusal], kinds: list[str], changed: dict[str, str]
) -> None:
    texts = {kind if kind == "poem" else _text(desks["coordinator"], kind): "{}" for kind in kinds}

    refused(refusal, "coordinator", partial(readiness.stamp, shown=texts, **{**STAMP, **changed}))


@pytest.mark.parametrize(
    ("act", "zh", "en"),
    [
        (
            partial(readiness.keep, values={"pia_on": "soon"}),
            "影响评估是哪天做完的？",
            "On which day was the assessment",
        ),
        (partial(readiness.stamp, shown={"any": "{}"}, **{**STAMP, "valid_to": "soon"}), "失效日期", "Valid until"),
    ],
)
def test_a_date_that_is_none_is_named_as_on_the_page(
    refused: Refused, act: Callable[[Desk], object], zh: str, en: str
) -> None:
    told = refused(NoDay, "coordinator", act)

    assert zh in told.sentence("zh_CN")
    assert en in told.sentence("en")


def test_dates_and_numbers_are_kept_as_one_whatever_the_keyboard(desks: Desks) -> None:
    desk = desks["coordinator"]
    wide = {"pia_on": "２０２６—０１—０３", "withdraw_window_days": "３０"}
    readiness.keep(desk, wide, _bases(desk))
    readiness.stamp(desk, {_text(desk, "assent_9_11"): "{}"}, **{**STAMP, "stamped_on": "２０２６－０１－０３"})

    assert [_line(desk, code).value for code in wide] == ["2026-01-03", "30"]
    assert "2026-01-03" in {one.version.stamped_on for one in forms.listing(desk)}


def test_a_study_that_is_ready_misses_nothing(desks: Desks) -> None:
    assert missing(desks["coordinator"]) == {}


def test_what_is_taken_back_is_missing_at_its_gate(desks: Desks) -> None:
    desk = desks["coordinator"]
    readiness.keep(desk, {"pia_ref": "", "safeguarding_lead": " "}, _bases(desk))
    code = desks["interviewer"].me.code
    members.keep(desk, code, {"record_check_on": ""}, members.one(desk, code).opened.base)

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


def test_what_another_tab_saved_meanwhile_is_kept_beside_not_overwritten(desks: Desks) -> None:
    desk = desks["coordinator"]
    bases = _bases(desk)
    readiness.keep(desk, {"ethics_board": "甲某", "pia_ref": "影响-8"}, bases)
    readiness.keep(desk, {"ethics_board": "乙某", "pia_ref": _line(desk, "pia_ref").value}, bases)

    both = _line(desk, "ethics_board")
    assert [(one.value, one.author) for one in both.opened.versions["value"]] == [("甲某", "陈静"), ("乙某", "陈静")]
    assert (both.missing, _line(desk, "pia_ref").value) == (True, "影响-8")


def test_what_the_stamped_forms_promise_can_become_shorter_and_never_longer(refused: Refused, desks: Desks) -> None:
    coordinator = desks["coordinator"]
    refused(DayOver, "coordinator", lambda desk: readiness.keep(desk, {"retention_until": "2001-01-01"}))
    refused(LongerThanPromised, "coordinator", lambda desk: readiness.keep(desk, {"retention_until": "2040-12-31"}))
    readiness.keep(coordinator, {"retention_until": "2027-06-30"})

    later = {"retention_until": "2027-07-01"}
    told = refused(LongerThanPromised, "coordinator", lambda desk: readiness.keep(desk, later, bases(desk)))
    assert "2027年6月30日" in told.sentence("zh_CN")
    assert "30 June 2027" in told.sentence("en")
    empty = {"retention_until": ""}
    refused(LongerThanPromised, "coordinator", lambda desk: readiness.keep(desk, empty, bases(desk)))


def test_of_two_days_that_were_written_the_forms_promise_the_earlier(desks: Desks) -> None:
    coordinator = desks["coordinator"]
    for day in ("2029-01-01", "2028-01-01"):  # two tabs: neither saw the other
        readiness.keep(coordinator, {"retention_until": day})

    with coordinator.db.reading() as tables:
        assert promises.facts_under(tables, None)["retention_until"] == "2028-01-01"


def test_a_day_may_be_written_freely_until_a_form_is_stamped(desks: Desks, no_form_in_force: None) -> None:
    coordinator = desks["coordinator"]
    with coordinator.db.writing() as tables:
        tables.execute("UPDATE forms SET stamped_on = NULL")
    readiness.keep(coordinator, {"retention_until": "2040-12-31"})

    with coordinator.db.reading() as tables:
        assert promises.facts_under(tables, None)["retention_until"] == "2040-12-31"


def test_an_empty_field_decides_nothing_between_two_versions(desks: Desks) -> None:
    desk = desks["coordinator"]
    for name in ("甲某", "乙某"):
        readiness.keep(desk, {"ethics_board": name})
    bases = _bases(desk)

    readiness.keep(desk, {"ethics_board": ""}, bases)
    assert len(_line(desk, "ethics_board").opened.versions["value"]) > 1

    readiness.keep(desk, {"ethics_board": "乙某"}, bases)
    assert (_line(desk, "ethics_board").value, _line(desk, "ethics_board").opened.versions) == ("乙某", {})


def test_a_text_that_was_not_on_the_screen_is_not_stamped(refused: Refused, desks: Desks) -> None:
    desk, kind = desks["coordinator"], "assent_9_11"
    shown = _text(desk, kind)
    forms.rewrite(desk, kind, {f"form:{kind}:1": Pair("新题目", "A new title")}, "minor", shown)

    refused(NewerVersion, "coordinator", partial(readiness.stamp, shown={shown: "{}"}, **STAMP))

    readiness.stamp(desk, {_text(desk, kind): "{}"}, **STAMP)
    assert (_sheet(desk, kind).version.number, _sheet(desk, kind).ethics_no) == (2, "YS-9")


@pytest.mark.parametrize("code", ["institution", "pi_name", "pi_contact"])
def test_a_form_that_does_not_say_whom_to_ring_or_who_answers_is_not_stamped(
    refused: Refused, desks: Desks, code: str
) -> None:
    with desks["coordinator"].db.writing() as tables:
        tables.execute("UPDATE forms SET stamped_on = NULL")
        tables.execute("DELETE FROM study_facts WHERE code = ?", [code])
    question = next(one.text.zh for one in load_study().readiness if one.code == code)
    shown = {_text(desks["coordinator"], "assent_9_11"): "{}"}

    told = refused(FactsWanting, "coordinator", partial(readiness.stamp, shown=shown, **STAMP))
    assert question in told.sentence("zh_CN")


def test_an_extension_that_begins_later_leaves_no_day_on_which_nothing_may_begin(desks: Desks) -> None:
    desk, kind = desks["coordinator"], "guardian_info_consent"
    before = _sheet(desk, kind)
    later = (desk.clock.today() + timedelta(days=30)).isoformat()
    again = {"stamped_on": desk.today, "ethics_no": "YS-9", "valid_from": later}
    readiness.stamp(desk, {before.version.text_hash: before.opened.base}, **again)

    version = _sheet(desk, kind).version
    assert version.in_force(desk.today)
    assert (version.stamped_on, version.valid_from) == (desk.today, before.version.valid_from)


@pytest.mark.parametrize(("number", "covered"), [("YS-9", True), ("YS-2020-01", False)])
def test_a_paper_of_an_earlier_day_is_judged_by_the_stamp_of_that_day_unless_it_was_put_right(
    desks: Desks, child: str, says: Callable[..., GuardianAnswer], carry: Carry, number: str, covered: bool
) -> None:
    """A new approval has a number of its own; under the same number a stamp puts right what was entered."""
    desk, kind = desks["coordinator"], "guardian_info_consent"
    before = _sheet(desk, kind)
    assert before.ethics_no == "YS-2020-01"
    readiness.stamp(
        desk,
        {before.version.text_hash: before.opened.base},
        stamped_on=desk.today,
        ethics_no=number,
        valid_from=desk.today,
    )
    carry(desk, desks["interviewer"])
    yesterday = (desk.clock.today() - timedelta(days=1)).isoformat()

    assert forms.guardian_form(desks["interviewer"], child, yesterday).in_force == covered
    assert forms.guardian_form(desks["interviewer"], child).in_force
    said = says(
        desks["interviewer"], child, way=Evidence(SIGNATURE, on_paper=True, paper_ref="P-1"), given_on=yesterday
    )
    if covered:
        consents.record(desks["interviewer"], child, said)
    else:
        with pytest.raises(FormNotInForce):
            consents.record(desks["interviewer"], child, said)


def test_a_form_prints_the_number_of_the_stamp_that_counts_today(desks: Desks) -> None:
    desk, kind = desks["coordinator"], "guardian_info_consent"
    before = _sheet(desk, kind)
    later = (desk.clock.today() + timedelta(days=30)).isoformat()
    again = {"stamped_on": desk.today, "ethics_no": "YS-9", "valid_from": later}
    with desk.db.writing() as tables:
        which = {"doc_kind": kind, "version": str(before.version.number)}
        log.append_over(tables, desk.pen, Draft("form", {**which, "valid_to": desk.today}))
    readiness.stamp(desk, {before.version.text_hash: _sheet(desk, kind).opened.base}, **again)

    assert _sheet(desk, kind).version.in_force(desk.today)
    assert forms.imprint(desk, before.version.text_hash)["ethics"].zh == "YS-2020-01"


def test_of_two_stamps_that_were_entered_apart_the_one_that_was_not_chosen_stood_on_no_day(desks: Desks) -> None:
    desk, kind = desks["coordinator"], "guardian_info_consent"
    before = _sheet(desk, kind)
    days = [(desk.clock.today() - timedelta(days=back)).isoformat() for back in (9, 5)]
    for number, day in zip(("YS-8", "YS-9"), days, strict=True):
        stamp = {"stamped_on": day, "ethics_no": number, "valid_from": day}
        readiness.stamp(desk, {before.version.text_hash: before.opened.base}, **stamp)
    both = _sheet(desk, kind)
    chosen = {"stamped_on": days[1], "ethics_no": "YS-9", "valid_from": days[1]}
    readiness.stamp(desk, {before.version.text_hash: both.opened.base}, **chosen)

    version = _sheet(desk, kind).version
    assert [one.ethics_no for one in version.before] == ["YS-2020-01"]
    assert version.stamp(days[0]) == version.before[0]


def test_a_stamp_from_another_tab_is_kept_beside_not_overwritten(desks: Desks) -> None:
    desk, kind = desks["coordinator"], "assent_9_11"
    shown = {_text(desk, kind): _sheet(desk, kind).opened.base}
    for number in ("YS-9", "YS-10", "YS-10"):
        readiness.stamp(desk, shown, **{**STAMP, "ethics_no": number})

    both = _sheet(desk, kind)
    assert [one.value for one in both.opened.versions["ethics_no"]] == ["YS-9", "YS-10"]

    readiness.stamp(desk, {_text(desk, kind): both.opened.base}, **{**STAMP, "ethics_no": "YS-9"})
    assert (_sheet(desk, kind).ethics_no, _sheet(desk, kind).opened.versions) == ("YS-9", {})


def _line(desk: Desk, code: str) -> readiness.FactLine:
    return next(line for group in readiness.overview(desk) for line in group.lines if line.fact.code == code)


def _bases(desk: Desk) -> dict[str, str]:
    return {line.fact.code: line.opened.base for group in readiness.overview(desk) for line in group.lines}


def _sheet(desk: Desk, kind: str) -> forms.FormLine:
    return next(one for one in forms.listing(desk) if one.version.doc_kind == kind)


def _text(desk: Desk, kind: str) -> str:
    return forms.texts(desk, kind).text_hash


def test_more_people_with_keys_than_the_stamped_forms_promise_are_said(
    desks: Desks, joins: Callable[[str, str, str], Desk]
) -> None:
    desk = desks["coordinator"]

    def told() -> tuple[int, str]:
        group = next(one for one in readiness.overview(desk) if one.gate == "G04")
        return group.readers, group.promised.zh if group.promised else ""

    for name in ("周平", "吴晴"):
        joins(name, "interviewer", "A")
    joins("严宁", "translator", "A")
    joins("何川", "interviewer", "B")
    assert told() == (0, "")
    joins("孙梅", "interviewer", "A")
    assert told() == (5, "课题组的四个人")
