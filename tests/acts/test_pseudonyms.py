"""Pseudonyms: who may change one, what is refused, and that a name told later does not stay beside one it tells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from fieldkit.acts import assents, household, interviews, people, pseudonyms
from fieldkit.acts.assents import ChildAnswer
from fieldkit.acts.demo import KEPT
from fieldkit.acts.desk import Desk
from fieldkit.acts.told import IdentityTold, PersonTold, Seen
from fieldkit.clock import new_id
from fieldkit.errors import NotAllowed, NotFound, Refusal
from fieldkit.rules.pseudonyms import PseudonymOfFamily, PseudonymTaken, PseudonymTells
from fieldkit.store import log
from fieldkit.store import people as people_store
from fieldkit.store.log import Draft
from fieldkit.studies import Pair

Desks = dict[str, Desk]
Refused = Callable[[type[Refusal], str, Callable[[Desk], object]], Refusal]
OTHERS = "coordinator translator sg_lead"
GRANDMOTHER = PersonTold("pgm", care_type="grandparents", age_band="60_69")


@pytest.fixture
def named(desks: Desks, consented: str) -> Pair:
    """The pseudonym of the child whose mother has signed."""
    found = people.case(desks["interviewer"], consented).pseudonym
    assert found is not None
    return found


def base_of(desk: Desk, subject: str) -> str:
    """What an editor of the pseudonym has on its screen."""
    return pseudonyms.view(desk, subject).opened.base


def pet_name(desk: Desk, subject: str, pet: str) -> None:
    """Somebody tells what the child is called at home."""
    known = household.view(desk, subject).identity
    household.save_identity(desk, subject, IdentityTold(pet_names=pet), known.seen if known else Seen())


def adult(desk: Desk, subject: str, name: str) -> None:
    """Somebody tells the name of an adult."""
    household.save_person(desk, subject, new_id(), replace(GRANDMOTHER, name=name), Seen())


def test_only_an_interviewer_names_a_child(refused: Refused, consented: str, child: str) -> None:
    refused(NotAllowed, OTHERS, partial(pseudonyms.suggest, subject=child))
    refused(NotAllowed, OTHERS, partial(pseudonyms.view, subject=consented))
    refused(NotAllowed, OTHERS, lambda desk: pseudonyms.change(desk, consented, "云帆", "", "{}"))


def test_a_child_without_a_pseudonym_gets_the_first_one_with_the_consent(refused: Refused, child: str) -> None:
    refused(NotFound, "interviewer", partial(pseudonyms.view, subject=child))
    refused(NotFound, "interviewer", lambda desk: pseudonyms.change(desk, child, "云帆", "", "{}"))


def test_another_pseudonym_is_held_against_all_that_is_known(
    refused: Refused, desks: Desks, consented: str, named: Pair
) -> None:
    desk = desks["interviewer"]
    pet_name(desk, consented, "小帆")
    adult(desk, consented, "王书远")
    for zh, refusal in (("云帆", PseudonymTells), ("书远", PseudonymOfFamily)):
        refused(refusal, "interviewer", lambda desk, zh=zh: pseudonyms.change(desk, consented, zh, "", "{}"))  # type: ignore[misc]


def test_v10_the_pinyin_of_a_pseudonym_that_another_child_has_too_stays_refused(
    refused: Refused, desks: Desks, consented: str, named: Pair, other_child: str
) -> None:
    desk = desks["interviewer"]
    with desk.db.writing() as tables:  # another laptop gave the same one, before the two had met
        same = Draft(
            "participant", {"pseudonym_zh": named.zh, "pseudonym_en": ""}, record=other_child, subject=other_child
        )
        log.append_over(tables, desk.pen, same)

    refused(PseudonymTaken, "interviewer", lambda desk: pseudonyms.change(desk, consented, named.zh, "Otherwise", "{}"))


def test_the_pinyin_of_a_pseudonym_can_be_put_right(desks: Desks, consented: str, named: Pair) -> None:
    desk = desks["interviewer"]
    pseudonyms.change(desk, consented, named.zh, f"{named.en}n", base_of(desk, consented))

    assert people.case(desk, consented).pseudonym == Pair(named.zh, f"{named.en}n")


def test_a_suggested_pseudonym_shares_nothing_with_the_child(desks: Desks, child: str) -> None:
    name = pseudonyms.suggest(desks["interviewer"], child, "刘知夏")

    assert not set(name.zh) & set("小满刘知夏")
    assert name != Pair("", "")


def test_v11_a_pet_name_told_later_stops_the_next_interview_until_the_pseudonym_is_changed(
    refused: Refused, desks: Desks, consented: str
) -> None:
    desk = desks["interviewer"]
    before = people.case(desk, consented).pseudonym
    assert before is not None
    assents.record(desk, consented, ChildAnswer("yes", (1, 2, 3), "child_oral", "愿意"))
    pet_name(desk, consented, f"小{before.zh[0]}")

    assert isinstance(pseudonyms.warning(desk, consented), PseudonymTells)
    refused(PseudonymTells, "interviewer", lambda desk: interviews.start(desk, consented, KEPT))
    proposed = pseudonyms.view(desk, consented).proposed
    pseudonyms.change(desk, consented, proposed.zh, proposed.en, base_of(desk, consented))
    assert people.case(desk, consented).pseudonym == proposed
    assert interviews.start(desk, consented, KEPT)


def test_v12_an_adult_named_later_is_held_against_the_pseudonym(desks: Desks, consented: str, named: Pair) -> None:
    desk = desks["interviewer"]
    adult(desk, consented, f"王{named.zh}")

    assert isinstance(pseudonyms.warning(desk, consented), PseudonymOfFamily)
    assert pseudonyms.view(desk, consented).proposed != named


def test_where_no_names_are_held_nothing_warns(desks: Desks, consented: str) -> None:
    assert pseudonyms.warning(desks["interviewer"], consented) is None


def test_v10_a_pseudonym_that_another_child_ever_had_is_taken_and_never_proposed(
    desks: Desks, consented: str, named: Pair, other_child: str
) -> None:
    desk = desks["interviewer"]
    other = pseudonyms.view(desk, consented).proposed
    pseudonyms.change(desk, consented, other.zh, other.en, base_of(desk, consented))

    with desk.db.reading() as tables:
        taken = people_store.pseudonyms(tables, but=other_child)
        assert {named.zh, other.zh} <= {one.zh for one in taken}
        assert people_store.pseudonyms(tables, but=consented) == []
        with pytest.raises(PseudonymTaken):
            pseudonyms.checked(tables, people.case(desk, other_child), named.zh, "")
    pseudonyms.change(desk, consented, named.zh, named.en, base_of(desk, consented))  # its own it may have back
