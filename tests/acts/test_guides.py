"""The guide on paper: who has it, what it asks, and that it names nobody."""

from __future__ import annotations

from collections.abc import Callable

from fieldkit.acts import guides
from fieldkit.acts.desk import Desk
from fieldkit.errors import NotAllowed, Refusal
from fieldkit.studies import load_study

Desks = dict[str, Desk]
Refused = Callable[[type[Refusal], str, Callable[[Desk], object]], Refusal]


def test_who_holds_no_interviews_prints_no_guide(refused: Refused, child: str) -> None:
    refused(NotAllowed, "translator sg_lead", guides.paper)


def test_every_question_stands_on_paper_under_its_id_with_nothing_left_to_fill_in(desks: Desks) -> None:
    guide = guides.paper(desks["interviewer"])
    questions = [one for section in guide.sections for one in section.questions]
    said = [*(line for block in guide.opening for line in block), *guide.closing]
    texts = [*said, *(one.text for one in questions), *(probe for one in questions for probe in one.probes)]

    assert [one.id for one in questions] == [one.id for one in load_study().guide.questions]
    assert [text for text in texts if "{" in text.zh + text.en] == []
    assert len(guide.opening) == 3
    assert {one.id for one in questions if one.sens} == {
        one.id for one in load_study().guide.questions if one.sens == 2
    }


def test_the_short_set_and_what_wants_thought_are_marked_on_paper_as_in_the_guide(desks: Desks) -> None:
    printed = [one for section in guides.paper(desks["coordinator"]).sections for one in section.questions]
    asked = load_study().guide.questions

    assert [one.id for one in printed if one.core] == [one.id for one in asked if one.core]
    assert [one.id for one in printed if one.careful] == [one.id for one in asked if one.ctx == "careful"]
    assert 0 < len([one for one in printed if one.core]) < len(printed)
