"""The doors for other devices, as they really listen: encrypted, and nothing for who is not known."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.client import HTTPSConnection
from threading import Thread
from typing import Any

import pytest

from fieldkit.acts import authority
from fieldkit.acts.desk import Desk
from fieldkit.app import create_app
from fieldkit.clock import Clock
from fieldkit.doors import Doors
from fieldkit.web.site import HOME, LAN, TRUST, Machine, Site

Trusting = Callable[[], ssl.SSLContext]


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def site(desks: dict[str, Desk]) -> Site:
    desk = desks["interviewer"]
    found = Site({HOME: Machine(desk.folder, desk=desk)}, Clock(), 8750)
    found.lan.addresses = ["127.0.0.2"]
    return found


@pytest.fixture
def doors(site: Site, told: list[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Doors]:
    monkeypatch.setattr("fieldkit.doors.PORTS", {LAN: 0, TRUST: 0})
    opened = Doors(site, create_app(site), told.append)
    open_up(opened, site, ["127.0.0.2"])
    yield opened
    opened.shut()


@pytest.fixture
def trusting(site: Site) -> Trusting:
    """What a phone trusts that installed the certificate, and nothing else."""
    return lambda: ssl.create_default_context(cadata=authority.certificate(site.machines[HOME].folder).decode())


def open_up(doors: Doors, site: Site, addresses: list[str]) -> None:
    home = site.machines[HOME]
    assert home.desk
    site.lan.ports = doors.listen(home.folder, authority.certify(home.desk, addresses))


def ask(site: Site, context: ssl.SSLContext, path: str = "/", name: str = "127.0.0.2") -> tuple[int, str]:
    connection = HTTPSConnection(name, site.lan.ports[LAN], context=context, timeout=20)
    connection.request("GET", path)
    answer = connection.getresponse()
    found = answer.status, answer.read().decode()
    connection.close()
    return found


def test_a_stranger_is_refused_over_the_wire(doors: Doors, site: Site, trusting: Trusting) -> None:
    assert ask(site, trusting(), "/today")[0] == 403


def test_who_does_not_trust_the_laptop_hears_nothing(
    doors: Doors, site: Site, trusting: Trusting, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        ask(site, ssl.create_default_context())

    assert ask(site, trusting())[0] == 403
    assert capfd.readouterr().err == ""


def test_the_certificate_is_for_the_addresses_of_the_laptop_only(doors: Doors, site: Site, trusting: Trusting) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="IP address mismatch"):
        ask(site, trusting(), name="127.0.0.3")


def test_what_is_no_tls_gets_no_answer_and_fills_no_screen(
    doors: Doors, site: Site, trusting: Trusting, capfd: pytest.CaptureFixture[str]
) -> None:
    for words in (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\xff\xff" + b"x" * 100):
        with socket.create_connection(("127.0.0.2", site.lan.ports[LAN]), timeout=20) as line:
            line.sendall(words)
            with suppress(ConnectionError):  # cut off is as good as closed
                assert b"HTTP" not in line.recv(1000)

    assert ask(site, trusting())[0] == 403
    assert capfd.readouterr().err == ""


def test_devices_that_say_nothing_keep_nobody_waiting(doors: Doors, site: Site, trusting: Trusting) -> None:
    silent = [socket.create_connection(("127.0.0.2", site.lan.ports[LAN]), timeout=20) for _ in range(20)]

    assert ask(site, trusting())[0] == 403
    for line in silent:
        line.close()


def test_old_tls_is_not_spoken(doors: Doors, site: Site, trusting: Trusting) -> None:
    context = trusting()
    context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2
    assert ask(site, context)[0] == 403

    with socket.create_connection(("127.0.0.2", site.lan.ports[LAN]), timeout=20) as line:
        line.sendall(bytes.fromhex("160301002d010000290301" + "00" * 32 + "000002002f0100"))  # a greeting of TLS 1.0
        assert line.recv(1000)[:1] != b"\x16"


def test_a_fresh_certificate_is_taken_up_without_shutting(doors: Doors, site: Site, trusting: Trusting) -> None:
    ports = dict(site.lan.ports)
    site.lan.addresses = ["127.0.0.3"]
    open_up(doors, site, ["127.0.0.3"])

    assert site.lan.ports == ports
    assert ask(site, trusting(), name="127.0.0.3")[0] == 403
    with pytest.raises(ssl.SSLCertVerificationError):
        ask(site, trusting())


def test_the_plain_door_hands_out_the_certificate(doors: Doors, site: Site) -> None:
    with socket.create_connection(("127.0.0.2", site.lan.ports[TRUST]), timeout=20) as line:
        host = f"127.0.0.2:{site.lan.ports[TRUST]}"
        line.sendall(f"GET /trust/fieldkit.cer HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: line.recv(4096), b""))

    assert answer.endswith(authority.certificate(site.machines[HOME].folder))
    assert b"application/x-x509-ca-cert" in answer


def test_shut_doors_answer_nobody_and_open_again(doors: Doors, site: Site, trusting: Trusting) -> None:
    stopping: list[Thread] = []

    def thread(**how: Any) -> Thread:
        stopping.append(Thread(**how))
        return stopping[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("fieldkit.doors.Thread", thread)
        doors.shut()
    for one in stopping:
        one.join(timeout=20)
    assert not _listens(site.lan.ports[LAN])
    open_up(doors, site, ["127.0.0.2"])

    assert ask(site, trusting())[0] == 403


def test_the_address_is_told(doors: Doors, site: Site, told: list[str]) -> None:
    assert told == [f"https://127.0.0.2:{site.lan.ports[LAN]}/"]


def _listens(port: int) -> bool:
    with socket.socket() as line:
        line.settimeout(20)
        return line.connect_ex(("127.0.0.2", port)) == 0
