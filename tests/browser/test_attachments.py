"""A recording and a picture are laid onto the interview page of a phone: what is being typed stays as it is."""

from __future__ import annotations

import io
import wave
from base64 import b64decode
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from fieldkit.acts import assents, consents, interviews
from fieldkit.acts.assents import ChildAnswer
from fieldkit.acts.consents import GuardianAnswer
from fieldkit.acts.demo import KEPT
from fieldkit.acts.desk import Desk

pytestmark = pytest.mark.browser
PLANTED = b"N33.6217-E114.6411-qzK8w2"
ON_ITS_SIDE = b"Exif\0\0II*\0\x08\0\0\0\x02\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0" + PLANTED
DRAWN = """() => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 64, height: 32 });
    canvas.getContext('2d').fillRect(0, 0, 20, 20);
    return canvas.toDataURL('image/jpeg').split(',')[1];
}"""
SIZE = "async (image) => { await image.decode(); return [image.naturalWidth, image.naturalHeight]; }"
BYTES = "async (image) => Array.from(new Uint8Array(await (await fetch(image.src)).arrayBuffer()))"


@pytest.fixture
def interview(desks: dict[str, Desk], child: str, says: Callable[..., GuardianAnswer]) -> str:
    """An interview in which guardian and child agreed to recordings and pictures."""
    me, items = desks["interviewer"], {"audio": "yes", "photo_object": "yes"}
    whole = says(me, child)
    consents.record(me, child, replace(whole, items={**whole.items, **items}))
    assents.record(me, child, ChildAnswer("yes", (1, 2, 3), "child_oral", items=items))
    return interviews.start(me, child, KEPT)


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    """Two seconds of silence."""
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(32_000))
    path = tmp_path / "sound.wav"
    path.write_bytes(made.getvalue())
    return path


@pytest.fixture
def taken(phone: Page, tmp_path: Path) -> Path:
    """A picture as a camera writes it that was held sideways, with where that was."""
    plain = b64decode(phone.evaluate(DRAWN))
    path = tmp_path / "taken.jpg"
    path.write_bytes(plain[:2] + b"\xff\xe1" + (len(ON_ITS_SIDE) + 2).to_bytes(2, "big") + ON_ITS_SIDE + plain[2:])
    return path


def _attach(page: Page, path: Path) -> None:
    page.set_input_files("#attach", path)
    expect(page.locator("[data-taken]")).to_be_visible()


def test_what_is_not_taken_is_said_and_the_page_goes_on(talk: Any, phone: Page) -> None:
    heic = b"\0\0\0\x18ftypheic" + PLANTED
    phone.set_input_files("#attach", {"name": "taken.heic", "mimeType": "image/heic", "buffer": heic})
    expect(phone.locator("[data-drop]")).to_contain_text("JPEG")
    expect(phone.locator(".attached")).to_have_count(0)


def test_a_recording_is_heard_and_what_was_being_typed_stays(talk: Any, phone: Page, sound: Path) -> None:
    phone.keyboard.insert_text("下雨放学的时候")
    _attach(phone, sound)
    expect(phone.locator("#note-W1")).to_have_value("下雨放学的时候")
    lasts = "async (sound) => { sound.load(); await new Promise((done) => { sound.onloadedmetadata = done; }); "
    assert phone.locator(".attached audio").evaluate(lasts + "return sound.duration; }") == 2
    expect(phone.locator(".attached .meta")).to_contain_text("32 KB")


def test_a_picture_stands_upright_and_says_nothing_of_where_it_was_taken(talk: Any, phone: Page, taken: Path) -> None:
    _attach(phone, taken)
    image = phone.locator(".attached img")
    assert image.evaluate(SIZE) == [32, 64]
    assert PLANTED not in bytes(image.evaluate(BYTES))
    assert PLANTED in taken.read_bytes()
