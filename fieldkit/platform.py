"""What differs between Windows and Linux: where the data folder lies and who may read it."""

from __future__ import annotations

import os
import socket
import struct
import sys
from itertools import count
from pathlib import Path

from platformdirs import user_data_path

from fieldkit.errors import Occupied


def default_folder() -> Path:
    """Return the data folder of the person who is signed in to this computer."""
    return user_data_path("fieldkit", appauthor=False)


def make_private(folder: Path) -> None:
    """Create *folder* and close it to other people of this computer (mode 0700; Windows: the profile's own rights)."""
    folder.mkdir(parents=True, exist_ok=True)
    if os.name == "posix":
        folder.chmod(0o700)


def flush_folder(folder: Path) -> None:
    """Make renames inside *folder* survive a power cut, where the system lets us (not on Windows)."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def check_free(path: Path) -> None:
    """Raise Occupied where something lies at *path*, be it a link that leads nowhere: nothing is overwritten."""
    if os.path.lexists(path):
        raise Occupied(path=path)


def unused(folder: Path, name: str) -> Path:
    """Return a path in *folder* that nothing has: *name*, or with the first free number after it."""
    first = folder / name
    paths = (first.with_stem(f"{first.stem}-{n}") if n > 1 else first for n in count(1))
    return next(path for path in paths if not os.path.lexists(path))


def write_atomically(path: Path, content: bytes) -> None:
    """Replace *path* by *content*, whole or not at all, readable by its owner only."""
    draft = path.with_name(path.name + ".new")
    with open(draft, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    flush_folder(path.parent)


def own_addresses() -> set[str]:
    """Return this computer's IPv4 addresses in the networks that it is in, as far as the system tells."""
    return {*_by_name(), *_by_route(), *_by_interface()}


def _by_name() -> list[str]:
    """Return what stands behind the computer's own name: on Windows every address."""
    try:
        return [str(one[4][0]) for one in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)]
    except OSError:
        return []


def _by_route() -> list[str]:
    """Return from where this computer would speak to another one; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.168.255.254", 9))
        except OSError:
            return []
        return [str(probe.getsockname()[0])]


if sys.platform == "linux":
    import fcntl

    _ADDRESS_OF = 0x8915  # SIOCGIFADDR

    def _by_interface() -> set[str]:
        """Return the address of every interface: a laptop's own hotspot has no route to anywhere."""
        return {one for _, name in socket.if_nameindex() if (one := _of_interface(name))}

    def _of_interface(name: str) -> str:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
            try:
                found = fcntl.ioctl(asked, _ADDRESS_OF, struct.pack("256s", name.encode()[:15]))
            except OSError:  # down, or without an address
                return ""
        return socket.inet_ntoa(found[20:24])

else:

    def _by_interface() -> set[str]:
        """The computer's own name stands for every interface there."""
        return set()
