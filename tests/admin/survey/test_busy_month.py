"""An answer by phone in a month of many answers: thanked at once, and counted by the jobs."""

from __future__ import annotations

from sqlalchemy import func, select

from admin.statistics.tallies import recount
from models.clock import local_day
from models.storage import bulk
from models.tables.response import PhoneDraft, Response
from models.tables.tally import TallyMonth
from tests.fixtures import statements
from tests.fixtures.answer_rows import made
from tests.fixtures.phone import Phone, id_of, response
from tests.fixtures.scene import AGENCY, Centre


def test_whoever_answers_by_phone_waits_for_no_long_count(centre: Centre, token: str) -> None:
    phone = Phone(centre)
    address = phone.tap(token, 2)
    with centre.database.write() as session:
        day = local_day(session.get_one(PhoneDraft, id_of(address)).t)
        one = made("", "kiosk", 3, 0, agency_key=AGENCY, day=day, month=day[:7])
        row = {column.key: getattr(one, column.key) for column in Response.__table__.columns}
        row |= {"off_hours": False, "excluded": False}
        bulk.insert(session, Response, [{**row, "id": f"{at:032x}"} for at in range(recount.IN_PASSING)])
    with statements.noted(centre.database) as sent:
        assert "Cảm ơn Ông/Bà!" in phone.send(address).text
    assert statements.rows_of(centre.database, Response.__tablename__, sent) < 10
    month = response(centre, id_of(address)).month
    with centre.database.write() as session:
        assert recount.stale_pairs(session) == [(AGENCY, month)]
        recount.freshen(session)  # as the jobs do
        counted = select(func.sum(TallyMonth.n)).where(TallyMonth.item == recount.RESPONSES, TallyMonth.month == month)
        assert session.scalar(counted) == recount.IN_PASSING + 1
