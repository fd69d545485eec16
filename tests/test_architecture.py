"""The layers of `design.md` §7: imports point down, SQL and Flask stay where they live."""

from __future__ import annotations

import ast
import re
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
OWN = ("fieldkit", "sync")
BY_NAME = {"importlib", "importlib.import_module", "runpy"}  # what is imported by name cannot be checked
LAYERS = (  # from the bottom to the top
    {"studies", "records", "errors", "clock", "i18n", "resources", "platform"},
    {"rules"},
    {"store"},
    {"acts"},
    {"exchange"},
    {"web"},
    {"app", "bundles", "cli", "__main__", "config", "console", "devices", "doors", "hubs", "server"},
)
LIVES_IN = {  # library: the only modules and packages that may import it
    "flask": ("fieldkit.web", "fieldkit.app", "sync.hub"),
    "flask_wtf": ("fieldkit.web", "fieldkit.app"),
    "wtforms": ("fieldkit.web",),
    "werkzeug": ("fieldkit.web", "fieldkit.app", "sync.hub"),
    "sync": (
        "sync",
        "fieldkit.store.replica",
        "fieldkit.store.attachments",
        "fieldkit.store.intake",
        "fieldkit.store.leftovers",
        "fieldkit.store.holdings",
        "fieldkit.store.receipts",
        "fieldkit.store.ticks",
        "fieldkit.acts",
        "fieldkit.bundles",
        "fieldkit.hubs",
    ),
    "sqlcipher3": ("fieldkit.store.database",),
    "sqlite3": ("fieldkit.store.plain",),  # in memory; else it would write the plain text of a family to the disk
    "sqlite_utils": ("fieldkit.store.database",),
    "cryptography": ("fieldkit.store.authority",),
    "sqlalchemy": ("sync.hub_store", "sync.hub_chunks"),
    "psycopg": ("sync.hub_store",),
}
ALLOWED = {
    # a migration is registered where it is written; the type and the connection still come from store/database
    ("fieldkit.store.schema", "sqlite_utils.Migrations"),
}
LATE = {  # imported where a hub is opened: SQLAlchemy takes a third of a laptop's start, and only a hub needs it
    ("fieldkit.acts.hubs", "sync.centre"),
    ("fieldkit.acts.hubs", "sync.hub_store"),
    ("fieldkit.hubs", "sync.hub"),
}
IMPURE = {"fieldkit.clock", "datetime.datetime", "time", "os", "pathlib", "random", "secrets", "io", "socket"}
SQL_LIVES_IN = ("fieldkit.store", "sync.hub_store", "sync.hub_chunks")
SQL = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|REPLACE|WITH|CREATE|DROP|ALTER|PRAGMA|BEGIN|COMMIT)\s")
SQL_CALLS = {"execute", "executemany", "executescript", "rows_where"}


def test_imports_point_down_and_everything_stays_where_it_lives() -> None:
    assert complaints(ROOT) == []


@pytest.mark.parametrize(
    ("file", "line", "complaint"),
    [
        (
            "fieldkit/rules/ages.py",
            "from fieldkit.store import log",
            "fieldkit.rules.ages looks up to fieldkit.store.log",
        ),
        ("fieldkit/store/log.py", "import fieldkit.acts.desk", "fieldkit.store.log looks up to fieldkit.acts.desk"),
        ("fieldkit/acts/desk.py", "from ..web import site", "fieldkit.acts.desk looks up to fieldkit.web.site"),
        ("fieldkit/records.py", "from fieldkit import rules", "fieldkit.records looks up to fieldkit.rules"),
        ("fieldkit/wizard.py", "import fieldkit.records", "fieldkit.wizard stands in no layer"),
        ("sync/chain.py", "from fieldkit.clock import new_id", "sync.chain imports fieldkit.clock"),
        ("fieldkit/acts/desk.py", "from flask import g", "fieldkit.acts.desk imports flask"),
        ("fieldkit/exchange/tables.py", "import werkzeug.utils", "fieldkit.exchange.tables imports werkzeug"),
        ("sync/block.py", "import flask", "sync.block imports flask"),
        ("fieldkit/acts/desk.py", "import sqlite3", "fieldkit.acts.desk imports sqlite3"),
        ("fieldkit/acts/desk.py", "import sqlite_utils", "fieldkit.acts.desk imports sqlite_utils"),
        ("fieldkit/store/schema.py", "import sqlite_utils", "fieldkit.store.schema imports sqlite_utils"),
        ("fieldkit/store/log.py", "from sqlcipher3 import dbapi2", "fieldkit.store.log imports sqlcipher3"),
        ("fieldkit/web/people.py", "from sync import chain", "fieldkit.web.people imports sync"),
        ("fieldkit/store/log.py", "from sync import chain", "fieldkit.store.log imports sync"),
        (
            "fieldkit/rules/ages.py",
            "from fieldkit.clock import Clock",
            "fieldkit.rules.ages is not pure: fieldkit.clock",
        ),
        (
            "fieldkit/rules/ages.py",
            "from datetime import datetime",
            "fieldkit.rules.ages is not pure: datetime.datetime",
        ),
        ("fieldkit/store/merge.py", "from fieldkit.store import log", "circle: "),
        ("sync/errors.py", "from sync import chain", "circle: "),
        ("fieldkit/acts/desk.py", "def f(): import fieldkit.records", "fieldkit.acts.desk hides fieldkit.records"),
        ("fieldkit/acts/desk.py", "import importlib", "fieldkit.acts.desk imports by name"),
        ("fieldkit/acts/desk.py", 'Q = "SELECT 1 FROM changes"', "fieldkit.acts.desk holds SQL"),
        ("fieldkit/acts/desk.py", 'def f(t): t.query(f"DELETE FROM {t}")', "fieldkit.acts.desk holds SQL"),
        ("fieldkit/web/people.py", "def f(t, sql): t.execute(sql)", "fieldkit.web.people holds SQL"),
    ],
)
def test_each_broken_rule_is_seen(copy: Path, file: str, line: str, complaint: str) -> None:
    with (copy / file).open("a", encoding="utf-8") as module:
        module.write(f"\n{line}\n")

    assert any(said.startswith(complaint) for said in complaints(copy))


def test_an_import_for_type_checkers_counts_too(copy: Path) -> None:
    with (copy / "fieldkit/rules/ages.py").open("a", encoding="utf-8") as module:
        module.write("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from fieldkit.store import keys\n")

    assert complaints(copy) == ["fieldkit.rules.ages looks up to fieldkit.store.keys"]


def test_migrations_lean_on_no_code_that_may_change() -> None:
    def own(module: str) -> set[str]:
        return {one.target for one in imports(ROOT) if one.module == module and _own(one.target)}

    said = {"fieldkit.store.derived", "fieldkit.store.tables", "fieldkit.store.walls"}
    assert own("fieldkit.store.schema") == {"fieldkit.store.database", *said}
    assert [own(module) for module in sorted(said)] == [set()] * 3


def test_every_module_is_looked_at() -> None:
    looked_at = set(modules(ROOT))

    assert {"fieldkit", "fieldkit.app", "fieldkit.acts.desk", "fieldkit.rules", "sync.block"} <= looked_at
    assert len(looked_at) == sum(1 for name in OWN for _ in (ROOT / name).rglob("*.py"))


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The code, to be spoilt."""
    for name in OWN:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "static", "*.toml"))
    return tmp_path


@dataclass(frozen=True)
class Import:
    """One import of one module; *inside* a function it hides that layers do not point one way."""

    module: str
    target: str
    inside: bool = False


@dataclass(frozen=True)
class Module:
    """What one module imports, and which of it inside a function; whether it speaks SQL."""

    targets: tuple[tuple[str, bool], ...]
    sql: bool


def complaints(root: Path) -> list[str]:
    """Return what in the code under *root* stands or looks where it must not."""
    known, found = modules(root), imports(root)
    by_line = [said for one in found for said in (*_direction(one), *_home(one), *_hidden(one), *_purity(one))]
    lost = [f"{name} stands in no layer" for name in known if name.startswith("fieldkit.") and _layer(name) < 0]
    sql = [f"{name} holds SQL" for name, module in known.items() if module.sql and not _lies_in(name, SQL_LIVES_IN)]
    return [*lost, *by_line, *_circle(found), *sql]


def modules(root: Path) -> dict[str, Module]:
    """Return every module of our own by its dotted name; a package stands for its `__init__`."""
    found = {}
    for path in sorted(path for name in OWN for path in (root / name).rglob("*.py")):
        package = ".".join(path.parent.relative_to(root).parts)
        name = package if path.stem == "__init__" else f"{package}.{path.stem}"
        found[name] = _read(path.read_text(encoding="utf-8"), package)
    return found


@cache
def _read(source: str, package: str) -> Module:
    nodes = list(ast.walk(ast.parse(source)))
    inside = {id(node) for one in nodes if _is_function(one) for node in ast.walk(one)}
    targets = [(target, id(node) in inside) for node in nodes for target in _targets(node, package)]
    return Module(tuple(targets), any(map(_is_sql, nodes)))


def imports(root: Path) -> list[Import]:
    """Return every import under *root*, those inside functions and those for type checkers too."""
    known = modules(root)
    return [
        Import(name, _within(known, target), inside)
        for name, module in known.items()
        for target, inside in module.targets
    ]


def _is_function(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)


def _targets(node: ast.AST, package: str) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    if isinstance(node, ast.ImportFrom) and node.module != "__future__":
        above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
        base = ".".join([*above, *([node.module] if node.module else [])])
        yield from (f"{base}.{alias.name}" for alias in node.names)


def _within(known: Iterable[str], target: str) -> str:
    """Return the module that *target* is or lies in, where it is our own."""
    while _own(target) and target not in known and "." in target:
        target = target.rpartition(".")[0]
    return target


def _own(target: str) -> bool:
    return target.partition(".")[0] in OWN


def _layer(name: str) -> int:
    noun = name.split(".")[1] if "." in name else ""
    return next((height for height, layer in enumerate(LAYERS) if noun in layer), -1)


def _lies_in(name: str, homes: Iterable[str]) -> bool:
    return any(name == home or name.startswith(f"{home}.") for home in homes)


def _direction(one: Import) -> Iterator[str]:
    if _lies_in(one.module, ["sync"]) and _lies_in(one.target, ["fieldkit"]):
        yield f"{one.module} imports {one.target}"
    elif _lies_in(one.target, ["fieldkit"]) and _layer(one.target) > _layer(one.module):
        yield f"{one.module} looks up to {one.target}"


def _home(one: Import) -> Iterator[str]:
    library = one.target.partition(".")[0]
    free = library not in LIVES_IN or (one.module, one.target) in ALLOWED
    if not free and not _lies_in(one.module, LIVES_IN[library]):
        yield f"{one.module} imports {library}"
    if one.target in BY_NAME:
        yield f"{one.module} imports by name"


def _hidden(one: Import) -> Iterator[str]:
    late = [home for module, home in LATE if module == one.module]
    if one.inside and _own(one.target) and not _lies_in(one.target, late):
        yield f"{one.module} hides {one.target}"


def _purity(one: Import) -> Iterator[str]:
    if _lies_in(one.module, ["fieldkit.rules"]) and _lies_in(one.target, IMPURE):
        yield f"{one.module} is not pure: {one.target}"


def _circle(found: list[Import]) -> Iterator[str]:
    graph: dict[str, set[str]] = {}
    for one in found:
        if _own(one.target):
            graph.setdefault(one.module, set()).add(one.target)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        yield f"circle: {' <- '.join(error.args[1])}"


def _is_sql(node: ast.AST) -> bool:
    words = isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.match(node.value)
    called = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in SQL_CALLS
    return bool(words) or called
