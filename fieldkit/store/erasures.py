"""What was asked to be gone: an order that names it, and stubs that go on replacing what it had replaced.

An order of kind `erase` (`design.md` §4) is signed by the device that wrote what it names, and holds no words:

    body    {"version":1,"device":id,"drawer":drawer,"epoch":n,"blocks":[hash,...],"sealed":base64url}
            and, where recordings or pictures are among it, "attachments":[id,...], whose chunks go
    sealed  nonce + XChaCha20-Poly1305 under the drawer's key of that epoch, bound to the rest of the body, around
            {"changes":[[id,kind,record,{field:[id,...]}],...],"editors":[id,...]}

A block that holds something of it loses its payload and keeps its header; what stays of it is sealed once more.

`erased.log` lies beside the database and holds every such order once more, so that an older copy of the database that
is put in its place obeys them before anybody reads in it (`design.md` §4): a mark, then one order a line, as signed.

    fieldkit erased 1\\n <order> \\n <order> \\n
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nacl import bindings, utils
from nacl.exceptions import CryptoError

from fieldkit.errors import Refusal
from fieldkit.i18n import N_
from fieldkit.platform import write_atomically
from fieldkit.records import KINDS, Change, Value, canonical
from fieldkit.rules.members import Members
from fieldkit.rules.orders import texts
from fieldkit.store import attachments, copies, log, machine, queues, search
from fieldkit.store.database import Tables
from fieldkit.store.keys import b64, unb64
from fieldkit.store.machine import Self

KIND, VERSION = "erase", 1
ERASABLE = frozenset({"research", "vault"})  # consent and its trace stay (`domain.md` §3.6)
NONCE = bindings.crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
INTERVIEW = "interview"
LOG, LOG_MARK, LOG_VERSION = "erased.log", b"fieldkit erased ", 1


class ErasedLogBroken(Refusal):
    """The list of what was erased here was cut or changed."""

    code = "erased_log_broken"
    message = N_(
        "The list of what was erased on this laptop (erased.log) is damaged. Nothing was restored: erased words could "
        "come back. Restore into another data folder, and first read the coordinator's newest bundle there."
    )
    status = 422


class ErasedLogNewer(Refusal):
    """Written by a later version."""

    code = "erased_log_newer"
    message = N_(
        "The list of what was erased on this laptop (erased.log) was written by a newer fieldkit. Nothing was changed. "
        "Install the newer version and try again."
    )


class ErasedLogInTheWay(Refusal):
    """Something that is no file lies where the list belongs: nothing could be added to it."""

    code = "erased_log_in_the_way"
    message = N_(
        "A folder lies where the list of what was erased on this laptop belongs: {path}. Nothing was changed. "
        "Move it away and try again."
    )


Body = dict[str, Value]


@dataclass(frozen=True)
class Named:
    """What the sealed part of an order names: each change as (id, kind, record, over), and the editors that wrote."""

    changes: Sequence[tuple[str, str, str, dict[str, list[str]]]]
    editors: Sequence[str]


def read_log(path: Path) -> list[bytes]:
    """Return the orders that lie beside the database, none where there is no list.

    Raises ErasedLogBroken, ErasedLogNewer, ErasedLogInTheWay.
    """
    if path.exists() and not path.is_file():
        raise ErasedLogInTheWay(path=path)
    mark, *lines = path.read_bytes().split(b"\n") if path.exists() else [_log_mark(), b""]
    if not mark.startswith(LOG_MARK) or not mark[len(LOG_MARK) :].isdigit() or lines[-1:] != [b""]:
        raise ErasedLogBroken
    if mark != _log_mark():
        raise ErasedLogNewer
    return lines[:-1]


def write_log(path: Path, orders: Iterable[bytes]) -> None:
    """Replace the list beside the database, whole or not at all."""
    write_atomically(path, b"\n".join([_log_mark(), *orders, b""]))


def _log_mark() -> bytes:
    return LOG_MARK + b"%d" % LOG_VERSION


def take_in(tables: Tables) -> set[str]:
    """Carry out every order that is not carried out yet and can be: its device and the drawer's key are known here.

    Returns the blocks by which this machine knew what is gone now: one that is not empty holds it still.
    """
    waiting_now, held = waiting(tables, KIND), set[str]()
    everybody = machine.everybody(tables) if waiting_now else None
    for id_, order in waiting_now:
        if everybody and counts(tables, everybody, id_, order["signer"]):
            held |= _carry_out(tables, id_, order["signer"], order["body"])
    return held


def waiting(tables: Tables, kind: str) -> list[tuple[str, dict[str, Any]]]:
    """Return, by id, the orders that were not carried out; their signatures were looked at when they were kept."""
    rows = tables.execute(
        "SELECT id, body FROM orders WHERE kind = ? AND id NOT IN (SELECT id FROM erasures) ORDER BY id", [kind]
    ).fetchall()
    return [(id_, json.loads(content)) for id_, content in rows]


def counts(tables: Tables, everybody: Members, order: str, signer: str) -> bool:
    """Tell whether an order counts on this machine; its own always do: a child's "off the record" waits for nobody."""
    own = machine.recall_self(tables).pair.public["verify"]
    return signer == own or everybody.counts(order, signer)


def blocked(tables: Tables, changes: Iterable[Change]) -> set[str]:
    """Return the ids of those of *changes* that were erased by their own device, or are more of a typing that was."""
    changes = list(changes)
    ids = json.dumps([one.id for one in changes])
    stubs = tables.execute(
        "SELECT id, device, drawer FROM stubs WHERE id IN (SELECT value FROM json_each(?))", [ids]
    ).fetchall()
    typed = json.dumps(sorted({one.editor for one in changes if one.editor}))
    editors = tables.execute(
        "SELECT editor, device FROM erased_editors WHERE editor IN (SELECT value FROM json_each(?))", [typed]
    ).fetchall()
    gone, of_typing = {*stubs}, {*editors}
    return {
        one.id for one in changes if (one.id, one.device, one.drawer) in gone or (one.editor, one.device) in of_typing
    }


def emptied_by(tables: Tables, block: str) -> set[str]:
    """Return the devices whose orders named the block with this hash; if it is one of theirs, its header is kept."""
    return {row[0] for row in tables.execute("SELECT device FROM erased_blocks WHERE hash = ?", [block])}


def is_shut(tables: Tables, session: str) -> bool:
    """Tell whether the interview of *session* was erased: on its yes none is opened any more, unless by `reopen`.

    Where the child said that nothing stays, that word can be missing here: an older copy obeyed the order alone.
    """
    found = tables.execute("SELECT 1 FROM stubs WHERE record = ? AND kind = ?", [session, INTERVIEW]).fetchone()
    return found is not None and machine.recall(tables, _reopened(session)) is None


def reopen(tables: Tables, session: str) -> None:
    """Let an interview be opened once more on the yes of *session*: it was erased for no wish of the child's."""
    machine.remember(tables, _reopened(session), "")


def _reopened(session: str) -> str:
    return f"reopened:{session}"


def body_of(tables: Tables, me: Self, drawer: str, changes: Sequence[Change], blocks: Iterable[str] = ()) -> Body:
    """Return what an order says by which *me*, this device, erases *changes*, all of one drawer.

    It names the blocks that hold them, and *blocks* of this device beside them.
    """
    epoch, key = key_of(tables, drawer)
    ids = json.dumps([change.id for change in changes])
    rows = tables.execute(
        "SELECT DISTINCT block FROM changes WHERE block IS NOT NULL AND id IN (SELECT value FROM json_each(?))", [ids]
    )
    body: Body = {
        "version": VERSION,
        "device": me.id,
        "drawer": drawer,
        "epoch": epoch,
        "blocks": sorted({*blocks, *(row[0] for row in rows)}),
    }
    attached = sorted({one.record for one in changes if one.kind == attachments.KIND})
    body |= {"attachments": attached} if attached else {}
    return sealed(body, names_of(changes), key)


def key_of(tables: Tables, drawer: str) -> tuple[int, bytes]:
    """Return the newest (epoch, key) of a drawer that this machine reads."""
    held = machine.drawer_key(tables, drawer)
    assert held is not None, drawer  # noqa: S101 - a change is only ever written into a drawer one can open
    return held


def names_of(changes: Sequence[Change]) -> Value:
    """Return how *changes* of one device are named, and the editors in which they were typed."""
    names = [[one.id, one.kind, one.record, {name: list(ids) for name, ids in one.over.items()}] for one in changes]
    return {"changes": names, "editors": sorted({one.editor for one in changes if one.editor})}


def sealed(body: Body, words: Value, key: bytes) -> Body:
    """Return *body* with *words* sealed in it, bound to all the rest of it."""
    nonce = utils.random(NONCE)
    content = bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(canonical(words), canonical(body), nonce, key)
    return {**body, "sealed": b64(nonce + content)}


def unsealed(tables: Tables, body: Body) -> Value:
    """Return the words sealed in an order, or None where no key here opens it."""
    held = machine.drawer_key(tables, body["drawer"], body["epoch"])
    return None if held is None else words_in(body, held[1])


def words_in(body: Body, key: bytes) -> Value:
    """Return the words sealed in an order, or None where *key* does not open it."""
    bound = {name: value for name, value in body.items() if name != "sealed"}
    try:
        content = unb64(body["sealed"])
        nonce, rest = content[:NONCE], content[NONCE:]
        return json.loads(bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(rest, canonical(bound), nonce, key))
    except (CryptoError, ValueError, KeyError, TypeError, RecursionError):
        return None


def named_in(words: Value) -> Named | None:
    """Return what *words* name, or None where they say something of a later version."""
    try:
        named = Named([(id_, kind, record, over) for id_, kind, record, over in words["changes"]], words["editors"])
    except (ValueError, KeyError, TypeError):
        return None
    return named if _says_what_it_should(named) else None


def _well_formed(body: Body) -> bool:
    """Anybody may sign anything: an order of another shape is kept, passed on, and harms nothing here."""
    said = [body.get("device"), body.get("drawer"), body.get("sealed")]
    version, epoch = body.get("version"), body.get("epoch")
    return (
        texts(said)
        and version == VERSION
        and type(epoch) is int
        and texts(body.get("blocks"))
        and texts(body.get("attachments", []))
    )


def erases(body: Body) -> bool:
    """Tell whether an order of a device has the shape of one, and names what may be erased at all."""
    return _well_formed(body) and body["drawer"].partition("/")[0] in ERASABLE


def _says_what_it_should(named: Named) -> bool:
    names = [one for change in named.changes for one in change[:3]]
    overs = [over for *_, over in named.changes]
    whole = all(isinstance(over, dict) and all(texts(ids) for ids in over.values()) for over in overs)
    return whole and texts(names) and texts(named.editors)


def _carry_out(tables: Tables, order: str, signer: str, body: Body) -> set[str]:
    """An order of a device that nobody vouched for yet, or of a drawer without a key here, waits."""
    if not erases(body):
        return set()
    device = machine.everybody(tables).devices.get(body["device"])
    if device is None or device.verify != signer:
        return set()
    _empty_blocks(tables, device.id, body["blocks"])
    attachments.drop(tables, device.id, body.get("attachments", []))
    named = named_in(unsealed(tables, body))
    if named is None:
        return set()
    tables.execute("INSERT INTO erasures VALUES (?)", [order])
    return put_stubs(tables, device.id, body["drawer"], named)


def empty(tables: Tables, which: str, *values: str) -> None:
    """Let the blocks that *which* (SQL) picks keep their headers alone, and nothing of them that is kept aside.

    Copies hold the payloads still: those that are listed are marked, the dated ones in this folder wait to be replaced.
    """
    emptied = tables.execute(
        f"UPDATE blocks SET payload = NULL WHERE payload IS NOT NULL AND {which} RETURNING hash, stream, position",  # noqa: S608 - our own words
        values,
    ).fetchall()
    for block, stream, position in emptied:
        tables.execute("DELETE FROM parked WHERE block = ?", [block])
        copies.emptied(tables, stream, position)
    if emptied:
        copies.set_stale(tables)


def _empty_blocks(tables: Tables, device: str, named: Sequence[str]) -> None:
    """Keep only the headers of the named blocks of that device; what it wrote itself and stays is sealed once more."""
    for block in named:
        of_device = "SELECT 1 FROM blocks AS b JOIN streams AS s ON s.id = b.stream WHERE b.hash = ? AND s.device <> ?"
        if tables.execute(of_device, [block, device]).fetchone():
            continue
        tables.execute("INSERT OR IGNORE INTO erased_blocks VALUES (?, ?)", [block, device])
        empty(tables, "hash = ?", block)
        if device == machine.recall_self(tables).id:
            seal_again(tables, [block])


def seal_again(tables: Tables, blocks: Iterable[str]) -> None:
    """Let what stays of emptied blocks be sealed anew by this device."""
    tables.execute(
        "UPDATE changes SET block = NULL WHERE block IN (SELECT value FROM json_each(?))", [json.dumps([*blocks])]
    )


def put_stubs(tables: Tables, device: str, drawer: str, named: Named) -> set[str]:
    """Let what *named* names of *device* be gone, and go on replacing what it had replaced; return where it lay."""
    for id_, kind, record, over in named.changes:
        facts = [id_, device, drawer, kind, record, canonical(over).decode()]
        tables.execute("INSERT OR IGNORE INTO stubs VALUES (?, ?, ?, ?, ?, ?)", facts)
        if kind == INTERVIEW:
            # what browsers still hold of it is never opened again, also after an older copy came back
            queues.drop(tables, record)
            machine.forget(tables, _reopened(record))
    tables.conn.executemany(
        "INSERT OR IGNORE INTO erased_editors VALUES (?, ?)", [(editor, device) for editor in named.editors]
    )
    gone = tables.execute(
        "DELETE FROM changes WHERE device = :device AND ("
        "id IN (SELECT id FROM stubs AS s WHERE s.device = :device AND s.drawer = changes.drawer) "
        "OR editor IN (SELECT editor FROM erased_editors WHERE device = :device)) RETURNING record, kind, block",
        {"device": device},
    ).fetchall()
    if gone:
        copies.set_stale(tables)
    named_here = tables.execute(  # a stub goes on replacing what its change replaced; of which kind it is the log says
        "SELECT DISTINCT record, kind FROM changes WHERE record IN (SELECT value FROM json_each(?))",
        [json.dumps([record for _, _, record, _ in named.changes])],
    ).fetchall()
    touched = [*(row[:2] for row in gone), *named_here]
    log.settle_records(tables, {record: kind for record, kind in touched if kind in KINDS})
    search.sweep(tables)
    return {block for *_, block in gone if block}


def editors_closed(tables: Tables) -> int:
    """Return of how many editors what they wrote was erased: a page that is open hears by it that words went."""
    return int(tables.execute("SELECT count(*) FROM erased_editors").fetchone()[0])
