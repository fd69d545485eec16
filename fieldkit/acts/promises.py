"""What is printed into the stamped forms and binds with them: whose study, which number, until which day (§1.10)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fieldkit.acts import situations
from fieldkit.records import Change, natural_id
from fieldkit.rules import guides
from fieldkit.rules.versions import FormVersion
from fieldkit.store import log, merge, setup, strings
from fieldkit.store.database import Tables
from fieldkit.studies import Pair, load_study

KEPT_UNTIL = "retention_until"
PRINTED = {"institution": "institution", "institution_en": "institution", "pi_contact": "phone", KEPT_UNTIL: KEPT_UNTIL}


def facts_under(tables: Tables, form: FormVersion | None) -> dict[str, str]:
    """Return the facts as *form* prints them: those that stood until a newer version of it was stamped.

    Without a form, or under the newest one, they are today's. Of two days that were written the earlier counts.
    """
    known, end = setup.facts(tables), _replaced(tables, form) if form else None
    days = _days(_changes(tables, KEPT_UNTIL))
    if end is not None:
        for code in PRINTED:
            before = _heads(one for one in _changes(tables, code) if one.tick < end)
            if len({one.set["value"] for one in before}) <= 1:
                known[code] = before[0].set["value"] if before else ""
        days += _days(one for one in _changes(tables, KEPT_UNTIL) if one.tick < end)
    return {code: value for code, value in known.items() if value} | {KEPT_UNTIL: min(days)}


def binding(tables: Tables, code: str) -> list[str]:
    """Return the kinds of form that were stamped with what stands under *code*, and in no newer version since.

    What nobody has written yet was promised by nobody, but for the day that the study itself says.
    """
    written = _changes(tables, code)
    if not written and code != KEPT_UNTIL:
        return []
    since = max((one.tick for one in written), default=0)
    stamped = [one for one in situations.form_versions(tables) if one.stamped_on]
    by_kind: dict[str, list[FormVersion]] = {}
    for one in stamped:
        by_kind.setdefault(one.doc_kind, []).append(one)
    return [kind for kind, ones in by_kind.items() if _still_says(tables, code, ones, since)]


def named(kinds: list[str]) -> Pair:
    """Return the names of these kinds of form, in a sentence."""
    titles = [load_study().codes["doc_kind"][kind] for kind in kinds]
    return Pair("、".join(one.zh for one in titles), ", ".join(one.en for one in titles))


def _still_says(tables: Tables, code: str, stamped: list[FormVersion], since: int) -> bool:
    newest = max(stamped, key=lambda one: one.number)
    promised = max((one.number for one in stamped if _stamped_at(tables, one) < since), default=0)
    first = min(one.number for one in stamped)
    return newest.number <= max(promised, first) and PRINTED[code] in _placeholders(tables, newest)


def _placeholders(tables: Tables, form: FormVersion) -> set[str]:
    row = strings.form(tables, form.text_hash)
    texts: Mapping[str, Pair] = strings.texts_with(tables, row["strings"]) if row else {}
    return {name for pair in texts.values() for name in guides.placeholders(pair.zh)}


def _replaced(tables: Tables, form: FormVersion) -> int | None:
    """Return the tick at which a newer version of *form* was first stamped."""
    later = [one for one in situations.form_versions(tables) if one.doc_kind == form.doc_kind and one.stamped_on]
    return min((_stamped_at(tables, one) for one in later if one.number > form.number), default=None)


def _stamped_at(tables: Tables, form: FormVersion) -> int:
    """Return the tick of a version's first stamp; none of it is earlier than a change that its author had seen."""
    changes = log.of_record(tables, natural_id("form", form.doc_kind, str(form.number)))
    return min((one.tick for one in changes if one.set.get("stamped_on")), default=0)


def _changes(tables: Tables, code: str) -> list[Change]:
    return [one for one in log.standing_of(tables, natural_id("study_fact", code)) if "value" in one.set]


def _heads(changes: Iterable[Change]) -> list[Change]:
    return merge.heads(changes).get("value", [])


def _days(changes: Iterable[Change]) -> list[str]:
    written = [str(one.set["value"]) for one in _heads(changes) if one.set["value"]]
    return written or [load_study().retention_until]
