"""Desk against later: what people say at the counter beside what they say away from it, read from tallies.

Two ways, both with their interval: the index at the desk minus the index by phone (other people, other stages), and,
where one transaction was rated both ways, the pairs alone.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fractions import Fraction

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin.figures import gap, intervals, kept, reading, small
from admin.figures.breakdowns import by_channel
from admin.figures.gap import Gap
from admin.figures.index import Figure, added, show, top2
from admin.figures.intervals import Interval
from admin.figures.tally import PAIRED
from models.tallies import TallyBrief
from models.vocabulary import Channel


@dataclass(frozen=True)
class DeskGap:
    """`difference` is desk minus later in percentage points with its 95 % interval (Newcombe); `later` holds QR and
    typed codes. `pairs` is how many transactions were rated both ways, `paired` the gap among them; None below 5, and
    below 30."""

    desk: Figure | None
    later: Figure | None
    difference: Fraction | None
    interval: Interval | None
    pairs: int | None
    paired: Gap | None


def desk_gap(
    session: Session,
    keys: Collection[str],
    months: Collection[str],
    instrument: str,
    channels: Sequence[tuple[str, Figure]] | None = None,
) -> DeskGap:
    """The gap of one instrument. `channels` spares reading the channels again (`by_channel`).

    There is no difference unless both sides show an index; nothing is said here of a channel that is not said there.
    """
    rows = dict(by_channel(session, keys, months, instrument) if channels is None else channels)
    desk = rows.get(Channel.KIOSK.value)
    later = _later([rows[name] for name in (Channel.QR.value, Channel.CODE.value) if name in rows])
    difference = interval = None
    if desk is not None and later is not None and desk.interval is not None and later.interval is not None:
        assert desk.index is not None and later.index is not None
        difference = desk.index - later.index
        interval = intervals.difference(desk.index, desk.interval, later.index, later.interval)
    pairs = _pairs(session, keys, months, instrument)
    n = sum(pairs.values())
    return DeskGap(
        desk, later, difference, interval, n if small.difference_shown(n) else None,
        gap.paired(pairs) if n >= small.ENOUGH else None,
    )  # fmt: skip


def _later(figures: Sequence[Figure]) -> Figure | None:
    """QR and typed codes in one. Where they stand apart and one of them is not shown, neither is their sum."""
    if len(figures) < 2:
        return figures[0] if figures else None
    counts = [figure.counts for figure in figures if figure.counts is not None and figure.satisfied is not None]
    return show(top2(added(counts))) if len(counts) == len(figures) else None


def _pairs(
    session: Session, keys: Collection[str], months: Collection[str], instrument: str
) -> dict[tuple[bool, bool], int]:
    question = ("pairs", frozenset(keys), frozenset(months), instrument)
    stamp = kept.stamp(session, keys, months)
    return kept.once(session, question, stamp, lambda: _read(session, keys, months, instrument))


def _read(
    session: Session, keys: Collection[str], months: Collection[str], instrument: str
) -> dict[tuple[bool, bool], int]:
    t = TallyBrief
    statement = (
        select(t.agency_key, t.value, func.sum(t.n))
        .where(t.month.in_(months), t.instrument == instrument, t.item == PAIRED)
        .group_by(t.agency_key, t.value)
    )
    if len(keys) <= reading.FEW_AGENCIES:
        statement = statement.where(t.agency_key.in_(keys))
    found: dict[tuple[bool, bool], int] = {}
    for agency, value, n in session.execute(statement):
        if agency in keys:
            at_desk, _, later = value.partition(":")
            pair = (at_desk == "1", later == "1")
            found[pair] = found.get(pair, 0) + int(n)
    return found
