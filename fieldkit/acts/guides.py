"""The interview guide as it is printed: for the day on which no laptop works (`domain.md` §6.1, 09:40)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fieldkit.acts import forms, promises
from fieldkit.acts.desk import Desk, only
from fieldkit.errors import NotFound
from fieldkit.rules import guides
from fieldkit.rules.members import COORDINATOR, INTERVIEWER
from fieldkit.store import strings
from fieldkit.studies import Pair, load_study


@dataclass(frozen=True)
class PaperQuestion:
    """One question on paper, under the id by which it is typed in later.

    `core`: of the short set; `careful`: wants thought beforehand; `sens`: not while others listen.
    """

    id: str
    text: Pair
    probes: Sequence[Pair]
    core: bool
    careful: bool
    sens: bool


@dataclass(frozen=True)
class PaperSection:
    """One section on paper."""

    title: Pair
    questions: Sequence[PaperQuestion]


@dataclass(frozen=True)
class PaperGuide:
    """The newest published guide: its number, the opening in its three blocks, its sections, the closing script."""

    number: int
    opening: Sequence[Sequence[Pair]]
    sections: Sequence[PaperSection]
    closing: Sequence[Pair]


@only(INTERVIEWER, COORDINATOR)
def paper(desk: Desk) -> PaperGuide:
    """Return the guide as it is printed, with lines for what is not known of the child. Raises NotFound."""
    with desk.db.reading() as tables:
        version = strings.newest_version(tables)
        if version is None:
            raise NotFound
        texts = strings.published(tables, version)
        values = forms.placeholder_values(desk, tables, None) | dict.fromkeys(
            ("local_contact", "withdraw_until"), BLANK
        )
        asked = strings.asked(tables, texts)
    sections = []
    for section in load_study().guide.sections:
        found = [_question(one, texts, values) for one in asked if one["section"] == section.id]
        sections += [PaperSection(texts.get(f"guide:{section.id}", section.title), found)] if found else []
    return PaperGuide(version["number"], forms.spoken(texts, values), sections, forms.ending(texts, values))


BLANK = Pair(promises.BLANK, promises.BLANK)


def _question(row: strings.Row, texts: Mapping[str, Pair], values: Mapping[str, Pair]) -> PaperQuestion:
    probes = [texts[f"guide:{probe}"] for probe in row["probes"] if f"guide:{probe}" in texts]
    said = [guides.fill_pair(one, values) for one in (texts[f"guide:{row['code']}"], *probes)]
    core, careful = bool(row["core"]), row["ctx"] == guides.CAREFUL
    return PaperQuestion(row["code"], said[0], said[1:], core, careful, row["sens"] == guides.SENSITIVE)
