"""The request for open data, read from its address; every refusal has a stable code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from admin.error_catalogue.api_errors import OPEN_DATA
from admin.statistics import queries
from models.clock import months_before
from models.errors import CodedError

#: The longest range for one agency, and for all of them.
MOST_MONTHS, MOST_FOR_ALL = 36, 12


class BadQuery(CodedError):
    """The request cannot be answered."""

    table = OPEN_DATA


@dataclass(frozen=True)
class OpenDataQuery:
    """`agency` None asks for all. `months` are complete, oldest first."""

    agency: str | None
    months: tuple[str, ...]
    method: str | None
    instrument: str | None


def parse_query(parameters: Mapping[str, str], last_complete: str) -> OpenDataQuery:
    """The question in `agency`, `from`, `to`, `method`, `instrument`; months like `2026-10`, by default the last
    complete one. Empty values count as absent. Raises `BadQuery`."""
    values = {
        name: parameters.get(name, "").strip() or None for name in ("agency", "from", "to", "method", "instrument")
    }
    last = values["to"] or max(values["from"] or "", last_complete)
    first = values["from"] or last
    try:
        months = queries.months_of(f"{first}..{last}")
    except queries.BadPeriod:
        raise BadQuery("bad_period.not_read") from None
    if last > last_complete:
        raise BadQuery("bad_period.not_over", last=last_complete)
    most = MOST_MONTHS if values["agency"] else MOST_FOR_ALL
    if len(months) > most:
        raise BadQuery("too_many_months", most=most, last=months_before(first, 1 - most), first=first)
    return OpenDataQuery(values["agency"], months, values["method"], values["instrument"])
