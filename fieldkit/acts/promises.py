"""What is printed into the stamped forms and binds with them: whose study, which number, until which day (§1.10)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fieldkit.acts import situations
from fieldkit.errors import Refusal
from fieldkit.i18n import N_
from fieldkit.records import Change, natural_id
from fieldkit.rules import guides, versions
from fieldkit.rules.versions import MAJOR, MINOR, FormVersion
from fieldkit.store import log, merge, setup, strings
from fieldkit.store.database import Tables
from fieldkit.studies import Pair, load_study

KEPT_UNTIL, READERS = "retention_until", "team_size"
PRINTED = {  # a fact, and the gap in the words of a form that it fills; without one it stands in the head of every form
    "institution": "institution",
    "institution_en": "institution",
    "pi_contact": "phone",
    "pi_name": "",
    KEPT_UNTIL: KEPT_UNTIL,
    READERS: "team",
}
STANDS_IN = {"institution_en": "institution"}  # what is printed for a fact while it is not written
_WHOM_TO_ASK = {"pi_name", "pi_contact"}
_STUDY_SAYS = {KEPT_UNTIL, READERS}  # the study itself, while nobody has written another
_NEVER_EMPTY = {"institution", "pi_name", "pi_contact"}
_KEPT_AS_STAMPED = PRINTED.keys() - {KEPT_UNTIL}
BLANK = "＿＿＿＿＿＿"


class FactsDisputed(Refusal):
    """Of something that the forms print two versions stand: neither is printed, and no stamp goes on it."""

    code = "facts_disputed"
    message = N_(
        "Not done: the forms print one of these, and nobody has chosen which: {values}. The coordinator chooses under "
        "“Two versions”; then print, and enter the stamp."
    )


class FactsWanting(Refusal):
    """A form would be stamped without saying who does the study, who leads it or whom to ring (PIPL 17)."""

    code = "facts_wanting"
    message = N_(
        "Not stamped: a form says who does the study and whom to ring, and this is not entered yet: {questions} "
        "Answer it under “Getting ready”; then enter the stamp."
    )


def facts_under(tables: Tables, form: FormVersion | None) -> dict[str, str]:
    """Return the facts as *form* prints them: those that stood when it was first stamped.

    Without a form, or under one that is not stamped yet, they are today's, a line to write on while two versions stand;
    what nobody had written by the stamp is what was written first after it. Of all days that a family may have heard
    the earliest counts: the one at the stamp, and each since.
    """
    known, kept_until = setup.facts(tables), _changes(tables, KEPT_UNTIL)
    known |= dict.fromkeys(setup.disputed(tables) & PRINTED.keys(), BLANK)
    stamp = _stamped_at(tables, form) if form and form.stamped_on else None
    if form and stamp is not None:
        known |= _stamped_with(tables, form, stamp)
    return {code: value for code, value in known.items() if value} | {KEPT_UNTIL: min(_days(kept_until, stamp))}


def printed_now(tables: Tables) -> dict[str, str]:
    """Return what a form says of the study that is stamped now, but for the day; raises FactsDisputed, FactsWanting."""
    check_agreed(tables)
    known = setup.facts(tables)
    wanting = [one.text for one in load_study().readiness if one.code in _NEVER_EMPTY and not known.get(one.code)]
    if wanting:
        raise FactsWanting(questions=Pair("".join(one.zh for one in wanting), " ".join(one.en for one in wanting)))
    return {code: value for code, value in known.items() if code in _KEPT_AS_STAMPED}


def check_agreed(tables: Tables) -> None:
    """Raise FactsDisputed while two versions stand of something that forms print."""
    apart = setup.disputed(tables) & PRINTED.keys()
    if apart:
        texts = [
            [_shown(code, one.set["value"]) for one in _heads(_changes(tables, code))]
            for code in PRINTED
            if code in apart
        ]
        zh = "；".join(" / ".join(one.zh for one in ones) for ones in texts)
        en = "; ".join(" / ".join(one.en for one in ones) for ones in texts)
        raise FactsDisputed(values=Pair(zh, en))


def _shown(code: str, value: str) -> Pair:
    return readers({READERS: value}) if code == READERS else Pair(value, value)


def _stamped_with(tables: Tables, form: FormVersion, stamp: int) -> dict[str, str]:
    """Return what *form* printed at its first *stamp*: as the stamp says, else as the log says of that moment."""
    said = merge.heads(log.standing_of(tables, _record(form))).get("printed", [])
    found: dict[str, str] = dict(said[0].set["printed"]) if said else {}
    if (row := strings.form(tables, form.text_hash)) and row["ethics_no"]:
        found["ethics_no"] = row["ethics_no"]
    for code, other in STANDS_IN.items():
        if _written(tables, other, stamp) and not _written(tables, code, stamp):
            found.setdefault(code, "")  # the other one was printed in its place
    if not _written(tables, READERS, stamp):
        found.setdefault(READERS, "")  # the study's own number was
    for code in _KEPT_AS_STAMPED - found.keys():
        printed = {one.set["value"] for one in _at(_changes(tables, code), stamp)}
        if len(printed) == 1:
            found[code] = printed.pop()
    return found


def _written(tables: Tables, code: str, stamp: int) -> bool:
    return any(one.tick < stamp and one.set["value"] for one in _changes(tables, code))


def _at(changes: list[Change], stamp: int) -> list[Change]:
    return _heads(one for one in changes if one.tick < stamp) or sorted(changes, key=lambda one: one.tick)[:1]


def binding(tables: Tables, code: str) -> list[str]:
    """Return the kinds of form whose stamped words would change with what stands under *code*.

    It may change only for a version that is still to be stamped, and that asks the families anew, or tells them where
    whom to ask is all that is new (`domain.md` §3.7). What nobody has written yet was promised by nobody, but for what
    the study itself says, and for what another fact was printed in the place of.
    """
    said = _changes(tables, code) or _changes(tables, STANDS_IN.get(code, code))
    if not said and code not in _STUDY_SAYS:
        return []
    by_kind: dict[str, list[FormVersion]] = {}
    for one in situations.form_versions(tables):
        by_kind.setdefault(one.doc_kind, []).append(one)
    return [kind for kind, ones in by_kind.items() if _says(tables, code, ones) and not _brings(ones, code)]


def readers(facts: Mapping[str, str]) -> Pair:
    """Return who can see what is kept, as the forms say it with these *facts*."""
    return load_study().codes[READERS].get(_readers(facts), Pair(BLANK, BLANK))


def most_readers(tables: Tables, day: str) -> int | None:
    """Return how many people at most may see what is kept, by the stamped forms in use on *day*; None if none says."""
    known = [one for one in situations.form_versions(tables) if one.stamped_on]
    used = {versions.current(known, one.doc_kind, day) for one in known}
    said = [_readers(facts_under(tables, one)) for one in used if _fills(tables, one)]
    return min((int(one) for one in said if one.isdecimal()), default=None)


def _readers(facts: Mapping[str, str]) -> str:
    return as_printed(READERS, facts.get(READERS, ""), facts)


def _fills(tables: Tables, form: FormVersion) -> bool:
    return PRINTED[READERS] in _placeholders(tables, form)


def as_printed(code: str, value: str, known: Mapping[str, str]) -> str:
    """Return what is printed for the *value* of a fact: for none what stands in among *known*, or the study's."""
    return value or known.get(STANDS_IN.get(code, ""), "") or (load_study().team_size if code == READERS else "")


def named(kinds: list[str]) -> Pair:
    """Return the names of these kinds of form, in a sentence."""
    titles = [load_study().codes["doc_kind"][kind] for kind in kinds]
    return Pair("、".join(one.zh for one in titles), ", ".join(one.en for one in titles))


def _says(tables: Tables, code: str, versions: list[FormVersion]) -> bool:
    """Tell whether the newest version, or the one that families agree to until it is stamped, prints *code*."""
    stamped = [one for one in versions if one.stamped_on]
    last = [max(ones, key=lambda one: one.number) for ones in (stamped, versions)] if stamped else []
    return any(not PRINTED[code] or PRINTED[code] in _placeholders(tables, one) for one in last)


def _brings(versions: list[FormVersion], code: str) -> bool:
    """Tell whether a change of the class that *code* takes waits for its stamp, and no later version has one."""
    told = max((one.number for one in versions if one.stamped_on), default=0)
    classes = {MAJOR, MINOR} if code in _WHOM_TO_ASK else {MAJOR}
    return any(one.number > told and one.change_class in classes for one in versions)


def _placeholders(tables: Tables, form: FormVersion) -> set[str]:
    row = strings.form(tables, form.text_hash)
    texts: Mapping[str, Pair] = strings.texts_with(tables, row["strings"]) if row else {}
    return {name for pair in texts.values() for name in guides.placeholders(pair.zh)}


def _stamped_at(tables: Tables, form: FormVersion) -> int:
    """Return the tick of a version's first stamp; none of it is earlier than a change that its author had seen."""
    changes = log.of_record(tables, _record(form))
    return min((one.tick for one in changes if one.set.get("stamped_on")), default=0)


def _record(form: FormVersion) -> str:
    return natural_id("form", form.doc_kind, str(form.number))


def _changes(tables: Tables, code: str) -> list[Change]:
    return [one for one in log.standing_of(tables, natural_id("study_fact", code)) if "value" in one.set]


def _heads(changes: Iterable[Change]) -> list[Change]:
    return merge.heads(changes).get("value", [])


def _days(changes: list[Change], stamp: int | None) -> list[str]:
    """Return the days that were said: today's, and under a *stamp* the one at it and all that were written since."""
    since = [one for one in changes if stamp is not None and one.tick >= stamp]
    said = _heads(one for one in changes if one not in since)
    first = [str(one.set["value"]) for one in said if one.set["value"]] or [load_study().retention_until]
    return first + [str(one.set["value"]) for one in since if one.set["value"]]
