"""The certificate authority of one laptop: what a phone that trusts it may be told, and nothing beyond (X.509).

Whoever steals the key can speak for addresses of private networks only: no name and no address of the internet.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from ipaddress import ip_address, ip_network
from typing import cast

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

PRIVATE = tuple(
    map(
        ip_network,
        ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8", "fd00::/8", "fe80::/10"),
    )
)
NOWHERE = "invalid"  # RFC 6761: a name that never leads anywhere; names that are not limited would all be allowed
BEGIN, END = datetime(2020, 1, 1, tzinfo=UTC), datetime(2049, 12, 31, tzinfo=UTC)  # no wrong clock spoils it
BEFORE, AFTER, LEFT = timedelta(days=30), timedelta(days=366), timedelta(days=30)  # phones refuse more than 397 days


@dataclass(frozen=True)
class Authority:
    """The key that signs, and the certificate that a phone is asked to trust, both PEM."""

    key: bytes = field(repr=False)
    certificate: bytes


@dataclass(frozen=True)
class Leaf:
    """The key and certificate with which the laptop answers, both PEM."""

    key: bytes = field(repr=False)
    certificate: bytes


def make(device: str) -> Authority:
    """Make the authority of the laptop called *device*."""
    key, name = ec.generate_private_key(ec.SECP256R1()), _name(f"fieldkit {device}")
    built = (
        _builder(name, name, key, BEGIN, END)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(_limits(), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    return Authority(_pem(key), built.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))


def issue(authority: Authority, addresses: Iterable[str], today: date) -> Leaf:
    """Return a fresh key and certificate for *addresses*, good from a month before *today* to a year after it."""
    named = [x509.IPAddress(ip_address(one)) for one in addresses]
    return sign(authority, ec.generate_private_key(ec.SECP256R1()), named, today)


def sign(authority: Authority, key: ec.EllipticCurvePrivateKey, named: Sequence[x509.GeneralName], today: date) -> Leaf:
    """Sign a certificate of *key* for *named*."""
    own, signer = x509.load_pem_x509_certificate(authority.certificate), _signer(authority)
    begin = datetime.combine(today, time(), UTC) - BEFORE
    built = (
        _builder(_name("fieldkit beside a phone"), own.subject, key, begin, begin + BEFORE + AFTER)
        .add_extension(x509.SubjectAlternativeName(named), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )
    signed = built.sign(signer, hashes.SHA256())
    return Leaf(_pem(key), signed.public_bytes(serialization.Encoding.PEM))


def holds(authority: Authority, certificate: bytes, addresses: Iterable[str], today: date) -> bool:
    """Tell whether *certificate* still serves: ours, for just these addresses, and not near its end."""
    try:
        found = x509.load_pem_x509_certificate(certificate)
        found.verify_directly_issued_by(x509.load_pem_x509_certificate(authority.certificate))
    except (ValueError, TypeError, InvalidSignature):
        return False
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    noon = datetime.combine(today, time(12), UTC)
    return (
        set(names.get_values_for_type(x509.IPAddress)) == set(map(ip_address, addresses))
        and found.not_valid_before_utc <= noon <= found.not_valid_after_utc - LEFT
    )


def fingerprint(certificate: bytes) -> list[str]:
    """Return the SHA-256 of a certificate in eight groups, as phones show it."""
    shown = x509.load_pem_x509_certificate(certificate).fingerprint(hashes.SHA256()).hex().upper()
    return [shown[start : start + 8] for start in range(0, len(shown), 8)]


def near(address: str) -> bool:
    """Tell whether *address* belongs to a private network, the only ones that the authority may speak for."""
    return any(ip_address(address) in network for network in PRIVATE)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, begin: datetime, end: datetime
) -> x509.CertificateBuilder:
    built = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    return built.serial_number(x509.random_serial_number()).not_valid_before(begin).not_valid_after(end)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text[:64])])


def _signer(authority: Authority) -> ec.EllipticCurvePrivateKey:
    return cast("ec.EllipticCurvePrivateKey", serialization.load_pem_private_key(authority.key, None))


def _limits() -> x509.NameConstraints:
    return x509.NameConstraints([x509.DNSName(NOWHERE), *map(x509.IPAddress, PRIVATE)], None)


def _usage(*, signs: bool) -> x509.KeyUsage:
    unused = dict.fromkeys(
        ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only"), False
    )
    return x509.KeyUsage(
        digital_signature=not signs, key_cert_sign=signs, crl_sign=signs, decipher_only=False, **unused
    )


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
