"""The doors for other devices, as they really listen: encrypted, and nothing for who is not known."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from http.client import HTTPSConnection
from threading import Thread
from types import SimpleNamespace
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


HALF_A_GREETING = bytes.fromhex("1603010200" + "0100")
Connect = Callable[[bytes], socket.socket]


@pytest.fixture
def connect(site: Site) -> Iterator[Connect]:
    with ExitStack() as opened:

        def to(says: bytes) -> socket.socket:
            line = opened.enter_context(socket.create_connection(("127.0.0.2", site.lan.ports[LAN]), timeout=20))
            line.sendall(says)
            return line

        yield to


@pytest.fixture
def for_long(doors: Doors) -> Doors:
    """Doors at which a device may take very long, so that no test waits for the end of its time."""
    for server in doors._servers.values():
        server.timeout = 600
    return doors


def test_devices_that_stop_in_their_greeting_keep_nobody_waiting(
    for_long: Doors, site: Site, trusting: Trusting, connect: Connect
) -> None:
    for _ in range(8):
        connect(HALF_A_GREETING)

    assert ask(site, trusting())[0] == 403


def test_devices_that_greet_and_ask_for_nothing_keep_nobody_waiting(
    for_long: Doors, site: Site, trusting: Trusting, connect: Connect
) -> None:
    greeted = [trusting().wrap_socket(connect(b""), server_hostname="127.0.0.2") for _ in range(8)]

    assert ask(site, trusting())[0] == 403
    for line in greeted:
        line.close()


def test_a_greeting_in_drops_is_over_when_its_time_is(
    doors: Doors, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [time.time()]
    monkeypatch.setattr("cheroot.connections.time", SimpleNamespace(time=lambda: now[0], sleep=time.sleep))
    line = connect(HALF_A_GREETING)
    line.settimeout(1)

    for _ in range(6):
        now[0] += 4
        with suppress(TimeoutError):
            assert line.recv(1) == b""
            return
        line.sendall(b"\0")
    pytest.fail("it may go on for ever")


def test_of_too_many_who_do_not_come_to_the_point_the_oldest_goes(
    for_long: Doors, site: Site, trusting: Trusting, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fieldkit.doors.UNHEARD", 3)
    oldest, _, newest = [connect(HALF_A_GREETING) for _ in range(3)]

    assert ask(site, trusting())[0] == 403
    assert oldest.recv(1) == b""
    newest.settimeout(1)
    with pytest.raises(TimeoutError):
        newest.recv(1)


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
