"""What can be wrong with bytes from elsewhere. Only codes here; the sentences live in `fieldkit`."""

from __future__ import annotations

from typing import ClassVar


class SyncError(Exception):
    """Something that arrived is not what it should be; nothing of it was taken."""

    code: ClassVar[str] = "sync"


class Malformed(SyncError):
    """Bytes that are no canonical JSON, or JSON of another shape."""

    code = "malformed"


class BadHash(SyncError):
    """A payload that its header does not describe."""

    code = "bad_hash"


class BadSignature(SyncError):
    """A header or an order that its owner did not sign."""

    code = "bad_signature"


class CannotOpen(SyncError):
    """A payload sealed under another key, or for another place."""

    code = "cannot_open"


class TooLarge(SyncError):
    """More than 16 MiB unpacked, or than 64 MiB in one frame."""

    code = "too_large"


class NotABundle(SyncError):
    """A file that does not begin like a bundle."""

    code = "not_a_bundle"


class Occupied(SyncError):
    """A bundle would be written over something else than an earlier bundle; what is there stays."""

    code = "occupied"


class UnknownFormat(SyncError):
    """Written by a later version; the detail is the number of its format."""

    code = "unknown_format"


class ForeignStudy(SyncError):
    """A bundle, or an order, of another study."""

    code = "foreign_study"


class NotTheHub(SyncError):
    """An answer that the hub did not sign: a captive portal, a proxy, another hub."""

    code = "not_the_hub"


class NoDatabase(SyncError):
    """The hub's database does not answer, or the driver for it is missing; the detail says what it said."""

    code = "no_database"


class Unreachable(SyncError):
    """No answer, or one that was cut off."""

    code = "unreachable"


class Refused(SyncError):
    """The hub itself said no; the detail is its code."""

    code = "refused"

    @property
    def why(self) -> str:
        """Return the code of the hub's refusal."""
        return str(self.args[0])
