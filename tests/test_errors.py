"""Every refusal has a code of its own and a sentence in both languages that says what to do."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from string import Formatter

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

import fieldkit
from fieldkit.errors import Missing, NotFound, Refusal
from fieldkit.i18n import EN, LOCALES, N_, ZH
from fieldkit.resources import PACKAGE, resource_dir

SOURCES = sorted(PACKAGE.rglob("*.py"))


def kinds() -> list[type[Refusal]]:
    """Return every kind of refusal in the program."""
    for module in walk_packages(fieldkit.__path__, "fieldkit."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    found, waiting = {Refusal}, [Refusal]
    while waiting:
        fresh = set(waiting.pop().__subclasses__()) - found
        found |= fresh
        waiting += fresh
    return sorted((kind for kind in found if kind.__module__.startswith("fieldkit.")), key=lambda kind: kind.__name__)


KINDS = kinds()
ALL = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.__name__))


def needs(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@cache
def parts(path: Path) -> list[ast.AST]:
    return list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def raised(name: str, path: Path) -> Iterator[set[str]]:
    """Yield, for each place in *path* that makes a refusal *name*, the details that it gives."""
    for node in parts(path):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Name) and node.exc.id == name:
            yield set()
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
            yield {word.arg for word in node.keywords if word.arg}


def test_no_two_refusals_share_a_code() -> None:
    codes = [kind.code for kind in KINDS]

    assert len(KINDS) > 30
    assert sorted({code for code in codes if codes.count(code) > 1}) == []


@ALL
def test_a_refusal_has_a_code_and_a_sentence_of_its_own(kind: type[Refusal]) -> None:
    assert {"code", "message"} <= vars(kind).keys()
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*|[VD]\d+", kind.code)
    assert 400 <= kind.status < 600


@pytest.fixture(scope="module")
def catalogue() -> Catalog:
    with (resource_dir("translations") / ZH / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file)


@ALL
def test_a_refusal_has_its_chinese(kind: type[Refusal], catalogue: Catalog) -> None:
    message = catalogue.get(kind.message)

    assert message is not None
    assert message.string
    assert not message.fuzzy


@ALL
def test_a_refusal_is_a_whole_sentence_in_each_language(kind: type[Refusal]) -> None:
    refusal = kind(**{name: f"<{name}>" for name in needs(kind.message)})
    zh, en = (refusal.sentence(locale) for locale in LOCALES)

    assert re.search(r"[\u4e00-\u9fff]", zh)
    assert not re.search(r"[\u4e00-\u9fff]", en)
    assert zh.endswith(("。", "？", ">"))  # the last word may be a detail
    assert en.endswith((".", "?", ">"))
    assert [name for name in needs(kind.message) if f"<{name}>" not in zh or f"<{name}>" not in en] == []
    assert str(refusal) == f"{zh}\n{en}"


@ALL
def test_whoever_raises_a_refusal_says_what_its_sentence_needs(kind: type[Refusal]) -> None:
    """A detail that was forgotten would break the page that should calm."""
    forgotten = [path.name for path in SOURCES for given in raised(kind.__name__, path) if needs(kind.message) - given]

    assert forgotten == []


def test_a_detail_that_was_forgotten_is_seen(tmp_path: Path) -> None:
    source = tmp_path / "notes.py"
    source.write_text("if a:\n    raise Missing\nif b:\n    raise Missing(name=1)\nraise Missing(field=2)\n")

    given = list(raised("Missing", source))

    assert len(given) == 3
    assert [{"field"} - details for details in given].count({"field"}) == 2


def test_a_detail_that_names_a_field_is_translated_and_what_was_typed_is_not() -> None:
    assert "真名" in Missing(field=N_("the real name")).sentence(ZH)
    assert "the real name" in Missing(field="the real name").sentence(EN)
    assert "D:\\调查" in Missing(field="D:\\调查").sentence(EN)


@pytest.mark.parametrize("typed", ["", "{field}", "{0}", "{"])
def test_no_detail_breaks_a_sentence(typed: str) -> None:
    assert Missing(field=typed).sentence(ZH) == f"还有一处没填：{typed}。填好再存一次。"


def test_details_that_no_sentence_needs_are_for_the_page() -> None:
    assert NotFound(gates=[1, 2]).details == {"gates": [1, 2]}
    assert NotFound(gates=[1, 2]).sentence(EN) == NotFound().sentence(EN)
