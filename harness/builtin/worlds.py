"""What the worlds are called that ship with the harness."""

from __future__ import annotations

from harness.hookspecs import WorldEntry

WORLDS = (WorldEntry("reservation_desk", "harness.worlds.reservation_desk:ReservationDesk"),)
