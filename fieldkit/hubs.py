"""The commands of an exchange over HTTP: `hub` and `hub pass` where data come together, `sync` on a laptop."""

from __future__ import annotations

import argparse
import signal
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any, NoReturn

from fieldkit import console
from fieldkit.acts import authority, exchange, hubs
from fieldkit.clock import Clock
from fieldkit.console import say
from fieldkit.doors import PortTaken
from fieldkit.errors import Refusal
from fieldkit.i18n import N_
from fieldkit.platform import check_free, default_folder, make_private, write_atomically
from sync import hub_server
from sync.client import Card, Progress

if TYPE_CHECKING:
    from sync.centre import Centre

CARD, CODE = "hub-card.json", "hub-card.svg"
EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - a hub is asked from outside
STEP = 50  # blocks between two lines of progress


class PassNeeded(Refusal):
    """`fieldkit hub` without a pass."""

    code = "pass_needed"
    message = N_(
        "The hub needs a pass of the study: --pass FILE. A coordinator writes one with “fieldkit hub pass FILE”."
    )


class HalfACertificate(Refusal):
    """`--cert` without `--key`, or the other way round."""

    code = "half_a_certificate"
    message = N_("For encrypted connections name both files: --cert and --key. Nothing was started.")


def add(commands: Any, command: Callable[..., argparse.ArgumentParser], path: Callable[[str], Path]) -> None:
    """Add the commands to the command line: *command* makes one, *path* reads the name of a file."""
    sync = command(commands, "sync", _sync, "和中心端交换数据 exchange with the hub")
    sync.add_argument("--hub-card", type=path, metavar="FILE", help="第一次：中心端的名片 at first: the hub's card")
    sync.add_argument("--user", metavar="CODE", help="几个人共用时：谁 who you are, where several share a folder")
    sync.add_argument("--json", action="store_true", help="给程序读 for machines")
    words = "中心端 the central store; it cannot read what it keeps"
    hub_ = commands.add_parser("hub", help=words, description=words)
    hub_.set_defaults(run=_hub, data=Path())
    hub_.add_argument("--pass", dest="told", type=path, metavar="FILE", help="研究的通行证 the study's pass")
    place = hub_.add_mutually_exclusive_group()
    place.add_argument("--store", type=path, metavar="DIR", help="放在哪个文件夹 the folder of its SQLite store")
    place.add_argument("--database", metavar="URL", help="或者 or postgresql://USER@HOST/NAME")
    hub_.add_argument("--host", default=EVERYWHERE[0], help="监听的地址 the address to listen on")
    hub_.add_argument("--port", type=int, default=hub_server.PORT, metavar="N", help="端口 the port")
    hub_.add_argument("--url", help="笔记本连接用的地址 the address that laptops use, as behind a proxy")
    hub_.add_argument("--country", default="", metavar="CN", help="这台电脑在哪个国家 where this computer stands")
    hub_.add_argument("--cert", type=path, metavar="FILE", help="TLS 证书 its certificate")
    hub_.add_argument("--key", type=path, metavar="FILE", help="证书的私钥 the certificate's key")
    hub_.add_argument("--restored", action="store_true", help="库是从旧备份恢复的 its store is an older backup")
    step = hub_.add_subparsers(required=False, metavar="STEP")
    pass_ = command(step, "pass", _pass, "写出通行证 write the study's pass")
    pass_.add_argument("file", type=path)
    pass_.add_argument("--user", metavar="CODE", help="几个人共用时：谁 who you are, where several share a folder")


def _pass(asked: argparse.Namespace) -> None:
    check_free(asked.file)
    with console.desk(asked) as desk:
        write_atomically(asked.file, hubs.write_pass(desk))
    say(N_("Written: {path}. It holds no secret. On the hub's computer: fieldkit hub --pass FILE"), path=asked.file)


def _sync(asked: argparse.Namespace) -> None:
    card = asked.hub_card.read_bytes() if asked.hub_card else b""
    with console.desk(asked) as desk:
        if card:
            exchange.take_card(desk, card)
        done = exchange.run(desk, (lambda _: None) if asked.json else _Telling())
    if asked.json:
        console.show(asdict(done))
        return
    say(N_("Sent: {sent} blocks. Received: {received} blocks."), sent=done.sent, received=done.received)
    if done.aside:
        say(N_("The hub keeps apart: {what}"), what=", ".join(f"{why} {n}" for why, n in sorted(done.aside.items())))
    if done.restored:
        say(N_("The hub was restored from a backup and hands out nothing until a coordinator's computer connects."))
    say(_RECEIVED if done.done else _NOT_ALL)


_RECEIVED = N_("The hub confirmed: it holds everything that is on this laptop.")
_NOT_ALL = N_("Not everything is confirmed by the hub yet. Nothing is lost. Run the command again.")


class _Telling:
    """Says now and then how far it is."""

    def __init__(self) -> None:
        self._told = -1

    def __call__(self, now: Progress) -> None:
        step = (now.sent + now.received) // STEP
        if step != self._told:
            self._told = step
            say(
                N_("Sent {sent} of {n} blocks, received {received}."),
                sent=now.sent,
                n=now.to_send,
                received=now.received,
            )


def _hub(asked: argparse.Namespace) -> None:
    signal.signal(signal.SIGTERM, _interrupted)
    if asked.told is None:
        raise PassNeeded
    if (asked.cert is None) != (asked.key is None):
        raise HalfACertificate
    told = hubs.read_pass(asked.told.read_bytes())
    centre = hubs.opened(told, _database(asked), asked.country, _when, restored=asked.restored)
    try:
        _answer(asked, centre)
    finally:
        centre.close()


def _answer(asked: argparse.Namespace, centre: Centre) -> None:
    """Answer until interrupted. Raises PortTaken."""
    from sync import hub  # here, as in `acts.hubs.opened`

    tls = (asked.cert, asked.key) if asked.cert else None
    try:
        with hub_server.listening(hub.create_app(centre), asked.host, asked.port, tls) as server:
            _tell(asked, centre, int(server.bind_addr[1]))
            Event().wait()
    except OSError as error:
        raise PortTaken(port=asked.port) from error


def _tell(asked: argparse.Namespace, centre: Centre, port: int) -> None:
    url = asked.url or f"{'https' if asked.cert else 'http'}://{_address(asked.host)}:{port}"
    certificate = asked.cert.read_text(encoding="ascii") if asked.cert else ""
    card, place = hubs.write_card(Card(centre.study, url, centre.key, certificate)), asked.store or Path.cwd()
    write_atomically(place / CARD, card)
    say(N_("The hub answers at {url} (Ctrl+C closes it). Its key: {key}"), url=url, key=centre.key)
    say(N_("Hand this card to every laptop: {path}"), path=place / CARD)
    _draw(card, place / CODE)


def _draw(card: bytes, path: Path) -> None:
    """Write the card as a QR code too; where none holds it, say so and leave no older one."""
    try:
        write_atomically(path, hubs.picture(card))
        say(N_("The same as a QR code; its text can be pasted under “Send to the hub”: {path}"), path=path)
    except hubs.CardTooLarge as error:
        path.unlink(missing_ok=True)
        say(error.message)


def _address(host: str) -> str:
    """Return where laptops find a hub that listens everywhere: at the first address of this computer, if it has one."""
    return next(iter(authority.addresses()), "127.0.0.1") if host in EVERYWHERE else host


def _database(asked: argparse.Namespace) -> str:
    if asked.database:
        return str(asked.database)
    asked.store = asked.store or default_folder().with_name("fieldkit-hub")
    make_private(asked.store)
    return f"sqlite:///{asked.store.resolve() / 'hub.db'}"


def _when() -> str:
    return Clock().now().isoformat(timespec="minutes")


def _interrupted(*_: object) -> NoReturn:
    raise KeyboardInterrupt
