"""What a family tells of itself, one class per section of the household; an empty text and None are not told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class ChildFacts:
    """The child at school and at home; `sibling`: the case code of another child of the same household."""

    grade: str = ""
    boarding: str = ""
    siblings: int | None = None
    recruited_via: str = ""
    pilot: str = ""
    migration: str = ""
    carer: str = ""
    sibling: str = ""


@dataclass(frozen=True)
class ParentTold:
    """One parent: where they are and since when. `start_age`: how old the child was then, where that is told."""

    alive: str = ""
    living_with: str = ""
    away_since: str = ""
    start_age: int | None = None
    months_away: int | None = None
    work_place: str = ""
    occupation: str = ""
    home_visits: int | None = None
    contact_freq: str = ""
    contact_mode: str = ""
    capacity: str = ""


@dataclass(frozen=True)
class PersonTold:
    """One adult around the child; `name` and `phone` go to the vault."""

    relation: str = ""
    role: str = ""
    basis: str = ""
    basis_evidence: str = ""
    basis_paper: str = ""
    care_type: str = ""
    age_band: str = ""
    education: str = ""
    reads_zh: str = ""
    speaks: str = ""
    care_agreement: str = ""
    whereabouts: str = ""
    capacity: str = ""
    name: str = ""
    phone: str = ""


@dataclass(frozen=True)
class IdentityTold:
    """Who the child is: all of it in the vault."""

    birth_date: str = ""
    birth_calendar: str = ""
    birth_source: str = ""
    told_age: int | None = None
    told_kind: str = ""
    zodiac: int | None = None
    pet_names: str = ""
    school: str = ""
    school_class: str = ""
    address: str = ""
    phones: str = ""


@dataclass(frozen=True)
class Seen:
    """What the author of a section had on the screen: the heads of each field; and the reasons that were tapped."""

    base: str = "{}"
    named_base: str = "{}"
    reasons: Mapping[str, str] = field(default_factory=dict)
