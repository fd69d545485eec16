"""The real program until the plug is pulled: for every line `ACT POINT FOLDER` on standard input one fresh process.

Prints the process id; what the program prints; `held` where ACT comes to POINT (`before_commit`, `after_commit`, or the
number of a statement), until a line arrives; and `passed` once ACT is done. Arguments: the port, and a folder for
compiled templates.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import wraps
from threading import local
from typing import Any

from flask import Flask
from jinja2 import FileSystemBytecodeCache

from fieldkit import clock
from fieldkit.acts import answers, closings, stops
from fieldkit.cli import main
from fieldkit.rules import pinyin
from fieldkit.store.database import Database

ACTS = {
    "save": (answers, "save"),
    "choose": (stops, "begin"),
    "finish": (stops, "finish"),
    "tick": (closings, "keep"),
    "end": (closings, "end"),
}
_here = local()
_commit, _connect = Database._commit, Database._connect


def hold() -> None:
    global POINT
    _here.inside, POINT = False, "-"  # what is sent once more passes
    print("held", flush=True)
    sys.stdin.readline()


def inside(act: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(act)
    def done(*told: Any) -> Any:
        _here.inside, _here.statements = True, 0
        try:
            return act(*told)
        finally:
            _here.inside = False
            print("passed", flush=True)

    return done


def reached(point: str) -> None:
    if getattr(_here, "inside", False) and point == POINT:
        hold()


def commit(self: Database, connection: Any) -> None:
    writes = connection is self._writer
    if writes:
        reached("before_commit")
    _commit(self, connection)
    if writes:
        reached("after_commit")


def statement(_: str) -> None:
    if getattr(_here, "inside", False):
        _here.statements += 1
        reached(str(_here.statements))


def connect(self: Database) -> Any:
    connection = _connect(self)
    connection.set_trace_callback(statement)
    return connection


pinyin.read_aloud("山")  # no fork spends a second on its dictionary, nor compiles a template that another compiled
Flask.jinja_options["bytecode_cache"] = FileSystemBytecodeCache(sys.argv[2])
for asked in sys.stdin:
    child = os.fork()
    if child == 0:
        clock.RUN = clock.new_id()  # a fork is another run of the program
        print(os.getpid(), flush=True)
        act, POINT, folder = asked.split()
        if act in ACTS:
            module, name = ACTS[act]
            setattr(module, name, inside(getattr(module, name)))
            Database._commit, Database._connect = commit, connect  # type: ignore[method-assign]
        sys.exit(main(["serve", "--data", folder, "--port", sys.argv[1], "--no-browser"]))
    os.waitpid(child, 0)
    print("ended", flush=True)
