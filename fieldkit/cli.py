"""The command line: what a page does, a command does too; sentences in Chinese and English, `--json` for machines.

Exit codes: 0 done, 1 `check` found something wrong, 2 a command that does not exist, 3 refused, 130 interrupted.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any, NoReturn

from fieldkit import bundles, console, devices, hubs, server
from fieldkit.acts import backups, checks, handover, sheets, studies, users
from fieldkit.acts.desk import Desk
from fieldkit.acts.rosters import Plan
from fieldkit.clock import Clock
from fieldkit.console import say
from fieldkit.errors import Refusal
from fieldkit.exchange import datasets, rosters, tables
from fieldkit.i18n import LOCALES, N_
from fieldkit.rules.findings import ReasonNeeded
from fieldkit.studies import load_study

OK, WRONG, REFUSED, INTERRUPTED = 0, 1, 3, 130


class DemoHasNoDoor(Refusal):
    """`--demo` together with `--lan`: in the demo every visitor is signed in at once."""

    code = "demo_has_no_door"
    message = N_("The demo stays on this computer: whoever visits it is signed in at once. Leave out --lan, or --demo.")


class DemoHasNoFolder(Refusal):
    """`--demo` together with `--data`: invented people never touch real data."""

    code = "demo_has_no_folder"
    message = N_("The demo keeps its invented people apart and takes no data folder. Leave out --data, or --demo.")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a console that lacks Chinese shows marks, not a traceback
    asked = _parser().parse_args(arguments)
    try:
        return int(asked.run(asked) or OK)
    except Refusal as refusal:
        return _refused(refusal, asked)
    except OSError as error:
        return _refused(handover.explained(error, Path(error.filename or asked.data)), asked)
    except KeyboardInterrupt:
        return INTERRUPTED


def _refused(refusal: Refusal, asked: argparse.Namespace) -> int:
    if getattr(asked, "json", False):
        sentences = {locale: refusal.sentence(locale) for locale in LOCALES}
        print(json.dumps({"refused": refusal.code, **sentences}, ensure_ascii=False))
    else:
        print(f"{refusal}\n({refusal.code})", file=sys.stderr)
    return REFUSED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("fieldkit", description="离线访谈记录 Interviews, recorded offline and encrypted")
    parser.add_argument("--version", action="version", version=version("fieldkit"))
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_serve(commands)
    _add_found(commands)
    _add_recover(commands)
    devices.add(commands, _command, _path, _as_user)
    bundles.add(commands, _command, _path, _as_user)
    _add_export(commands)
    _add_roster(commands)
    _add_check(commands)
    _add_backup(commands)
    hubs.add(commands, _command, _path)
    return parser


def _command(commands: Any, name: str, run: Any, words: str) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(name, help=words, description=words)
    command.add_argument("--data", type=_path, default=None, metavar="DIR", help="数据文件夹 the data folder")
    command.set_defaults(run=run)
    return command


def _as_user(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--user", metavar="CODE", help="几个人共用时：谁 who you are, where several people share a folder"
    )
    command.add_argument("--json", action="store_true", help="给程序读 for machines")


def _add_serve(commands: Any) -> None:
    serve = _command(commands, "serve", _serve, "在浏览器里打开 open the pages in the browser")
    serve.add_argument("--demo", action="store_true", help="虚构的人，退出就没了 invented people, gone at exit")
    serve.add_argument("--port", type=_port, metavar="N", help="端口 the port on 127.0.0.1")
    serve.add_argument("--lan", action="store_true", help="让配对的手机连进来 let paired phones connect")
    serve.add_argument("--no-browser", action="store_true", help="不自动打开浏览器 open no browser window")


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) < 65536):
        raise argparse.ArgumentTypeError("端口是 0 到 65535 的数 a port is a number from 0 to 65535")
    return int(text)


def _path(text: str) -> Path:
    """An empty word, as an unset variable leaves it, names no place."""
    if not text.strip():
        raise argparse.ArgumentTypeError("没写在哪里 no place is named")
    return Path(text)


def _add_found(commands: Any) -> None:
    found = _command(commands, "found", _found, "新建研究 found a study")
    found.add_argument("--name", required=True, help="您的名字 your name")
    found.add_argument("--institution", default="", metavar="NAME", help="研究单位 who stands behind the study")


def _add_recover(commands: Any) -> None:
    recover = _command(commands, "recover", _recover, "忘了密码，用恢复单打开 a new passphrase, by the recovery sheet")
    recover.add_argument(
        "--user", metavar="CODE", help="几个人共用时：谁 who you are, where several people share a folder"
    )


def _add_backup(commands: Any) -> None:
    backup = _command(commands, "backup", _backup, "备份 write everything into one encrypted file")
    backup.add_argument("file", type=_path, help="文件夹，或还没有的文件 a folder, or a file that does not exist yet")
    _as_user(backup)
    restore = _command(commands, "restore", _restore, "恢复备份 bring a backup into an empty folder")
    restore.add_argument("file", type=_path, help="备份文件，要当时的密码 the backup; asks for the passphrase of then")


def _add_export(commands: Any) -> None:
    kinds = commands.add_parser("export", help="导出 write the dataset").add_subparsers(required=True, metavar="KIND")
    export = _command(kinds, "interviews", _export, "访谈导出为 XLSX the interviews as XLSX")
    merged = _command(kinds, "dataset", _dataset, "合并后的数据，一张表一张表 the merged dataset, table by table")
    merged.add_argument("--as", dest="form", choices=sorted(datasets.FORMATS), default="xlsx")
    for one in (export, merged):
        one.add_argument("dir", type=_path)
        _as_user(one)


def _add_roster(commands: Any) -> None:
    roster = _command(commands, "roster", _roster, "用名单登记孩子 register the children of an XLSX roster")
    roster.add_argument("file", type=_path)
    roster.add_argument(
        "--reason",
        type=_reason,
        action="append",
        default=[],
        metavar="CODE=REASON",
        help="核对后写明原因 what was looked at, and why it is right",
    )
    _as_user(roster)


def _reason(text: str) -> tuple[str, str]:
    code, _, reason = text.partition("=")
    if not (code and reason):
        raise argparse.ArgumentTypeError("写成 代码=原因 write it as CODE=REASON")
    return code, reason


def _add_check(commands: Any) -> None:
    check = _command(commands, "check", _check, "核对数据 verify and rebuild, print digests")
    _as_user(check)


def _serve(asked: argparse.Namespace) -> None:
    signal.signal(signal.SIGTERM, _interrupted)
    if asked.demo and asked.data is not None:
        raise DemoHasNoFolder
    if asked.demo and asked.lan:
        raise DemoHasNoDoor
    site = server.demo_site(Clock()) if asked.demo else server.real_site(console.data(asked), Clock())
    with site as opened:
        opened.lan.wanted = asked.lan
        server.serve(opened, asked.port, _address, browser=not asked.no_browser, tell_lan=_address_of_phones)


def _address(url: str) -> None:
    say(N_("fieldkit is open at {url} (Ctrl+C closes it)."), url=url)


def _address_of_phones(url: str) -> None:
    say(N_("Paired phones reach it at {url}. Every other device is refused."), url=url)


def _interrupted(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def _found(asked: argparse.Namespace) -> None:
    with console.folder(asked) as folder:
        code, passphrase = sheets.new_code(), console.new_passphrase()
        studies.found(folder, Clock(), asked.name, passphrase, institution=asked.institution, sheet=code).db.close()
    say(N_("The study is founded in {path}. Open it with: fieldkit serve"), path=asked.data)
    say(N_("These twelve words open it when the passphrase is forgotten. Write them down now; they are not kept:"))
    for locale in LOCALES:
        print(" ".join(sheets.words(code, locale)))


def _recover(asked: argparse.Namespace) -> None:
    with console.folder(asked) as folder:
        who = console.user(folder, asked.user)
        words, passphrase = console.words(), console.new_passphrase()
        sheets.recover(folder, who, words, passphrase)
        users.unlock(folder, who, passphrase, Clock()).db.close()
    say(N_("The new passphrase opens this laptop now. The old one does not any more."))


def _backup(asked: argparse.Namespace) -> None:
    with console.desk(asked) as desk:
        path = backups.named(desk, asked.file)
        backups.write(desk, path)
        older, kept = backups.holding(desk), backups.kept(desk)
    if asked.json:
        console.show({"path": str(path), "older": [asdict(one) for one in older], "kept": [str(one) for one in kept]})
        return
    say(N_("Written and read back: {path}"), path=path)
    for one in older:
        say(
            N_("Still holds what was erased later; delete it: the backup of {day}, {path}"), day=one.day, path=one.place
        )
    for place in kept:
        say(N_("Stays: it does not open, or holds something that is not on this laptop: {path}"), path=place)


def _restore(asked: argparse.Namespace) -> None:
    with console.folder(asked) as folder:
        backups.restore(folder, asked.file, console.passphrase())
    say(N_("Restored in {path}. The laptop that it came from must not be used any more."), path=asked.data)


def _export(asked: argparse.Namespace) -> None:
    with console.desk(asked) as desk:
        report = tables.write_interviews(desk, asked.dir)
    if asked.json:
        console.show({**asdict(report), "path": str(report.path)})
    else:
        say(N_("Written: {path}. Interviews: {n}."), path=report.path, n=report.interviews)


def _dataset(asked: argparse.Namespace) -> None:
    with console.desk(asked) as desk:
        path = datasets.write(desk, asked.dir, asked.form)
    if asked.json:
        console.show({"path": str(path)})
    else:
        say(N_("Written: {path}."), path=path)


def _roster(asked: argparse.Namespace) -> None:
    with console.desk(asked) as desk:
        done = _registered(desk, asked)
    counts = {"n": len(done.new), "here": len(done.here), "refused": len(done.refused)}
    lines = [(one.number, rosters.HEADINGS[one.column][0], str(one.refusal)) for one in done.refused]
    if asked.json:
        console.show({**counts, "lines": lines})
        return
    say(N_("Registered: {n}. Already here: {here}. Not taken: {refused}."), **counts)
    for number, column, sentence in lines:
        print(f"{number} {column}: {sentence}")


def _registered(desk: Desk, asked: argparse.Namespace) -> Plan:
    """Register a roster. Raises WhichReason for what wants a reason and was given none of its own."""
    known = {code: reason for code, reason in asked.reason if reason in load_study().codes.get(f"reason_{code}", ())}
    try:
        return rosters.register(desk, asked.file, known)
    except ReasonNeeded as refusal:
        raise console.WhichReason(refusal.findings) from refusal


def _check(asked: argparse.Namespace) -> int:
    with console.desk(asked) as desk:
        report = checks.check(desk)
    if asked.json:
        console.show({"ok": report.ok, **asdict(report)})
    else:
        _print_check(report)
    return OK if report.ok else WRONG


def _print_check(report: checks.CheckReport) -> None:
    for drawer, digest in report.digests.items():
        print(f"{drawer:12} {digest}  {report.words[drawer].zh}  {report.words[drawer].en}")
    say(N_("Entries that have not left this laptop yet: {n}."), n=report.unsealed)
    for problem in report.problems:
        say(N_("Wrong: {what}"), what=problem)
    if report.ok:
        say(N_("Everything is in order: the tables say what the log says."))
