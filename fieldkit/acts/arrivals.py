"""What has come here of each laptop, and how much is verified: by what lies here and by receipts, never by memory."""

from __future__ import annotations

from collections.abc import Mapping

from fieldkit.acts.desk import Desk, only
from fieldkit.rules.members import COORDINATOR
from fieldkit.store import ticks
from fieldkit.store.ticks import Arrived


@only(COORDINATOR)
def by_device(desk: Desk) -> Mapping[str, Arrived]:
    """Return by the id of each device what is here of it; devices of which nothing is here are left out."""
    with desk.db.reading() as tables:
        return ticks.of_devices(tables)
