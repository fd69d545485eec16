from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from fieldkit.acts import consents, forms, people, withdrawals
from fieldkit.acts.consents import GuardianAnswer
from fieldkit.acts.desk import Desk
from fieldkit.acts.forms import NotUnderstood
from fieldkit.acts.people import NewChild
from fieldkit.clock import Clock
from fieldkit.errors import NotFound, Refusal
from fieldkit.records import natural_id
from fieldkit.rules.ages import OutOfRange
from fieldkit.rules.versions import FormNotInForce
from fieldkit.store import log
from fieldkit.store.log import Draft

Desks = dict[str, Desk]
Refused = Callable[[type[Refusal], str, Callable[[Desk], object]], Refusal]


def test_a_child_who_is_unknown_or_withdrew_has_no_form(refused: Refused, desks: Desks, child: str) -> None:
    withdrawals.withdraw(desks["interviewer"], child)

    for show in (forms.guardian_form, forms.carer_form, forms.child_form, forms.opening):
        for subject in (child, "nobody"):
            refused(NotFound, "interviewer", partial(show, subject=subject))


def test_v21_a_form_that_the_committee_has_not_stamped_is_not_used(desks: Desks, child: str) -> None:
    with desks["interviewer"].db.writing() as tables:
        tables.execute("UPDATE forms SET stamped_on = NULL WHERE doc_kind = 'guardian_info_consent'")

    with pytest.raises(FormNotInForce):
        forms.guardian_form(desks["interviewer"], child)
    assert forms.carer_form(desks["interviewer"], child)


def test_a_teach_back_that_is_missing_or_wrong_is_refused(desks: Desks, child: str) -> None:
    form = forms.guardian_form(desks["interviewer"], child)
    for answers in ([], ["ok"] * 2, ["ok", "again", "ok"], ["OK"] * 3):
        with pytest.raises(NotUnderstood) as told:
            forms.check_understood(form, answers)
        assert told.value.code == "V28"
    forms.check_understood(form, ["ok"] * 3)


def test_the_guardians_form_is_whole_in_both_languages(desks: Desks, child: str) -> None:
    form = forms.guardian_form(desks["interviewer"], child)

    assert [item.code for item in form.items if item.necessary] == ["participate", "notes", "store"]
    assert len(form.teach_back) == 3
    lines = [
        form.title,
        *form.read_aloud,
        *form.teach_back,
        *(pair for one in form.items for pair in (one.label, one.sentence)),
    ]
    assert all(pair.zh and pair.en for pair in lines)
    assert not any("{" in text for pair in lines for text in pair)


def test_the_form_speaks_of_this_child_and_this_interviewer(desks: Desks, child: str) -> None:
    spoken = "".join(pair.zh for pair in forms.guardian_form(desks["interviewer"], child).read_aloud)

    assert "小满" in spoken
    assert "李岚" in spoken


def test_the_childs_form_follows_its_age(desks: Desks) -> None:
    year, kinds = Clock().today().year, []
    for age in (10, 13, 15):
        subject = people.register(desks["interviewer"], NewChild("阿远", "", "A03", "m", f"{year - age}-01"))
        kinds.append(forms.child_form(desks["interviewer"], subject).doc_kind)

    assert kinds == ["assent_9_11", "assent_12_13", "consent_14_17"]


def test_an_age_without_a_form_is_refused(desks: Desks, child: str) -> None:
    with desks["interviewer"].db.writing() as tables:
        tables.execute("UPDATE participants SET age_group = 'u9'")

    with pytest.raises(OutOfRange):
        forms.child_form(desks["interviewer"], child)


def test_a_draft_changes_no_form_that_was_approved(
    desks: Desks, child: str, carry: Callable[[Desk, Desk], object]
) -> None:
    before = forms.guardian_form(desks["interviewer"], child)
    translator = desks["translator"]
    changed = {"code": "form:guardian_info_consent:1", "zh": "改过的题目", "en": "Changed"}
    with translator.db.writing() as tables:
        base = log.encode_base(log.standing_of(tables, natural_id("string", changed["code"])))
        draft = Draft("string", changed, editor="editor-1")
        log.save_from_editor(tables, translator.pen, draft, natural_id("string", changed["code"]), base)
    carry(desks["translator"], desks["interviewer"])

    assert forms.guardian_form(desks["interviewer"], child) == before


def test_the_opening_is_said_in_three_blocks_and_never_of_a_recorder(desks: Desks, child: str) -> None:
    blocks = forms.opening(desks["interviewer"], child)

    assert [bool(block) for block in blocks] == [True, True, True]
    spoken = "".join(pair.zh for block in blocks for pair in block)
    assert "李岚" in spoken
    assert "录音" not in spoken
    assert "{" not in spoken


def test_the_opening_names_the_carer_as_the_child_does(
    desks: Desks, child: str, says: Callable[..., GuardianAnswer]
) -> None:
    consents.record(desks["interviewer"], child, says(desks["interviewer"], child, carer="mgm"))

    spoken = "".join(pair.zh for block in forms.opening(desks["interviewer"], child) for pair in block)
    assert "姥姥" in spoken
