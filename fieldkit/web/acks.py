"""Acknowledgements that a captive portal cannot give: a keyed hash of what was received (`design.md` §4)."""

from __future__ import annotations

import hmac
from hashlib import sha256

from flask import session


def key(editor: str) -> str:
    """Return the key that a page with *editor* checks acknowledgements with (hex)."""
    return hmac.new(session["secret"], editor.encode(), sha256).hexdigest()


def ack(editor: str, text: str) -> str:
    """Return the keyed hash of *text* as it was received (hex)."""
    return hmac.new(bytes.fromhex(key(editor)), text.encode("utf-8", "surrogatepass"), sha256).hexdigest()
