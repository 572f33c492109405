"""Two recounts of one agency's month at the same moment: one after the other, the same rows."""

from __future__ import annotations

import threading
from collections.abc import Callable

from sqlalchemy import select

from admin.responses import projection
from admin.statistics.tallies import recount as tallies
from models import clock
from models.storage.database import Database
from models.tables.tally import TallyMonth
from tests.fixtures.ledger_writer import START, LedgerWriter


def test_parallel_recounts_of_one_month_do_not_collide(
    store_with_agencies: Database, writer: Callable[..., LedgerWriter]
) -> None:
    device = writer()
    for score in (5, 4, 3, 2, 1, 5, 5):
        device.rate(score)
    device.send(store_with_agencies, device.batch())
    with store_with_agencies.write() as session:
        projection.project_entries(session, device.dev, 1)
    month = clock.local_day(START)[:7]
    start = threading.Barrier(6)
    trouble: list[Exception] = []

    def recount() -> None:
        start.wait()
        for _ in range(5):
            try:
                with store_with_agencies.write() as session:
                    tallies.recount_pairs(session, [("NB-14701", month)])
            except Exception as error:  # collected for the assertion below
                trouble.append(error)

    threads = [threading.Thread(target=recount) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert trouble == []
    with store_with_agencies.read() as session:
        rows = session.execute(select(TallyMonth.value, TallyMonth.n).where(TallyMonth.item == "overall"))
        assert {value: n for value, n in rows} == {"5": 3, "4": 1, "3": 1, "2": 1, "1": 1}
