"""Serve the pages on this computer: a line that says where, a clean end."""

from __future__ import annotations

import os
import sys
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

from cheroot.wsgi import Server

from fieldkit.acts import demo, practice
from fieldkit.app import create_app
from fieldkit.clock import Clock
from fieldkit.doors import NEIGHBOURS, Doors, Pages, bound
from fieldkit.store.folder import Folder
from fieldkit.web.site import HOME, Machine, Site

HOST = "127.0.0.1"
PORT = 8750


@contextmanager
def real_site(data: Path, clock: Clock) -> Iterator[Site]:
    """Yield the site of one data folder, locked at first; the folder is let go at the end. Raises FolderInUse."""
    folder = Folder.open(data)
    practice.sweep(folder)
    site = Site({HOME: Machine(folder)}, clock, PORT)
    try:
        yield site
    finally:
        for machine in site.machines.values():
            machine.close()
        folder.close()


@contextmanager
def demo_site(clock: Clock) -> Iterator[Site]:
    """Yield a site of invented people on four machines; all of it is gone at the end."""
    with TemporaryDirectory(prefix="fieldkit-demo-") as root:
        desks = demo.build(Path(root), clock)
        machines = {role: Machine(desk.folder, role, desk) for role, desk in desks.items()}
        try:
            yield Site(machines, clock, PORT, demo=True, carry=lambda: demo.carry(desks.values()))
        finally:
            demo.close(desks.values())


def serve(
    site: Site, port: int | None, tell: Callable[[str], None], *, browser: bool, tell_lan: Callable[[str], None]
) -> None:
    """Answer requests until interrupted; *tell* gets the address once it answers. Raises PortTaken."""
    app = create_app(site)
    server = _listening(site, app, port)
    doors = Doors(site, app, tell_lan)
    if not site.demo:
        site.lan.listen, site.lan.shut = doors.listen, doors.shut
    url = f"http://{HOST}:{site.port}/"
    tell(url)
    if browser and _has_screen():
        Thread(target=webbrowser.open, args=(url,), daemon=True).start()
    try:
        server.serve()
    finally:
        doors.shut()
        server.stop()


def _listening(site: Site, app: Pages, port: int | None) -> Server:
    """Return a bound server; the site learns the port, because only requests under its own address are answered."""
    server = bound(Server, app, HOST, [port] if port is not None else [*range(PORT, PORT + NEIGHBOURS), 0])
    site.port = int(server.bind_addr[1])
    return server


def _has_screen() -> bool:
    """Tell whether a browser window can open: a text browser would take the terminal away."""
    return sys.platform in {"win32", "darwin"} or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
