from __future__ import annotations

import pytest

from fieldkit.store import phones
from fieldkit.store.database import Database

VECTORS = (  # v 1: what a paired phone's cookie looks like in lan/phones.json
    ("AAAAAAAAAAAAAAAAAAAAAA", "cookie", "aaa1c5523f3a6abd6db5c4db6e3dbe63729a7f23026dcc40b00b5f65316b95dc"),
    ("____________________-w", "小李的手机", "13a4a2302f4b7e38f34f61e38fefa540a2c23eee3ba3cdfa0da2a4a3488e97be"),
)


def test_a_machine_that_paired_nothing_has_a_salt_and_no_phone(db: Database) -> None:
    with db.reading() as tables:
        one, other = phones.kept(tables), phones.kept(tables)

    assert one["phones"] == {}
    assert one["salt"] != other["salt"], "no two machines have the same"


def test_what_was_kept_is_there_again(db: Database) -> None:
    with db.writing() as tables:
        phones.keep(tables, {"v": 1, "salt": "s", "phones": {"p": {"hash": "h"}}})
    with db.reading() as tables:
        assert phones.kept(tables) == {"v": 1, "salt": "s", "phones": {"p": {"hash": "h"}}}


@pytest.mark.parametrize(("salt", "cookie", "wanted"), VECTORS)
def test_the_format_of_the_file_does_not_change(salt: str, cookie: str, wanted: str) -> None:
    assert phones.hashed(salt, cookie) == wanted
