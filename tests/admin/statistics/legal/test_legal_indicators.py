"""The legal indicators from imported counts: summed by hand, half up before adding, gaps named.

They are plain about what is missing.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from admin.cli import cli
from admin.statistics.legal import agency_indicators
from admin.statistics.legal.agency_indicators import LegalIndicators
from models.storage.database import Database
from models.tables.agency import DossierMonth
from tests.fixtures import tally_rows
from tests.fixtures.centre_scene import CentreScene, open_centre

ROOT = Path(__file__).parents[4]
#: Points of 20 dossiers each, whose means are those of the law's vector N4 before rounding: 1.65 … read as 1.7 …
POINTS = {
    "1": (1, 5, 14), "2": (2, 4, 14), "3": (0, 4, 16), "4": (3, 6, 11), "5": (0, 0, 1), "6": (0, 0, 1),
    "7": (0, 2, 18), "8": (0, 1, 0), "9": (0, 1, 0),
}  # fmt: skip


def counts(*left_out: str, points: dict[str, tuple[int, int, int]] | None = None) -> dict[str, int]:
    return {
        f"cs{number}_{p}": n
        for number, three in (points or POINTS).items() if number not in left_out
        for p, n in enumerate(three)
    }  # fmt: skip


def row(agency: str, points: dict[str, int], month: str = "2026-10", **changes: object) -> DossierMonth:
    values: dict[str, object] = {"received": 20, "closed": 20, "overdue": 0, "stage": "", "field": "", **changes}
    return DossierMonth(agency_key=agency, month=month, points=points, **values)


@pytest.fixture
def store(store_url: str) -> Iterator[Database]:
    database = tally_rows.make_store(store_url)
    yield database
    database.close()


def found(database: Database, *rows: DossierMonth, agency: str = "SNV", period: str = "2026-10") -> LegalIndicators:
    with database.write() as session:
        session.add_all(rows)
    with database.read() as session:
        return agency_indicators.read_legal_indicators(session, agency, period)


def test_the_nine_are_rounded_half_up_before_they_are_added(store: Database) -> None:
    one = found(store, row("SNV", counts()))
    by_hand = ["1.7", "1.6", "1.8", "1.4", "2.0", "2.0", "1.9", "1.0", "1.0"]  # 33/20 = 1.65 goes up
    assert [str(indicator.index) for indicator in one.indicators] == by_hand
    assert one.total is not None
    assert (str(one.total.total), one.total.most, one.total.band, one.total.complete) == ("14.4", 18, "tốt", True)
    assert one.missing == ()


def test_without_one_the_total_stands_over_what_could_be_reached(store: Database) -> None:
    one = found(store, row("SNV", counts("9")))
    assert one.total is not None
    assert (str(one.total.total), one.total.most, str(one.total.rescaled)) == ("13.4", 16, "15.1")
    assert [(indicator.number, indicator.state) for indicator in one.missing] == [("9", "not_sent")]


def test_parts_are_not_added_to_the_whole(store: Database) -> None:
    """Points may stand with the fields alone while the dossiers stand in a row of their own: each is read once."""
    whole = row("SNV", {}, closed=100, overdue=30, complained=10)
    fields = ("Đất đai", "Hộ tịch")
    parts = [row("SNV", counts("5", "6", "8", "9"), field=name, closed=50, overdue=1) for name in fields]
    one = found(store, whole, *parts)
    assert one.indicators[0].points == (2, 10, 28)
    assert one.handled is not None and (one.handled.closed, one.handled.overdue) == (100, 30)


def test_a_period_and_a_tree_sum_their_counts(store: Database) -> None:
    rows = [row(agency, counts(), month) for agency in ("SNV", "STC") for month in ("2026-08", "2026-09", "2026-10")]
    one = found(store, *rows, agency="NB", period="2026-Q3")
    assert (one.agencies, one.months, one.indicators[0].n, one.indicators[4].n) == (2, ("2026-08", "2026-09"), 80, 4)
    assert found(store, agency="HL", period="2026-Q3").indicators[0].state == "not_sent"


def test_fewer_than_five_dossiers_are_neither_shown_nor_added(store: Database) -> None:
    few = {"1": (0, 0, 4), "3": (5, 0, 0), "5": (0, 0, 1)}
    one = found(store, row("SNV", counts(points=few), closed=4))
    states = {indicator.number: indicator.state for indicator in one.indicators}
    assert (states["1"], states["3"], states["5"], states["2"]) == ("under_5", "known", "known", "not_sent")
    assert one.indicators[0].points is None and one.total is not None and str(one.total.total) == "2.0"
    assert one.handled is not None and one.handled.state == "under_5" and one.handled.closed == 0


def test_what_is_hidden_cannot_be_found_by_subtraction(store: Database) -> None:
    """A month of three dossiers is neither in the quarter nor in the province: both are the sum of what is shown."""
    few = {"1": (1, 1, 1), "3": (0, 0, 3), "5": (0, 0, 1)}
    rows = [row("SNV", counts()), row("YM", counts(), "2026-09"), row("YM", counts(points=few), closed=3, overdue=3)]
    province = found(store, *rows, agency="NB")
    assert province.indicators[0].points == POINTS["1"] and province.indicators[4].n == 2
    assert province.handled is not None and (province.handled.closed, province.handled.overdue) == (20, 0)
    quarter = found(store, agency="YM", period="2026-09..2026-10")
    assert quarter.indicators[0].points == POINTS["1"]
    assert quarter.handled is not None and quarter.handled.closed == 20


@pytest.mark.parametrize(
    ("closed", "overdue", "complained", "both", "sums"),
    [(1000, 60, 60, 40, (88, 92)), (1000, 30, 10, 0, (96, 96)), (100, 80, 80, 0, None)],
    ids=["both ways", "alike", "contradictory"],
)
def test_the_decision_in_both_forms(
    store: Database, closed: int, overdue: int, complained: int, both: int, sums: tuple[int, int] | None
) -> None:
    counted: dict[str, Any] = {
        "closed": closed, "overdue": overdue, "complained": complained, "overdue_and_complained": both,
    }  # fmt: skip
    handled = found(store, row("SNV", {}, **counted)).handled
    assert handled is not None
    if sums is None:
        assert handled.state == "contradictory" and handled.indicator is None
    else:
        assert handled.indicator is not None
        assert (handled.indicator.sum.rate, handled.indicator.union.rate) == tuple(map(Fraction, sums))


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CentreScene]:
    with open_centre(tmp_path_factory.mktemp("legal")) as scene:
        with scene.database.write() as session:
            session.get_one(DossierMonth, ("SNV", "2026-10", "", "")).points = counts("9")
            session.add(row("STC", {}, closed=10, overdue=9, complained=9))
        yield scene


def test_the_page_says_what_is_missing_and_whence(scene: CentreScene) -> None:
    page = scene.text("/agencies/SNV/indicators?lang=vi")
    assert "13,4<span>/ 16</span>" in page and "Thiếu chỉ số 9." in page and "chưa có số liệu" in page
    assert "cs9" not in page
    assert "15,1" in page and "97,78%" in page  # 20 of 900 were overdue
    assert "mâu thuẫn" in scene.text("/agencies/STC/indicators?lang=vi")
    assert "Without indicators 9." in scene.text("/agencies/SNV/indicators?lang=en")


def test_without_counts_the_page_says_how_to_bring_them(scene: CentreScene) -> None:
    page = scene.text("/agencies/HL/indicators?lang=vi")
    assert "hailong admin dossiers import" in page and ".csv?period" not in page
    assert "newest month with counts" not in scene.text("/agencies/HL/indicators?lang=en")
    assert 'href="?period=2026-10"' in scene.text("/agencies/SNV/indicators?lang=en&period=2026-09")
    assert "/agencies/SNV/indicators?period=2026-10" in scene.text("/agencies/SNV")


def test_the_file_holds_what_the_page_shows(scene: CentreScene) -> None:
    body = scene.get("/agencies/SNV/indicators.csv?lang=vi").data.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(body), delimiter=";"))
    assert len({len(cells) for cells in rows}) == 1
    values = {(cells[0], cells[1], cells[2]): cells[7:9] for cells in rows[1:]}
    page = scene.text("/agencies/SNV/indicators?lang=vi")
    assert [cells[7] for cells in rows[1:10]] == ["1,7", "1,6", "1,8", "1,4", "2,0", "2,0", "1,9", "1,0", ""]
    assert all(cells[7] in page for cells in rows[1:] if cells[7])
    assert next(value for key, value in values.items() if key[2].startswith("Tổng điểm")) == ["13,4", "16"]


def test_the_command_prints_both(tmp_path: Path) -> None:
    def run(*words: str) -> str:
        done = CliRunner().invoke(cli, list(words))
        assert done.exit_code == 0, done.stderr
        return done.stdout

    run("upgrade")
    run("agencies", "import", str(ROOT / "admin/demo/agencies.csv"))
    names, values = zip(*counts("9").items(), strict=True)
    path = tmp_path / "counts.csv"
    path.write_text(
        f"agency,month,stage,field,received,closed,overdue,complained,overdue_and_complained,{','.join(names)}\n"
        f"NB-14701,2026-10,,,1000,1000,60,60,40,{','.join(map(str, values))}\n",
        encoding="utf-8",
    )
    run("dossiers", "import", str(path))
    document = json.loads(run("indicators", "NB-14701", "2026-10", "--json"))
    assert (document["tt01"]["total"], document["tt01"]["most"], document["tt01"]["missing"]) == ("13.4", 16, ["9"])
    assert document["q766_5_4"]["sum"] == {"rate": "88.00", "points": "5.87"}
    assert document["q766_5_4"]["union"] == {"rate": "92.00", "points": "6.00"}
    assert "13,4 / 16" in run("indicators", "NB-14701", "2026-10")
    assert run("indicators", "NB-14701", "2026-10", "--csv").startswith("\ufeff")
    assert "dossiers import" in run("indicators", "NB-14728", "2026-10")
    refused = CliRunner().invoke(cli, ["indicators", "NOWHERE", "2026-10"])
    assert refused.exit_code == 1 and refused.stderr.startswith("unknown_agency: ")


def test_counts_that_cannot_be_are_refused_with_their_line(tmp_path: Path) -> None:
    CliRunner().invoke(cli, ["upgrade"])
    CliRunner().invoke(cli, ["agencies", "import", str(ROOT / "admin/demo/agencies.csv")])
    path = tmp_path / "counts.csv"
    path.write_text(
        "agency,month,stage,field,received,closed,overdue,complained,overdue_and_complained\n"
        "NB-14701,2026-10,,,10,10,3,2,3\n", encoding="utf-8",
    )  # fmt: skip
    refused = CliRunner().invoke(cli, ["dossiers", "import", str(path)])
    assert refused.exit_code == 1 and "dòng 2" in refused.stderr and "overdue_and_complained" in refused.stderr
