from __future__ import annotations

import pytest

from fieldkit import platform
from fieldkit.acts import authority
from fieldkit.acts.desk import Desk
from fieldkit.errors import NotFound


@pytest.fixture
def desk(desks: dict[str, Desk]) -> Desk:
    return desks["interviewer"]


def test_before_anybody_let_phones_in_there_is_no_certificate_to_trust(desk: Desk) -> None:
    with pytest.raises(NotFound):
        authority.certificate(desk.folder)
    with pytest.raises(NotFound):
        authority.fingerprint(desk.folder)


def test_the_key_of_the_authority_never_lies_outside_the_store(desk: Desk) -> None:
    authority.certify(desk, ["192.168.43.7"])
    kept = {path.name: path.read_bytes() for path in desk.folder.lan.iterdir()}
    secret = authority.authority_of(desk).key

    assert set(kept) == {"laptop.pem", "authority.pem"}
    assert secret.count(b"\n") > 2
    assert not any(line in content for content in kept.values() for line in secret.splitlines()[1:-1])


def test_the_certificate_stays_until_the_addresses_change(desk: Desk) -> None:
    changed = [
        authority.certify(desk, addresses) for addresses in (["192.168.43.7"], ["192.168.43.7"], ["192.168.43.8"])
    ]

    assert changed == [True, False, True]
    assert authority.certificate(desk.folder) == authority.authority_of(desk).certificate


def test_only_addresses_of_private_networks_are_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {"192.168.43.7", "8.8.8.8", "127.0.0.1", "127.0.1.1", "192.0.2.2", "10.0.0.9"}
    monkeypatch.setattr(platform, "own_addresses", lambda: found)

    assert authority.addresses() == ["10.0.0.9", "192.168.43.7"]
