"""Legal indicators of an agency from its dossier counts: the nine of TT 01/2018, and 5.4 of QĐ 766.

TT 01/2018 is Thông tư 01/2018/TT-VPCP, QĐ 766 is Quyết định 766/QĐ-TTg; the counts are those of the one-stop software.
They are no opinions of citizens and never stand for the satisfaction index. What was not sent is left out and named. An
agency's month with fewer than five dossiers is in no figure at all, neither its own nor that of a longer period or of
the agency above: so no subtraction finds it. Knows no web.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.statistics.legal import q766, tt01
from admin.statistics.measures.periods import months_of
from admin.statistics.measures.thresholds import find_shown_level
from admin.statistics.tallies import cache
from admin.statistics.tallies.agency_tree import read_scope_keys
from models.tables.agency import DossierMonth

State = Literal["known", "not_sent", "under_5"]
#: What Quyết định 766 counts, by the columns of the import.
_COUNTS = ("closed", "overdue", "complained", "overdue_and_complained")


@dataclass(frozen=True)
class Indicator:
    """One of the nine. `points` are how many dossiers (or checks of a unit in a month) got 0, 1 and 2; `index` is their
    mean, rounded half up to one decimal. Both are None unless `state` is `known`."""

    number: str
    state: State
    points: tuple[int, int, int] | None
    index: Decimal | None

    @property
    def n(self) -> int:
        """How many dossiers or checks it rests on; 0 where none may be shown."""
        return sum(self.points or ())

    @property
    def columns(self) -> str:
        """What it is called in the import of dossier counts."""
        return f"cs{self.number}_0, cs{self.number}_1, cs{self.number}_2"


@dataclass(frozen=True)
class HandledDossiers:
    """Indicator 5.4 with what it is made of. `indicator` is None when the counts contradict each other or may not be
    shown; the counts are then for finding out why, or 0."""

    state: Literal["known", "under_5", "contradictory"]
    closed: int
    overdue: int
    complained: int
    both: int
    indicator: q766.Indicator | None


@dataclass(frozen=True)
class LegalIndicators:
    """The legal indicators of an agency and everything under it in a period. `months` are those with counts, `agencies`
    how many have some; `handled` is None without any closed dossier."""

    months: tuple[str, ...]
    agencies: int
    indicators: tuple[Indicator, ...]
    total: tt01.Total | None
    handled: HandledDossiers | None

    @property
    def missing(self) -> tuple[Indicator, ...]:
        """The indicators that are not in the total."""
        return tuple(one for one in self.indicators if one.state != "known")


def read_legal_indicators(session: Session, agency_key: str, period: str) -> LegalIndicators:
    """The legal indicators of a period (`2026-10`, `2026-Q4`, `2026`). Raises `UnknownAgency`, `BadPeriod`."""
    months = months_of(period)
    rows = _rows(session, read_scope_keys(session, agency_key), months)
    indicators = tuple(_indicator(number, rows) for number in tt01.list_total_indicators("unit"))
    indices = {one.number: one.index for one in indicators if one.index is not None}
    return LegalIndicators(
        months=tuple(sorted({month for _, month in rows})),
        agencies=len({agency for agency, _ in rows}),
        indicators=indicators,
        total=tt01.compute_total(indices, "unit"),
        handled=_handled(rows),
    )


def find_newest_month(session: Session, agency_key: str, last: str) -> str | None:
    """The newest month up to `last` (`2026-10`) for which an agency, or one under it, has counts. Raises
    `UnknownAgency`."""
    keys = read_scope_keys(session, agency_key)
    months = select(DossierMonth.month, DossierMonth.agency_key).where(DossierMonth.month <= last).distinct()
    return max((month for month, key in session.execute(months) if key in keys), default=None)


#: (agency, month) → whether stage and field are named → the counts of those rows
_Rows = dict[tuple[str, str], dict[tuple[bool, bool], list[Mapping[str, int]]]]
#: A row for everything stands before one that is a part of it.
_LEVELS = ((False, False), (True, False), (False, True), (True, True))


def _rows(session: Session, keys: Collection[str], months: Collection[str]) -> _Rows:
    d = DossierMonth
    columns: list[Any] = [d.agency_key, d.month, d.stage, d.field, d.points, *(getattr(d, name) for name in _COUNTS)]
    statement = select(*columns).where(d.month.in_(months))
    if len(keys) <= cache.FEW_AGENCIES:
        statement = statement.where(d.agency_key.in_(keys))
    rows: _Rows = defaultdict(lambda: defaultdict(list))
    for agency, month, stage, field, points, *counts in session.execute(statement):
        if agency in keys:
            values = {**points, **dict(zip(_COUNTS, counts, strict=True))}
            rows[agency, month][bool(stage), bool(field)].append(values)
    return rows


def _summed(rows: _Rows, names: tuple[str, ...], dossiers: tuple[str, ...]) -> tuple[Counter[str], bool]:
    """Add these counts up: of an agency's month, the rows for everything alone if they hold any of them, else those
    that are parts. A month is left out if `dossiers`, some of the names, are fewer than five in it; says whether one
    was."""
    sums: Counter[str] = Counter()
    left_out = False
    for levels in rows.values():
        for level in _LEVELS:
            holding = [row for row in levels.get(level, ()) if any(name in row for name in names)]
            if holding:
                month = Counter({name: sum(row.get(name, 0) for row in holding) for name in names})
                if dossiers and find_shown_level(sum(month[name] for name in dossiers)) == "under_5":
                    left_out = True
                else:
                    sums.update(month)
                break
    return sums, left_out


def _indicator(number: str, rows: _Rows) -> Indicator:
    names = (f"cs{number}_0", f"cs{number}_1", f"cs{number}_2")
    sums, left_out = _summed(rows, names, names if tt01.describe_indicator(number).per == "dossier" else ())
    points = (sums[names[0]], sums[names[1]], sums[names[2]])
    if not sum(points):
        return Indicator(number, "under_5" if left_out else "not_sent", None, None)
    return Indicator(number, "known", points, tt01.compute_index(dict(enumerate(points))))


def _handled(rows: _Rows) -> HandledDossiers | None:
    sums, left_out = _summed(rows, _COUNTS, _COUNTS[:1])
    closed, overdue, complained, both = (sums[name] for name in _COUNTS)
    if not closed:
        return HandledDossiers("under_5", 0, 0, 0, 0, None) if left_out else None
    try:
        return HandledDossiers(
            "known", closed, overdue, complained, both, q766.compute_indicator(closed, overdue, complained, both)
        )
    except ValueError:
        return HandledDossiers("contradictory", closed, overdue, complained, both, None)
