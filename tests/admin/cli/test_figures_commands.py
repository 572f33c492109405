"""`hailong admin index` on a centre set up by commands: every method, both states of hiding, refusals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select, update

from admin import demo
from admin.cli import cli
from admin.settings import Settings
from admin.statistics import queries
from models.clock import months_before
from models.tables.agency import Agency
from models.tables.response import Response
from models.tables.staff_account import AuditRow
from models.tables.tally import IssuedReport


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """An instance folder and the truth about what was played into it, 62 days that end yesterday."""
    folder = tmp_path_factory.mktemp("commands")
    made = [
        ran(folder, *words)
        for words in (
            ("upgrade",), ("agencies", "import", str(demo.AGENCIES)),
            ("procedures", "import", str(demo.PROCEDURES)),
            ("simulate", "--agencies", "2", "--days", "62", "--seed", "5"),
        )
    ]  # fmt: skip
    assert [result.exit_code for result in made] == [0] * 4, [result.output for result in made]
    return folder, json.loads(made[-1].stdout)


@pytest.fixture(scope="module")
def last(centre: tuple[Path, dict[str, Any]]) -> str:
    """The newest month but one that was played: whole, as no two months together are longer than 62 days."""
    months: list[str] = sorted({month for played in centre[1].values() for month in played})
    return months[-2]


def ran(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, list(words), env={"HAILONG_INSTANCE": str(folder), "DATABASE_URL": None})


def index(folder: Path, *words: str) -> dict[str, Any]:
    result = ran(folder, "index", *words, "--json")
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_the_index_is_the_truth_of_what_was_played(centre: tuple[Path, dict[str, Any]], last: str) -> None:
    folder, truth = centre
    assert len(truth) == 2
    for agency, months in truth.items():
        played = months[last]
        found = index(folder, agency, last, "--unsuppressed")
        assert found["n"] == played["n"]
        assert found["distribution"] == {str(score): played.get(str(score), 0) for score in range(1, 6)}
        assert found["by_outcome"]["reasons"].get("declined", 0) == played.get("declined", 0)
        assert found["by_outcome"]["superseded"] == found["gap"]["pairs"] == played["superseded"] >= 5


def test_phone_answers_keep_their_months_in_a_centre_that_was_set_up_today(
    centre: tuple[Path, dict[str, Any]], last: str
) -> None:
    folder, _truth = centre
    with Settings(folder, f"sqlite:///{folder / 'admin.sqlite'}").database().read() as session:
        by_month = dict(
            session.execute(
                select(Response.month, func.count()).where(Response.channel == "qr").group_by(Response.month)
            ).all()
        )
    assert len(by_month) >= 2 and by_month[last] > 0, by_month


def test_some_phones_said_something_to_the_province_alone(centre: tuple[Path, dict[str, Any]]) -> None:
    folder, _truth = centre
    with Settings(folder, f"sqlite:///{folder / 'admin.sqlite'}").database().read() as session:
        months = session.scalars(select(Response.month).distinct()).all()
        n5, n6 = queries.read_restricted_items(session, "NB", months)
        phones = session.scalar(select(func.count()).select_from(Response).where(Response.channel == "qr")) or 0
    assert n5.n == n6.n and n5.n is not None and 0.2 * phones < n5.n < 0.5 * phones


def test_every_method_is_computed_for_any_agency_and_period(centre: tuple[Path, dict[str, Any]], last: str) -> None:
    folder, truth = centre
    year = last[:4]
    quarter = f"{year}-Q{(int(last[5:]) + 2) // 3}"
    methods = (
        "top2.overall", "top2.mean_of_factors", "top2.mean_of_items", "top2.pooled", "respondent.all_top2",
        "mean_score", "govuk",
    )  # fmt: skip
    for method in methods:
        found = index(folder, "NB", quarter, "--method", method)
        assert (found["method"], found["method_version"], found["period"]) == (method, "1", quarter)
        low, high = (float(end) for end in found["interval"])
        assert low < float(found["index"]) < high, method
    agency = next(iter(truth))
    for period, id in ((last, last), (year, year), (f"{last}..{last}", last), (f"{year}-01..{year}-12", year)):
        assert index(folder, agency, period)["period"] == id


def test_what_is_hidden_is_printed_on_demand_and_written_down(centre: tuple[Path, dict[str, Any]], last: str) -> None:
    folder, _truth = centre
    database = Settings(folder, f"sqlite:///{folder / 'admin.sqlite'}").database()

    def rows() -> int:
        with database.read() as session:
            found = select(func.count()).select_from(AuditRow).where(AuditRow.action == "unsuppressed")
            return session.scalar(found) or 0

    before = rows()
    index(folder, "NB", last)
    assert rows() == before
    index(folder, "NB", last, "--unsuppressed")
    assert rows() == before + 1


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("XX", "2026-10"), "unknown_agency"),
        (("NB", "2026-13"), "bad_period"),
        (("NB", "2026-10", "--method", "nps"), "unknown_method"),
        (("NB", "2026-10", "--instrument", "nps"), "unknown_instrument"),
    ],
)
def test_refusals_say_a_stable_code(centre: tuple[Path, dict[str, Any]], words: tuple[str, ...], code: str) -> None:
    result = ran(centre[0], "index", *words, "--json")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"{code}: ")


def reports(folder: Path) -> int:
    with Settings(folder, f"sqlite:///{folder / 'admin.sqlite'}").database().read() as session:
        return session.scalar(select(func.count()).select_from(IssuedReport)) or 0


def test_a_report_is_issued_once_in_whichever_form_its_period_is_asked_for(
    centre: tuple[Path, dict[str, Any]], last: str
) -> None:
    folder, _truth = centre
    found = [ran(folder, "report", "NB", period, "--json") for period in (last, f"{last}..{last}", f"1m:{last}")]
    assert [result.exit_code for result in found] == [0] * 3, [result.output for result in found]
    told = [json.loads(result.stdout) for result in found]
    assert {one["period"] for one in told} == {last} and len({one["code"] for one in told}) == 1
    assert [one["new"] for one in told] == [True, False, False] and reports(folder) == 1


def test_a_report_that_cannot_be_issued_is_refused_in_one_sentence(
    centre: tuple[Path, dict[str, Any]], last: str
) -> None:
    folder, truth = centre
    agency, before = next(iter(truth)), reports(folder)
    database = Settings(folder, f"sqlite:///{folder / 'admin.sqlite'}").database()
    with database.write() as session:
        name = session.get_one(Agency, agency).name_vi
        session.execute(update(Agency).where(Agency.key == agency).values(name_vi=f"{name} 🙂"))
    try:
        for period, code in (
            (last, "report_not_drawn"), (f"12m:{last}", "period_incomplete"),
            (months_before(last, 12), "period_incomplete"), (months_before(last, -3), "month_open"),
            ("2026-13", "bad_period"), ("0m:2026-10", "bad_period"),
        ):  # fmt: skip
            result = ran(folder, "report", agency, period, "--json")
            assert (result.exit_code, result.stdout) == (1, ""), period
            assert result.stderr.startswith(f"{code}: ") and result.stderr.count("\n") == 1, result.stderr
    finally:
        with database.write() as session:
            session.execute(update(Agency).where(Agency.key == agency).values(name_vi=name))
    assert reports(folder) == before
    assert not list((folder / "reports").glob(f"*{agency}*"))
    assert ran(folder, "report", agency, last, "--json").exit_code == 0


def test_the_legal_indicators_take_every_form_of_a_period(centre: tuple[Path, dict[str, Any]], last: str) -> None:
    for period in (last, f"{last}..{last}", f"1m:{last}"):
        result = ran(centre[0], "indicators", "NB", period, "--json")
        assert (result.exit_code, json.loads(result.stdout)["period"]) == (0, last)
    assert ran(centre[0], "indicators", "NB", "2026-H3").stderr.startswith("bad_period: ")
