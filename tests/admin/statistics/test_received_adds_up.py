"""Sums of all that came in, as the index document tells them to everybody: they add up.

In a province of many agencies, where nobody works out for himself what a month that is not over hides.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy.orm import Session

from admin.statistics import queries
from admin.statistics.disclosure import suppression_store
from admin.statistics.disclosure.visibility import MANY_AGENCIES
from models.storage.database import Database
from models.tables.agency import Agency
from tests.fixtures.tally_rows import add_answers, add_outcome, make_store

CLOSED, RUNNING = "2026-10", "2026-11"
MONTHS = (CLOSED, RUNNING)
#: An agency with nothing but the index's own answers; with some by the poster and to another questionnaire; with few of
#: these; with too few for an index.
PLAIN, MANY, FEW, SMALL = "SNV", "STC", "HL-CN", "YM"


@pytest.fixture
def database(store_url: str) -> Iterator[Database]:
    store = make_store(store_url)
    with store.write() as session:
        for number in range(MANY_AGENCIES):
            session.add(Agency(key=f"X-{number}", parent_key="NB", kind="ward", name_vi="Xã", name_en="Commune",
                               valid_from="2025-07-01"))  # fmt: skip
        for month in MONTHS:
            for agency in (PLAIN, MANY, FEW):
                add_answers(session, agency, (1, 2, 5, 20, 22), month=month)
                add_outcome(session, agency, "superseded", 1, month=month)
                add_outcome(session, agency, "not_counted:declined", 2, month=month)
                add_outcome(session, agency, "not_counted:withdrawn", 6, month=month)
            add_answers(session, MANY, (0, 0, 0, 0, 40), month=month, channel="poster")
            add_outcome(session, MANY, "not_counted:wrong_channel", 3, month=month, channel="poster")
            add_answers(session, MANY, (0, 0, 0, 3, 30), month=month, item="SIPAS23-A1", instrument="sipas23",
                     responses=True)  # fmt: skip
            add_answers(session, SMALL, (0, 0, 0, 4, 8), month=month)
            for agency in (FEW, "X-2", "X-3"):  # one alone would follow from the province's
                add_answers(session, agency, (0, 0, 0, 0, 3), month=month, channel="poster")
        suppression_store.refresh_hidden_cells(session, CLOSED)
    yield store
    store.close()


def received(session: Session, agency: str, month: str, **how: Any) -> dict[str, Any]:
    document = queries.build_index_document(session, agency, month, **how)
    assert document["n"] is not None and document["n"] == document["by_outcome"]["counted"]
    entry: dict[str, Any] = document["received"]
    return entry


def added_up(entry: dict[str, Any]) -> bool:
    parts = [entry[name] for name in ("counted", "superseded", "contested", "not_counted")]
    return bool(
        None not in (*parts, *entry["reasons"].values(), *entry["counted_as"].values())
        and entry["n"] == sum(parts)
        and entry["not_counted"] == sum(entry["reasons"].values())
        and entry["counted"] == sum(entry["counted_as"].values())
    )


@pytest.mark.parametrize("month", MONTHS)
def test_it_adds_up_in_a_month_that_is_over_and_in_one_that_runs(database: Database, month: str) -> None:
    with database.read() as session:
        entry = received(session, PLAIN, month)
        everything = received(session, PLAIN, month, unsuppressed=True)
    assert added_up(entry) and entry == everything
    assert entry["reasons"] == {"declined": 2, "withdrawn": 6} and (entry["n"], entry["superseded"]) == (59, 1)
    assert entry["flags"]["excluded"] == 0


@pytest.mark.parametrize("month", MONTHS)
def test_it_adds_up_where_no_index_is_told_but_the_number_is(database: Database, month: str) -> None:
    with database.read() as session:
        entry = received(session, SMALL, month)
    assert added_up(entry) and (entry["n"], entry["flags"]["excluded"]) == (12, 0)


def test_that_nobody_was_excluded_is_told_before_a_month_is_over(database: Database) -> None:
    with database.read() as session:
        for month in MONTHS:
            document = queries.build_index_document(session, PLAIN, month)
            assert (document["excluded"]["n"], document["excluded"]["index"]) == (0, document["index"])


def test_where_nothing_came_in_nought_is_told(database: Database) -> None:
    with database.read() as session:
        for month in MONTHS:
            entry = received(session, "X-1", month)
            assert added_up(entry) and (entry["n"], entry["flags"]["excluded"]) == (0, 0)


def test_what_stands_apart_from_the_index_is_told_once_somebody_looked_at_the_month(database: Database) -> None:
    with database.read() as session:
        over, runs = (received(session, MANY, month) for month in MONTHS)
        true = received(session, MANY, RUNNING, unsuppressed=True)
    assert added_up(over) and over["counted_as"] == {"index": 50, "others": 73}
    assert over["reasons"] == runs["reasons"] == {"declined": 2, "withdrawn": 6, "wrong_channel": 3}
    hidden = {"n": None, "counted": None, "counted_as": {"index": 50, "others": None}}
    assert runs == {**true, **hidden} and added_up(true)
    with database.write() as session:
        suppression_store.refresh_hidden_cells(session, RUNNING)
    with database.read() as session:
        assert received(session, MANY, RUNNING) == true


@pytest.mark.parametrize("month", MONTHS)
def test_few_answers_beside_the_index_follow_from_nothing(database: Database, month: str) -> None:
    with database.read() as session:
        few, above = received(session, FEW, month), received(session, "HL", month)
        true = received(session, FEW, month, unsuppressed=True)
    for entry in (few, above):  # the agency above has no other answers
        assert {entry["n"], entry["counted"], entry["counted_as"]["others"]} == {None}
        assert (entry["counted_as"]["index"], entry["superseded"], entry["not_counted"]) == (50, 1, 8)
    assert true["counted_as"]["others"] == 3 and added_up(true)
