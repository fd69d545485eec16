from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from fieldkit.acts import assents, interviews, questions, strings
from fieldkit.acts.assents import ChildAnswer
from fieldkit.acts.demo import KEPT
from fieldkit.acts.desk import Desk
from fieldkit.acts.strings import ConflictOpen, PlaceholdersDiffer, SaveString, StringLine
from fieldkit.errors import Invalid, Missing, NotAllowed, NotFound, Refusal
from fieldkit.records import Change
from fieldkit.rules.terms import NotForFamilies
from fieldkit.store import log
from fieldkit.store.log import Draft
from fieldkit.studies import Pair
from sync.replica import Report

Desks = dict[str, Desk]
Refused = Callable[[type[Refusal], str, Callable[[Desk], object]], Refusal]
Carry = Callable[[Desk, Desk], Report]


def opened(desk: Desk, code: str = "guide:W1") -> StringLine:
    return next(line for line in strings.listing(desk, strings.section_of(code)) if line.id == code)


def edit(desk: Desk, zh: str, en: str, code: str = "guide:W1") -> SaveString:
    line = opened(desk, code)
    return SaveString(code, zh, en, line.base, line.editor)


def asked(desk: Desk, interview: str) -> Pair:
    return questions.page(desk, interview, "W").questions[0].text


def test_only_translator_and_coordinator_touch_the_words(refused: Refused) -> None:
    said = SaveString("guide:W1", "字", "word", "", "editor-1")
    refused(NotAllowed, "interviewer sg_lead", strings.sections)
    refused(NotAllowed, "interviewer sg_lead", strings.unpublished)
    refused(NotAllowed, "interviewer sg_lead", partial(strings.listing, section="guide:W"))
    refused(NotAllowed, "interviewer sg_lead", partial(strings.save, said=said))


def test_only_a_coordinator_publishes(refused: Refused) -> None:
    refused(NotAllowed, "interviewer translator sg_lead", strings.publish)


WRONG: list[tuple[dict[str, str], type[Refusal], str]] = [
    ({"zh": " "}, Missing, "missing"),
    ({"en": ""}, Missing, "missing"),
    ({"en": "When did {away} go?"}, PlaceholdersDiffer, "V43"),
    ({"zh": "{carer}呢", "en": "{away}?"}, PlaceholdersDiffer, "V43"),
    ({"zh": "你当留守儿童，最难过的是啥？"}, NotForFamilies, "not_for_families"),
    ({"en": "What is hard for left-behind children?"}, NotForFamilies, "not_for_families"),
    ({"base": "nonsense"}, Invalid, "invalid"),
    ({"editor": ""}, Invalid, "invalid"),
    ({"id": "guide:Z9"}, NotFound, "not_found"),
    ({"id": "guide:W1."}, NotFound, "not_found"),
    ({"id": "guide:"}, NotFound, "not_found"),
    ({"id": "g"}, NotFound, "not_found"),
    ({"id": "%"}, NotFound, "not_found"),
    ({"id": ""}, NotFound, "not_found"),
]


def test_what_is_no_string_of_the_study_is_refused(refused: Refused) -> None:
    for wrong, refusal, code in WRONG:
        said = replace(SaveString("guide:W1", "字", "word", "", "editor-1"), **wrong)
        assert refused(refusal, "translator", partial(strings.save, said=said)).code == code, wrong


def test_a_section_that_does_not_exist_is_told(refused: Refused) -> None:
    refused(NotFound, "translator coordinator", partial(strings.listing, section="guide:Q"))


def test_a_draft_lies_in_study_over_what_its_editor_saw(
    desks: Desks, changes: Callable[[Desk, str], list[Change]]
) -> None:
    before = [change for change in changes(desks["translator"], "string") if change.set["code"] == "guide:W1"]
    strings.save(desks["translator"], edit(desks["translator"], "先聊聊吧", "Let us chat"))

    change = changes(desks["translator"], "string")[-1]
    assert (change.drawer, change.subject, change.record) == ("study", None, before[0].record)
    assert (change.over["zh"], change.over["en"]) == ((before[0].id,), (before[0].id,))
    assert strings.unpublished(desks["translator"]) == ["guide:W1"]


def test_the_same_editor_replaces_its_own_draft(desks: Desks, changes: Callable[[Desk, str], list[Change]]) -> None:
    before, said = len(changes(desks["translator"], "string")), edit(desks["translator"], "先聊聊吧", "Let us chat")
    strings.save(desks["translator"], said)
    strings.save(desks["translator"], replace(said, en="Let us talk"))

    assert len(changes(desks["translator"], "string")) == before + 1
    assert opened(desks["translator"]).en == "Let us talk"


def test_from_the_translator_to_the_next_child(
    desks: Desks, consented: str, interview: str, carry: Carry, later: Callable[[Desk, int], Desk]
) -> None:
    laptop, office, translator = desks["interviewer"], desks["coordinator"], desks["translator"]
    old = asked(laptop, interview)
    strings.save(translator, edit(translator, "咱们先随便聊聊", "Let us just chat"))
    carry(translator, office)
    carry(translator, laptop)
    assert (strings.version(laptop), asked(laptop, interview)) == (1, old)  # a draft reaches no child

    assert strings.publish(office) == 2
    carry(office, laptop)
    tomorrow = later(laptop, 1)
    assents.record(tomorrow, consented, ChildAnswer("yes", (1, 2, 3), "child_oral"))
    assert asked(tomorrow, interviews.start(tomorrow, consented, KEPT)) == Pair("咱们先随便聊聊", "Let us just chat")
    assert asked(laptop, interview) == old
    assert (strings.version(laptop), strings.unpublished(office)) == (2, [])


def test_two_people_at_one_string_are_a_conflict_that_stops_the_publishing(
    refused: Refused, desks: Desks, carry: Carry
) -> None:
    translator, office = desks["translator"], desks["coordinator"]
    strings.save(translator, edit(translator, "甲的说法", "the first way"))
    strings.save(office, edit(office, "乙的说法", "the second way"))
    carry(translator, office)

    told = refused(ConflictOpen, "coordinator", strings.publish)
    assert (told.code, told.details["codes"]) == ("conflict_open", "guide:W1")
    line = opened(office)
    assert line.conflict
    assert {Pair(line.zh, line.en), *line.others} >= {
        Pair("甲的说法", "the first way"),
        Pair("乙的说法", "the second way"),
    }
    strings.save(office, SaveString(line.id, "丙的说法", "the third way", line.base, line.editor))
    assert strings.publish(office) == 2


def test_a_label_that_came_from_an_older_laptop_is_not_published(refused: Refused, desks: Desks) -> None:
    desk = desks["coordinator"]
    told = {"code": "guide:W1", "zh": "留守的孩子，你好。", "en": "Hello."}
    with desk.db.writing() as tables:
        log.append_over(tables, desk.pen, Draft("string", told))

    refusal = refused(NotForFamilies, "coordinator", strings.publish)
    assert "留守的孩子" in refusal.sentence("zh_CN")


def test_a_power_cut_publishes_nothing(desks: Desks, broken: Callable[[int, Callable[[], object]], None]) -> None:
    strings.save(desks["coordinator"], edit(desks["coordinator"], "先聊聊吧", "Let us chat"))

    broken(1, lambda: strings.publish(desks["coordinator"]))
    broken(1, lambda: strings.save(desks["coordinator"], edit(desks["coordinator"], "再聊聊", "Chat on")))
    assert strings.version(desks["coordinator"]) == 1


def test_the_sections_come_in_their_order_and_count_the_drafts(desks: Desks) -> None:
    strings.save(desks["translator"], edit(desks["translator"], "先聊聊吧", "Let us chat"))
    found = strings.sections(desks["translator"])

    assert found[0].id == "guide:W"
    assert [(one.id, one.drafts) for one in found if one.drafts] == [("guide:W", 1)]
    assert all(one.title.zh and one.title.en and one.total for one in found)
    assert sum(one.total for one in found) == sum(len(strings.listing(desks["translator"], one.id)) for one in found)


def test_a_string_says_whether_children_hear_it_now(desks: Desks) -> None:
    assert opened(desks["translator"]).published
    strings.save(desks["translator"], edit(desks["translator"], "先聊聊吧", "Let us chat"))

    assert not opened(desks["translator"]).published


def test_a_section_is_read_from_the_id() -> None:
    ids = ("guide:P4", "guide:P4.a", "guide:P", "form:assent_9_11:3", "script:opening:1", "card:7")

    assert [strings.section_of(one) for one in ids] == [
        "guide:P", "guide:P", "guide:P", "form:assent_9_11", "script:opening", "card",
    ]  # fmt: skip
