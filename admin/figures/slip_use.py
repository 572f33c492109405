"""Slips beside what they were made for: how many were answered, how many dossiers had one, and how many of those who
were served answered at all; for an agency, and apart by month, stage, desk and agency.

Choosing whom to hand a slip shows here. Nothing is clipped: above 100 % is worth a look. Dossiers are counted by
agency, month and perhaps stage, so a desk has no response rate of its own. What of answers may be shown, `hidden`
decides; slips are not answers, and their number is shown.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from fractions import Fraction

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin.figures import hidden, rates, reading, slip_rates, small
from admin.figures.scope import scope_keys
from admin.figures.slip_rates import Part
from admin.figures.tally import STAGE
from models.agency import Agency, DossierMonth
from models.slip_records import PrintedSlip
from models.tallies import TallyBrief


@dataclass(frozen=True)
class Line:
    """Slips of one part (`name`: a month, a stage, a desk's code, an agency's key; empty for what has none). Of the
    `made` ones `announced` were asked for by other systems. Rates in per cent, None where they cannot be said: `use`
    (answers by slip ÷ slips), `coverage` (slips ÷ dossiers), `response` (answers ÷ dossiers)."""

    name: str
    made: int
    announced: int
    use: Fraction | None
    coverage: Fraction | None
    response: Fraction | None
    dossiers: int | None

    @property
    def odd(self) -> bool:
        """Whether a rate is above 100 %, which is worth a look."""
        return any(rate is not None and rate > 100 for rate in (self.use, self.coverage, self.response))


@dataclass(frozen=True)
class SlipUse:
    """The slips of an agency and what lies under it, in a period: as a whole and apart."""

    whole: Line
    months: tuple[Line, ...]
    stages: tuple[Line, ...]
    desks: tuple[Line, ...]
    agencies: tuple[Line, ...]


def slip_use(session: Session, key: str, months: Collection[str], instrument: str) -> SlipUse:
    """The slips of the agency `key` and what lies under it in these local months, beside the answers to one
    questionnaire that count. Raises `UnknownAgency`."""
    keys, ordered = scope_keys(session, key), tuple(sorted(months))
    whole, by = _whole(session, keys, ordered, instrument)
    told = {part.name: part.use for part in by["month"]}
    monthly = []
    for month in ordered:
        line = whole if len(ordered) == 1 else _whole(session, keys, (month,), instrument)[0]
        monthly.append(_line(month, line, told.get(month)))
    lines = [
        _line(child, line, line.use)
        for child, below in _under(session, key).items()
        if (line := _whole(session, below, ordered, instrument)[0]).made or line.dossiers
    ]
    desks = tuple(_part(part) for part in by["desk"])
    return SlipUse(whole, tuple(monthly), _stages(session, keys, ordered, instrument, by["stage"]), desks, tuple(lines))


def _whole(
    session: Session, keys: frozenset[str], months: tuple[str, ...], instrument: str
) -> tuple[Line, dict[str, tuple[Part, ...]]]:
    """The slips of these agencies in these months, and apart."""
    found = rates.dossiers(session, keys, months)
    slips = slip_rates.slips(session, keys, months, instrument, found)
    response = rates.response_rate(session, keys, months, instrument, found)
    one = slips.whole
    line = Line("", one.made, one.announced, one.use, slips.coverage, response.value, response.denominator)
    return line, slips.by


def _line(name: str, line: Line, use: Fraction | None) -> Line:
    return Line(name, line.made, line.announced, use, line.coverage, line.response, line.dossiers)


def _part(part: Part, coverage: Fraction | None = None, response: Fraction | None = None,
          dossiers: int | None = None) -> Line:  # fmt: skip
    return Line(part.name, part.made, part.announced, part.use, coverage, response, dossiers)


def _stages(
    session: Session, keys: frozenset[str], months: tuple[str, ...], instrument: str, parts: Collection[Part]
) -> tuple[Line, ...]:
    """The same by stage, with rates where dossiers were counted by stages. Response rates are said of all stages or of
    none: which are hidden would say too much."""
    received, t = _dossiers_by_stage(session, keys, months), TallyBrief
    if not received:
        return tuple(_part(part) for part in parts)
    tied: dict[str, int] = {}
    pooled: dict[str, int] = {}
    for agency, stage, channel, n in session.execute(
        select(t.agency_key, t.value, t.channel, func.sum(t.n))
        .where(
            t.month.in_(months), t.instrument == instrument, t.item == STAGE, t.channel.in_(reading.POOLED),
        )
        .group_by(t.agency_key, t.value, t.channel)
    ):  # fmt: skip
        if agency in keys:
            pooled[stage] = pooled.get(stage, 0) + int(n)
            tied[stage] = tied.get(stage, 0) + (int(n) if channel in reading.TIED else 0)
    names = sorted({*pooled, *(part.name for part in parts)})
    told = hidden.told(session, instrument, keys, months, "stage", names) and all(
        small.shown(tied.get(name, 0)) != "under_5" and small.difference_shown(n - tied[name])
        for name, n in pooled.items()
    )  # fmt: skip
    return tuple(
        _part(
            part,
            Fraction(100 * part.made, received[part.name]) if received.get(part.name) else None,
            Fraction(100 * tied.get(part.name, 0), received[part.name]) if told and received.get(part.name) else None,
            received.get(part.name),
        )
        for part in parts
    )


def _dossiers_by_stage(session: Session, keys: frozenset[str], months: tuple[str, ...]) -> dict[str, int]:
    """Dossiers by stage, where every agency and month with slips was counted by stages: else a rate by stage would
    divide by less than was served."""
    d, p = DossierMonth, PrintedSlip
    rows: dict[tuple[str, str, str], dict[bool, int]] = {}
    for agency, month, stage, field, received in session.execute(
        select(d.agency_key, d.month, d.stage, d.field, d.received).where(d.month.in_(months), d.stage != "")
    ):
        if agency in keys:
            kinds = rows.setdefault((agency, month, stage), {})
            kinds[bool(field)] = kinds.get(bool(field), 0) + received
    there = {(agency, month) for agency, month, _stage in rows}
    made = session.execute(select(p.agency_key, p.month).where(p.month.in_(months)).distinct())
    if any((agency, month) not in there for agency, month in made if agency in keys):
        return {}
    found: dict[str, int] = {}
    for (_agency, _month, stage), kinds in rows.items():
        found[stage] = found.get(stage, 0) + kinds.get(False, kinds.get(True, 0))
    return found


def _under(session: Session, key: str) -> dict[str, frozenset[str]]:
    """The agencies right under one, each with everything under it."""
    above = {one: parent for one, parent in session.execute(select(Agency.key, Agency.parent_key))}
    children: dict[str, list[str]] = {}
    for one, parent in sorted(above.items()):
        children.setdefault(parent or "", []).append(one)

    def below(one: str) -> Iterator[str]:
        yield one
        for child in children.get(one, ()):
            yield from below(child)

    return {child: frozenset(below(child)) for child in children.get(key, ())}
