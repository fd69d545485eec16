"""What this laptop's certificates say to phones: its authority, made once, and a certificate for where it is now."""

from __future__ import annotations

from collections.abc import Iterable

from fieldkit import platform
from fieldkit.acts.desk import Desk
from fieldkit.errors import NotFound
from fieldkit.platform import write_atomically
from fieldkit.store import authority, machine
from fieldkit.store.authority import Authority
from fieldkit.store.folder import Folder

LEAF, TRUSTED = "laptop.pem", "authority.pem"
_KEY, _CERTIFICATE = "authority_key", "authority_certificate"
_HERE = "127.0.0.1"


def addresses() -> list[str]:
    """Return the addresses under which a phone reaches this laptop; none where it is in no private network."""
    return sorted(one for one in platform.own_addresses() if authority.near(one) and not one.startswith("127."))


def certify(desk: Desk, found: Iterable[str]) -> bool:
    """See that a certificate for the addresses *found* lies ready; tell whether it was made anew."""
    named, ours, folder = [*found, _HERE], authority_of(desk), desk.folder.lan
    path = folder / LEAF
    if path.exists() and authority.holds(ours, path.read_bytes(), named, desk.clock.today()):
        return False
    leaf = authority.issue(ours, named, desk.clock.today())
    write_atomically(path, leaf.key + leaf.certificate)
    write_atomically(folder / TRUSTED, ours.certificate)
    return True


def authority_of(desk: Desk) -> Authority:
    """Return this laptop's authority; it is made once, and its key never leaves the store."""
    with desk.db.writing() as tables:
        key, certificate = machine.recall(tables, _KEY), machine.recall(tables, _CERTIFICATE)
        if key and certificate:
            return Authority(key, certificate)
        made = authority.make(desk.device.name)
        machine.remember(tables, _KEY, made.key)
        machine.remember(tables, _CERTIFICATE, made.certificate)
    return made


def certificate(folder: Folder) -> bytes:
    """Return what a phone is asked to trust. Raises NotFound before anybody let phones in."""
    path = folder.lan / TRUSTED
    if not path.exists():
        raise NotFound
    return path.read_bytes()


def fingerprint(folder: Folder) -> list[str]:
    """Return the certificate's fingerprint in eight groups, to be compared. Raises NotFound as *certificate* does."""
    return authority.fingerprint(certificate(folder))
