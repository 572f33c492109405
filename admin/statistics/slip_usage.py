"""Slip usage: how many slips were answered, and how many dossiers had one, for an agency and apart.

It says as well how many of those who were served answered at all, apart by month, stage, desk and agency. Choosing whom
to hand a slip shows here. Nothing is clipped: above 100 % is worth a look. Dossiers are counted by agency, month and
perhaps stage, so a desk has no response rate of its own. What of answers may be shown, `visibility` decides; slips are
not answers, and their number is shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from admin.statistics import response_rates
from admin.statistics.disclosure import visibility
from admin.statistics.measures import thresholds
from admin.statistics.response_rates import Dossiers
from admin.statistics.tallies import reader
from admin.statistics.tallies.agency_tree import find_related_keys, read_scope_keys
from admin.statistics.tallies.questionnaire_items import RESPONSES
from admin.statistics.tallies.recount import DESK, STAGE
from models.tables.agency import Agency, DossierMonth
from models.tables.slip_record import PrintedSlip
from models.tables.tally import TallyBrief
from models.vocabulary import Channel, CountOutcome

#: The ways in which a slip is spent: its QR, or the code under it.
SPENT = (Channel.QR.value, Channel.CODE.value)


@dataclass(frozen=True)
class SlipPart:
    """The slips of one desk, stage or month (`name`; empty for a slip without a desk). `announced`: those of them that
    another system asked for; `use` in per cent, None where it cannot be said or would give away few answers."""

    name: str
    made: int
    announced: int
    use: Fraction | None


@dataclass(frozen=True)
class PeriodSlips:
    """The slips of a period. `coverage` (slips for dossiers, so none for guidance, per dossier) and its `dossiers`
    where dossiers were counted, over the months and agencies that were; rates in per cent."""

    whole: SlipPart
    coverage: Fraction | None
    dossiers: int | None
    by: dict[str, tuple[SlipPart, ...]]


def count_slips(
    session: Session,
    keys: Collection[str],
    months: Collection[str],
    instrument: str,
    dossiers: Dossiers | None,
    *,
    unsuppressed: bool = False,
) -> PeriodSlips:
    """Slips and their use in these agencies and months; answers are those of one instrument that count."""
    p, t = PrintedSlip, TallyBrief
    slip_counts: Counter[tuple[str, str, str, str, str]] = Counter()
    for agency, desk, stage, month, device, n in session.execute(
        select(p.agency_key, p.desk_code, p.stage, p.month, p.device_id, func.count())
        .where(p.agency_key.in_(keys), p.month.in_(months))
        .group_by(p.agency_key, p.desk_code, p.stage, p.month, p.device_id)
    ):
        slip_counts[agency, desk or "", stage, month, "announced" if device.startswith("c-") else "desk"] += n
    used: dict[str, Counter[str]] = {"desk": Counter(), "stage": Counter(), "month": Counter()}
    if slip_counts:
        for month, item, value, n in session.execute(
            select(t.month, t.item, t.value, func.sum(t.n))
            .where(
                t.agency_key.in_(keys), t.month.in_(months), t.instrument == instrument, t.channel.in_(SPENT),
                or_(t.item.in_((DESK, STAGE)), and_(t.item == RESPONSES, t.value == CountOutcome.COUNTED.value)),
            )
            .group_by(t.month, t.item, t.value)
        ):  # fmt: skip
            if item == RESPONSES:
                used["month"][month] += int(n)
            else:
                used["desk" if item == DESK else "stage"][value] += int(n)
    dimensions = {"desk": "spent_desk", "stage": "spent_stage"}
    several = visibility.may_publish(session, instrument, keys, months, "channel", ("spent",))
    by = {}
    for place, name in enumerate(("desk", "stage", "month"), start=1):
        names = sorted({row[place] for row in slip_counts})
        use_shown = unsuppressed or (
            several
            and (
                visibility.may_publish(session, instrument, keys, months, dimensions[name], names)
                if name in dimensions
                else all(
                    visibility.may_publish(session, instrument, keys, (month,), "channel", ("spent",))
                    for month in names
                )
            )
        )
        by[name] = _parts(slip_counts, used[name], place, names, use_shown)
    whole = _part(
        "", sum(slip_counts.values()), _announced(slip_counts), sum(used["month"].values()), unsuppressed or several
    )
    coverage = None
    if dossiers is not None and dossiers.received:
        covered = set(keys) & find_related_keys(session, dossiers.agencies)
        covered_slips = sum(
            n for (agency, _, stage, month, _), n in slip_counts.items()
            if agency in covered and month in dossiers.months and stage != response_rates.GUIDANCE
        )  # fmt: skip
        coverage = Fraction(100 * covered_slips, dossiers.received)
    return PeriodSlips(whole, coverage, dossiers.received if coverage is not None and dossiers else None, by)


def _announced(slip_counts: Counter[tuple[str, str, str, str, str]]) -> int:
    return sum(n for row, n in slip_counts.items() if row[4] == "announced")


def _part(name: str, slip_count: int, announced: int, used: int, use_shown: bool) -> SlipPart:
    return SlipPart(name, slip_count, announced, Fraction(100 * used, slip_count) if slip_count and use_shown else None)


def _parts(
    slip_counts: Counter[tuple[str, str, str, str, str]],
    used: Counter[str],
    place: int,
    names: Sequence[str],
    use_shown: bool,
) -> tuple[SlipPart, ...]:
    """The slips apart by one thing. How they were used is said of all or none: which are hidden would say too much."""
    parts = []
    for name in names:
        own = Counter({row: n for row, n in slip_counts.items() if row[place] == name})
        parts.append(_part(name, sum(own.values()), _announced(own), used[name], use_shown))
    return tuple(parts)


def make_slip_entries(period_slips: PeriodSlips, two_places: Any) -> dict[str, Any]:
    """The part of the index document about slips; decimals written by `two_places`."""

    def part(one: SlipPart) -> dict[str, Any]:
        return {"slips": one.made, "announced": one.announced, "use_rate": two_places(one.use)}

    return {
        "slip_use_rate": {"value": two_places(period_slips.whole.use), "denominator": period_slips.whole.made or None},
        "slip_coverage": {"value": two_places(period_slips.coverage), "denominator": period_slips.dossiers},
        "slips": {
            "made": period_slips.whole.made,
            "announced": period_slips.whole.announced,
            **{f"by_{name}": {one.name: part(one) for one in parts} for name, parts in period_slips.by.items()},
        },
    }


@dataclass(frozen=True)
class SlipUseLine:
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

    whole: SlipUseLine
    months: tuple[SlipUseLine, ...]
    stages: tuple[SlipUseLine, ...]
    desks: tuple[SlipUseLine, ...]
    agencies: tuple[SlipUseLine, ...]


def read_slip_use(session: Session, key: str, months: Collection[str], instrument: str) -> SlipUse:
    """The slips of the agency `key` and what lies under it in these local months, beside the answers to one
    questionnaire that count. Raises `UnknownAgency`."""
    keys, ordered = read_scope_keys(session, key), tuple(sorted(months))
    whole, by = _whole(session, keys, ordered, instrument)
    use_by_month = {part.name: part.use for part in by["month"]}
    monthly = []
    for month in ordered:
        line = whole if len(ordered) == 1 else _whole(session, keys, (month,), instrument)[0]
        monthly.append(_line(month, line, use_by_month.get(month)))
    lines = [
        _line(child, line, line.use)
        for child, below in _under(session, key).items()
        if (line := _whole(session, below, ordered, instrument)[0]).made or line.dossiers
    ]
    desks = tuple(_alone(part) for part in by["desk"])
    return SlipUse(whole, tuple(monthly), _stages(session, keys, ordered, instrument, by["stage"]), desks, tuple(lines))


def _whole(
    session: Session, keys: frozenset[str], months: tuple[str, ...], instrument: str
) -> tuple[SlipUseLine, dict[str, tuple[SlipPart, ...]]]:
    """The slips of these agencies in these months, and apart."""
    dossiers = response_rates.count_dossiers(session, keys, months)
    spent = count_slips(session, keys, months, instrument, dossiers)
    response = response_rates.compute_response_rate(session, keys, months, instrument, dossiers)
    one = spent.whole
    line = SlipUseLine("", one.made, one.announced, one.use, spent.coverage, response.value, response.denominator)
    return line, spent.by


def _line(name: str, line: SlipUseLine, use: Fraction | None) -> SlipUseLine:
    return SlipUseLine(name, line.made, line.announced, use, line.coverage, line.response, line.dossiers)


def _alone(part: SlipPart, coverage: Fraction | None = None, response: Fraction | None = None,
          dossiers: int | None = None) -> SlipUseLine:  # fmt: skip
    return SlipUseLine(part.name, part.made, part.announced, part.use, coverage, response, dossiers)


def _stages(
    session: Session, keys: frozenset[str], months: tuple[str, ...], instrument: str, parts: Collection[SlipPart]
) -> tuple[SlipUseLine, ...]:
    """The same by stage, with rates where dossiers were counted by stages. Response rates are said of all stages or of
    none: which are hidden would say too much. Guidance has no dossiers to divide by, so it is in none."""
    received, t = _dossiers_by_stage(session, keys, months), TallyBrief
    received.pop(response_rates.GUIDANCE, None)
    if not received:
        return tuple(_alone(part) for part in parts)
    tied: dict[str, int] = {}
    pooled: dict[str, int] = {}
    for agency, stage, channel, n in session.execute(
        select(t.agency_key, t.value, t.channel, func.sum(t.n))
        .where(
            t.month.in_(months), t.instrument == instrument, t.item == STAGE, t.channel.in_(reader.POOLED),
        )
        .group_by(t.agency_key, t.value, t.channel)
    ):  # fmt: skip
        if agency in keys:
            pooled[stage] = pooled.get(stage, 0) + int(n)
            tied[stage] = tied.get(stage, 0) + (int(n) if channel in reader.TIED else 0)
    names = sorted({*pooled, *(part.name for part in parts)})
    rates_shown = visibility.may_publish(session, instrument, keys, months, "stage", names) and all(
        thresholds.find_shown_level(tied.get(name, 0)) != "under_5" and thresholds.may_show_difference(n - tied[name])
        for name, n in pooled.items()
    )  # fmt: skip
    return tuple(
        _alone(
            part,
            Fraction(100 * part.made, received[part.name]) if received.get(part.name) else None,
            Fraction(100 * tied.get(part.name, 0), received[part.name])
            if rates_shown and received.get(part.name) else None,
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
    dossier_months = {(agency, month) for agency, month, _stage in rows}
    slip_months = session.execute(select(p.agency_key, p.month).where(p.month.in_(months)).distinct())
    if any((agency, month) not in dossier_months for agency, month in slip_months if agency in keys):
        return {}
    sums: dict[str, int] = {}
    for (_agency, _month, stage), kinds in rows.items():
        sums[stage] = sums.get(stage, 0) + kinds.get(False, kinds.get(True, 0))
    return sums


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
