from __future__ import annotations

import pytest

from fieldkit.rules import attachments


@pytest.mark.parametrize(
    "media", ["", "audio", "audio/", "video/mp4", "text/html", "image/svg+xml", "IMAGE/SVG", "audio/a b", "image/../x"]
)
def test_what_is_neither_sound_nor_a_plain_picture_is_not_attached(media: str) -> None:
    assert attachments.plain(media) == ""
    assert attachments.item(attachments.plain(media)) == ""


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
    assert attachments.item(plain) == item
