from __future__ import annotations

import pytest

from fieldkit.records import item_of
from fieldkit.rules import attachments


@pytest.mark.parametrize(
    "media", ["", "audio", "audio/", "video/mp4", "text/html", "image/svg+xml", "IMAGE/SVG", "audio/a b", "image/../x"]
)
def test_what_is_neither_sound_nor_a_plain_picture_is_not_attached(media: str) -> None:
    assert attachments.plain(media) == ""
    assert item_of(attachments.plain(media)) == ""


@pytest.mark.parametrize(
    ("media", "plain", "item"),
    [
        ("audio/mpeg", "audio/mpeg", "audio"),
        ("Audio/WebM; codecs=opus", "audio/webm", "audio"),
        ("image/jpeg", "image/jpeg", "photo_object"),
        ("image/x-adobe.dng", "image/x-adobe.dng", "photo_object"),
    ],
)
def test_a_recording_needs_its_item_and_a_picture_its_own(media: str, plain: str, item: str) -> None:
    assert attachments.plain(media) == plain
    assert item_of(plain) == item


@pytest.mark.parametrize(
    ("item", "decided", "group", "may"),
    [
        ("audio", "no", "a9_11", False),
        ("audio", "no", "a12_13", False),
        ("audio", "no", "u14_uncertain", False),
        ("audio", "no", "", False),
        ("audio", "no", "a14_17", True),
        ("audio", "no", "a18", True),
        ("audio", "yes", "a9_11", True),
        ("audio", "", "a9_11", True),
        ("photo_object", "no", "a9_11", True),
    ],
)
def test_where_the_study_says_so_nobody_is_recorded_who_may_be_under_14(
    item: str, decided: str, group: str, may: bool
) -> None:
    assert attachments.may_record(item, decided, group) == may
