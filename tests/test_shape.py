"""The shape of the house: short functions, one noun per file, nothing left lying about."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from statistics import median, quantiles

import pytest

ROOT = Path(__file__).resolve().parents[1]
CODE = sorted(path for folder in ("fieldkit", "sync") for path in (ROOT / folder).rglob("*.py"))
FOLDERS = {"fieldkit", "sync", "templates", "translations", "tests", "docs"}
BY_TOOLS = {"dist", "build", "htmlcov"}  # made on a developer's machine, ignored by git
PACKAGES = {"acts", "exchange", "rules", "static", "store", "studies", "web"}
DATA_FOLDERS = ("templates", "translations", "fieldkit/static")
OF_SEVERAL_NOUNS = {"base", "macros", "problem", "who"}  # templates that other templates and all refusals use
ACROSS = {"stories", "browser", "benchmarks"}  # test folders about the whole, not about one package
OF_NO_MODULE = {
    "acts/history",
    "acts/kills",
    "acts/stops_model",
    "store/model",
    "store/revocations_model",
    "web/words",
    "sync/faults",
    "sync/model",
    "sync/vectors",
}  # about a layer, not about one noun
TEXTS = {".py", ".html", ".toml", ".md", ".po", ".js", ".css", ".svg", ".json"}
LEFT_OVER = re.compile(r"\b(TO[D]O|FIXM[E])\b")  # the brackets keep this line itself clean
MACHINE_PATH = re.compile(r"(?<![\w.~/-])/(home|Users|root|work|workspace|tmp)/\w|\b[A-Z]:\\Users\\")
DATA = {"vendor", "vectors.json"}  # not ours, or no words


def test_no_function_is_longer_than_thirty_lines() -> None:
    assert [(path.name, name, lines) for path in CODE for name, lines in lengths(read(path)) if lines > 30] == []


def test_the_median_function_has_seven_lines_at_most_and_nine_in_ten_have_twenty() -> None:
    lines = [count for path in CODE for _, count in lengths(read(path))]

    assert median(lines) <= 7
    assert quantiles(lines, n=10)[-1] <= 20


def test_a_docstring_does_not_count_and_a_signature_does() -> None:
    source = 'class A:\n    def f(\n        self,\n    ) -> int:\n        """Two\n        lines."""\n        return 1\n'

    assert list(lengths(source)) == [("f", 4)]


def test_no_module_is_longer_than_four_hundred_lines() -> None:
    assert [path.name for path in CODE if len(read(path).splitlines()) > 400] == []


def test_the_folders_are_those_of_the_map() -> None:
    top = {path.name for path in ROOT.iterdir() if path.is_dir() and path.name[0] not in "._"} - BY_TOOLS

    assert top <= FOLDERS
    assert top >= FOLDERS - {"docs"}
    assert {path.name for path in (ROOT / "fieldkit").iterdir() if path.is_dir()} - {"__pycache__"} == PACKAGES


@pytest.mark.parametrize("folder", DATA_FOLDERS)
def test_folders_of_data_hold_no_python(folder: str) -> None:
    assert (ROOT / folder).is_dir()
    assert list((ROOT / folder).rglob("*.py*")) == []


def test_every_folder_of_templates_is_a_noun_of_acts_and_web() -> None:
    nouns = {path.name for path in (ROOT / "templates").iterdir() if path.is_dir()}

    assert nouns <= stems("fieldkit/web")
    assert nouns <= stems("fieldkit/acts")


def test_every_template_without_a_folder_is_a_page_of_web() -> None:
    assert {path.stem for path in (ROOT / "templates").glob("*.html")} <= stems("fieldkit/web") | OF_SEVERAL_NOUNS


def test_every_test_file_has_the_name_of_what_it_tests() -> None:
    tests = [path for path in (ROOT / "tests").rglob("test_*.py") if path.parent.name not in {"tests", *ACROSS}]

    assert tests
    assert [str(path.relative_to(ROOT)) for path in tests if not has_its_module(path)] == []


def test_nothing_is_left_to_be_done_and_no_machine_is_named() -> None:
    assert [said for path in texts() for said in left_over(path.relative_to(ROOT), read(path))] == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("x = 1  # TO" + "DO later", 1),
        ("FIX" + "ME", 1),
        ("the state `todo` of a string", 0),
        ("see /home" + "/ann/notes", 1),
        ("C:" + "\\Users\\ann", 1),
        ("href='/wo" + "rk/12'", 1),
        ("https://example.org/home/ann", 0),
        ("~/tmp/x and a/root/b", 0),
    ],
)
def test_what_is_left_over_is_told_from_what_is_meant(text: str, found: int) -> None:
    assert len(left_over(Path("some.py"), text)) == found


def test_no_error_is_swallowed() -> None:
    assert [path.name for path in CODE if any(swallows(node) for node in ast.walk(ast.parse(read(path))))] == []


@pytest.mark.parametrize(
    ("handler", "swallowed"),
    [
        ("except:\n    log()", True),
        ("except ValueError:\n    pass", True),
        ("except ValueError:\n    ...", True),
        ("except BaseException:\n    raise", False),
        ("except ValueError:\n    return_()", False),
    ],
)
def test_a_swallowed_error_is_seen(handler: str, swallowed: bool) -> None:
    tree = ast.parse(f"try:\n    act()\n{handler}\n")

    assert any(swallows(node) for node in ast.walk(tree)) == swallowed


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def stems(folder: str) -> set[str]:
    """Return the nouns of one layer."""
    return {path.stem for path in (ROOT / folder).glob("*.py")} - {"__init__"}


def has_its_module(test: Path) -> bool:
    """Tell whether `tests/<layer>/test_<noun>.py` stands beside a module or a folder of that layer and noun."""
    layer, noun = test.parent.name, test.stem.removeprefix("test_")
    folder = ROOT / layer if layer == "sync" else ROOT / "fieldkit" / layer
    return f"{layer}/{noun}" in OF_NO_MODULE or (folder / f"{noun}.py").is_file() or (folder / noun).is_dir()


def lengths(source: str) -> Iterator[tuple[str, int]]:
    """Yield the name of every function and its lines, the docstring left out."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            words = node.body[0] if ast.get_docstring(node, clean=False) is not None else None
            yield node.name, _lines(node) - (_lines(words) if words else 0)


def _lines(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def swallows(node: ast.AST) -> bool:
    """Tell whether *node* catches everything without naming it, or catches and does nothing."""
    return isinstance(node, ast.ExceptHandler) and (node.type is None or all(map(_does_nothing, node.body)))


def _does_nothing(line: ast.stmt) -> bool:
    return isinstance(line, ast.Pass) or (isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant))


def texts() -> Iterator[Path]:
    """Yield every file of words that is ours."""
    inside = (path for folder in FOLDERS for path in (ROOT / folder).rglob("*"))
    for path in (*ROOT.glob("*.*"), *inside):
        if path.suffix in TEXTS and not DATA & set(path.parts):
            yield path


def left_over(path: Path, text: str) -> list[str]:
    """Return the lines that were left for later, or that name a place on somebody's machine."""
    lines = enumerate(text.splitlines(), 1)
    return [f"{path}:{number}" for number, line in lines if LEFT_OVER.search(line) or MACHINE_PATH.search(line)]
