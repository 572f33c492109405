"""The attack from end to end: a reader who solves equations between all published numbers.

The numbers are everything that any page, file, command or paper says of a store with real responses; the reader sets up
the equations between them and solves them in fractions.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import delete
from sqlalchemy.orm import Session

from admin.reports.snapshot import freeze_figures
from admin.statistics import queries
from admin.statistics.disclosure import suppression_store, visibility
from admin.statistics.tallies import recount
from models.storage import bulk
from models.storage.database import Database
from models.tables.response import Response
from models.tables.tally import HiddenCell
from tests.fixtures.equation_attacker import (
    ABOVE,
    MONTHS,
    OTHER,
    WHOLES,
    Atom,
    EquationReader,
    Row,
    list_counted_parts,
    make_other_responses,
    make_responses,
    read_response_counts,
    sum_of_atoms,
)
from tests.fixtures.tally_rows import make_store

PERIODS = (*MONTHS, "2026-Q3", "2026-07..2026-10", "2026-08..2026-09", "2026")



@pytest.fixture
def database(sqlite_url: str) -> Iterator[Database]:
    database = make_store(sqlite_url)
    yield database
    database.close()


def filled(database: Database, rows: list[dict[str, Any]], through: str = MONTHS[-1]) -> None:
    """Store these responses; it is worked out up to the month `through` what is hidden."""
    with database.write() as session:
        bulk.insert(session, Response, rows)
        recount.recount_pairs(session, recount.find_all_pairs(session))
        suppression_store.refresh_hidden_cells(session, through)


def told(session: Session, agency: str, period: str) -> Iterator[tuple[list[tuple[str, str]], int]]:
    """Every number of answers that is shown of an agency in a period: what it counts, and the number."""
    keys, months = queries.read_scope_keys(session, agency), queries.months_of(period)
    rows = queries.read_factor_figures(session, keys, months, "short")
    yield from ([([("", "")], rows[0][1].n)] if rows[0][1].n is not None else [])
    yield from (([("item", "A")], figure.n) for id, figure in rows if id == "A" and figure.n is not None)
    channels = dict(queries.IndexFacts(session, keys, period, "short").channels)
    for id, figure in channels.items():
        both = id == "qr" and "code" not in channels
        yield [("channel", id)] + ([("channel", "code")] if both else []), figure.n or 0
    for stage, figure in queries.IndexFacts(session, keys, period, "short").stages:
        yield [("stage", stage)], figure.n or 0
    for procedure in queries.figures_by_procedure(session, keys, months, "short"):
        yield [("procedure", procedure.code)], procedure.figure.n or 0
    excluded = queries.build_index_document(session, agency, period, instrument="short")["excluded"]
    if excluded["n"] is not None:
        yield [("excluded", "out")], excluded["n"]
    for asked in WHOLES:
        document = queries.build_index_document(session, agency, period, instrument=asked)
        if document["n"] is not None:
            yield WHOLES[asked], document["n"]
        for other in document["others"]:
            yield [("channel" if other["instrument"] == "short" else OTHER, other["channel"])], other["n"]
        if document["by_outcome"] is not None:
            yield WHOLES[asked], document["by_outcome"]["counted"]
        yield from read_response_counts(document)


def everything(database: Database, truth: dict[Atom, int]) -> list[Row]:
    """All shown numbers as equations; each must be true."""
    found = []
    with database.read() as session:
        for agency in ABOVE:
            for period in PERIODS:
                for parts, n in told(session, agency, period):
                    row = sum_of_atoms(agency, queries.months_of(period), parts, truth)
                    assert sum(truth[atom] for atom in row) == n, (agency, period, parts)
                    found.append(row)
        for agency in ("HL", "NB"):  # two papers of one agency, and two of the province
            for period in ("2026-08", "2026-09"):
                paper = freeze_figures(session, agency, period, revision=0, code="x", target=None, practice=False)
                if paper["n"] is not None:
                    found.append(sum_of_atoms(agency, [period], [("", "")], truth))
    return found


def found(database: Database, rows: list[dict[str, Any]]) -> tuple[set[Any], int]:
    """Which numbers below 5 a reader works out, and how many there are."""
    truth: dict[Atom, int] = {}
    for row in rows:
        for part in list_counted_parts(row):
            key = (row["agency_key"], row["month"], *part)
            truth[key] = truth.get(key, 0) + 1
    reader = EquationReader(everything(database, truth), truth)
    small, out = 0, set()
    for agency in ABOVE:
        for period in (*MONTHS, "2026-Q3"):
            for part in {atom[2:] for atom in truth}:
                if agency == "NB" and part[0] == "procedure":
                    continue
                row_ = sum_of_atoms(agency, queries.months_of(period), [part], truth)
                if 0 < sum(truth[atom] for atom in row_) < 5:
                    small += 1
                    if not reader.reduced(row_):
                        out.add((agency, period, part))
    return out, small


@pytest.mark.parametrize("seed", [1, 2])
def test_nothing_that_is_shown_tells_a_number_below_5(database: Database, seed: int) -> None:
    rows = make_responses(seed) + make_other_responses(seed)
    filled(database, rows)
    out, small = found(database, rows)
    assert small > 40
    assert out == set()


def test_nor_does_what_is_shown_of_a_month_that_nobody_looked_at_yet(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visibility, "MANY_AGENCIES", 2)  # from there on a reader does not work it out himself
    rows = make_responses(3) + make_other_responses(3)
    filled(database, rows, through=MONTHS[-2])
    out, small = found(database, rows)
    assert small > 40
    assert out == set()


def test_without_withholding_the_attack_succeeds(database: Database) -> None:
    rows = make_responses(1)
    filled(database, rows)
    with database.write() as session:
        session.execute(delete(HiddenCell))  # numbers below 5 are still not shown
    assert found(database, rows)[0]
