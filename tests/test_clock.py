"""Time and chance, as they come from the laptop."""

from __future__ import annotations

import re
import secrets
from datetime import timedelta

import pytest

from fieldkit.clock import Clock, new_id


def test_a_moment_is_never_without_its_offset() -> None:
    assert Clock().now().tzinfo is not None
    assert re.search(r"[+-]\d\d:\d\d$", Clock().now().isoformat())


def test_today_is_the_civil_date_of_the_same_clock() -> None:
    before, today, after = Clock().now().date(), Clock().today(), Clock().now().date()

    assert before <= today <= after


def test_a_clock_that_runs_ahead_says_another_day() -> None:
    ahead = Clock(timedelta(days=400))

    assert ahead.today() - Clock().today() in {timedelta(days=400), timedelta(days=399)}
    assert ahead.now().tzinfo is not None


def test_ids_are_22_characters_of_base64url_and_never_the_same() -> None:
    ids = {new_id() for _ in range(500)}

    assert len(ids) == 500
    assert [one for one in ids if not re.fullmatch(r"[A-Za-z0-9_-]{22}", one)] == []


def test_no_id_is_taken_for_an_option_where_a_person_types_it_after_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter([b"\xfb" * 16, b"\xfa" + b"\xfb" * 15, b"\x00" * 16])
    monkeypatch.setattr(secrets, "token_bytes", lambda _: next(drawn))

    assert new_id() == "A" * 22
