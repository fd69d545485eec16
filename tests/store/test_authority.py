from __future__ import annotations

import ssl
from datetime import date, timedelta
from hashlib import sha256
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

from fieldkit.clock import Clock
from fieldkit.store import authority
from fieldkit.store.authority import Authority, Leaf

TODAY = Clock().today()
DAY = date(2026, 11, 26)
HOME = ("192.168.43.7", "127.0.0.1")


@pytest.fixture(scope="module")
def made() -> Authority:
    return authority.make("L1")


@pytest.mark.parametrize(
    "name", ["8.8.8.8", "100.64.0.1", "172.32.0.1", "2001:db8::1", "fe00::1", "bank.example", "laptop.local"]
)
def test_nothing_outside_a_private_network_is_ever_vouched_for(made: Authority, tmp_path: Path, name: str) -> None:
    assert not _trusted(made, _forged(made, name), name, tmp_path)


@pytest.mark.parametrize("name", ["10.1.2.3", "172.20.10.2", "192.168.43.7", "169.254.9.9", "127.0.0.1", "fd00::2"])
def test_an_address_of_a_private_network_is_vouched_for(made: Authority, tmp_path: Path, name: str) -> None:
    leaf = authority.issue(made, ["127.0.0.1", name], TODAY)

    assert _trusted(made, leaf, name, tmp_path)
    assert not _trusted(made, leaf, "10.9.9.9", tmp_path)


def test_a_certificate_of_another_laptop_is_not_trusted(made: Authority, tmp_path: Path) -> None:
    leaf = authority.issue(authority.make("L1"), HOME, TODAY)

    assert not _trusted(made, leaf, "127.0.0.1", tmp_path)


@pytest.mark.parametrize(
    ("addresses", "days"),
    [
        (("192.168.43.8", "127.0.0.1"), 0),
        (("192.168.43.7", "192.168.43.8", "127.0.0.1"), 0),
        (HOME, 340),
        (HOME, 4000),
        (HOME, -31),
        (HOME, -4000),
    ],
)
def test_a_leaf_is_renewed_for_other_addresses_near_its_end_and_when_the_clock_was_put_right(
    made: Authority, addresses: tuple[str, ...], days: int
) -> None:
    leaf = authority.issue(made, HOME, DAY)

    assert not authority.holds(made, leaf.certificate, addresses, DAY + timedelta(days=days))


@pytest.mark.parametrize("days", [0, 300, -20])
def test_a_leaf_for_these_addresses_is_kept(made: Authority, days: int) -> None:
    leaf = authority.issue(made, HOME, DAY)

    assert authority.holds(made, leaf.certificate, HOME[::-1], DAY + timedelta(days=days))


@pytest.mark.parametrize("found", [b"", b"torn", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_a_torn_certificate_is_renewed(made: Authority, found: bytes) -> None:
    assert not authority.holds(made, found, HOME, DAY)


def test_a_leaf_of_another_authority_is_renewed(made: Authority) -> None:
    leaf = authority.issue(authority.make("L1"), HOME, DAY)

    assert not authority.holds(made, leaf.certificate, HOME, DAY)


def test_a_leaf_is_short_lived_and_only_for_serving(made: Authority) -> None:
    leaf = x509.load_pem_x509_certificate(authority.issue(made, HOME, DAY).certificate)

    assert (leaf.not_valid_after_utc - leaf.not_valid_before_utc).days <= 397
    assert list(leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) == [
        ExtendedKeyUsageOID.SERVER_AUTH
    ]
    assert not leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_the_limits_of_the_authority_are_critical_and_its_name_says_whose_it_is(made: Authority) -> None:
    found = x509.load_pem_x509_certificate(made.certificate)
    critical = {one.oid for one in found.extensions if one.critical}

    assert found.subject.rfc4514_string() == "CN=fieldkit L1"
    assert {ExtensionOID.NAME_CONSTRAINTS, ExtensionOID.BASIC_CONSTRAINTS, ExtensionOID.KEY_USAGE} <= critical
    assert found.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length == 0


def test_a_wrong_clock_spoils_no_authority(made: Authority) -> None:
    found = x509.load_pem_x509_certificate(made.certificate)

    assert (found.not_valid_before_utc.year, found.not_valid_after_utc.year) == (2020, 2049)


def test_the_fingerprint_is_the_one_that_a_phone_shows(made: Authority) -> None:
    der = ssl.PEM_cert_to_DER_cert(made.certificate.decode())
    groups = authority.fingerprint(made.certificate)

    assert len(groups) == 8
    assert bytes.fromhex("".join(groups)) == sha256(der).digest()


def test_an_authority_can_be_kept_and_read_again(made: Authority, tmp_path: Path) -> None:
    again = Authority(bytes(made.key), bytes(made.certificate))

    assert _trusted(made, authority.issue(again, HOME, TODAY), "127.0.0.1", tmp_path)


@pytest.mark.parametrize(
    ("address", "near"),
    [("192.168.1.1", True), ("10.0.0.1", True), ("127.0.0.1", True), ("192.0.2.2", False), ("8.8.8.8", False)],
)
def test_which_addresses_are_of_a_private_network(address: str, near: bool) -> None:
    assert authority.near(address) == near


def _forged(made: Authority, name: str) -> Leaf:
    """What somebody who stole the key would sign."""
    is_address = name.replace(".", "").isdigit() or ":" in name
    named = x509.IPAddress(ip_address(name)) if is_address else x509.DNSName(name)
    return authority.sign(made, ec.generate_private_key(ec.SECP256R1()), [named], TODAY)


def _trusted(made: Authority, leaf: Leaf, name: str, folder: Path) -> bool:
    """Tell whether a client that trusts *made*, and nobody else, accepts *leaf* under *name*."""
    (folder / "leaf.pem").write_bytes(leaf.key + leaf.certificate)
    here = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    here.load_cert_chain(folder / "leaf.pem")
    there = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    there.load_verify_locations(cadata=made.certificate.decode())
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = there.wrap_bio(down, up, server_hostname=name)
    server = here.wrap_bio(up, down, server_side=True)
    for _ in range(4):
        for side in (client, server):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLError:
                return False
    return True
