"""The attack from outside: over thirteen months and two readings of one month, by files and open data.

The months lie across a turn of the year, and late arrivals come between the two readings. Every number of answers is
read from the files of pages (which hold what the pages show), from open data and from the command's document.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete

from admin.statistics import queries
from admin.statistics.disclosure import suppression_store
from admin.statistics.tallies import recount
from models.storage import bulk
from models.tables.agency import DossierMonth
from models.tables.response import Response
from models.tables.tally import HiddenCell
from tests.fixtures.centre_scene import CentreScene, open_centre
from tests.fixtures.equation_attacker import (
    Atom,
    EquationReader,
    Row,
    list_counted_parts,
    make_responses,
    read_response_counts,
    sum_of_atoms,
)

MONTHS = ("2025-11", "2025-12", "2026-01", "2026-02", "2026-10")
PERIODS = ("2025-12", "2026-02", "2025-Q4")  # a page's trend holds the other months
RANGES = ("2025-11", "2026-10", "2025", "2025-11..2026-01", "2025-10..2026-10")
LATE = "2026-02"
AGENCIES = ("NB", "SNV", "HL", "HL-CN", "YM")
DOSSIERS = {"SNV": 700, "YM": 800}
CHANNELS = {"Device at the desk": ["kiosk"], "QR code": ["qr"], "Typed code": ["code"], "Paper": ["paper"],
            "Poster": ["poster"]}  # fmt: skip
STAGES = {"Handing in a dossier": "submission", "Receiving the result": "result", "Guidance": "guidance"}
#: In a rate the answers of one stage are subtracted.
ADVISED = ("stage", "guidance")
#: agency, period, what is counted, how many
Said = tuple[str, str, list[tuple[str, str]], int]


def of_open_data(scene: CentreScene) -> Iterator[Said]:
    """The numbers of the API: of answers, and of those that two persons excluded."""
    for month in MONTHS:
        for row in csv.DictReader(io.StringIO(scene.client().get(f"/api/v1/indices.csv?from={month}&to={month}").text)):
            if row["n"]:
                yield row["agency"], month, [("", "")], int(row["n"])
            if row["excluded_n"]:
                yield row["agency"], month, [("excluded", "out")], int(row["excluded_n"])


def of_page(scene: CentreScene, agency: str, period: str) -> Iterator[Said]:
    """The numbers of one agency's page, or of the province's: whole, by month, channel, stage, question, procedure, and
    what a response rate and a number of dossiers make together."""
    path = "/overview.csv" if agency == "NB" else f"/agencies/{agency}.csv"
    answer = scene.get(f"{path}?lang=en&period={period}")
    assert answer.status_code == 200
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    named = {row["Name"] for row in rows if row["Part"] == "Channel"}
    for row in rows:
        part, name, n = row["Part"], row["Name"], row["Answers"]
        if not n.isdigit():
            continue
        if part == "Month":
            month, year = re.fullmatch(r"(\d\d)/(\d{4})", name).groups()  # type: ignore[union-attr]
            yield agency, f"{year}-{month}", [("", "")], int(n)
        elif part == "Channel":
            known = [channel for word, channel in CHANNELS.items() if name.startswith(word)]
            assert known, name
            both = known[0] == ["qr"] and not any(other.startswith("Typed") for other in named)
            yield agency, period, [("channel", one) for one in [*known[0], *(["code"] if both else [])]], int(n)
        elif part == "Stage":
            yield agency, period, [("stage", STAGES[name])], int(n)
        elif part == "Factor":
            yield agency, period, [("item", name)], int(n)
        elif part == "Index":
            yield agency, period, [("", "")], int(n)
        elif part == "Procedure":
            yield agency, period, [("procedure", "1.000001")], int(n)


def of_command(scene: CentreScene, agency: str, period: str) -> Iterator[Said]:
    """What the command says of any range of months; and the rate of answers that belong to a dossier times the
    dossiers, which every agency asked here has in every month."""
    with scene.database.read() as session:
        document = queries.build_index_document(session, agency, period, instrument="short")
    if document["n"] is not None:
        yield agency, period, [("", "")], document["n"]
    yield from ((agency, period, [("stage", one["id"])], one["n"]) for one in document["stages"] if one["n"])
    yield from ((agency, period, [("item", one["id"])], one["n"]) for one in document["factors"] if one["n"])
    if document["by_outcome"] is not None:
        yield agency, period, [("", "")], document["by_outcome"]["counted"]
    yield from ((agency, period, parts, n) for parts, n in read_response_counts(document))
    rate = document["response_rate"]
    if agency in DOSSIERS and rate["value"] is not None and period in MONTHS:
        n = round(Fraction(rate["value"]) * rate["denominator"] / 100)
        yield agency, period, [*(("channel", one) for one in ("kiosk", "qr", "code")), ADVISED], n


def advised(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    """The same answers, some of them of people who only came for guidance (none of those on paper)."""
    return [
        {**row, "stage": "guidance"} if number % 4 == 0 and row["channel"] in ("kiosk", "qr", "code") else row
        for number, row in enumerate(rows)
    ]


def counted(rows: list[dict[str, object]]) -> dict[Atom, int]:
    truth: dict[Atom, int] = {}
    for row in rows:
        for part in list_counted_parts(row):
            key = (str(row["agency_key"]), str(row["month"]), *part)
            truth[key] = truth.get(key, 0) + 1
    return truth


def reading(scene: CentreScene, truth: dict[Atom, int], agencies: Iterable[str] = AGENCIES) -> list[Row]:
    """Everything that is said now, as equations; each must be true. The pages of these agencies."""
    found = []
    said = list(of_open_data(scene))
    for agency in agencies:
        for period in PERIODS:
            said += of_page(scene, agency, period)
        for period in RANGES:
            said += of_command(scene, agency, period)
    for agency, period, parts, n in said:
        row = sum_of_atoms(agency, queries.months_of(period), parts, truth)
        if len(parts) > 1 and ADVISED in parts:
            row = {atom: -value if atom[2:] == ADVISED else value for atom, value in row.items()}
        assert sum(truth[atom] * value for atom, value in row.items()) == n, (agency, period, parts, n)
        found.append(row)
    return found


def with_late(row: Row) -> Row:
    """The same sum when late ones had come: each number of that month and its own unknown late part."""
    return row | {("late " + atom[0], *atom[1:]): value for atom, value in row.items() if atom[1] == LATE}


def store(scene: CentreScene, rows: list[dict[str, object]]) -> None:
    with scene.database.write() as session:
        bulk.insert(session, Response, rows)
        recount.recount_pairs(session, recount.find_all_pairs(session))
        suppression_store.refresh_hidden_cells(session, MONTHS[-1])


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[CentreScene]:
    with open_centre(tmp_path, filled=False) as scene:
        with scene.database.write() as session:
            for agency, received in DOSSIERS.items():
                for month in MONTHS:
                    session.add(DossierMonth(agency_key=agency, month=month, received=received, closed=9, overdue=0))
        yield scene


def told(readings: list[list[Row]], truths: list[dict[Atom, int]]) -> tuple[set[Any], int]:
    """Which numbers below 5 follow, in the first reading or the second, and how many there are."""
    every = dict.fromkeys(truths[-1], 1)
    late = {("late " + atom[0], *atom[1:]): 1 for atom in every if atom[1] == LATE}
    reader = EquationReader([], every | late)
    for number, rows in enumerate(readings):
        for row in rows:
            reader.learn(with_late(row) if number else row)
    small, out = 0, set[Any]()
    for number, truth in enumerate(truths):
        for agency in AGENCIES:
            for period in (*MONTHS, "2025-Q4"):
                for part in {atom[2:] for atom in every if agency != "NB" or atom[2] != "procedure"}:
                    row = sum_of_atoms(agency, queries.months_of(period), [part], every)
                    if 0 < sum(truth.get(atom, 0) for atom in row) < 5:
                        small += 1
                        if not reader.reduced(with_late(row) if number else row):
                            out.add((number, agency, period, part))
    return out, small


def test_no_file_and_no_open_data_tells_a_number_below_5(scene: CentreScene) -> None:
    rows = advised(make_responses(4, MONTHS))
    store(scene, rows)
    first = counted(rows)
    readings = [reading(scene, first)]
    assert len(readings[0]) > 100
    later = [
        {**row, "id": f"{10**6 + number:032x}", "seq": 10**6 + number}
        for number, row in enumerate(advised(make_responses(5, (LATE,))))
        if row["agency_key"] in ("SNV", "YM")
    ][:60]
    store(scene, later)
    second = counted(rows + later)
    readings.append(reading(scene, second))
    out, small = told(readings, [{atom: first.get(atom, 0) for atom in second}, second])
    assert small > 60
    assert out == set()


def test_without_withholding_open_data_alone_tells_some(scene: CentreScene) -> None:
    rows = make_responses(4, MONTHS)
    store(scene, rows)
    with scene.database.write() as session:
        session.execute(delete(HiddenCell))
    assert told([reading(scene, counted(rows), ())], [counted(rows)])[0]
