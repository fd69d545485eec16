from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fieldkit.acts import checks, devices, strings, studies, users
from fieldkit.acts.desk import Desk
from fieldkit.clock import Clock
from fieldkit.errors import Missing
from fieldkit.records import Change
from fieldkit.rules.terms import NotForFamilies
from fieldkit.store import log
from fieldkit.store.database import Tables
from fieldkit.store.folder import Folder, NotEmpty
from fieldkit.store.keys import Cost, WeakPassphrase
from fieldkit.store.strings import drafts
from fieldkit.studies import Pair, load_study

Desks = dict[str, Desk]


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Folder]:
    folder = Folder.open(tmp_path / "founder")
    yield folder
    folder.close()


def test_a_founder_needs_a_name_and_a_strong_passphrase(empty: Folder, cheap: Cost, passphrase: str) -> None:
    for name, typed, refusal in ((" ", passphrase, Missing), ("周越", "too short", WeakPassphrase)):
        with pytest.raises(refusal):
            studies.found(empty, Clock(), name, typed, cheap)
    assert (empty.state, empty.database_path.exists()) == ("empty", False)


def test_no_institution_is_printed_by_a_label_that_children_are_mocked_with(
    empty: Folder, cheap: Cost, passphrase: str
) -> None:
    with pytest.raises(NotForFamilies):
        studies.found(empty, Clock(), "周越", passphrase, cheap, institution="某大学留守儿童研究中心")
    assert (empty.state, empty.database_path.exists()) == ("empty", False)


def test_a_study_is_not_founded_over_another(desks: Desks, cheap: Cost, passphrase: str) -> None:
    for role in ("coordinator", "interviewer"):
        with pytest.raises(NotEmpty):
            studies.found(desks[role].folder, Clock(), "周越", passphrase, cheap)
        assert checks.check(desks[role]).ok


def test_a_power_cut_founds_nothing_and_the_folder_can_be_used(
    empty: Folder, cheap: Cost, passphrase: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    append = log.append

    def cut(tables: Tables, pen: log.Pen, draft: log.Draft) -> Change:
        append(tables, pen, draft)
        if draft.kind == "guide_version":  # the last one
            raise InterruptedError
        return append(tables, pen, draft)

    with monkeypatch.context() as patched:
        patched.setattr(log, "append", cut)
        with pytest.raises(InterruptedError):
            studies.found(empty, Clock(), "周越", passphrase, cheap)
    assert (empty.state, [path.name for path in empty.path.iterdir()]) == ("empty", ["lock"])
    studies.found(empty, Clock(), "周越", passphrase, cheap).db.close()


def test_the_founder_is_the_coordinator_and_can_unlock_again(empty: Folder, cheap: Cost, passphrase: str) -> None:
    founder = studies.found(empty, Clock(), " 周越 ", passphrase, cheap)
    founder.db.close()
    again = users.unlock(empty, founder.me.code, passphrase, Clock())

    assert (again.me.name, again.me.role, again.device.name) == ("周越", "coordinator", "C1")
    assert [line.people for line in devices.listing(again)] == [("周越",)]
    assert checks.check(again).ok
    again.db.close()


def test_the_built_in_study_is_written_once_and_published(desks: Desks) -> None:
    texts = load_study().strings()

    assert strings.version(desks["coordinator"]) == 1
    assert strings.unpublished(desks["coordinator"]) == []
    with desks["translator"].db.reading() as tables:
        assert {row["code"]: Pair(row["zh"], row["en"]) for row in drafts(tables)} == texts


def test_every_record_of_the_built_in_study_lies_in_study() -> None:
    drafts = list(studies.built_in(load_study()))

    kinds = [draft.kind for draft in drafts]
    assert {"study", "string", "question", "form", "guide_version"} == set(kinds)
    assert (kinds.count("study"), kinds[-1], kinds.count("guide_version")) == (1, "guide_version", 1)
    assert not any(draft.subject for draft in drafts)


def test_two_foundings_are_two_studies(desks: Desks, empty: Folder, cheap: Cost, passphrase: str) -> None:
    other = studies.found(empty, Clock(), "周越", passphrase, cheap)

    assert other.device.study != desks["coordinator"].device.study
    assert checks.check(other).digests.keys() == {"study", "notices", "consent/A", "research/A", "vault/A"}
    other.db.close()
