"""The commands about the computers of a study: `join` in three steps, `revoke` and `release`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from fieldkit import console
from fieldkit.acts import devices, revocations, studies
from fieldkit.acts.desk import Desk
from fieldkit.clock import Clock
from fieldkit.console import say
from fieldkit.i18n import N_
from fieldkit.platform import check_free, write_atomically
from fieldkit.rules.members import ROLES
from fieldkit.rules.revocations import WHY
from fieldkit.store.folder import REQUESTED


def add(
    commands: Any,
    command: Callable[..., argparse.ArgumentParser],
    path: Callable[[str], Path],
    as_user: Callable[[argparse.ArgumentParser], None],
) -> None:
    """Add the commands to the command line: *command* makes one, *path* reads the name of a file."""
    steps = commands.add_parser("join", help="加入研究 join a study").add_subparsers(required=True, metavar="STEP")
    request = command(steps, "request", _request, "写出加入申请 write a request to join")
    request.add_argument("file", type=path)
    request.add_argument("--name", required=True, help="您的名字 your name")
    request.add_argument("--role", choices=ROLES, default=ROLES[0])
    invite = command(steps, "invite", _invite, "答复申请 answer a request")
    invite.add_argument("request", type=path)
    invite.add_argument("file", type=path)
    invite.add_argument("--role", choices=ROLES, help="不写就按申请的 as the request says unless given")
    invite.add_argument("--team", default=studies.FIRST_TEAM)
    as_user(invite)
    accept = command(steps, "accept", _accept, "读入邀请 take up an invitation")
    accept.add_argument("file", type=path)
    out = command(commands, "revoke", _revoke, "把一台电脑移出研究 take a computer out of the study")
    out.add_argument("device", help="哪一台，比如 L1 which one, such as L1")
    out.add_argument("--why", choices=WHY, required=True, help="丢了、不再参加、被复制 lost, left or cloned")
    as_user(out)
    again = command(commands, "release", _release, "让移出后送来的数据算数 let count what came of it since")
    again.add_argument("device")
    as_user(again)


def _request(asked: argparse.Namespace) -> None:
    check_free(asked.file)
    with console.folder(asked) as folder:
        if folder.state == REQUESTED:  # asked before: the same request once more
            content = devices.pending_request(folder, Clock(), console.passphrase())
        else:
            content = devices.request(folder, asked.name, console.new_passphrase(), asked.role)
        write_atomically(asked.file, content)
    say(N_("Written: {path}. Carry it to the coordinator."), path=asked.file)
    _say_groups(content)


def _say_groups(content: bytes) -> None:
    say(
        N_("Both computers show these numbers. Compare them before you go on: {groups}"),
        groups=" ".join(devices.fingerprint(content)),
    )


def _invite(asked: argparse.Namespace) -> None:
    check_free(asked.file)
    content = asked.request.read_bytes()
    with console.desk(asked) as desk:
        role = asked.role or devices.look(desk, content).role
        write_atomically(asked.file, devices.invite(desk, content, role, asked.team))
    _say_groups(content)
    say(N_("Written: {path}. Carry it back; only that computer can open it."), path=asked.file)


def _accept(asked: argparse.Namespace) -> None:
    content = asked.file.read_bytes()
    with console.folder(asked) as folder:
        devices.accept(folder, Clock(), content, console.passphrase()).db.close()
    say(N_("This computer has joined the study. Open it with: fieldkit serve"))


def _revoke(asked: argparse.Namespace) -> None:
    with console.desk(asked) as desk:
        revocations.revoke(desk, asked.device, asked.why)
        _say_out(asked, desk)


def _release(asked: argparse.Namespace) -> None:
    with console.desk(asked) as desk:
        revocations.release(desk, asked.device)
        _say_out(asked, desk)


def _say_out(asked: argparse.Namespace, desk: Desk) -> None:
    out = revocations.listing(desk)
    if asked.json:
        console.show({"out": [asdict(one) for one in out.values()]})
        return
    for one in out.values():
        say(N_("Taken out: {name}. Pieces that came of it since and wait: {n}."), name=one.name, n=one.waiting)
    say(N_("Write a bundle or send to the hub, so that the other computers hear of it."))
