"""Visibility of a number: what may be shown of it, said in one place for all who show figures.

Pages, charts, CSV, the API, commands and papers ask here. Fewer than 5 answers are not shown, nor is a number from
which such a one would follow (`admin.statistics.disclosure.suppression`), nor is an index that rests on fewer than 30.
A number that is in no table of `data/tables.json`, such as that of ten months or of some agencies, is shown where it is
a sum of numbers that are: so it tells nothing new.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from admin.statistics.disclosure import suppression_store
from admin.statistics.disclosure.cells import Cell, list_published_tables, period_end, periods_of
from admin.statistics.disclosure.suppression import NAMED, Hidden
from admin.statistics.measures import thresholds
from admin.statistics.measures.thresholds import Shown
from admin.statistics.tallies import cache
from admin.statistics.tallies.agency_tree import read_parents
from admin.statistics.tallies.questionnaire_items import RESPONSES
from models.tables.tally import HiddenCell, HiddenYear, TallyBrief
from models.vocabulary import Channel, CountOutcome

#: The channels of a figure → the part it is: all but the poster are the whole.
_WHOLE = frozenset(channel.value for channel in Channel if channel is not Channel.POSTER)
_TOGETHER: dict[frozenset[str], tuple[str, str]] = {
    _WHOLE: ("", ""),
    frozenset({Channel.KIOSK.value, Channel.QR.value, Channel.CODE.value}): ("channel", "tied"),
    frozenset({Channel.QR.value, Channel.CODE.value}): ("channel", "spent"),
    **{frozenset({channel.value}): ("channel", channel.value) for channel in Channel},
}
Piece = tuple[str, str]
#: Above this a reader does not work out for itself what follows from parts: they wait until `admin.jobs` has done so.
MANY_AGENCIES = 20


@dataclass
class _Known:
    """What a session has read of what is hidden."""

    parents: dict[str, str | None]
    newest: str
    years: dict[tuple[str, str], str]
    cells: dict[tuple[str, ...], dict[Cell, Hidden]] = field(default_factory=dict)
    below: dict[str, list[str]] = field(default_factory=dict)
    wholes: set[tuple[str, str]] = field(default_factory=set)
    worked_out: dict[tuple[str, str], tuple[str, dict[Cell, Hidden]]] = field(default_factory=dict)
    pieces: dict[Any, list[Piece] | None] = field(default_factory=dict)

    @functools.cached_property
    def tree(self) -> Hashable:
        """The agencies, each with the one above it."""
        return tuple(sorted(self.parents.items()))


def find_visibility(
    session: Session,
    instrument: str,
    keys: Collection[str],
    months: Collection[str],
    n: int,
    base: int | None = None,
    channels: Collection[str] | None = None,
) -> Shown:
    """What may be shown of `n` answers of these agencies (a set as `scope_keys` gives it, or several) in these months.

    `base` are the answers an index really rests on; `channels` None pools all but the poster.
    """
    part = ("", "") if channels is None else _TOGETHER.get(frozenset(channels))
    if n == 0:
        return "none"
    return "withheld" if part is None else _state(session, instrument, keys, months, part, n, base)


def find_parts_visibility(
    session: Session,
    instrument: str,
    keys: Collection[str],
    months: Collection[str],
    dimension: str,
    sizes: Mapping[str, int],
) -> dict[str, Shown]:
    """The same for a figure's parts by value of what it is taken `dimension` by (`channel`, `stage`, `procedure`,
    `item`).

    A part that is hidden is `withheld`, whether it is below 5 or not, and must not be named: which parts are hidden,
    and how many, would say too much. All of them are where the whole is.
    """
    return {
        value: _state(session, instrument, keys, months, (dimension, value), n, None) if n else "none"
        for value, n in sizes.items()
    }


def may_publish(
    session: Session,
    instrument: str,
    keys: Collection[str],
    months: Collection[str],
    dimension: str,
    values: Collection[str] = ("",),
) -> bool:
    """Whether the numbers of all these parts may be told, noughts included."""
    facts, pieces = _known(session), _find_scope_pieces(session, instrument, keys, months)
    if pieces is None:
        return False
    if any((_kind(facts, agency), dimension) not in list_published_tables()[0] for agency, _ in pieces):
        return False
    cells = [Cell(*piece, dimension, value) for piece in pieces for value in values]
    return not any(_hidden(session, facts, instrument, cells))


def _state(
    session: Session,
    instrument: str,
    keys: Collection[str],
    months: Collection[str],
    part: tuple[str, str],
    n: int,
    base: int | None,
) -> Shown:
    facts, pieces = _known(session), _find_scope_pieces(session, instrument, keys, months)
    if pieces is None:
        return "withheld"
    if any((_kind(facts, agency), part[0]) not in list_published_tables()[0] for agency, _ in pieces):
        return "withheld"  # in no table, so nobody looked what follows from it
    hidden_states = [
        one for one in _hidden(session, facts, instrument, [Cell(*piece, *part) for piece in pieces]) if one
    ]
    if part[0] not in NAMED:
        above = _hidden(session, facts, instrument, [Cell(*piece) for piece in pieces])
        if (
            hidden_states
            or thresholds.find_shown_level(n) == "under_5"
            or (part[1] != Channel.POSTER.value and any(above))
        ):
            return "withheld"
    elif hidden_states or n < thresholds.FEW:
        return "under_5" if n < thresholds.FEW and hidden_states in (["under_5"], []) else "withheld"
    return thresholds.find_shown_level(n) if base is None or base >= thresholds.ENOUGH else "n_only"


def _kind(facts: _Known, agency: str) -> str:
    return "province" if facts.parents.get(agency) is None else "agency"


def visibility_stamp(session: Session, instrument: str, months: Collection[str]) -> Hashable | None:
    """What stays the same, with the tree of agencies, as long as what may be shown of these months does: it depends on
    what came before in their years, never on what came after. None where that is not known."""
    facts, inside, worked_out = _known(session), list[str](), list[str]()
    for year in sorted({month[:4] for month in months}):
        last = max(month for month in months if month[:4] == year)
        inside += [f"{year}-{number:02d}" for number in range(1, int(last[5:]) + 1)]
        worked_out.append(min(facts.years.get((instrument, year), ""), f"{last}+"))
    stamp = cache.tally_stamp(session, facts.parents, inside)
    return None if stamp is None else (tuple(worked_out), stamp)


def is_suppression_waiting(session: Session, instrument: str, months: Collection[str]) -> bool:
    """Whether parts of these months are not shown because `admin.jobs` has not worked out yet which of them may be."""
    facts = _known(session)
    return len(facts.parents) > MANY_AGENCIES and any(
        facts.years.get((instrument, month[:4]), "") <= month <= facts.newest for month in months
    )


def _known(session: Session) -> _Known:
    facts: _Known | None = session.info.get("hidden")
    if facts is None:
        agencies = read_parents(session)
        newest = session.scalar(select(func.max(TallyBrief.month))) or ""
        years = {(row.instrument, row.year): row.stale_from for row in session.scalars(select(HiddenYear))}
        facts = session.info["hidden"] = _Known(agencies, newest, years)
        for key, parent in agencies.items():
            if parent is not None:
                facts.below.setdefault(parent, []).append(key)
    return facts


def _find_scope_pieces(
    session: Session, instrument: str, keys: Collection[str], months: Collection[str]
) -> list[Piece] | None:
    """The listed agencies and periods a scope is made of; None where it is not made of such."""
    facts = _known(session)
    scope = (instrument, frozenset(keys), frozenset(months))
    if scope not in facts.pieces:
        tops = _find_top_agencies(session, facts, instrument, scope[1], scope[2])
        facts.pieces[scope] = (
            None if tops is None else [(top, period) for top in tops for period in _periods(facts, sorted(scope[2]))]
        )
    return facts.pieces[scope]


def _find_top_agencies(
    session: Session, facts: _Known, instrument: str, keys: frozenset[str], months: frozenset[str]
) -> list[str] | None:
    """The agencies that, each with everything under it, are exactly these."""
    below = facts.below
    def whole(key: str) -> bool:
        return (key in keys or _got_nothing(session, instrument, key, months)) and all(
            whole(child) for child in below.get(key, ())
        )

    tops: list[str] = []
    todo = [key for key in sorted(keys) if facts.parents.get(key) not in keys]
    while todo:
        key = todo.pop()
        if whole(key):
            tops.append(key)
        elif _got_nothing(session, instrument, key, months):
            todo += [child for child in below.get(key, ()) if child in keys]
        else:
            return None
    return tops


def _got_nothing(session: Session, instrument: str, key: str, months: frozenset[str]) -> bool:
    t = TallyBrief
    statement = select(t.n).where(
        t.agency_key == key, t.month.in_(months), t.instrument == instrument, t.item == RESPONSES,
        t.value == CountOutcome.COUNTED.value,
    )  # fmt: skip
    return session.scalars(statement.limit(1)).first() is None


def _periods(facts: _Known, months: Sequence[str]) -> list[str]:
    """These months as years, quarters and months, the longest first. What is not over yet is no quarter or year."""
    left, periods = set(months), []
    kinds = list_published_tables()[1]
    for period in sorted({name for month in months for name in periods_of(month, kinds)}, key=len):
        inside = {month for month in months if period in periods_of(month, kinds)}
        size = {4: 12, 7: 3 if "Q" in period else 1}[len(period)]
        if len(inside) == size and inside <= left and (size == 1 or period_end(period) <= facts.newest):
            if "Q" not in period and size == 1:
                continue
            periods.append(period)
            left -= inside
    return periods + sorted(left)


def _hidden(session: Session, facts: _Known, instrument: str, cells: Sequence[Cell]) -> list[Hidden | None]:
    hidden_cells: dict[Cell, Hidden] = {}
    lacking: dict[tuple[str, ...], Cell] = {}
    for cell in cells:
        year, end = cell.period[:4], period_end(cell.period)
        if facts.years.get((instrument, year), "") <= end:
            hidden_cells |= _compute_missing_cells(session, facts, instrument, year, end)
            if cell.apart and len(facts.parents) > MANY_AGENCIES:
                hidden_cells[cell] = "withheld"
            continue
        place = (instrument, "", cell.period) if not cell.apart else (instrument, cell.agency, cell.period)
        if place not in facts.cells and (cell.apart or (instrument, year) not in facts.wholes):
            lacking[place] = cell
    if lacking:
        _load_hidden_cells(session, facts, instrument, list(lacking))
    for cell in cells:
        place = (instrument, "", cell.period) if not cell.apart else (instrument, cell.agency, cell.period)
        if cell in facts.cells.get(place, {}):
            hidden_cells[cell] = facts.cells[place][cell]
    return [hidden_cells.get(cell) for cell in cells]


def _load_hidden_cells(session: Session, facts: _Known, instrument: str, places: Sequence[tuple[str, ...]]) -> None:
    """Read what is kept: of all agencies together where nothing is taken apart, else agency by agency."""
    h = HiddenCell
    columns = select(h.agency_key, h.period, h.apart, h.value, h.state).where(h.instrument == instrument)
    years = {period[:4] for _, agency, period in places if not agency}
    agency_periods = [(agency, period) for _, agency, period in places if agency]
    for place in places:
        facts.cells[place] = {}
    for year in sorted(years):  # whoever draws a trend asks for the next month right away
        for *cell, state in session.execute(columns.where(h.period.between(year, f"{year}-Z"), h.apart == "")):
            facts.cells.setdefault((instrument, "", cell[1]), {})[Cell(*cell)] = suppression_store.parse_hidden_state(
                state
            )
        facts.wholes.add((instrument, year))
    if agency_periods:
        for *cell, state in session.execute(columns.where(tuple_(h.agency_key, h.period).in_(agency_periods))):
            facts.cells[instrument, cell[0], cell[1]][Cell(*cell)] = suppression_store.parse_hidden_state(state)


def _compute_missing_cells(session: Session, facts: _Known, instrument: str, year: str, end: str) -> dict[Cell, Hidden]:
    """What is not stored, or not any more, worked out by the reader."""
    through, cells = facts.worked_out.get((instrument, year), ("", {}))
    if through < end:
        end = max(end, min(facts.newest, f"{year}-12"))  # a trend asks month by month
        since = facts.years.get((instrument, year), f"{year}-01")
        large = len(facts.parents) > MANY_AGENCIES
        def work_out() -> dict[Cell, Hidden]:
            earlier = suppression_store.read_hidden_cells(session, instrument, year)
            return suppression_store.compute_hidden_cells(session, instrument, year, since, end, earlier, wholes=large)

        question = ("hidden", instrument, year, end, facts.tree)
        cells = cache.get_or_compute(
            session, question, visibility_stamp(session, instrument, [f"{year}-12"]), work_out, len(facts.parents)
        )
        facts.worked_out[instrument, year] = (end, cells)
    return cells
