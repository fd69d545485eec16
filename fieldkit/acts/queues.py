"""The key under which a browser keeps, sealed, what was typed while this laptop was out of its reach.

Format 1; the other side of it is `static/js/queue.js`, its vectors are in the tests. Every interview has a random
secret of 32 bytes, a local fact of this machine. The key of one person is BLAKE2b-256 of their user code (UTF-8), keyed
with the secret, person `fieldkit queue 1`; it travels as hex with the interview's page, and no browser stores it.
A record is `{v: 1, iv, sealed, day, days}` under a random id. `sealed` is AES-256-GCM under that key and the 12 bytes
of `iv`, its associated data `fieldkit queue 1 <id>`, of the JSON (UTF-8) of `interview`, `question`, `editor`, `base`,
`text`, `text_kind`, `off` (words that the child took back and the laptop still has, else empty) and `typed` (ISO 8601).
`day` and `days` count on how many days it was met and not opened.
"""

from __future__ import annotations

from hashlib import blake2b
from secrets import token_bytes

from fieldkit.acts import interviews
from fieldkit.acts.desk import Desk, only
from fieldkit.rules.members import INTERVIEWER
from fieldkit.store import machine
from fieldkit.store.database import Tables


@only(INTERVIEWER)
def key(desk: Desk, interview: str) -> str:
    """Return this person's key for the queue of *interview* (hex), made on first need. Raises NotFound."""
    with desk.db.reading() as tables:
        interviews.row_within(tables, interview)
        secret = machine.recall(tables, _name(interview))
    return derived(secret or _made(desk, interview), desk.me.code)


def derived(secret: bytes, code: str) -> str:
    """Return the key of user *code* (hex)."""
    return blake2b(code.encode(), digest_size=32, key=secret, person=b"fieldkit queue 1").hexdigest()


def renew(tables: Tables, interview: str) -> None:
    """Make a new secret: what browsers hold sealed so far is never opened again, what they seal from now on is."""
    machine.remember(tables, _name(interview), token_bytes(32))


def drop(tables: Tables, interview: str) -> None:
    """Forget the secret: what browsers hold of *interview* is never opened again."""
    machine.forget(tables, _name(interview))


def _made(desk: Desk, interview: str) -> bytes:
    with desk.db.writing() as tables:
        interviews.row_within(tables, interview)
        if machine.recall(tables, _name(interview)) is None:  # another page may have been quicker
            renew(tables, interview)
        return machine.recall(tables, _name(interview)) or b""


def _name(interview: str) -> str:
    return f"queue:{interview}"
