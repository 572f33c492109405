"""Slips beside what they were made for: how many were answered, how many dossiers had one, and how many of those who
were served answered at all; for an agency, and apart by month, stage, desk and agency.

Choosing whom to hand a slip shows here. Nothing is clipped: above 100 % is worth a look. Dossiers are counted by
agency, month and perhaps stage, so a desk has no response rate of its own. What of answers may be shown, `hidden`
decides; slips are not answers, and their number is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from fractions import Fraction

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin.figures import hidden, rates, reading, slip_rates, small
from admin.figures.questionnaires import RESPONSES
from admin.figures.scope import scope_keys
from models.agency import Agency, DossierMonth
from models.slip_records import PrintedSlip
from models.tallies import TallyDay
from models.vocabulary import Outcome

_SHOWN = ("full", "n_only", "none")


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


@dataclass(frozen=True, slots=True)
class _Made:
    """Slips with the same agency, desk, stage, month and origin."""

    agency: str
    desk: str
    stage: str
    month: str
    announced: bool
    n: int


@dataclass(frozen=True, slots=True)
class _Given:
    """Counted answers with the same agency, desk, stage, month; by a slip or at the tablet."""

    agency: str
    desk: str
    stage: str
    month: str
    slip: bool
    n: int


class _Reading:
    """What was made and answered in a scope, read once."""

    def __init__(self, session: Session, key: str, months: Collection[str], instrument: str) -> None:
        self.session, self.instrument = session, instrument
        self.keys, self.months = scope_keys(session, key), tuple(sorted(months))
        above = {one: parent for one, parent in session.execute(select(Agency.key, Agency.parent_key))}
        under = sorted(child for child, parent in above.items() if parent == key)
        self.under = {child: frozenset(_below(child, above)) for child in under}
        p, t = PrintedSlip, TallyDay
        parts = (p.agency_key, p.desk_code, p.stage, p.month, p.device_id)
        self.made = [
            _Made(agency, desk or "", stage, month, device.startswith("c-"), n)
            for agency, desk, stage, month, device, n in session.execute(
                select(*parts, func.count()).where(p.month.in_(months)).group_by(*parts)
            )
            if agency in self.keys
        ]
        cells = (t.agency_key, t.desk_code, t.stage, t.month, t.channel)
        self.given = [
            _Given(agency, desk, stage, month, channel in slip_rates.SPENT, int(n))
            for agency, desk, stage, month, channel, n in session.execute(
                select(*cells, func.sum(t.n))
                .where(
                    t.month.in_(months), t.item == RESPONSES, t.instrument == instrument,
                    t.value == Outcome.COUNTED.value, t.channel.in_(reading.TIED),
                )
                .group_by(*cells)
            )
            if agency in self.keys
        ]  # fmt: skip

    def line(self, name: str, keys: frozenset[str], months: tuple[str, ...]) -> Line:
        """The slips of these agencies in these months."""
        made = [one for one in self.made if one.agency in keys and one.month in months]
        given = [one for one in self.given if one.agency in keys and one.month in months]
        used, count = sum(one.n for one in given if one.slip), sum(one.n for one in made)
        found, coverage = rates.dossiers(self.session, keys, months), None
        if found is not None and found.received:
            covered = rates.covered_keys(self.session, keys, found)
            there = sum(one.n for one in made if one.agency in covered and one.month in found.months)
            coverage = Fraction(100 * there, found.received)
        response = rates.response_rate(self.session, keys, months, self.instrument, found)
        told = hidden.state(self.session, self.instrument, keys, months, used, channels=slip_rates.SPENT) in _SHOWN
        return Line(
            name, count, _announced(made), Fraction(100 * used, count) if count and told else None, coverage,
            response.value, response.denominator,
        )  # fmt: skip

    def parts(self, apart: str, made_in: Callable[[_Made], str], given_in: Callable[[_Given], str]) -> list[Line]:
        """The same apart by stage or desk."""
        names = sorted({made_in(one) for one in self.made})
        used = {name: sum(one.n for one in self.given if one.slip and given_in(one) == name) for name in names}
        states = hidden.parts(self.session, self.instrument, self.keys, self.months, f"spent_{apart}", used)
        beside = dict(zip(names, small.shown_parts([used[name] for name in names]), strict=True))
        dossiers = self._dossiers_by_stage() if apart == "stage" else {}
        lines = []
        for name in names:
            made = [one for one in self.made if made_in(one) == name]
            count, received = sum(one.n for one in made), dossiers.get(name)
            told = states[name] in _SHOWN and beside[name] in _SHOWN
            use = Fraction(100 * used[name], count) if count and told else None
            coverage = Fraction(100 * count, received) if received else None
            response = self._response_at(name, received) if received else None
            lines.append(Line(name, count, _announced(made), use, coverage, response, received))
        return lines

    def _response_at(self, stage: str, received: int) -> Fraction | None:
        """The response rate at one stage, where its answers may be told."""
        sizes = {name: 0 for name in {one.stage for one in self.given}}
        for one in self.given:
            sizes[one.stage] += one.n
        states = hidden.parts(self.session, self.instrument, self.keys, self.months, "stage", sizes)
        beside = dict(zip(sizes, small.shown_parts(list(sizes.values())), strict=True))
        if any(states.get(stage, "none") not in _SHOWN or way not in _SHOWN for way in [beside.get(stage, "none")]):
            return None
        return Fraction(100 * sizes.get(stage, 0), received)

    def _dossiers_by_stage(self) -> dict[str, int]:
        """Dossiers by stage, where every agency and month with slips was counted by stages: else a rate by stage would
        divide by less than was served."""
        d = DossierMonth
        rows: dict[tuple[str, str, str], dict[bool, int]] = {}
        for agency, month, stage, field, received in self.session.execute(
            select(d.agency_key, d.month, d.stage, d.field, d.received).where(d.month.in_(self.months), d.stage != "")
        ):
            if agency in self.keys:
                kinds = rows.setdefault((agency, month, stage), {})
                kinds[bool(field)] = kinds.get(bool(field), 0) + received
        there = {(agency, month) for agency, month, _stage in rows}
        if not {(one.agency, one.month) for one in self.made} <= there:
            return {}
        found: dict[str, int] = {}
        for (_agency, _month, stage), kinds in rows.items():
            found[stage] = found.get(stage, 0) + kinds.get(False, kinds.get(True, 0))
        return found


def slip_use(session: Session, key: str, months: Collection[str], instrument: str) -> SlipUse:
    """The slips of the agency `key` and what lies under it in these local months, beside the answers to one
    questionnaire that count. Raises `UnknownAgency`."""
    found = _Reading(session, key, months, instrument)
    lines = [found.line(child, keys, found.months) for child, keys in found.under.items()]
    return SlipUse(
        whole=found.line("", found.keys, found.months),
        months=tuple(found.line(month, found.keys, (month,)) for month in found.months),
        stages=tuple(found.parts("stage", lambda one: one.stage, lambda one: one.stage)),
        desks=tuple(found.parts("desk", lambda one: one.desk, lambda one: one.desk)),
        agencies=tuple(line for line in lines if line.made or line.dossiers),
    )


def _below(key: str, above: dict[str, str | None]) -> Iterator[str]:
    """An agency and everything under it."""
    yield key
    for child, parent in above.items():
        if parent == key:
            yield from _below(child, above)


def _announced(made: Collection[_Made]) -> int:
    return sum(one.n for one in made if one.announced)
