"""Words in Chinese and English, read from the catalogue that people edit."""

from __future__ import annotations

import string

import pytest
from babel.messages.pofile import read_po

from fieldkit.i18n import EN, LOCALES, N_, ZH, catalogue, translate, translator
from fieldkit.resources import resource_dir


def test_nothing_stays_nothing() -> None:
    """Gettext answers the empty string with the catalogue's own header."""
    assert [translator(locale)("") for locale in LOCALES] == ["", ""]


def test_a_word_without_a_translation_stays_as_it_is() -> None:
    assert [translate(locale, "No such word {n}", n=3) for locale in LOCALES] == ["No such word 3"] * 2


def test_a_language_that_has_no_catalogue_is_a_mistake_of_ours() -> None:
    with pytest.raises(FileNotFoundError):
        catalogue("fr")


def test_a_value_that_the_sentence_needs_is_not_forgotten() -> None:
    with pytest.raises(KeyError):
        translate(EN, "Entries that have not left this laptop yet: {n}.")


def test_chinese_comes_first_and_english_is_the_source() -> None:
    assert LOCALES == (ZH, EN)
    assert translate(ZH, "This cannot be done.") == "这件事现在做不了。"
    assert translate(EN, "This cannot be done.") == N_("This cannot be done.")


@pytest.mark.parametrize("typed", ["{n}", "{0}", "{", "周口{县}"])
def test_braces_that_a_person_typed_are_not_filled(typed: str) -> None:
    sentence = translate(ZH, "Something is still empty: {field}. Fill it in and save again.", field=typed)

    assert typed in sentence


def test_every_sentence_can_be_filled_in_both_languages() -> None:
    """Chinese names the same values; braces that are wrong in one language would break a page only there."""
    with (resource_dir("translations") / ZH / "LC_MESSAGES" / "messages.po").open("rb") as file:
        pairs = [(str(message.id), str(message.string)) for message in read_po(file) if message.id]
    unlike = [english for english, chinese in pairs if names(english) != names(chinese)]

    assert len(pairs) > 100
    assert unlike == []


def names(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
