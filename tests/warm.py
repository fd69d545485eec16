"""The real program, loaded once: for each request on a socket a fork of this process, which goes on as the program.

A request is words of the command line and the environment as JSON, with the three standard streams; the answer is a
pidfd of the fork. Words that begin with a file in Python are a program that changes ours first. Arguments: the number
of the socket, and a folder for compiled templates.
"""

from __future__ import annotations

import json
import os
import runpy
import signal
import socket
import sys
import tempfile
from contextlib import suppress

from flask import Flask
from jinja2 import FileSystemBytecodeCache

from fieldkit import clock, doors
from fieldkit.cli import main
from fieldkit.rules import pinyin

MOST = 1 << 17


def asked(channel: socket.socket) -> list[str]:
    """Return the words for which this process, a fresh fork, is to be the program; none when nobody asks any more."""
    while True:
        request, streams, _, _ = socket.recv_fds(channel, MOST, 3)
        if not request:
            return []
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        if (child := os.fork()) == 0:
            return become(json.loads(request), streams)
        known = os.pidfd_open(child)
        socket.send_fds(channel, [b"."], [known])
        for one in (*streams, known):
            os.close(one)


def become(request: tuple[list[str], dict[str, str]], streams: list[int]) -> list[str]:
    """Take over the streams and the environment of the request; return its words."""
    for place, stream in enumerate(streams):
        os.dup2(stream, place)
        os.close(stream)
    sys.stdout, sys.stderr = (os.fdopen(place, "w", buffering=1, closefd=False) for place in (1, 2))
    signal.signal(signal.SIGINT, signal.default_int_handler)
    words, environment = request
    os.environ.clear()
    os.environ.update(environment)
    tempfile.tempdir = None  # as the new environment says
    clock.RUN = clock.new_id()  # a fork is another run of the program
    return words


signal.signal(signal.SIGINT, signal.SIG_IGN)
beside = 100 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
for door in doors.PORTS:  # what comes back after a kill finds its port free: laptops of other workers listen elsewhere
    doors.PORTS[door] += beside
pinyin.read_aloud("山")  # its dictionary takes a second to read, which every fork would spend on its first page
Flask.jinja_options["bytecode_cache"] = FileSystemBytecodeCache(sys.argv[2])
with socket.socket(fileno=int(sys.argv[1])) as found:
    told = asked(found)
if told and told[0].endswith(".py"):
    sys.argv = told
    runpy.run_path(told[0], run_name="__main__")
elif told:
    sys.exit(main(told))
