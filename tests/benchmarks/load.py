"""A repeatable load of interview records: 2 KB of Chinese and English each, of children in equal shares.

One record is one answer of an interview, as it stands in the log: 16 short fields (who, on which device, when, of
which child, interview and question, on which grounds, ...) and the note. Words are drawn by Zipf's law, English ones
from what Python says of itself, Chinese ones made of the characters of GB2312 level 1: no two notes are alike, and they
compress about as real ones do.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, islice
from pydoc_data.topics import topics

from fieldkit.acts.desk import Desk
from fieldkit.clock import new_id
from fieldkit.records import Change, Value
from fieldkit.store import log
from fieldkit.store.database import Tables
from fieldkit.store.log import Draft

INTERVIEWS = 2  # of each child
SMALLEST, LARGEST = 300, 8000  # bytes of a note; the middle is 1.9 KB


class Words:
    """Words of one language, the n-th with a share of 1 / (n + 3)."""

    def __init__(self, words: Sequence[str], between: str, ends: Sequence[str]) -> None:
        self._words = words
        self._shares = list(accumulate(1 / (place + 3) for place in range(len(words))))
        self._between = between
        self._ends = ends

    def sentence(self, chance: random.Random) -> str:
        drawn = chance.choices(self._words, cum_weights=self._shares, k=chance.randint(5, 21))
        return self._between.join(drawn) + chance.choice(self._ends)


def english() -> Words:
    counted = Counter(word for text in topics.values() for word in re.findall(r"\b[a-z]{2,12}\b", text))
    return Words([word for word, _ in counted.most_common(6000)], " ", (". ", ", ", "? "))


def chinese() -> Words:
    chance = random.Random(11)
    cells = [bytes((row, cell)) for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFF)]
    characters = [cell.decode("gb2312", "ignore") for cell in cells]
    letters = Words(chance.sample([one for one in characters if one], k=3755), "", ("",))
    drawn = (letters.sentence(chance)[: chance.choice((1, 2, 2, 2, 2, 3, 3))] for _ in iter(int, 1))
    return Words(list(islice(dict.fromkeys(islice(drawn, 20_000)), 4000)), "", ("。", "。", "，", "！", "？"))


def notes(count: int, seed: int) -> list[str]:
    """Return *count* notes."""
    chance, zh, en = random.Random(seed), chinese(), english()
    return [_note(chance, zh, en) for _ in range(count)]


def _note(chance: random.Random, zh: Words, en: Words) -> str:
    wanted, said, length = min(LARGEST, max(SMALLEST, chance.lognormvariate(7.55, 0.4))), list[str](), 0
    while length < wanted:
        said.append((zh if chance.random() < 0.6 else en).sentence(chance))
        length += len(said[-1].encode())
    return "".join(said)


@dataclass(frozen=True)
class Sitting:
    """One interview of one child: who speaks, on which day's session, and which two yeses permit it."""

    child: str
    session: str
    grounds: tuple[str, str]


def fill(desk: Desk, texts: Sequence[str], children: int) -> list[Change]:
    """Write one answer for each of *texts*, of *children* in equal shares, and all that has to stand before; return
    the answers.
    """
    with desk.db.writing() as tables:
        before, sittings = _sittings(desk, tables, children)
        said = [
            _answer(desk, tables, sittings[n * len(sittings) // len(texts)], n, text) for n, text in enumerate(texts)
        ]
        log.settle(tables, [*before, *said])
    return said


def edit(desk: Desk, said: Sequence[Change], more: str) -> None:
    """Write *more* to each of the answers *said*, over what they hold."""
    with desk.db.writing() as tables:
        for one in said:
            values = {**one.set, "text": f"{one.set['text']}{more}"}
            draft = Draft("answer", values, subject=one.subject, session=one.session, grounds=one.grounds)
            log.append(tables, desk.pen, log.over(draft, {"text": (one.id,), "text_kind": (one.id,)}))


def _sittings(desk: Desk, tables: Tables, children: int) -> tuple[list[Change], list[Sitting]]:
    patterns = _patterns(tables)
    made, sittings = list[Change](), list[Sitting]()
    for number in range(children):
        child = new_id()
        facts = {"case_code": f"ZK-A03-{number + 200:03d}", "site": "A03", "sex": "f", "age_group": "a12_13"}
        facts |= {"registered_on": desk.today, "pseudonym_zh": f"化名{number}", "pseudonym_en": f"Name {number}"}
        made.append(_kept(desk, tables, Draft("participant", facts, record=child, subject=child)))
        parent = _event(desk, tables, child, patterns["guardian"], "")
        sessions = [new_id() for _ in range(INTERVIEWS)]
        yeses = [_event(desk, tables, child, patterns["child"], session) for session in sessions]
        new = [Sitting(child, session, (parent.id, own.id)) for session, own in zip(sessions, yeses, strict=True)]
        made += [parent, *yeses, *(_interview(desk, tables, one) for one in new)]
        sittings += new
    return made, sittings


def _patterns(tables: Tables) -> Mapping[str, Mapping[str, Value]]:
    """Return what a guardian and a child said on whose two yeses an interview stands here, by who it was."""
    interview = next(tables.query("SELECT id FROM interviews"))["id"]
    grounds = log.of_record(tables, interview)[0].grounds
    return {str(said["actor"]): said for said in (log.of_record(tables, one)[0].set for one in grounds)}


def _event(desk: Desk, tables: Tables, child: str, pattern: Mapping[str, Value], session: str) -> Change:
    said = {**pattern, "person": child, "follows": [], "session": session, "day": "2026-01-05"}
    return _kept(desk, tables, Draft("consent_event", said, subject=child, session=session or None))


def _interview(desk: Desk, tables: Tables, at: Sitting) -> Change:
    facts = {"guide_version": "1", "started_on": "2026-01-05", "interviewer": desk.me.code, "asked": {}}
    draft = Draft("interview", facts, record=at.session, subject=at.child, session=at.session, grounds=at.grounds)
    return _kept(desk, tables, draft)


def _answer(desk: Desk, tables: Tables, at: Sitting, number: int, text: str) -> Change:
    said = {"interview": at.session, "question": f"W{number:05d}", "text": text}
    said |= {"text_kind": "verbatim", "outcome": "answered"}
    draft = Draft("answer", said, subject=at.child, session=at.session, editor=new_id(), grounds=at.grounds)
    return _kept(desk, tables, draft)


def _kept(desk: Desk, tables: Tables, draft: Draft) -> Change:
    """Keep a change as `log.append` does, but for settling, which comes once for all of them."""
    change = log._change(tables, desk.pen, draft)
    log.insert(tables, change, change.encoded(), batch=None, block=None)
    return change
