"""The page of slip usage: slips made, announced and answered, beside the dossiers; and its file.

It says for whom, in words.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest

from admin.statistics import slip_usage
from models.storage.database import Database
from models.tables.agency import DossierMonth
from tests.fixtures.centre_scene import CentreScene
from tests.fixtures.slip_rows import (
    add_recorders,
    fill_october,
    open_centre_with_slips,
    store_printed_slips,
    store_slip_answers,
)


@pytest.fixture
def database(database: Database) -> Database:
    return add_recorders(database)


def test_rates_are_told_for_agency_month_stage_and_desk(database: Database) -> None:
    fill_october(database)
    with database.read() as session:
        found = slip_usage.read_slip_use(session, "HL", ("2026-09", "2026-10"), "short")
    whole = found.whole
    assert (whole.made, whole.announced, whole.dossiers) == (150, 30, 152)
    assert (whole.use, whole.coverage) == (Fraction(12000, 150), Fraction(15000, 152))
    assert whole.response == Fraction(13200, 152) and not whole.odd
    months = [(line.name, line.made, line.dossiers) for line in found.months]
    assert months == [("2026-09", 0, None), ("2026-10", 150, 152)]
    stages = {line.name: line for line in found.stages}
    assert (stages["submission"].made, stages["submission"].announced, stages["submission"].dossiers) == (110, 30, 112)
    assert stages["submission"].coverage == Fraction(11000, 112)
    assert stages["submission"].response == Fraction(8200, 112)
    assert stages["submission"].use == Fraction(7000, 110) and stages["result"].use == Fraction(5000, 40)
    assert stages["result"].odd
    desks = {line.name: line for line in found.desks}
    assert {name: line.made for name, line in desks.items()} == {"": 30, "HL-Q1": 80, "HL-Q2": 40}
    assert {(line.dossiers, line.response, line.coverage) for line in found.desks} == {(None, None, None)}
    with database.read() as session:
        province = slip_usage.read_slip_use(session, "NB", ("2026-10",), "short")
    agencies = {line.name: line for line in province.agencies}
    assert agencies["HL"].made == 150 and agencies["YM"].made == 99 and "SNV" not in agencies
    assert province.whole.made == 249 and province.whole.coverage == Fraction(15000, 152)  # of those who were counted


def test_few_answers_are_not_given_away_by_a_rate(database: Database) -> None:
    with database.write() as session:
        store_printed_slips(session, 50, "HL-Q1")
        store_printed_slips(session, 50, "HL-Q2")
        store_slip_answers(session, 3, "HL-Q1")
        store_slip_answers(session, 45, "HL-Q2")
    with database.read() as session:
        found = slip_usage.read_slip_use(session, "HL", ("2026-10",), "short")
        assert [line.use for line in found.desks] == [None, None]  # the other would tell the first
        assert [line.made for line in found.desks] == [50, 50]
        assert slip_usage.read_slip_use(session, "YM", ("2026-10",), "short").whole.use is None


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CentreScene]:
    with open_centre_with_slips(tmp_path_factory.mktemp("slips")) as scene:
        yield scene


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page.split("<main")[1]).split())


def test_the_page_says_it_in_both_languages_and_shows_nobody_elses(scene: CentreScene) -> None:
    page = words(scene.text("/agencies/HL/slips?period=2026-10", "ward@nb.vn"))
    assert "Phiếu QR" in page and "150" in page and "Phường Hoa Lư · Quầy 2" in page and "Nộp hồ sơ" in page
    english = words(scene.text("/agencies/HL/slips?period=2026-10&lang=en", "ward@nb.vn"))
    assert "The one-stop software announced 30 of 150 slips; 120 were made at desks." in english
    assert scene.get("/agencies/STC/slips", "ward@nb.vn").status_code == 404
    assert scene.get("/agencies/STC/slips.csv", "ward@nb.vn").status_code == 404
    assert scene.get("/slips?period=2026-10", "ward@nb.vn").location == "/agencies/HL/slips?period=2026-10"
    province = scene.text("/agencies/NB/slips?period=2026-10")
    assert 'href="/agencies/HL/slips?period=2026-10"' in province
    assert "Chưa có phiếu nào" in words(scene.text("/agencies/STC/slips?period=2026-10"))
    assert "/agencies/HL/slips" in scene.text("/agencies/HL?period=2026-10")
    assert "/slips?" in scene.text("/?period=2026-10")


def test_the_file_holds_what_the_page_shows(scene: CentreScene) -> None:
    answer = scene.get("/agencies/HL/slips.csv?period=2026-10&lang=en")
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=","))
    assert answer.mimetype == "text/csv" and {len(row) for row in rows} == {10}
    assert rows[1][2:5] == ["150", "120", "30"] and rows[1][6] == "152"
    assert ["Desk", "Hoa Lu Ward · Desk 2", "40", "40", "0"] in [row[:5] for row in rows]
    page = words(scene.text("/agencies/HL/slips?period=2026-10&lang=en"))
    assert rows[1][7] == "98.68" and "98.7%" in page


def test_above_a_hundred_is_marked_and_never_clipped(scene: CentreScene, tmp_path: Path) -> None:
    with scene.database.write() as session:
        store_printed_slips(session, 60, "HL-Q1", month="2026-09")
        session.add(DossierMonth(agency_key="HL", month="2026-09", received=40, closed=0, overdue=0))
    page = scene.text("/agencies/HL/slips?period=2026-09&lang=en")
    assert 'class="odd"' in page and "150.0%" in page
    assert "more than the whole, worth a look" in scene.get("/agencies/HL/slips.csv?period=2026-09&lang=en").text


def test_a_response_rate_that_does_not_apply_prints_nothing(scene: CentreScene) -> None:
    with_dossiers = words(scene.text("/agencies/HL/slips?period=2026-10"))
    assert "tỷ lệ trả lời:" in with_dossiers and "Tỷ lệ trả lời" in with_dossiers
    without = scene.text("/agencies/YM/slips?period=2026-10").split("<main")[1].split("</main")[0]
    assert "99" in words(f"<main{without}") and "ỷ lệ trả lời" not in without


def test_guidance_is_in_no_response_rate(database: Database) -> None:
    fill_october(database)
    with database.write() as session:
        store_printed_slips(session, 40, "HL-Q1", stage="guidance")
        session.add(DossierMonth(agency_key="HL", month="2026-10", stage="guidance", field="", received=60,
                                 closed=1, overdue=0))  # fmt: skip
    with database.read() as session:
        stages = {line.name: line for line in slip_usage.read_slip_use(session, "HL", ("2026-10",), "short").stages}
    assert stages["guidance"].response is None and stages["guidance"].made == 40
    assert stages["submission"].response is not None
