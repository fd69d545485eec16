"""How a command speaks with a person: in both languages, asking for a passphrase, with an open desk."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from getpass import getpass
from pathlib import Path
from typing import Any

from fieldkit.acts import users
from fieldkit.acts.desk import Desk
from fieldkit.clock import Clock
from fieldkit.errors import Refusal
from fieldkit.i18n import LOCALES, N_, translate
from fieldkit.platform import default_folder
from fieldkit.rules.findings import ReasonNeeded
from fieldkit.store.folder import Folder
from fieldkit.studies import load_study

PASSPHRASE = "FIELDKIT_PASSPHRASE"  # noqa: S105 - the name of a variable, not a secret
WORDS = "FIELDKIT_WORDS"


class PassphrasesDiffer(Refusal):
    """The new passphrase was typed differently the second time."""

    code = "passphrases_differ"
    message = N_("The two passphrases differ. Nothing was changed. Run the command again.")


class NobodyToAsk(Refusal):
    """A passphrase is needed and nobody sits at a terminal."""

    code = "nobody_to_ask"
    message = N_("This command asks for a passphrase and has no terminal. Nothing was changed. Set {name} for it.")


class WhichUser(Refusal):
    """Several people can unlock this folder."""

    code = "which_user"
    message = N_("Several people use this data folder. Say who you are with --user CODE: {people}")


class WhichReason(ReasonNeeded):
    """A command met what wants a reason; says for each point which reasons there are."""

    code = "which_reason"
    message = N_("Something here is unusual. Nothing was saved. Run the command again with one reason for each point.")

    def sentence(self, locale: str) -> str:
        """Return the points, each with the arguments that answer it, in *locale*."""
        lines = [super().sentence(locale)]
        for one in self.findings:
            known = load_study().codes[f"reason_{one.code}"].items()
            lines.append(one.sentence(locale))
            lines += [f"  --reason {one.code}={code}  {shown.said(locale)}" for code, shown in known]
        return "\n".join(lines)


def say(text: str, **values: object) -> None:
    """Print a sentence of the catalogue in every language."""
    for locale in LOCALES:
        print(translate(locale, text, **values), flush=True)


@contextmanager
def folder(asked: argparse.Namespace) -> Iterator[Folder]:
    """Hold the data folder of one command. Raises FolderInUse."""
    held = Folder.open(data(asked))
    try:
        yield held
    finally:
        held.close()


def data(asked: argparse.Namespace) -> Path:
    """Return the data folder that was named, else this person's own."""
    asked.data = asked.data or default_folder()
    return Path(asked.data)


@contextmanager
def desk(asked: argparse.Namespace) -> Iterator[Desk]:
    """Unlock the folder for one command. Raises WhichUser, and what `users.unlock` does."""
    with folder(asked) as held:
        opened = users.unlock(held, user(held, asked.user), passphrase(), Clock())
        try:
            yield opened
        finally:
            opened.db.close()


def user(held: Folder, wanted: str | None) -> str:
    """Return who is meant. Raises WhichUser."""
    people = users.slots(held)
    if wanted is None and len(people) > 1:
        raise WhichUser(people="; ".join(f"{one.code} {one.name}" for one in people))
    return wanted or next((one.code for one in people), "")


def _ask(prompt: str) -> str:
    """Return what a person types unseen. Raises NobodyToAsk."""
    try:
        return getpass(prompt)
    except EOFError as error:
        raise NobodyToAsk(name=PASSPHRASE) from error


def passphrase() -> str:
    """Return the passphrase from the environment or a prompt; never from an argument, which others could read."""
    return os.environ.get(PASSPHRASE) or _ask("密码 Passphrase: ")


def words() -> str:
    """Return the words of the recovery sheet from the environment or a prompt."""
    return os.environ.get(WORDS) or _ask("恢复单上的十二个词 The twelve words of the sheet: ")


def new_passphrase() -> str:
    """Return a passphrase typed twice. Raises PassphrasesDiffer."""
    given = os.environ.get(PASSPHRASE)
    if given:
        return given
    first = _ask("新密码 New passphrase: ")
    if _ask("再输一遍 Once more: ") != first:
        raise PassphrasesDiffer
    return first


def show(facts: dict[str, Any]) -> None:
    """Print *facts* for a program to read."""
    print(json.dumps(facts, ensure_ascii=False))
