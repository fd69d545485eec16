"""Before an interview may start: every gate of `domain.md` §3.4, judged at once, in both languages.

A gate that this version does not judge says so; it is never shown as passed (`design.md` §6).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from fieldkit.rules import ages, calendars, consent, guardians, reasons, states, studies
from fieldkit.rules.consent import ADULT, BLOCKS, CARER, CHILD, GUARDIAN, NECESSARY, Event
from fieldkit.rules.situations import Situation
from fieldkit.studies import Pair, load_study

FAILS, HOLDS, ASKS, UNCHECKED = "fails", "holds", "asks", "unchecked"
TRAINING_NEEDED = ("child_training_on", "nda_signed_on", "record_check_on")
OWN_CONSENT_GROUPS = frozenset({"a14_17"})
OWN_FORM = {group: form for group, form in ages.FORMS.items() if ages.is_14(group)}


@dataclass(frozen=True)
class Gate:
    """One condition: its state, why, and the next step (a step code) that mends it."""

    id: str
    level: str
    title: Pair
    status: str
    reason: Pair
    step: str | None = None
    waits_for: int | None = None


Verdict = tuple[str, Pair, str | None]
_OK = Pair("已具备。", "In place.")
_UNCHECKED = Pair("这个版本还不检查这一项。", "Not checked by this version.")


def judge(titles: Sequence[tuple[str, str, Pair]], case: Situation) -> list[Gate]:
    """Return every gate of *titles* (id, level, title) judged for *case*; a failing one says what it waits for."""
    return in_order(each(titles, case))


def each(titles: Sequence[tuple[str, str, Pair]], case: Situation) -> list[Gate]:
    """Return every gate of *titles* judged by itself."""
    if len(holds := consent.in_force(case.events)) < len(case.events):  # else what is worked out once serves the caller
        case = replace(case, events=holds)
    return [_gate(id_, level, title, case) for id_, level, title in titles]


def in_order(judged: Sequence[Gate]) -> list[Gate]:
    """Return the *judged* gates, each failing one with what it waits for."""
    order = {gate.id: place for place, gate in enumerate(failing(judged), 1)}
    first = next((order[id_] for id_ in ("G04", "G05", "G13", "G03") if id_ in order), None)
    return [_waiting(gate, first) for gate in judged]


def failing(gates: Sequence[Gate]) -> list[Gate]:
    """Return the gates that keep the interview from starting."""
    return [gate for gate in gates if gate.status == FAILS and gate.level == "block"]


def asking(gates: Sequence[Gate]) -> list[Gate]:
    """Return the gates that want one tap on a reason before the interview starts."""
    return [gate for gate in gates if gate.status == ASKS]


def _gate(id_: str, level: str, title: Pair, case: Situation) -> Gate:
    judge_one = _JUDGES.get(id_)
    if judge_one is None:
        return Gate(id_, level, title, UNCHECKED, _UNCHECKED)
    status, reason, step = judge_one(case)
    return Gate(id_, level, title, status, reason, step)


_ASKED_LATER = frozenset({"G06", "G07", "G14", "G15"})


def _waiting(gate: Gate, first: int | None) -> Gate:
    """The child is asked only after the guardian: such a gate has no button of its own."""
    if gate.status == FAILS and gate.id in _ASKED_LATER and gate.step and first is not None:
        return replace(gate, step=None, waits_for=first)
    return gate


def needed_facts(gate: str) -> list[str]:
    """Return the codes of the study's facts that *gate* waits for: the readiness checklist says the same."""
    return [fact.code for fact in load_study().readiness if fact.gate == gate and fact.needed]


def _undecided(gate: str, case: Situation) -> bool:
    return not all(case.facts.get(code) for code in needed_facts(gate))


_NOT_DECIDED = Pair(
    "研究还有事项没有定下来。请协调员在“开工准备”里填上。",
    "Something about the study is not decided yet. Ask the coordinator to enter it under “Getting ready”.",
)


def _ethics(case: Situation) -> Verdict:
    if _undecided("G01", case):
        return FAILS, _NO_ETHICS, "readiness"
    if studies.closed_since(case.facts, case.late):
        return FAILS, _CLOSED_THEN if case.past else _CLOSED, None
    if not (case.facts["ethics_from"] <= case.today and case.late <= case.facts["ethics_to"]):
        return FAILS, _OVER_THEN if case.past else _ETHICS_OVER, "readiness"
    return HOLDS, _OK, None


_NO_ETHICS = Pair(
    "伦理批件、影响评估或未成年人规则还没有登记齐。请协调员登记。",
    "Ethics approval, impact assessment or the rules for minors are not all entered. Ask the coordinator.",
)
_CLOSED = Pair("项目已经关闭，不再开始新的访谈。", "The study is closed: no new interview starts.")
_CLOSED_THEN = Pair(
    "那一天项目已经关闭，那天的访谈不录入。",
    "The study was closed by that day. The interview of that day is not typed in.",
)
_ETHICS_OVER = Pair(
    "今天不在伦理批件的有效期内。请协调员核对。",
    "Today is outside the ethics approval's dates. Ask the coordinator.",
)
_OVER_THEN = Pair(
    "那一天不在伦理批件的有效期内。请协调员核对。",
    "That day is outside the ethics approval's dates. Ask the coordinator.",
)


def _team(case: Situation) -> Verdict:
    days = [case.member.get(name) or "" for name in TRAINING_NEEDED]
    if all(days) and max(days) <= case.today:
        return HOLDS, _OK, None
    if all(days):
        return FAILS, _TRAINED_LATER, "team_record"
    return (
        FAILS,
        Pair(
            "您的成员登记还缺儿童保护培训、保密承诺或违法犯罪记录查询的日期。",
            "Your team record lacks the date of child protection training, confidentiality or record check.",
        ),
        "team_record",
    )


_TRAINED_LATER = Pair(
    "您的成员登记里，培训、保密承诺或违法犯罪记录查询的日期在访谈那天之后。请协调员核对日期。",
    "By your team record, the training, the confidentiality promise or the record check came after that day. "
    "Ask the coordinator to check the dates.",
)


def _screened(case: Situation) -> Verdict:
    if not case.age_fits:
        return FAILS, Pair("孩子的周岁不在本研究范围内。", "The child's age is outside the study's range."), None
    if case.screening == "eligible":
        return (FAILS, _NOT_DECIDED, "readiness") if _undecided("G03", case) else (HOLDS, _OK, None)
    if case.screening == "ineligible":
        return FAILS, Pair("筛查结果是不符合条件。", "The screening says: not eligible."), "screen"
    return (
        FAILS,
        Pair("还没有筛查，或者有一条还不清楚。", "Not screened yet, or one criterion is still open."),
        "screen",
    )


def _guardian(case: Situation) -> Verdict:
    if case.adult:
        return _of_age(case)
    if case.grown_by_clock:
        return FAILS, reasons.GROWN_BY_CLOCK, "set_date"
    state = case.guardians
    if state in {states.GIVEN, states.GIVEN_PARTIAL}:
        whole = consent.guardians_ok(case.events, NECESSARY)
        return (HOLDS, _OK, None) if whole else (FAILS, reasons.NOT_ALL_ITEMS, _asks_guardian(case))
    reason, step = reasons.BY_STATE[state]
    if step == "ask_guardian" and guardians.waits_for_choice(case, state):
        return FAILS, reasons.TWO_VERSIONS, "choose_version"
    if state == states.NOT_SOUGHT and not case.parents_out and any(event.actor == CARER for event in case.events):
        return FAILS, reasons.only_a_carer(case.carer), "call_parents"
    if step != "ask_guardian":
        return FAILS, reason, step
    if not any(form.in_force(case.late) for form in case.forms if form.doc_kind == _FORM):
        return FAILS, reasons.NO_STAMP, _asks_guardian(case)
    by_law = state == states.NOT_SOUGHT and case.parents_out
    return FAILS, reasons.NEITHER_PARENT if by_law else reason, _asks_guardian(case)


def _asks_guardian(case: Situation) -> str:
    """Return the step: where neither parent can consent, the guardian by law is asked."""
    return "ask_by_law" if case.parents_out else "ask_guardian"


_FORM = "guardian_info_consent"


def _of_age(case: Situation) -> Verdict:
    agreed = all(consent.effective(case.events, item, case.session, grown=True) for item in NECESSARY)
    if agreed and _own_words(case, ADULT):
        return (HOLDS, _OK, None) if _same_form(case, ADULT) else (FAILS, _OTHER_FORM, "ask_adult")
    reason, step = reasons.BY_STATE[states.LAPSED]
    return FAILS, reason, step


def _own_words(case: Situation, actor: str) -> list[Event]:
    """Return what the participant said in this session."""
    return [e for e in case.events if e.actor == actor and case.session and e.session == case.session]


def _same_form(case: Situation, actor: str) -> bool:
    return states.form_counts(_own_words(case, actor), case.forms, case.late)


_OTHER_FORM = Pair(
    "刚才念的同意书有了重大变更，要把新的再讲一遍、再问本人一次。",
    "The form that was read out has changed in an important way: tell the new one and ask them again.",
)


def _no_objection(case: Situation) -> Verdict:
    if case.adult or not consent.open_noes(case.events, {GUARDIAN}):
        return (ASKS, _WHOSE_NO, "who_refused") if case.refusals else (HOLDS, _OK, None)
    return (
        FAILS,
        Pair(
            "有一位监护人说了不同意。只有这位监护人自己改主意，才能再开始。",
            "A guardian has said no. Only that guardian can take it back.",
        ),
        None,
    )


_WHOSE_NO = Pair(
    "有一次走访写的是“有人不愿意”，但没说是谁。有人说了不，先写明是谁；没有谁说不，就点一下是怎么回事。",
    "On a visit somebody did not want to, and it is not said who. If somebody said no, write down first who it was; if "
    "nobody did, tap what it was.",
)


def _said_no_today(case: Situation) -> bool:
    return consent.against_on(case.events, case.today, case.late)


def _child(case: Situation) -> Verdict:
    if case.adult:
        return _of_age(case)
    if case.session and all(consent.child_ok(case.events, item, case.session) for item in NECESSARY):
        return (HOLDS, _OK, None) if _same_form(case, CHILD) else (FAILS, _OTHER_FORM, "ask_child")
    if _said_no_today(case):
        return FAILS, reasons.NO_THAT_DAY if case.past else reasons.NOT_AGAIN, None
    return FAILS, _why_the_child_is_asked(case), "ask_child"


def _why_the_child_is_asked(case: Situation) -> Pair:
    if consent.own_noes(case.events, grown=False):
        return reasons.SAID_NO
    if case.past or _guardian(case)[0] != HOLDS:
        return reasons.FIRST_THE_GUARDIAN
    thinks = states.child(case.events, case.session) == states.DEFERRED
    return reasons.CHILD_THINKS if thinks else reasons.ASK_THE_CHILD


_SAY_THE_OPENING = Pair(
    "先把开场的话说给孩子听，一段一段勾上。",
    "Say the opening script to the child and tick each part.",
)


def _told(case: Situation) -> Verdict:
    if case.adult or any(set(event.told) >= set(BLOCKS) for event in _own_words(case, CHILD)):
        return HOLDS, _OK, None
    if _said_no_today(case):
        return FAILS, reasons.NO_THAT_DAY if case.past else reasons.NOT_TOLD, None
    return FAILS, _SAY_THE_OPENING, "ask_child"


def _card(case: Situation) -> Verdict:
    if not case.open_lines:
        return (FAILS, _NOT_DECIDED, "readiness") if _undecided("G08", case) else (HOLDS, _OK, None)
    return (
        FAILS,
        Pair(
            f"这个调查点的求助卡还有 {len(case.open_lines)} 条没有号码，或者 90 天内没有打过。",
            f"Lines without a number, or not rung within 90 days, on this site's help card: {len(case.open_lines)}.",
        ),
        "help_card",
    )


_PLACE = Pair(
    "找一个看得见、听不见的地方，附近有一位同事。", "Find a place that is seen but not overheard, a colleague near."
)


def _place(_case: Situation) -> Verdict:
    return ASKS, _PLACE, None


def _carer(case: Situation) -> Verdict:
    agreed = [e for e in case.events if e.actor == CARER and e.act in consent.AGREEING]
    if case.adult or (agreed and not consent.open_noes(case.events, {CARER})):
        return HOLDS, _OK, None
    return (
        ASKS,
        Pair(
            "在家里聊，要先请照护人配合确认；不在家里聊，或者家长在家，就不用。",
            "At home the carer agrees first; elsewhere, or with a parent at home, that is not needed.",
        ),
        "ask_carer",
    )


def _machine(case: Situation) -> Verdict:
    """One tap answers for all that is asked here: where nobody can be reached, the families are asked again each time.

    What ends the question of a restore for all of them is said on the page “Today”.
    """
    asked = [*([_may_be_missing(case.behind)] if case.behind else ()), *case.doubts]
    if not asked:
        return HOLDS, _OK, None
    reason = Pair("".join(one.zh for one in asked), " ".join(one.en for one in asked))
    return ASKS, reason, "hand_over" if case.behind else None


def _may_be_missing(backup: str) -> Pair:
    day = calendars.spoken_day(backup)
    return Pair(
        f"这台电脑是用{day.zh}的备份恢复的，那以后有人说了不愿意或者要退出，这里可能没有。先读协调员最新的数据包，或者发到中心端。",
        f"This laptop was restored from the backup of {day.en}: a no or a withdrawal said since may be missing here. "
        "First read the coordinator's newest bundle, or send to the hub.",
    )


def _published(case: Situation) -> Verdict:
    if case.guide_published or case.pilot:
        return HOLDS, _OK, None
    return (
        FAILS,
        Pair("访谈提纲还没有发布。请协调员发布。", "No guide is published yet. Ask the coordinator to publish it."),
        None,
    )


def _not_withdrawn(case: Situation) -> Verdict:
    counts = (ADULT,) if case.adult else (GUARDIAN, CHILD, ADULT)
    open_ = consent.open_noes(case.events, counts)
    if any(event.act == "withdrawn" for event in open_) or consent.hidden(case.events):
        return FAILS, Pair("孩子已经退出。", "The child has withdrawn."), None
    if not case.adult and states.on_hold(case.events):
        return FAILS, Pair("这个个案暂停了，请协调员处理。", "This case is on hold for the coordinator."), None
    return (ASKS, reasons.NOT_CARRIED_OUT, None) if case.halts else (HOLDS, _OK, None)


def _item_by_item(case: Situation) -> Verdict:
    asked = all(consent.last([e for e in case.events if e.actor == GUARDIAN], item) for item in NECESSARY)
    elsewhere = case.adult or case.age_group in OWN_CONSENT_GROUPS
    if elsewhere or asked:
        return HOLDS, reasons.NOT_AT_THIS_AGE if elsewhere else _OK, None
    return (
        FAILS,
        Pair("不满十四周岁，要把每一项单独问过监护人。", "Under 14: ask the guardian item by item."),
        _asks_guardian(case),
    )


def _own_consent(case: Situation) -> Verdict:
    wanted, actor = OWN_FORM.get(case.age_group), ADULT if case.adult else CHILD
    if wanted is None or any(event.form == wanted for event in _own_words(case, actor)):
        return HOLDS, _OK if wanted else reasons.NOT_AT_THIS_AGE, None
    step = "ask_adult" if case.adult else "ask_child"
    return FAILS, _OWN_FORM_WANTED, None if _said_no_today(case) else step


_OWN_FORM_WANTED = Pair("已满十四周岁，要有本人的同意书。", "14 or over: the child's own consent form is needed.")


_JUDGES = {
    "G01": _ethics,
    "G02": _team,
    "G03": _screened,
    "G04": _guardian,
    "G05": _no_objection,
    "G06": _child,
    "G07": _told,
    "G08": _card,
    "G09": _place,
    "G10": _carer,
    "G11": _published,
    "G12": _machine,
    "G13": _not_withdrawn,
    "G14": _item_by_item,
    "G15": _own_consent,
}
