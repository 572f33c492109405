"""The worker that computes what is suppressed in all simulated months, before the first page asks.

The newest year is worked out here; the years before it, on which it does not depend, by a second process. That one only
reads; what it found is stored here.
"""

from __future__ import annotations

from sqlalchemy import func, select

from admin.statistics.disclosure import suppression_store
from admin.statistics.disclosure.suppression_store import HiddenCells
from models.storage.database import Database, open_once
from models.tables.tally import TallyBrief

INSTRUMENT = "short"


def compute_all_suppression(database: Database, through: str) -> None:
    """Work out all months up to `through` (the last complete one, `2026-10`)."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    with database.read() as session:
        first = session.scalar(select(func.min(TallyBrief.month)).where(TallyBrief.month > "")) or through
    years = [str(year) for year in range(int(first[:4]), int(through[:4]))]
    with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as other:
        year_futures = [(year, other.submit(compute_year_suppression, database.url, year)) for year in years]
        suppression_store.compute_waiting_months(database, through, most=int(through[5:]))
        for year, cells in year_futures:
            with database.write() as session:
                for month in months_of(year):
                    suppression_store.store_hidden_cells(session, INSTRUMENT, year, month, cells.result())
    suppression_store.compute_waiting_months(database, through)


def months_of(year: str) -> list[str]:
    """The months of a year."""
    return [f"{year}-{number:02d}" for number in range(1, 13)]


def compute_year_suppression(url: str, year: str) -> HiddenCells:
    """What is hidden of a year that is over, in the store at `url`."""
    database, months = open_once(url), months_of(year)
    try:
        with database.read() as session:
            return suppression_store.compute_hidden_cells(session, INSTRUMENT, year, months[0], months[-1], {})
    finally:
        database.close()
