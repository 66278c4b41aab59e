"""The desk of a restaurant, in Korean: free tables, booking, changing, cancelling.

State: `tables`, each with its name, seats and whether it is at the window; `hours` that may be booked; and
`bookings`, each `{id, name, date, time, people, table}`. A guest holds a table for the whole hour.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

Date = Annotated[str, Field(description="날짜, 2026-03-06처럼")]
Time = Annotated[str, Field(description="시각, 18:00처럼 24시간제로")]
People = Annotated[int, Field(description="인원")]
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


class ReservationDesk:
    """A desk with its tables and its book of reservations."""

    def __init__(self, state: Mapping[str, Any]) -> None:
        """Open the desk with the tables, hours and bookings of `state`.

        Raises:
            KeyError, TypeError: it lacks one of them, or a booking lacks something.
        """
        self._tables = {
            str(one["name"]): (int(one["seats"]), bool(one.get("window"))) for one in state["tables"]
        }
        self._hours = [str(hour) for hour in state["hours"]]
        self._bookings = {
            str(one["id"]): {key: one[key] for key in ("name", "date", "time", "people", "table")}
            for one in state.get("bookings", [])
        }
        self._given = max((int(one[1:]) for one in self._bookings if one[1:].isdigit()), default=0)

    @property
    def state(self) -> dict[str, Any]:
        """The bookings in the order of their times: numbers that the desk gave out say nothing."""
        return {"bookings": sorted(self._bookings.values(), key=lambda one: (*_when(one), one["table"]))}

    def list_free_tables(self, date: Date, time: Time, people: People) -> list[dict[str, Any]]:
        """그 시각에 비어 있고 그 인원이 앉을 수 있는 자리를 찾습니다. 예약은 하지 않습니다."""
        self._check(date, time, people)
        return [
            {"table": name, "seats": seats, "window": window}
            for name, (seats, window) in self._tables.items()
            if seats >= people and self._holder(name, date, time) is None
        ]

    def find_bookings(
        self, name: Annotated[str, Field(description="예약한 사람의 이름")]
    ) -> list[dict[str, Any]]:
        """한 사람의 예약을 번호와 함께 찾습니다."""
        return [{"id": number, **one} for number, one in self._bookings.items() if one["name"] == name]

    def book(
        self,
        name: Annotated[str, Field(description="예약하는 사람의 이름")],
        date: Date,
        time: Time,
        people: People,
        table: Annotated[str, Field(description="자리 이름, list_free_tables가 알려 준 대로")],
    ) -> dict[str, Any]:
        """자리를 예약합니다. 빈자리여야 합니다."""
        self._check(date, time, people)
        self._check_table(table, date, time, people, None)
        number = self._next()
        self._bookings[number] = {
            **{"name": name, "date": date, "time": time, "people": people, "table": table}
        }
        return {"id": number, **self._bookings[number]}

    def change_booking(
        self,
        id: Annotated[str, Field(description="예약 번호, find_bookings가 알려 준 대로")],
        date: Date | None = None,
        time: Time | None = None,
        people: People | None = None,
        table: Annotated[str | None, Field(description="자리 이름")] = None,
    ) -> dict[str, Any]:
        """예약을 바꿉니다. 바꿀 것만 적습니다. 바꾼 뒤의 자리가 비어 있어야 합니다."""
        wanted = {"date": date, "time": time, "people": people, "table": table}
        changed = {
            **self._known(id),
            **{key: value for key, value in wanted.items() if value is not None},
        }
        self._check(changed["date"], changed["time"], changed["people"])
        self._check_table(changed["table"], changed["date"], changed["time"], changed["people"], id)
        self._bookings[id] = changed
        return {"id": id, **changed}

    def cancel_booking(self, id: Annotated[str, Field(description="예약 번호")]) -> dict[str, Any]:
        """예약을 취소합니다."""
        self._known(id)
        return {"cancelled": id, **self._bookings.pop(id)}

    def _next(self) -> str:
        """Return a number that no booking has or has had."""
        self._given += 1
        return f"R{self._given}"

    def _known(self, number: str) -> dict[str, Any]:
        if number not in self._bookings:
            raise ValueError(f"{number}번 예약이 없습니다")
        return self._bookings[number]

    def _holder(self, table: str, date: str, time: str) -> str | None:
        """Return the number of the booking that holds a table then, None where it is free."""
        for number, one in self._bookings.items():
            if (one["table"], one["date"], one["time"]) == (table, date, time):
                return number
        return None

    def _check(self, date: str, time: str, people: int) -> None:
        if not _DATE.fullmatch(date):
            raise ValueError("날짜는 2026-03-06처럼 적습니다")
        if time not in self._hours:
            raise ValueError(f"{time}에는 예약을 받지 않습니다. 받는 시각: {', '.join(self._hours)}")
        if people < 1:
            raise ValueError("인원은 한 명부터입니다")

    def _check_table(self, table: str, date: str, time: str, people: int, own: str | None) -> None:
        if table not in self._tables:
            raise ValueError(f"{table!r}(이)라는 자리가 없습니다")
        if self._tables[table][0] < people:
            raise ValueError(f"{table} 자리에는 {self._tables[table][0]}명까지 앉습니다")
        if self._holder(table, date, time) not in (None, own):
            raise ValueError(f"{table} 자리는 그 시각에 예약되어 있습니다")


def _when(booking: Mapping[str, Any]) -> tuple[str, str]:
    return booking["date"], booking["time"]
