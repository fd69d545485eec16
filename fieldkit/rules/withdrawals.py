"""What a text that asks for a withdrawal names: codes in full, codes that are shortened, words that may be a name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from fieldkit.rules import names, slips

WIDEST = 60  # so many codes may lie between two that are joined by "to"


@dataclass(frozen=True)
class Meant:
    """What stands in a text, each once and in its order.

    `codes`: case codes in full, slip codes. `maybe`: case codes made up from a shortened one ("ZK-A03-003、04",
    "001到003", "A03-3"; where no study is named "A03-003"), and what may be a slip code or a word. `rest`: all else.
    """

    codes: tuple[str, ...] = ()
    maybe: tuple[str, ...] = ()
    rest: str = ""

    @property
    def words(self) -> tuple[str, ...]:
        """Return the words that are neither codes nor said of a code."""
        found = (_AROUND.sub("", word) for word in re.split(r"[^\w\-]+", self.rest))
        return tuple(dict.fromkeys(word for word in found if word.strip("-_")))


@dataclass(frozen=True)
class _Place:
    """Where a text names a code. `sure`: there is no doubt about it; `word`: it may be a word too, and stays one."""

    start: int
    end: int
    code: str
    sure: bool
    word: bool = False


@dataclass(frozen=True)
class _Code:
    """A code in a text, or a part of one that stands for it."""

    start: int
    end: int
    study: str
    site: str
    number: int
    full: bool

    @property
    def code(self) -> str:
        """Return it as it is kept; without a study it is none that could travel."""
        return "-".join(part for part in (self.study, self.site, f"{self.number:03}") if part)

    @property
    def place(self) -> _Place:
        """Return where it stands."""
        return _Place(self.start, self.end, self.code, self.full)


def read(text: str) -> Meant:
    """Return what *text* names; no part of it that could be a child's is left out of the three."""
    plain = names.typed(re.sub(r"\s", " ", text))
    case_codes = list(_codes(plain))
    slip_codes = list(_slip_codes(plain, case_codes))
    if not case_codes and not slip_codes:
        whole = _whole(plain)
        return Meant((whole,)) if whole else Meant(rest=plain)
    found = [*(one.place for one in case_codes), *slip_codes]
    codes = _each_once(one.code for one in sorted(found, key=lambda one: one.start) if one.sure)
    might_be = [*(one.code for one in case_codes), *_between(case_codes, plain), *(one.code for one in slip_codes)]
    maybe = _each_once(code for code in might_be if code not in codes)
    return Meant(codes, maybe, _without(plain, [one for one in found if not one.word]))


def _each_once(codes: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(codes))


def spelt(text: str) -> str:
    """Return *text*, in which no code can be read, as it is kept: of what may be a slip code without its blanks."""
    plain = names.typed(text)
    joined = _joined(plain)
    return joined if slips.is_code(joined) else plain


def names_code(text: str) -> bool:
    """Tell whether a code can be read in *text*, in full or shortened."""
    meant = read(text)
    return bool(meant.codes or meant.maybe)


def is_case_code(code: str) -> bool:
    """Tell whether *code* is a whole case code as it is kept."""
    return _KEPT.fullmatch(code) is not None


def bears(name: str, text: str) -> bool:
    """Tell whether *name*, of two signs or more, stands in *text*; one in letters as a word of its own."""
    wanted, within = name.casefold(), text.casefold()
    if len(wanted) < 2:  # a single character stands in any sentence
        return False
    return re.search(rf"(?<![a-z]){re.escape(wanted)}(?![a-z])", within) is not None


def _whole(plain: str) -> str:
    """Return the code that *plain* is from end to end, with blanks and dashes anywhere."""
    joined = _joined(plain)
    if found := _JOINED.fullmatch(joined):
        return "-".join(found.groups())
    return joined if slips.is_code(joined) and _is_mixed(joined) else ""


def _joined(text: str) -> str:
    return re.sub(r"[\s\-_]", "", text).upper()


def _is_mixed(code: str) -> bool:
    """Eight letters, or eight digits, may be a name or a number: whoever typed them is asked."""
    return any(one.isdigit() for one in code) and any(one.isalpha() for one in code)


def _codes(plain: str) -> Iterator[_Code]:
    """Yield every code; a number alone belongs to the site of the code before it, or else of the first."""
    found = [one for one in _TOKEN.finditer(plain) if not one["no_code"]]
    study = next((one["study"] for one in found if one["study"]), "")
    site = next((one["site"] or one["near"] for one in found if one["site"] or one["near"]), "")
    for one in found:
        study, site = one["study"] or study, one["site"] or one["near"] or site
        number = one["number"] or one["alone"] or one["said"] or one["han"]
        if site:
            kept = f"{site[0]}{int(site[1:]):02}".upper()
            full = bool(one["study"]) and (len(site), len(number)) == (len("A03"), len("001"))
            yield _Code(*one.span(), study.upper(), kept, _count(number), full)


def _slip_codes(plain: str, among: list[_Code]) -> Iterator[_Place]:
    """Yield what may be a slip code, outside the case codes; in two halves beside other words it may be none."""
    for one in _SLIP.finditer(plain):
        if not _inside(one.span(), among):
            mixed, alone = _is_mixed(one[0]), one[0] == plain
            yield _Place(*one.span(), _joined(one[0]), mixed and (len(one[0]) == slips.LENGTH or alone), not mixed)


def _between(found: list[_Code], plain: str) -> list[str]:
    """Return the codes between two of one site that are joined by "to"."""
    codes = []
    for one, other in pairwise(found):
        joined = plain[one.end : other.start].strip().casefold() in _TO
        if joined and one.site == other.site and other.number - one.number <= WIDEST:
            between = range(one.number + 1, other.number)
            codes += [_Code(0, 0, one.study, one.site, number, full=False).code for number in between]
    return codes


def _count(number: str) -> int:
    """Return what *number* says, in digits or up to 九十九 in characters."""
    if number.isdigit():
        return int(number)
    tens, ten, ones = number.partition("十")
    return (_HAN.find(tens) or 1) * 10 + max(_HAN.find(ones or "〇"), 0) if ten else _HAN.find(number)


def _inside(span: tuple[int, int], found: list[_Code]) -> bool:
    return any(one.start < span[1] and span[0] < one.end for one in found)


def _without(plain: str, places: list[_Place]) -> str:
    kept = list(plain)
    for one in places:
        kept[one.start : one.end] = "|" * (one.end - one.start)
    return _DAY.sub("|", "".join(kept))


_HAN = "〇一二三四五六七八九"
_NUMERAL = "(?:[一二三四五六七八九]?十[一二三四五六七八九]?|[一二三四五六七八九])"
_TO = {"到", "至", "起到", "起至", "-", "--", "~", "to"}
_DAY = re.compile(r"[0-9]{4}[-/.年][0-9]{1,2}[-/.月][0-9]{1,2}日?|[0-9]{1,2}月[0-9]{1,2}[日号]")
_TOKEN = re.compile(
    rf"""
    (?<![A-Z0-9])(?:
      (?P<study>[A-Z]{{2}})(?:[\s\-_/.]*(?=[A-Z][0-9]{{2}}[\s\-_/.]*[0-9]{{3}}(?![0-9]))|[\s\-_/.]+)
      (?P<site>[A-Z][0-9]{{1,2}})(?:[\s\-_/.]*(?=[0-9]{{3}}(?![0-9]))|[\s\-_/.]+)
      (?P<number>[0-9]{{1,3}})(?:[\s\-_]?S[0-9]{{1,2}})?(?![A-Z0-9])
    | (?P<near>[A-Z][0-9]{{1,2}})(?:[\s\-_/.]*(?=[0-9]{{3}}(?![0-9]))|[\s\-_/.]+)
      (?P<alone>[0-9]{{1,3}})(?![A-Z0-9])
    | (?P<no_code>{_DAY.pattern}|[0-9]{{4,}}(?:[\s\-][0-9]+)*)
    | (?P<said>[0-9]{{1,3}})(?![A-Z0-9])(?!\s*[岁年月点分级班])
    | (?P<han>(?<=[、,和与及跟/&到至]){_NUMERAL}(?=$|[\s、,.。;和与及跟到至])|{_NUMERAL}(?=号))
    )
    """,
    re.VERBOSE | re.IGNORECASE,
)
_SLIP = re.compile(
    rf"(?<![A-Z0-9])(?:[{slips.ALPHABET}]{{8}}|[{slips.ALPHABET}]{{4}}[\s\-][{slips.ALPHABET}]{{4}})(?![A-Z0-9])",
    re.IGNORECASE,
)
_SAID = "编号|告知条|化名|代码|号码|孩子|小孩|退出|谢谢|还有|是|的|号|和|与|及|跟|或|也|都|要|到|至|code|slip|and|or"
_AROUND = re.compile(rf"^(?:{_SAID})+|(?:{_SAID})+$", re.IGNORECASE)
_JOINED = re.compile(r"([A-Z]{2})([A-Z][0-9]{2})([0-9]{3})")
_KEPT = re.compile(r"[A-Z]{2}-[A-Z][0-9]{2}-[0-9]{3}")
