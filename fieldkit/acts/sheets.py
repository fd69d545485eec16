"""The recovery sheet: twelve printed words that open a laptop when the passphrase is forgotten."""

from __future__ import annotations

from collections.abc import Mapping

from fieldkit.acts.desk import Desk
from fieldkit.acts.users import replace_slot, sealed_anew, slot_of
from fieldkit.errors import Refusal
from fieldkit.i18n import LOCALES, N_
from fieldkit.store import keys, sheets
from fieldkit.store.folder import READY, Folder, NotSetUp
from fieldkit.store.keys import FIELD_COST, RECOVERY, Cost, KeyPair

WORDS = sheets.WORDS
new_code, words, picture = sheets.new_code, sheets.words, sheets.picture


class NoSheet(Refusal):
    """This person never made a sheet on this laptop."""

    code = "no_sheet"
    message = N_(
        "No recovery sheet was made for this person on this laptop. Nothing was changed. "
        "A colleague of this laptop can still open it with a passphrase of their own."
    )


class WordsDiffer(Refusal):
    """What was typed back is not what the sheet says."""

    code = "words_differ"
    message = N_(
        "These are not the two words on the sheet. Nothing was changed. Look at the sheet and type them again."
    )
    status = 422


def made(folder: Folder, who: str) -> bool:
    """Tell whether person *who* has a sheet here."""
    return RECOVERY in slot_of(folder, who)


def check_typed(code: bytes, asked: Mapping[int, str]) -> None:
    """Raise WordsDiffer unless each of the *asked* words, by number from 1, stands on the sheet, in either language."""
    sides = [words(code, locale) for locale in LOCALES]
    for number, typed in asked.items():
        if sheets.split(typed) not in [[side[number - 1]] for side in sides]:
            raise WordsDiffer


def keep(desk: Desk, passphrase: str, code: bytes, asked: Mapping[int, str], cost: Cost = FIELD_COST) -> None:
    """Let the sheet with *code* open this laptop for whoever is signed in; an earlier sheet stops doing so.

    Raises WrongPassphrase, WordsDiffer.
    """
    slot = slot_of(desk.folder, desk.me.code)
    store_key, pair = keys.open_slot(slot, passphrase)
    check_typed(code, asked)
    replace_slot(desk.folder, keys.with_recovery(slot, code, store_key, pair.sign, cost))


def recover(folder: Folder, who: str, typed: str, passphrase: str, cost: Cost = FIELD_COST) -> None:
    """Give *who* a new passphrase, on the strength of the sheet's words; the old passphrase opens nothing any more.

    The key that opens safeguarding records is not on the sheet: a fresh one is made, and told to the others at the
    next unlocking. Raises NotSetUp, NotFound, NoSheet, WrongWords, WeakPassphrase.
    """
    if folder.state != READY:
        raise NotSetUp
    slot = slot_of(folder, who)
    if RECOVERY not in slot:
        raise NoSheet
    store_key, sign = keys.open_recovery(slot, sheets.code(typed))
    keys.check_strength(passphrase)
    pair = KeyPair(sign, KeyPair.make().box)
    replace_slot(folder, sealed_anew(slot, passphrase, store_key, pair, cost))
