"""The recount while somebody waits who brought an answer: what is soon done, and no more."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin import jobs
from admin.ledgers.signing_keys import CentreKeys
from admin.statistics.tallies import recount, staleness
from admin.sync import project_and_recount
from models.storage import bulk
from models.storage.database import Database
from models.tables.response import Response
from models.tables.tally import TallyMonth
from tests.fixtures import sql_statements
from tests.fixtures.answer_rows import make_response_row
from tests.fixtures.dossier_references import make_reference
from tests.fixtures.ledger_writer import START, LedgerWriter

Make = Callable[..., LedgerWriter]
ONE, OTHER, MONTH = "NB-14701", "NB-14725", "2025-10"
MOST = recount.IN_PASSING


def fill(session: Session, n: int, agency: str = ONE, month: str = MONTH, **values: str) -> None:
    """Answers as they stand there already, counted or not."""
    one = make_response_row("", "kiosk", 3, START, agency_key=agency, month=month, day=f"{month}-09", **values)
    columns = {column.key: getattr(one, column.key) for column in Response.__table__.columns}
    row = columns | {"off_hours": False, "excluded": False}
    bulk.insert(session, Response, [{**row, "id": make_reference(agency, month, values, at)} for at in range(n)])
    staleness.mark_stale(session, {(values.get("decider_key", agency), month)})


def counted(store: Database, agency: str, month: str = MONTH) -> int:
    with store.read() as session:
        of = (TallyMonth.agency_key == agency, TallyMonth.month == month, TallyMonth.item == recount.RESPONSES)
        return sum(session.scalars(select(TallyMonth.n).where(*of)))


def waiting(store: Database) -> list[tuple[str, str]]:
    with store.read() as session:
        return recount.find_stale_pairs(session)


def test_a_month_of_many_answers_is_left_to_the_jobs(
    store_with_agencies: Database, writer: Make, keys: CentreKeys
) -> None:
    """The device of a busy desk has its receipt at once, and a new desk's first tap is seen at once."""
    store, busy, new = store_with_agencies, writer(), writer(f"{OTHER}-Q1")
    with store.write() as session:
        fill(session, MOST)
    for device in (busy, new):
        device.rate(5, t=START)
        assert device.send(store, device.batch())[0] == 200
        with sql_statements.record_statements(store) as sent:
            project_and_recount.count_accepted(store, device.dev, 1, recount=True)
        assert sql_statements.count_rows_read(store, Response.__tablename__, sent) < 10
    assert waiting(store) == [(ONE, MONTH)] and (counted(store, ONE), counted(store, OTHER)) == (0, 1)
    jobs.update_responses_and_tallies(store, keys, START + 60_000)
    assert waiting(store) == [] and counted(store, ONE) == MOST + 1


def test_many_months_of_few_answers_are_not_all_counted_at_once(store_with_agencies: Database) -> None:
    store = store_with_agencies
    with store.write() as session:
        staleness.mark_stale(
            session, {(ONE, f"{year}-{month:02d}") for year in range(2000, 2020) for month in range(1, 13)}
        )
    recount.recount_small_stale_months(store)
    assert 0 < len(waiting(store)) < 240


def test_as_many_are_counted_as_are_soon_done(store_with_agencies: Database) -> None:
    """The smallest months first, whichever agency's, and those an agency decides among them."""
    store = store_with_agencies
    with store.write() as session:
        fill(session, MOST - 300, month="2025-07")
        fill(session, MOST - 300, month="2025-08")
        fill(session, 200, month="2025-09")
        fill(session, 101, OTHER, month="2025-09", decider_key="NB")
        staleness.mark_stale(session, {(OTHER, "2025-01")})  # all its answers were moved away
    recount.recount_small_stale_months(store)
    assert waiting(store) == [(ONE, "2025-07"), (ONE, "2025-08")]
    recount.recount_small_stale_months(store)
    assert waiting(store) == [(ONE, "2025-08")] and counted(store, ONE, "2025-07") == MOST - 300
    recount.recount_small_stale_months(store)
    assert waiting(store) == []
    with store.write() as session:
        fill(session, MOST + 1, OTHER, decider_key=ONE)
    recount.recount_small_stale_months(store)
    assert waiting(store) == [(ONE, MONTH)]
