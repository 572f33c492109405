"""An answer by phone in a month of many answers: thanked at once, and counted by the jobs."""

from __future__ import annotations

from sqlalchemy import func, select

from admin.statistics.tallies import recount
from models.clock import local_day
from models.storage import bulk
from models.tables.response import PhoneDraft, Response
from models.tables.tally import TallyMonth
from tests.fixtures import sql_statements
from tests.fixtures.answer_rows import make_response_row
from tests.fixtures.centre_and_desk import AGENCY, Centre
from tests.fixtures.phone_at_centre import Phone, find_response, response_id_of


def test_whoever_answers_by_phone_waits_for_no_long_count(centre: Centre, token: str) -> None:
    phone = Phone(centre)
    address = phone.tap(token, 2)
    with centre.database.write() as session:
        day = local_day(session.get_one(PhoneDraft, response_id_of(address)).t)
        one = make_response_row("", "kiosk", 3, 0, agency_key=AGENCY, day=day, month=day[:7])
        row = {column.key: getattr(one, column.key) for column in Response.__table__.columns}
        row |= {"off_hours": False, "excluded": False}
        bulk.insert(session, Response, [{**row, "id": f"{at:032x}"} for at in range(recount.IN_PASSING)])
    with sql_statements.record_statements(centre.database) as sql_texts:
        assert "Cảm ơn Ông/Bà!" in phone.send(address).text
    assert sql_statements.count_rows_read(centre.database, Response.__tablename__, sql_texts) < 10
    month = find_response(centre, response_id_of(address)).month
    with centre.database.write() as session:
        assert recount.find_stale_pairs(session) == [(AGENCY, month)]
        recount.recount_stale(session)  # as the jobs do
        counted = select(func.sum(TallyMonth.n)).where(TallyMonth.item == recount.RESPONSES, TallyMonth.month == month)
        assert session.scalar(counted) == recount.IN_PASSING + 1
