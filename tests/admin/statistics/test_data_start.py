"""Start of the data: the day on which those of agencies begin, and the periods they hold whole."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from admin.statistics import queries
from models.clock import day_start
from models.storage.database import Database
from models.tables.agency import Desk
from models.tables.device import Device
from models.tables.tally import TallyDay
from tests.fixtures.tally_rows import add_answers

ALL = frozenset(("NB", "SNV", "STC", "HL", "HL-CN", "YM"))


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.write() as session:
        yield session


def answered_on(session: Session, agency: str, day: str) -> None:
    """One answer of a local day, or of a month whose day nobody knows."""
    add_answers(session, agency, (0, 0, 0, 0, 1), month=day[:7])
    session.add(
        TallyDay(agency_key=agency, day=day, month=day[:7], desk_code="", channel="paper", stage="result",
                 instrument="short", version=1, item="overall", excluded=0, value="5", n=1)
    )  # fmt: skip
    session.flush()


def enrolled(session: Session, agency: str, day: str) -> None:
    session.add(Desk(code=f"{agency}-Q1", agency_key=agency, name_vi="Quầy 1"))
    session.flush()
    session.add(
        Device(id=f"d-{agency}", desk_code=f"{agency}-Q1", state="revoked", created_ms=day_start(day) + 3_600_000)
    )
    session.flush()


def held(session: Session, *periods: str, keys: frozenset[str] = ALL) -> list[str]:
    session.info.clear()
    return [period for period in periods if queries.data_cover_period(session, keys, period)]


def test_an_empty_store_holds_nothing(session: Session) -> None:
    assert held(session, "2026-10", "2026") == [] and queries.find_first_data_day(session, ALL) is None


def test_a_month_that_began_in_its_middle_is_not_held_and_no_longer_period_with_it(session: Session) -> None:
    answered_on(session, "HL", "2026-08-12")
    assert queries.find_first_data_day(session, ALL) == "2026-08-12"
    periods = ("2026-07", "2026-08", "2026-09", "2026-Q3", "2026-Q4", "2026-H2", "3m:2026-10", "3m:2026-11", "2027")
    assert held(session, *periods) == ["2026-09", "2026-Q4", "3m:2026-11", "2027"]


def test_days_off_at_the_beginning_are_no_missing_days(session: Session) -> None:
    answered_on(session, "HL", "2026-08-03")
    assert held(session, "2026-08") == ["2026-08"], "1 August 2026 is a Saturday"
    answered_on(session, "STC", "2026-08-04")
    assert held(session, "2026-08", keys=frozenset(("STC",))) == []


def test_a_month_whose_days_nobody_knows_is_held(session: Session) -> None:
    answered_on(session, "HL", "2026-08")
    assert held(session, "2026-07", "2026-08") == ["2026-08"]


def test_an_enrolled_device_that_nobody_used_yet_makes_the_data_begin(session: Session) -> None:
    enrolled(session, "HL", "2026-09-01")
    answered_on(session, "HL", "2026-11-20")
    assert held(session, "2026-08", "2026-09", "2026-10", keys=frozenset(("HL", "HL-CN"))) == ["2026-09", "2026-10"]


def test_each_agency_begins_by_itself_the_province_with_its_first_and_whoever_has_nothing_with_it(
    session: Session,
) -> None:
    answered_on(session, "SNV", "2026-01-01")
    enrolled(session, "HL", "2026-06-15")
    assert held(session, "2026-H1", "2026-H2") == ["2026-H1", "2026-H2"]
    assert held(session, "2026-H1", "2026-06", "2026-H2", keys=frozenset(("HL", "HL-CN"))) == ["2026-H2"]
    assert held(session, "2026-H1", keys=frozenset(("YM",))) == ["2026-H1"], "nobody answered, which is said as such"


def test_nobody_is_told_to_have_fallen_since_a_month_that_was_only_begun(session: Session) -> None:
    for agency in ("SNV", "STC"):
        add_answers(session, agency, (0, 0, 0, 0, 300), month="2026-09")
        add_answers(session, agency, (200, 0, 0, 0, 100), month="2026-10")
    answered_on(session, "SNV", "2026-09-25")
    answered_on(session, "STC", "2026-09-01")
    session.info.clear()
    alerts = queries.find_month_alerts(session, "NB", "2026-10", "short", day_start("2026-11-02"))
    assert [row.key for row, _ in alerts.falling] == ["STC"]
