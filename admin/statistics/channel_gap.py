"""The channel gap: answers at the counter against those given away from it, read from tallies.

Two ways, both with their interval: the index at the desk minus the index by phone (other people, other stages), and,
where one transaction was rated both ways, the pairs alone. A pair tells more than two groups of different people:
Newcombe's interval for a difference of paired shares (1998, method 10) takes into account how the two go together.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin.statistics.measures import intervals, thresholds
from admin.statistics.measures.index import Figure, add_counts, make_shown_figure, measure_top2
from admin.statistics.measures.intervals import Interval
from admin.statistics.tallies import cache
from admin.statistics.tallies.recount import PAIRED
from models.tables.tally import TallyBrief
from models.vocabulary import Channel


@dataclass(frozen=True)
class PairedGap:
    """Desk minus later, in percentage points, from `pairs` transactions rated both ways."""

    pairs: int
    desk: Fraction
    later: Fraction
    difference: Fraction
    interval: Interval


def compute_paired_gap(pairs: Mapping[tuple[bool, bool], int]) -> PairedGap | None:
    """The gap over pairs (satisfied at the desk, satisfied later) → how many; None without pairs."""
    both, desk_alone = pairs.get((True, True), 0), pairs.get((True, False), 0)
    later_alone, neither = pairs.get((False, True), 0), pairs.get((False, False), 0)
    n = both + desk_alone + later_alone + neither
    if n == 0:
        return None
    at_desk, later = both + desk_alone, both + later_alone
    a, b = Fraction(100 * at_desk, n), Fraction(100 * later, n)
    (low_a, high_a), (low_b, high_b) = intervals.wilson_interval(at_desk, n), intervals.wilson_interval(later, n)
    with localcontext() as context:
        context.prec = 28
        phi = _together(both, desk_alone, later_alone, neither)
        desk, after = Decimal(a.numerator) / a.denominator, Decimal(b.numerator) / b.denominator
        down_a, up_a, down_b, up_b = desk - low_a, high_a - desk, after - low_b, high_b - after
        below = (down_a**2 - 2 * phi * down_a * up_b + up_b**2).max(Decimal(0)).sqrt()
        above = (up_a**2 - 2 * phi * up_a * down_b + down_b**2).max(Decimal(0)).sqrt()
        return PairedGap(n, a, b, a - b, (desk - after - below, desk - after + above))


def _together(both: int, first: int, second: int, neither: int) -> Decimal:
    """How the two answers of a pair go together, from -1 to 1, with Newcombe's correction for continuity."""
    product = (both + first) * (second + neither) * (both + second) * (first + neither)
    if product == 0:
        return Decimal(0)
    crossed = both * neither - first * second
    n = both + first + second + neither
    if crossed > 0:
        crossed = max(crossed - n // 2, 0) if n % 2 == 0 else max(2 * crossed - n, 0) // 2
    return Decimal(crossed) / Decimal(product).sqrt()


@dataclass(frozen=True)
class DeskGap:
    """`difference` is desk minus later in percentage points with its 95 % interval (Newcombe); `later` holds QR and
    typed codes. `pairs` is how many transactions were rated both ways, `compute_paired_gap` the gap among them; None
    below 5, and below 30."""

    desk: Figure | None
    later: Figure | None
    difference: Fraction | None
    interval: Interval | None
    pairs: int | None
    paired: PairedGap | None


def read_desk_gap(
    session: Session,
    keys: Collection[str],
    months: Collection[str],
    instrument: str,
    channels: Sequence[tuple[str, Figure]],
) -> DeskGap:
    """The gap of one instrument between its `channels`, as they are shown.

    There is no difference unless both sides show an index; nothing is said here of a channel that is not said there.
    """
    rows = dict(channels)
    desk = rows.get(Channel.KIOSK.value)
    later = _later([rows[name] for name in (Channel.QR.value, Channel.CODE.value) if name in rows])
    difference = interval = None
    if desk is not None and later is not None and desk.interval is not None and later.interval is not None:
        assert desk.index is not None and later.index is not None
        difference = desk.index - later.index
        interval = intervals.difference_interval(desk.index, desk.interval, later.index, later.interval)
    pairs = _pairs(session, keys, months, instrument)
    n = sum(pairs.values())
    return DeskGap(
        desk, later, difference, interval, n if thresholds.may_show_difference(n) else None,
        compute_paired_gap(pairs) if n >= thresholds.ENOUGH else None,
    )  # fmt: skip


def _later(figures: Sequence[Figure]) -> Figure | None:
    """QR and typed codes in one. Where they stand apart and one of them is not shown, neither is their sum."""
    if len(figures) < 2:
        return figures[0] if figures else None
    counts = [figure.counts for figure in figures if figure.counts is not None and figure.satisfied is not None]
    return make_shown_figure(measure_top2(add_counts(counts))) if len(counts) == len(figures) else None


def _pairs(
    session: Session, keys: Collection[str], months: Collection[str], instrument: str
) -> dict[tuple[bool, bool], int]:
    question = ("pairs", frozenset(keys), frozenset(months), instrument)
    stamp = cache.tally_stamp(session, keys, months)
    return cache.get_or_compute(session, question, stamp, lambda: _read(session, keys, months, instrument))


def _read(
    session: Session, keys: Collection[str], months: Collection[str], instrument: str
) -> dict[tuple[bool, bool], int]:
    t = TallyBrief
    statement = (
        select(t.agency_key, t.value, func.sum(t.n))
        .where(t.month.in_(months), t.instrument == instrument, t.item == PAIRED)
        .group_by(t.agency_key, t.value)
    )
    if len(keys) <= cache.FEW_AGENCIES:
        statement = statement.where(t.agency_key.in_(keys))
    pairs: dict[tuple[bool, bool], int] = {}
    for agency, value, n in session.execute(statement):
        if agency in keys:
            at_desk, _, later = value.partition(":")
            pair = (at_desk == "1", later == "1")
            pairs[pair] = pairs.get(pair, 0) + int(n)
    return pairs
