"""What may be laid onto an interview at all: recordings and pictures, none of them too large (`domain.md` V39)."""

from __future__ import annotations

import re

from fieldkit.records import ATTACHED
from fieldkit.rules import ages
from fieldkit.rules.consent import NO

UNDER_14 = "audio_under_14"  # the study's fact: are children under 14 recorded
LARGEST = 256 * 1024 * 1024  # bytes: four hours of compressed sound, three quarters of an hour without
_MEDIA = re.compile(r"(audio|image)/(?!svg)[a-z0-9][a-z0-9.+-]{0,60}")  # SVG can hold programs


def plain(media: str) -> str:
    """Return a media type without its parameters, in small letters; empty for one that nobody may attach."""
    found = _MEDIA.fullmatch(media.partition(";")[0].strip().lower())
    return found[0] if found else ""


def may_record(item: str, decided: str, group: str) -> bool:
    """Tell whether the study lets *item* be kept of an age group; *decided*: whether those under 14 are recorded."""
    return item != ATTACHED["audio"] or decided != NO or ages.is_14(group)
