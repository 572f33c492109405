"""The store of hidden cells: worked out from brief tallies, by year and month, and kept.

They stand in `hidden_cell`. What a month hides depends on it and on the months before it in its year, never on a later
one. So a finished month is worked out once, when it is over, and again only if answers come in late; what comes in for
the running month costs nothing. Whoever reads a month that is not worked out yet works it out for itself
(`admin.statistics.disclosure.visibility`).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from admin.statistics.disclosure.cells import Cell, build_cells_and_sums, list_published_tables, period_end, periods_of
from admin.statistics.disclosure.suppression import Hidden, find_hidden_cells
from admin.statistics.measures.thresholds import FEW
from admin.statistics.tallies import cache
from admin.statistics.tallies.agency_tree import read_parents
from admin.statistics.tallies.questionnaire_items import RESPONSES, read_questionnaire
from admin.statistics.tallies.recount import DESK, PROCEDURE, STAGE
from models.clock import months_before
from models.storage import bulk
from models.storage.database import Database
from models.tables.agency import StoredInstrument
from models.tables.tally import HiddenCell, HiddenYear, TallyBrief
from models.vocabulary import SCORES, Channel, CountOutcome

#: The hidden cells of a year, each with why it is hidden.
HiddenCells = Mapping[Cell, Hidden]
SPENT = (Channel.QR.value, Channel.CODE.value)
_SCORES = {str(score) for score in SCORES}


def compute_waiting_months(database: Database, through: str, *, most: int | None = None) -> int:
    """Work out what is waiting of every instrument up to the month `through` (the last complete one), a month at a
    time: read in one transaction, written in another if nothing changed meanwhile. `most` limits the months of this
    call; returns how many were done."""
    done = 0
    while most is None or done < most:
        with database.read() as session:
            place = _next(session, through)
            if place is None:
                return done
            instrument, year, month = place
            stamp = _stamp(session, year, month)
            hidden_cells = compute_hidden_cells(
                session, instrument, year, month, month, read_hidden_cells(session, instrument, year)
            )
        with database.write() as session:
            # The row's lock makes a recount that is under way, and says so there, come before or after this.
            if _since(session, instrument, year, lock=True) == month and _stamp(session, year, month) == stamp:
                store_hidden_cells(session, instrument, year, month, hidden_cells)
        done += 1
    return done


def refresh_hidden_cells(session: Session, through: str) -> int:
    """The same within the caller's write transaction."""
    done = 0
    while (place := _next(session, through, lock=True)) is not None:
        instrument, year, month = place
        hidden_cells = compute_hidden_cells(
            session, instrument, year, month, month, read_hidden_cells(session, instrument, year)
        )
        store_hidden_cells(session, instrument, year, month, hidden_cells)
        done += 1
    return done


def _stamp(session: Session, year: str, month: str) -> Hashable | None:
    """What stays the same as long as the tallies of a year do, up to a month."""
    return cache.tally_stamp(
        session, read_parents(session), [f"{year}-{number:02d}" for number in range(1, int(month[5:]) + 1)]
    )


def _next(session: Session, through: str, *, lock: bool = False) -> tuple[str, str, str] | None:
    """Instrument, year and the first month that is to be worked out."""
    first = session.scalar(select(func.min(TallyBrief.month)).where(TallyBrief.month > ""))
    if first is None:
        return None
    for instrument in session.scalars(select(StoredInstrument.id).distinct().order_by(StoredInstrument.id)):
        for year in range(int(through[:4]), int(first[:4]) - 1, -1):  # the newest is looked at most
            month = _since(session, instrument, str(year), lock=lock)
            if month <= min(through, f"{year}-12"):
                return instrument, str(year), month
    return None


def _since(session: Session, instrument: str, year: str, *, lock: bool = False) -> str:
    row = session.get(HiddenYear, (instrument, year), with_for_update=lock)
    return f"{year}-01" if row is None else row.stale_from


def store_hidden_cells(session: Session, instrument: str, year: str, month: str, hidden_cells: HiddenCells) -> None:
    """Store what is hidden of the periods that end with a month, and that the month is worked out."""
    h = HiddenCell
    ending = [period for period in periods_of(month, list_published_tables()[1]) if period_end(period) == month]
    session.execute(delete(h).where(h.instrument == instrument, h.period.in_(ending)))
    rows: list[dict[str, Any]] = [
        {"instrument": instrument, "agency_key": cell.agency, "period": cell.period, "apart": cell.apart,
         "value": cell.value, "state": state}
        for cell, state in sorted(hidden_cells.items()) if cell.period in ending
    ]  # fmt: skip
    bulk.insert(session, HiddenCell, rows)
    row = session.get(HiddenYear, (instrument, year))
    if row is None:
        row = HiddenYear(instrument=instrument, year=year, stale_from="")
        session.add(row)
    row.stale_from = months_before(month, -1)
    session.flush()


def read_hidden_cells(session: Session, instrument: str, year: str) -> dict[Cell, Hidden]:
    """The hidden cells of a year as they are kept, stale ones too."""
    h = HiddenCell
    statement = select(h.agency_key, h.period, h.apart, h.value, h.state).where(
        h.instrument == instrument, h.period >= year, h.period < f"{int(year) + 1}"
    )
    return {Cell(*cell): parse_hidden_state(state) for *cell, state in session.execute(statement)}


def parse_hidden_state(state: str) -> Hidden:
    """The state of a row of `hidden_cell`."""
    return "under_5" if state == "under_5" else "withheld"


def compute_hidden_cells(
    session: Session, instrument: str, year: str, since: str, through: str, earlier: HiddenCells,
    *, wholes: bool = False,
) -> dict[Cell, Hidden]:  # fmt: skip
    """The hidden cells of a year up to the month `through`: from `since` on anew, before it as `earlier` says. With
    `wholes` only those that are taken apart by nothing."""
    hidden = {cell: state for cell, state in earlier.items() if period_end(cell.period) < since}
    before = {cell for cell, state in earlier.items() if state == "withheld"}
    tree = read_parents(session)
    first = f"{year}-{(int(since[5:]) - 1) // 3 * 3 + 1:02d}" if through[5:] < "12" else f"{year}-01"
    counts = _own_counts(session, instrument, first, through, wholes)
    for number in range(int(since[5:]), int(through[5:]) + 1):
        month = f"{year}-{number:02d}"
        begin, kinds = number, ["month"]
        if number % 3 == 0:
            begin, kinds = number - 2, ["month", "quarter"]
        if number == 12:
            begin, kinds = 1, ["month", "quarter", "year"]
        within = [cells for name, cells in counts.items() if f"{year}-{begin:02d}" <= name <= month]
        own = {cell: n for cells in within for cell, n in cells.items() if not (wholes and cell.apart)}
        sizes, sums = build_cells_and_sums(own, tree, kinds)
        secret = [
            cell for cell, n in sizes.items()
            if cell.apart == "excluded" and 0 < sizes[Cell(cell.agency, cell.period)] - n < FEW
        ]  # fmt: skip
        hidden |= find_hidden_cells(sizes, sums, secret=secret, earlier=hidden, since=month, before=before)
    return hidden


def _own_counts(
    session: Session, instrument: str, first: str, last: str, wholes: bool
) -> dict[str, dict[Cell, int]]:
    """Month → what each agency got itself, whole and, unless `wholes`, apart."""
    t = TallyBrief
    items = [] if wholes else [STAGE, PROCEDURE, DESK, *read_questionnaire(session, instrument).factors]
    dimensions = {STAGE: "stage", PROCEDURE: "procedure"}
    statement = (
        select(t.agency_key, t.month, t.item, t.value, t.channel, t.excluded, func.sum(t.n))
        .where(
            t.month.between(first, last), t.instrument == instrument,
            t.item.in_([RESPONSES, *items]),
        )
        .group_by(t.agency_key, t.month, t.item, t.value, t.channel, t.excluded)
    )  # fmt: skip
    counts: dict[str, dict[Cell, int]] = {}
    for agency, month, item, value, channel, excluded, n in session.execute(statement):
        pooled, cells = channel != Channel.POSTER.value, counts.setdefault(month, {})
        parts: list[tuple[str, str]] = []
        if item == RESPONSES:
            if value == CountOutcome.COUNTED.value:
                parts = [("channel", channel)] + ([("", "")] if pooled else [])
                parts += [("excluded", "out")] if excluded and pooled else []
        elif item in dimensions or item == DESK:
            parts = [(dimensions[item], value)] if pooled and item in dimensions else []
            parts += [({STAGE: "spent_stage", DESK: "spent_desk"}[item], value)] if _of_slip(item, channel) else []
        elif value in _SCORES and pooled:
            parts = [("item", item)]
        for part in parts:
            cell = Cell(agency, month, *part)
            cells[cell] = cells.get(cell, 0) + int(n)
    return counts


def _of_slip(item: str, channel: str) -> bool:
    return item in (STAGE, DESK) and channel in SPENT
