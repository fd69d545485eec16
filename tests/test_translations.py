"""Every word of the interface in both languages, in the same commit."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[1]
CATALOGUE = Path("translations/zh_CN/LC_MESSAGES/messages.po")
KEYWORDS = {"_": None, "N_": None, "gettext": None}


def test_no_word_of_the_interface_lacks_its_chinese() -> None:
    assert problems(ROOT) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "problem"),
    [
        ("templates/today.html", "{% block main %}", "{% block main %}{{ _('Nobody') }}", "missing: Nobody"),
        ("fieldkit/errors.py", 'N_("This cannot be done.")', 'N_("No.")', "obsolete: This cannot be done."),
        ("fieldkit/errors.py", 'N_("This cannot be done.")', 'N_("No.")', "missing: No."),
        (CATALOGUE, 'msgid "Notes"', '#, fuzzy\nmsgid "Notes"', "fuzzy: Notes"),
        (CATALOGUE, 'msgid "Notes"\nmsgstr "记录"', 'msgid "Notes"\nmsgstr ""', "empty: Notes"),
        (CATALOGUE, 'msgid "Notes"', '#~ msgid "Was"\n#~ msgstr "是"\n\nmsgid "Notes"', "obsolete: Was"),
        (CATALOGUE, 'msgstr "{n} 分钟"', 'msgstr "{m} 分钟"', "other placeholders: {n} min"),
        (CATALOGUE, 'msgstr "{n} 分钟"', 'msgstr "{ 分钟"', "other placeholders: {n} min"),
    ],
)
def test_a_label_without_its_chinese_is_seen(copy: Path, file: str, old: str, new: str, problem: str) -> None:
    text = (copy / file).read_text(encoding="utf-8")
    assert old in text

    (copy / file).write_text(text.replace(old, new, 1), encoding="utf-8")

    assert problem in problems(copy)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Code, templates and catalogue, to be spoilt."""
    for folder in ("fieldkit", "templates", "translations"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__", "static"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def problems(root: Path) -> list[str]:
    """Return what stands between the source strings under *root* and their Chinese."""
    with (root / CATALOGUE).open("rb") as file:
        catalogue = read_po(file, locale="zh_CN")
    translated = {str(message.id): message for message in catalogue if message.id}
    used = extracted(root)
    return [
        *(f"missing: {text}" for text in sorted(used - translated.keys())),
        *(f"obsolete: {text}" for text in sorted(translated.keys() - used)),
        *(f"obsolete: {text}" for text in _left_over(catalogue)),
        *(problem for text, message in translated.items() for problem in _faults(text, message)),
    ]


def extracted(root: Path) -> set[str]:
    """Return every string that code and templates mark, found with the mappings that the project itself uses."""
    mappings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["babel"]["mappings"]
    methods = [(one["pattern"], one["method"]) for one in mappings]
    return {str(found[2]) for found in extract_from_dir(root, method_map=methods, keywords=KEYWORDS)}


def _left_over(catalogue: Catalog) -> list[str]:
    return [str(message.id) for message in catalogue.obsolete.values()]


def _faults(text: str, message: Message) -> list[str]:
    chinese = str(message.string)
    faults = {
        "fuzzy": message.fuzzy,
        "empty": not chinese.strip(),
        "other placeholders": bool(chinese) and placeholders(chinese) != (placeholders(text) or set()),
    }
    return [f"{fault}: {text}" for fault, found in faults.items() if found]


def placeholders(text: str) -> set[str] | None:
    """Return the names in braces, or None where the braces do not match."""
    try:
        return {name for _, name, _, _ in Formatter().parse(text) if name is not None}
    except ValueError:
        return None
