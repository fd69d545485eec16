from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest

from fieldkit.acts import consents, forms, people, readiness, withdrawals
from fieldkit.acts.consents import GuardianAnswer
from fieldkit.acts.desk import Desk
from fieldkit.acts.forms import NothingChanged, NotUnderstood
from fieldkit.acts.people import NewChild
from fieldkit.acts.strings import PlaceholdersDiffer
from fieldkit.clock import Clock
from fieldkit.errors import Missing, NotAllowed, NotFound, Refusal
from fieldkit.records import natural_id
from fieldkit.rules import guides
from fieldkit.rules.ages import OutOfRange
from fieldkit.rules.terms import NotForFamilies
from fieldkit.rules.versions import FormNotInForce, NewerVersion
from fieldkit.store import log
from fieldkit.store.log import Draft
from fieldkit.studies import Pair, load_study

Desks = dict[str, Desk]
Refused = Callable[[type[Refusal], str, Callable[[Desk], object]], Refusal]


def test_a_child_who_is_unknown_or_withdrew_has_no_form(refused: Refused, desks: Desks, child: str) -> None:
    withdrawals.withdraw_each(desks["interviewer"], [child])

    for show in (forms.guardian_form, forms.carer_form, forms.child_form, forms.opening):
        for subject in (child, "nobody"):
            refused(NotFound, "interviewer", partial(show, subject=subject))


def test_a_form_that_the_committee_has_not_stamped_takes_no_yes(desks: Desks, child: str) -> None:
    with desks["interviewer"].db.writing() as tables:
        tables.execute("UPDATE forms SET stamped_on = NULL WHERE doc_kind = 'guardian_info_consent'")

    with pytest.raises(FormNotInForce) as refused:
        forms.guardian_form(desks["interviewer"], child).check_in_force()
    assert refused.value.code == "V21"
    forms.carer_form(desks["interviewer"], child).check_in_force()


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
    for age, called in ((10, "阿远"), (13, "小禾"), (15, "青山")):
        subject = people.register(desks["interviewer"], NewChild(called, "", "A03", "m", f"{year - age}-01"))
        kinds.append(forms.child_form(desks["interviewer"], subject).doc_kind)

    assert kinds == ["assent_9_11", "assent_12_13", "consent_14_17"]


def test_an_age_without_a_form_takes_no_yes(desks: Desks, child: str) -> None:
    with desks["interviewer"].db.writing() as tables:
        tables.execute("UPDATE participants SET age_group = 'u9'")

    with pytest.raises(OutOfRange):
        forms.child_form(desks["interviewer"], child).check_in_force()


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


def test_only_the_coordinator_writes_forms_anew(refused: Refused) -> None:
    words = {"form:carer_agreement:1": Pair("确认书", "Agreement")}
    rewrite = partial(forms.rewrite, doc_kind="carer_agreement", words=words, change_class="minor", text_hash="any")

    for act in (forms.listing, partial(forms.texts, doc_kind="carer_agreement"), rewrite):
        refused(NotAllowed, "interviewer translator sg_lead", act)


@pytest.mark.parametrize(
    ("refusal", "words", "change_class"),
    [
        (Missing, {"form:carer_agreement:1": Pair("确认书", "Agreement")}, ""),
        (Missing, {"form:carer_agreement:1": Pair("确认书", " ")}, "minor"),
        (PlaceholdersDiffer, {"form:carer_agreement:1": Pair("{me}的确认书", "Agreement")}, "minor"),
        (PlaceholdersDiffer, {"form:carer_agreement:1": Pair("{you}的确认书", "Agreement of {you}")}, "minor"),
        (NothingChanged, {}, "minor"),
        (NotForFamilies, {"form:carer_agreement:1": Pair("留守孩子的确认书", "Agreement")}, "minor"),
        (NotForFamilies, {"form:carer_agreement:1": Pair("确认书", "Agreement on a left-behind child")}, "minor"),
        (NotFound, {"form:carer_agreement:99": Pair("多", "more")}, "minor"),
    ],
)
def test_a_new_version_that_cannot_be_is_refused(
    refused: Refused, desks: Desks, refusal: type[Refusal], words: dict[str, Pair], change_class: str
) -> None:
    shown = forms.texts(desks["coordinator"], "carer_agreement").text_hash
    act = partial(forms.rewrite, doc_kind="carer_agreement", words=words, change_class=change_class, text_hash=shown)

    refused(refusal, "coordinator", act)


def test_a_new_version_is_used_from_its_stamp_on_and_the_old_one_keeps_its_words(
    desks: Desks, child: str, carry: Callable[[Desk, Desk], object]
) -> None:
    desk, field = desks["coordinator"], desks["interviewer"]
    before = forms.carer_form(field, child)
    words = {"form:carer_agreement:1": Pair("照护人确认书", "Carer's form")}
    shown = forms.texts(desk, "carer_agreement").text_hash
    assert forms.rewrite(desk, "carer_agreement", words, "minor", shown) == "2"
    carry(desk, field)
    assert forms.carer_form(field, child) == before

    readiness.stamp(desk, {forms.texts(desk, "carer_agreement").text_hash: "{}"}, desk.today, "YS-2", desk.today)
    carry(desk, field)
    now = forms.carer_form(field, child)
    assert (now.version, now.title.zh) == ("2", "照护人确认书")
    assert now.read_aloud == before.read_aloud
    assert forms.carer_form(field, child) != before
    yesterday = (Clock().today() - timedelta(days=1)).isoformat()
    assert forms.form_for(field, "carer_agreement", people.case(field, child), yesterday) == before


def test_the_tenth_version_comes_after_the_ninth(desks: Desks) -> None:
    desk = desks["coordinator"]
    for number in range(2, 11):
        shown, words = forms.texts(desk, "gatekeeper").text_hash, Pair(f"信{number}", f"Letter {number}")
        forms.rewrite(desk, "gatekeeper", {"form:gatekeeper:1": words}, "editorial", shown)
    readiness.stamp(desk, {forms.texts(desk, "gatekeeper").text_hash: "{}"}, desk.today, "YS-2", desk.today)

    assert forms.blank(desk, "gatekeeper").version == "10"


def test_an_older_form_with_fewer_items_is_shown_as_it_was_stored(desks: Desks, child: str) -> None:
    field, kind = desks["interviewer"], "guardian_info_consent"
    said = [Pair(f"话{n}", f"words {n}") for n in range(1, 18)]  # a title, 7 lines, 3 asked back, 3 items
    texts = {f"form:{kind}:{n}": pair for n, pair in enumerate(said, 1)}
    with field.db.writing() as tables:
        for code, pair in texts.items():
            log.append(tables, field.pen, Draft("string", {"code": code, "zh": pair.zh, "en": pair.en}))
        log.append(tables, field.pen, Draft("form", {
            "doc_kind": kind, "version": "2", "state": "approved", "text_hash": guides.form_hash(texts),
            "strings": {code: guides.text_hash(pair) for code, pair in texts.items()},
            "items": ["participate", "notes", "store"], "stamped_on": "2020-01-01", "valid_from": "2020-01-01",
        }))  # fmt: skip

    form = forms.guardian_form(field, child)
    assert [one.zh for one in form.read_aloud] == [f"话{n}" for n in range(2, 9)]
    assert [one.zh for one in form.teach_back] == ["话9", "话10", "话11"]
    assert [(item.code, item.label.zh, item.sentence.zh) for item in form.items] == [
        ("participate", "话12", "话13"),
        ("notes", "话14", "话15"),
        ("store", "话16", "话17"),
    ]


def test_a_form_speaks_of_what_the_coordinator_entered(desks: Desks, child: str) -> None:
    facts = {"institution": "某学院", "institution_en": "", "pi_contact": "0000-1", "retention_until": "2029-06-30"}
    desk = desks["coordinator"]
    with desk.db.writing() as tables:  # before any form is stamped
        tables.execute("UPDATE forms SET stamped_on = NULL")
    lines = [line for group in readiness.overview(desk) for line in group.lines]
    readiness.keep(desk, facts, {line.fact.code: line.opened.base for line in lines})

    spoken = forms.blank(desks["coordinator"], "guardian_info_consent").read_aloud
    assert "某学院" in spoken[0].zh
    assert "某学院" in spoken[0].en
    assert "2029年6月30日" in "".join(pair.zh for pair in spoken)
    assert "30 June 2029" in "".join(pair.en for pair in spoken)
    assert "0000-1" in spoken[-1].zh


def test_a_new_version_is_written_only_from_the_newest_one(refused: Refused, desks: Desks) -> None:
    desk, kind = desks["coordinator"], "carer_agreement"
    shown = forms.texts(desk, kind).text_hash
    forms.rewrite(desk, kind, {f"form:{kind}:1": Pair("确认书", "Form")}, "minor", shown)
    words = {f"form:{kind}:2": Pair("另一句", "Another")}
    again = partial(forms.rewrite, doc_kind=kind, words=words, change_class="minor", text_hash=shown)

    refused(NewerVersion, "coordinator", again)


def test_each_sentence_to_be_written_anew_says_as_what_it_is_said(desks: Desks) -> None:
    said = [one.part for one in forms.texts(desks["coordinator"], "carer_agreement").lines]
    form = next(one for one in load_study().forms if one.doc_kind == "carer_agreement")

    back = ["teach_back"] * len(form.teach_back)
    assert said == ["title"] + ["read_aloud"] * len(form.read_aloud) + back + ["labels", "sentences"] * len(form.items)


def test_words_that_come_back_are_a_version_of_their_own(desks: Desks) -> None:
    desk, kind = desks["coordinator"], "gatekeeper"
    first = forms.texts(desk, kind).lines[0]
    for words in (Pair("信", "Letter"), first.text, Pair("信件", "A letter")):
        number = forms.rewrite(desk, kind, {first.id: words}, "editorial", forms.texts(desk, kind).text_hash)

    assert number == "4"
