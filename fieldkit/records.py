"""Changes and the kinds of record they speak of: the one table of kinds and fields (`design.md` §3)."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

FORMAT = 1
TEXT, INTEGER, LIST, MAP = "text", "integer", "list", "map"
Value = Any  # JSON without floats: str, int, bool, None, list, dict


@dataclass(frozen=True)
class Kind:
    """One kind of record: its drawer, its table, its fields with their types, and what search may find.

    Without a drawer of its own it lies beside what it speaks of: the draft names the drawer.
    `key` names the fields whose values are its natural key; two machines then mean the same record.
    `needs` are the consent items without which a change of this kind is refused here and held elsewhere; `attached`
    says that its `media` names the item (`needed`).
    """

    name: str
    drawer: str
    table: str
    fields: Mapping[str, str]
    key: tuple[str, ...] = ()
    searched: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    immutable: bool = False
    attached: bool = False


def _texts(names: str) -> dict[str, str]:
    return dict.fromkeys(names.split(), TEXT)


_EVENT_FIELDS = {
    **_texts("actor person relation act form form_text_hash method no_sign_reason witness_relation session"),
    **_texts("evidence_hash age_group guardian_basis day scope requested_by channel words"),
    **_texts("entered_on lang_used read_aloud_by again_on"),
    "items": MAP,
    "call": MAP,
    "reasons": MAP,
    "understanding": LIST,
    "told": LIST,
    "follows": LIST,
    "lifts": LIST,
    "voids": LIST,
    "answers": LIST,
}

_QUESTION_FIELDS = {
    **_texts("code section ctx"),
    **dict.fromkeys(("position", "core", "sens"), INTEGER),
    "probes": LIST,
}
_FORM_FIELDS = {
    **_texts("doc_kind version text_hash state stamped_on ethics_no valid_from valid_to change_class"),
    "strings": MAP,
    "items": LIST,
    "printed": MAP,
}
_PARTICIPANT_FIELDS = {
    **_texts("case_code site sex age_group pseudonym_zh pseudonym_en migration carer registered_on"),
    **_texts("grade boarding recruited_via pilot household slip_code moved_on"),
    "age_at_enrol": INTEGER,
    "siblings": INTEGER,
    "sensitive": LIST,
    "reasons": MAP,
}
_PARENT_FIELDS = {
    **_texts("child parent alive living_with migration away_since work_place occupation contact_freq contact_mode"),
    **_texts("capacity"),
    "months_away": INTEGER,
    "home_visits": INTEGER,
    "reasons": MAP,
}
_PERSON_FIELDS = {
    **_texts("relation role basis basis_evidence basis_paper care_type age_band education reads_zh speaks"),
    **_texts("care_agreement whereabouts capacity ended_on ended_why"),
    "reasons": MAP,
}
_IDENTITY_FIELDS = {
    **_texts("real_name birth_date birth_calendar birth_precision birth_source told_kind pet_names address school"),
    **_texts("school_class phones"),
    "told_age": INTEGER,
    "zodiac": INTEGER,
}
_MEMBER_FIELDS = (
    "code gender credentials occupation interview_training child_training_on dialects stance_zh stance_en "
    "nda_signed_on record_check_on"
)
_PLACE_FIELDS = "site name address gatekeeper permission_on permission_doc child_director township_officer police"
_CLOSING_FIELDS = {
    **_texts("interview completion stop_reason setting setting_note privacy language_main language_mix"),
    **_texts("field_notes_when ended_on relationship_before told_about_interviewer interviewer_stance second_adult"),
    **_texts("note_taker saturation saturation_note member_check thank_you"),
    **dict.fromkeys(("mood_start", "mood_end", "duration_ms"), INTEGER),
    "others_present": LIST,
    "told": LIST,
    "reasons": MAP,
}
_MEMO_FIELDS = "interview interviewer day sealed self_role assumptions method_note analytic_idea"
_CELL_KEY = "sex age_band lbc_group site"
_NECESSARY = ("participate", "notes", "store")

_ALL = (
    Kind("study", "study", "studies", _texts("code title_zh title_en institution contact retention_until"), ("code",)),
    Kind("study_fact", "study", "study_facts", _texts("code value"), ("code",)),
    Kind("team_member", "study", "team_members", _texts(_MEMBER_FIELDS), ("code",)),
    Kind("help_number", "study", "help_numbers", _texts("site line number verified_on verified_by"), ("site", "line")),
    Kind("site", "study", "sites", _texts("code site_type county private_room network power"), ("code",)),
    Kind("question", "study", "questions", _QUESTION_FIELDS, ("code",)),
    Kind("string", "study", "strings", {**_texts("code zh en zh_state en_state"), "position": INTEGER}, ("code",)),
    Kind("guide_version", "study", "guide_versions", {"number": INTEGER, "strings": MAP}, immutable=True),
    Kind("form", "study", "forms", _FORM_FIELDS, ("doc_kind", "version")),
    Kind(
        "lost_stick", "study", "lost_sticks", {**_texts("device written_on lost_on"), "interviews": INTEGER},
        immutable=True,
    ),
    Kind("found_stick", "study", "found_sticks", _texts("loss day"), immutable=True),
    Kind("erasure_done", "study", "erasures_done", _texts("erasure device day"), ("erasure", "device")),
    Kind("team_secret", "consent", "team_secrets", _texts("team secret"), ("team",)),
    Kind("participant", "research", "participants", _PARTICIPANT_FIELDS),
    Kind("person", "research", "persons", _PERSON_FIELDS),
    Kind("parent", "research", "parents", _PARENT_FIELDS, ("child", "parent")),
    Kind("screening", "research", "screenings", {**_texts("child result approach day"), "criteria": MAP}, ("child",)),
    Kind("visit", "research", "visits", _texts("day site outcome next_on note"), immutable=True),
    Kind("visit_answer", "research", "visit_answers", _texts("visit whose day"), immutable=True),
    Kind("slip", "vault", "slips", _texts("called phone given_by")),
    Kind("identity", "vault", "identities", _IDENTITY_FIELDS),
    Kind("person_name", "vault", "person_names", _texts("person name phone"), ("person",)),
    Kind("place", "vault", "places", _texts(_PLACE_FIELDS), ("site",)),
    Kind("consent_event", "consent", "consent_events", _EVENT_FIELDS, immutable=True),
    Kind(
        "evidence", "vault", "evidence",
        _texts("event signature paper_ref paper_place witness recording_place"), ("event",),
    ),
    Kind("paper", "consent", "papers", _texts("event brought_on paper_ref paper_place"), ("event",)),
    Kind("nonparticipation", "consent", "nonparticipations", _texts("reason site sex age_group day")),
    Kind(
        "tombstone", "consent", "tombstones",
        {**_texts("case_code slip_code site sex age_group pilot erasure day told_on requested_by"), "removed": MAP},
        immutable=True,
    ),
    Kind(
        "redaction", "consent", "redactions",
        {**_texts("day told_on requested_by"), **dict.fromkeys(("erasures", "answers", "attachments"), LIST)}
        | {"removed": INTEGER},
        immutable=True,
    ),
    Kind("notice", "notices", "notices", _texts("code scope requested_by day"), immutable=True),
    Kind(
        "interview", "research", "interviews",
        {**_texts("guide_version started_on interviewer mode entered_on paper_ref"), "asked": MAP}, needs=_NECESSARY,
    ),
    Kind(
        "answer", "research", "answers", _texts("interview question text text_kind outcome"),
        ("interview", "question"), searched=("text",), needs=("notes",),
    ),
    Kind(
        "moment", "research", "moments", {**_texts("interview what who question"), "t_elapsed": INTEGER},
        needs=("notes",), immutable=True,
    ),
    Kind("closing", "research", "closings", _CLOSING_FIELDS, ("interview",)),
    Kind(
        "observation", "research", "observations",
        _texts("interview setting_desc interaction non_verbal interruptions profile"), ("interview",),
        searched=("setting_desc", "interaction", "non_verbal", "interruptions", "profile"), needs=("notes",),
    ),
    Kind(
        "attachment", "research", "attachments",
        {**_texts("interview media key"), "bytes": INTEGER, "chunks": LIST}, attached=True,
    ),
    Kind("memo", "research", "memos", _texts(_MEMO_FIELDS), immutable=True),
    Kind(
        "conflict_decision", "", "conflict_decisions",
        {**_texts("about field choice taken reason note"), "heads": LIST}, immutable=True,
    ),
    Kind("same_child", "research", "same_children", _texts("first second state reason"), ("first", "second")),
    Kind("quota_cell", "study", "quota_cells", {**_texts(_CELL_KEY), "target": INTEGER}, tuple(_CELL_KEY.split())),
    Kind(
        "clock_repair", "study", "clock_repairs",
        {**_texts("device from_day to_day reason"), **dict.fromkeys(("first", "last", "days"), INTEGER)}
        | {"replaces": LIST},
        immutable=True,
    ),
    Kind("work_item", "research", "work_items", _texts("what due day"), immutable=True),
    Kind("work_tick", "research", "work_ticks", _texts("item came day"), immutable=True),
    Kind("work_removal", "research", "work_removals", _texts("item day"), immutable=True),
)  # fmt: skip
KINDS: Mapping[str, Kind] = {kind.name: kind for kind in _ALL}
ATTACHED = {"audio": "audio", "image": "photo_object"}  # item by the part of a media type before the slash (V39)
TEAM_DRAWERS = ("consent", "research", "vault")


def drawer_of(kind: Kind, team: str) -> str:
    """Return the drawer where *kind* lies for *team*: `study`, `notices`, or split by team as in `research/A`."""
    if not kind.drawer:
        raise ValueError(f"{kind.name} lies beside what it speaks of")
    return f"{kind.drawer}/{team}" if kind.drawer in TEAM_DRAWERS else kind.drawer


def canonical(value: Value) -> bytes:
    """Return the one way to write *value* as bytes (`design.md` §3)."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def natural_id(kind: str, *key: str) -> str:
    """Return the record id of what has a natural key: BLAKE2b-128 of canonical `[kind, key...]`, base64url."""
    return urlsafe_b64encode(blake2b(canonical([kind, *key]), digest_size=16).digest()).rstrip(b"=").decode()


def digest(content: bytes) -> str:
    """Return BLAKE2b-256 of *content* as unpadded base64url."""
    return urlsafe_b64encode(blake2b(content, digest_size=32).digest()).rstrip(b"=").decode()


def clean(value: Value) -> Value:
    """Return *value* with NUL and lone surrogates as U+FFFD; all other text stays as typed."""
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").replace("\0", "\ufffd")
    if isinstance(value, list):
        return [clean(part) for part in value]
    if isinstance(value, dict):
        return {clean(key): clean(part) for key, part in value.items()}
    return value


@dataclass(frozen=True)
class Change:
    """One durable fact: who set which fields of which record, over which changes that were on the screen.

    `flags`: `clock` where the date of the laptop was wrong, or stated by hand (`domain.md` §6.1, 07:00).
    """

    id: str
    author: str
    device: str
    tick: int
    wall: str
    drawer: str
    kind: str
    record: str
    set: Mapping[str, Value]
    over: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    grounds: tuple[str, ...] = ()
    subject: str | None = None
    session: str | None = None
    editor: str | None = None
    elapsed: int | None = None
    flags: tuple[str, ...] = ()
    v: int = FORMAT

    def encoded(self) -> bytes:
        """Return the change as canonical JSON, absent keys left out."""
        return canonical({name: value for name, value in self._parts() if value not in (None, {}, ())})

    def _parts(self) -> list[tuple[str, Value]]:
        return [(name, getattr(self, name)) for name in self.__dataclass_fields__]


def item_of(media: str) -> str:
    """Return the consent item that a media type needs; empty where none permits it."""
    return ATTACHED.get(media.partition("/")[0], "")


def needed(change: Change) -> tuple[str, ...]:
    """Return the consent items without which *change* is not in use; of a medium that nothing permits an empty name."""
    kind = KINDS.get(change.kind)
    if kind is None or not kind.attached:
        return kind.needs if kind else ()
    return (*kind.needs, item_of(str(change.set.get("media", ""))))


class Unreadable(ValueError):
    """Bytes that are no change of a version this program knows."""


def decode(content: bytes) -> Change:
    """Return the change that *content* holds.

    Raises Unreadable for other versions and for what is no change; the caller keeps such bytes aside.
    """
    try:
        parts = _JSON.decode(content.decode())
        if parts["v"] != FORMAT:
            raise Unreadable(f"version {parts['v']}")
        _check(parts)
        if b"\\u" in content:
            canonical(parts)  # a lone surrogate has no bytes
        over = {name: tuple(ids) for name, ids in parts.get("over", {}).items()}
        known = {name: parts[name] for name in Change.__dataclass_fields__ if name in parts}
        lists = {name: tuple(parts.get(name, ())) for name in _LISTS}
        return Change(**{**known, "over": over, **lists})
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Unreadable(str(error)) from error


def _check(parts: Mapping[str, Value]) -> None:
    """Raise Unreadable for a part of another type: what is kept must never stop a later reading of the whole."""
    wrong = [name for name, shape in _SHAPES.items() if name in parts and type(parts[name]) is not shape]
    lists = [] if wrong else [*parts.get("over", {}).values(), *(parts.get(name, []) for name in _LISTS)]
    if wrong or not all(type(ids) is list and all(type(one) is str for one in ids) for ids in lists):
        raise Unreadable(", ".join(wrong) or "ids")


def _integer(text: str) -> int:
    number = int(text)
    if abs(number) >= 2**53:
        raise Unreadable("integer")
    return number


def _no_float(text: str) -> Value:
    raise Unreadable(f"{text} is no number of ours")


_LISTS = ("grounds", "flags")
_JSON = json.JSONDecoder(parse_int=_integer, parse_float=_no_float, parse_constant=_no_float)
_SHAPES: Mapping[str, type] = {
    **dict.fromkeys(("id", "author", "device", "wall", "drawer", "kind", "record"), str),
    **dict.fromkeys(("subject", "session", "editor"), str),
    **dict.fromkeys(("v", "tick", "elapsed"), int),
    **dict.fromkeys(("set", "over"), dict),
    **dict.fromkeys(_LISTS, list),
}
