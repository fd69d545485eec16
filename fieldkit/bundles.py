"""The commands of bundles on sticks: write one, look at one, read one, and say that one is lost, or found."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from fieldkit import console
from fieldkit.acts import handover, previews, sticks
from fieldkit.console import say
from fieldkit.i18n import N_
from fieldkit.rules.members import COORDINATOR
from sync.replica import Report


def add(
    commands: Any,
    command: Callable[..., argparse.ArgumentParser],
    path: Callable[[str], Path],
    as_user: Callable[[argparse.ArgumentParser], None],
) -> None:
    """Add the commands to the command line: *command* makes one, *path* reads a file, *as_user* asks who."""
    ways = commands.add_parser("bundle", help="U盘上的数据包 a bundle on a stick")
    steps = ways.add_subparsers(required=True, metavar="STEP")
    write = command(steps, "write", _write, "写出数据包 write a bundle")
    write.add_argument("file", type=path, help="文件或文件夹 a file, or a folder")
    look = command(steps, "look", _look, "先看看，不读进来 look at a bundle, take in nothing")
    look.add_argument("file", type=path)
    read = command(steps, "read", _read, "读入数据包 read a bundle")
    read.add_argument("file", type=path)
    written = command(steps, "list", _list, "写过的数据包 the bundles that were written here")
    lost = command(steps, "lost", _lost, "U盘丢了 a stick is lost")
    lost.add_argument("name", help="清单上的名字 its name in the list")
    found = command(steps, "found", _found, "U盘找到了 a lost stick was found")
    found.add_argument("name", help="清单上的名字或编号 its name or number in the list")
    for one in (write, look, read, written, lost, found):
        as_user(one)


def _write(asked: argparse.Namespace) -> None:
    with console.desk(asked) as desk:
        info = handover.write(desk, handover.named(asked.file))
    if asked.json:
        console.show({**asdict(info), "path": str(info.path)})
    else:
        sentence, facts = handover.written(info)
        say(sentence, **facts)


def _look(asked: argparse.Namespace) -> None:
    with console.desk(asked) as desk:
        seen = previews.look(desk, asked.file)
    if asked.json:
        console.show({**asdict(seen.report), "compared": dict(seen.counts), "two_versions": len(seen.disputed)})
        return
    differ = sum(seen.counts[where] for where in previews.DIFFERENT)
    say(
        N_("Only in the bundle: {there}. In both, different: {differ}; the same: {same}. Only here: {here}."),
        there=seen.counts[previews.ONLY_THERE],
        differ=differ,
        same=seen.counts[previews.SAME],
        here=seen.counts[previews.ONLY_HERE],
    )
    say(N_("Nothing was taken in. Blocks in it: {total}."), total=seen.report.received)


def _read(asked: argparse.Namespace) -> None:
    with console.desk(asked) as desk:
        report = handover.read(desk, asked.file)
        left = handover.wanting(report, [line.report for line in handover.batches(desk)])
    if asked.json:
        console.show(asdict(report))
        return
    say(N_("Read: {new} new changes, {known} known. Blocks: {total}."), **_numbers(report))
    if left:
        say(N_("Still to be read: file {list}."), list=", ".join(map(str, left)))


def _numbers(report: Report) -> dict[str, object]:
    return {"new": report.changes_new + report.changes_held, "known": report.changes_known, "total": report.received}


def _list(asked: argparse.Namespace) -> None:
    with console.desk(asked) as desk:
        found, lost = sticks.listing(desk), sticks.lost(desk) if desk.me.role == COORDINATOR else []
    if asked.json:
        console.show({"bundles": [asdict(one) for one in found], "lost": [asdict(one) for one in lost]})
        return
    for one in found:
        words = N_("{name}: {when}, interviews: {n}, lost") if one.lost else N_("{name}: {when}, interviews: {n}")
        say(words, name=one.name, when=one.at, n=one.interviews)
    for gone in lost:
        say(
            N_("Lost by {device}: number {id}, written {day}, interviews: {n}"),
            device=gone.device,
            id=gone.id,
            day=gone.written_on,
            n=gone.interviews,
        )


def _lost(asked: argparse.Namespace) -> None:
    with console.desk(asked) as desk:
        stick = sticks.lose(desk, asked.name)
    if asked.json:
        console.show(asdict(stick))
        return
    say(N_("Marked as lost: {name}. Write a new bundle."), name=stick.name)
    say(N_("Whoever finds it cannot read it: the bundle is encrypted, and only computers of this study can open it."))


def _found(asked: argparse.Namespace) -> None:
    with console.desk(asked) as desk:
        stick = sticks.find(desk, asked.name)
    if asked.json:
        console.show(asdict(stick))
        return
    say(N_("No longer marked as lost. Interviews on it count as carried: {n}."), n=stick.interviews)
