from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext

import pytest

from fieldkit.acts import assents, events, forms, people
from fieldkit.acts.assents import ChildAnswer
from fieldkit.acts.desk import Desk
from fieldkit.errors import Invalid
from fieldkit.records import Change
from fieldkit.rules.ways import Evidence, NoSignature, UnfitWitness

Desks = dict[str, Desk]
Changes = Callable[[Desk, str], list[Change]]
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize("content", [b"", b"\x89PN", b"\xff\xd8\xff\xe0 a photo", b" " + PNG])
def test_what_is_no_picture_is_no_signature(desks: Desks, content: bytes) -> None:
    with pytest.raises(NoSignature) as told:
        events.check_way(desks["interviewer"], Evidence("signature", content), "mother")
    assert (told.value.code, told.value.status) == ("V23", 422)


def test_a_signature_is_at_most_300_kilobytes(desks: Desks) -> None:
    events.check_way(desks["interviewer"], Evidence("signature", PNG.ljust(300 * 1024, b"x")), "mother")
    with pytest.raises(Invalid):
        events.check_way(desks["interviewer"], Evidence("signature", PNG.ljust(300 * 1024 + 1, b"x")), "mother")


def test_v24_nobody_of_the_team_and_nobody_who_signs_is_a_witness_under_whatever_relation(desks: Desks) -> None:
    desk = desks["interviewer"]
    for name, fit in ((desk.me.name, False), (f" {desk.me.name[0]}\u200b{desk.me.name[1:]}", False), ("张某", True)):
        said = Evidence("oral_witness", b"", "cannot_read", name, "neighbour", witness_fit=True)
        with nullcontext() if fit else pytest.raises(UnfitWitness):
            events.check_way(desk, said, "mother")


def test_one_mother_is_one_person_and_a_father_another(desks: Desks, child: str, changes: Changes) -> None:
    desk = desks["interviewer"]
    with desk.db.writing() as tables:
        mother = events.person(desk, tables, child, "mother", "parent")
        again = events.person(desk, tables, child, "mother", "parent")
        father = events.person(desk, tables, child, "father", "parent")

    assert mother == again != father
    assert [(one.set["relation"], one.drawer) for one in changes(desk, "person")] == [
        ("mother", "research/A"),
        ("father", "research/A"),
    ]


def test_the_mother_of_one_child_is_not_the_mother_of_another(desks: Desks, child: str, other_child: str) -> None:
    desk = desks["interviewer"]
    with desk.db.writing() as tables:
        ids = {events.person(desk, tables, subject, "mother", "parent") for subject in (child, other_child)}

    assert len(ids) == 2


def test_an_event_says_on_which_words_at_which_age_and_on_which_day(desks: Desks, child: str) -> None:
    desk = desks["interviewer"]
    one, form = people.case(desk, child), forms.guardian_form(desk, child)
    event = events.begin(desk, one, form, "guardian", "p", "mother", ["never-heard-of"])

    assert event == {
        "actor": "guardian",
        "person": "p",
        "relation": "mother",
        "form": "guardian_info_consent",
        "form_text_hash": form.text_hash,
        "age_group": "a12_13",
        "day": desk.today,
        "follows": [],
    }


def test_what_was_on_the_screen_goes_into_the_form(desks: Desks, agreed_by_grandmother: str, changes: Changes) -> None:
    one = people.case(desks["interviewer"], agreed_by_grandmother)
    (event,) = changes(desks["interviewer"], "consent_event")

    assert (events.follows(one, "carer"), events.follows(one, "guardian")) == ([event.id], [])


def test_a_yes_lifts_nothing_where_no_no_is_open(desks: Desks, consented: str) -> None:
    one = people.case(desks["interviewer"], consented)

    assert events.lifting(events.lifted(one, {"actor": "child", "person": one.id, "follows": []})) == {}


def test_a_yes_lifts_the_no_that_was_on_the_screen_and_none_that_came_unseen(desks: Desks, consented: str) -> None:
    no = assents.record(desks["interviewer"], consented, ChildAnswer("no"))
    one = people.case(desks["interviewer"], consented)
    event = {"actor": "child", "person": one.id}

    seen = events.lifted(one, {**event, "follows": [no]})
    assert events.lifting(seen) == {"act": "reconsented", "lifts": [no]}
    assert events.lifted(one, {**event, "follows": []}) == []
