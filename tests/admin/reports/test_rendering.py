"""Papers drawn in every language before they are stored: all shapes of periods, and what fails."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pypdf
import pytest
from sqlalchemy import func, select, update

from admin.reports import rendering
from admin.reports.document import period_names
from admin.reports.rendering import ReportRefused
from admin.settings import Settings
from admin.statistics.measures.periods import canonical_period, days_of
from models.clock import day_start, months_before
from models.protocol import canonical as profile
from models.storage.database import Database
from models.tables.agency import Agency
from models.tables.tally import IssuedReport, TallyDay
from tests.fixtures.all_periods import SHAPES
from tests.fixtures.report_documents import read_paper_text
from tests.fixtures.tally_rows import add_answers
from tests.fixtures.tally_rows import make_store as small_province
from translations import use_locale

OVER = day_start("2026-11-01")


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Database, Settings]]:
    """Thirty-six months of two agencies up to October 2026; the index goes up and down."""
    folder = tmp_path_factory.mktemp("papers")
    settings = Settings(folder, f"sqlite:///{folder / 'admin.sqlite'}", target="90")
    small_province(settings.database_url).close()
    database = settings.database()
    with database.write() as session:
        for place in range(36):
            month = months_before("2026-10", place)
            for agency, counts in (("SNV", (2, 4, 6, 60, 40 + place)), ("HL", (1, 2, 3, 30 - place % 7, 20))):
                add_answers(session, agency, counts, month=month, procedure="1.000001")
                add_answers(session, agency, (1, 2, 6, 30, 20), month=month, item="A")
    yield database, settings
    database.close()


def made(played: tuple[Database, Settings], period: str, *, agency: str = "NB", **more: Any) -> dict[str, Any]:
    return rendering.write_report_pdf(*played, agency, period, OVER, **more)


def stored(database: Database) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(IssuedReport)) or 0


@pytest.mark.parametrize("agency", ["NB", "HL"])
@pytest.mark.parametrize("period", SHAPES)
def test_every_shape_of_period_is_frozen_stored_and_drawn_in_both_languages(
    played: tuple[Database, Settings], period: str, agency: str
) -> None:
    first, last = days_of(period)
    for locale, named in zip(("vi", "en"), SHAPES[period], strict=True):
        report = made(played, period, agency=agency, locale=locale)
        path = Path(report["pdf"])
        assert report["period"] == canonical_period(period) and canonical_period(period) in path.name
        pdf = path.read_bytes()
        said = read_paper_text(pdf)
        assert len(pypdf.PdfReader(path).pages) == 1
        assert named in said and report["code"] in said
        with use_locale(locale):
            assert period_names.write_period_days({"days": {"first": first, "last": last}}) in said
            before = {"vi": "so với", "en": "against"}[locale]
        assert before in said, "the period before is compared with"
    with played[0].read() as session:
        rows = session.scalars(select(IssuedReport).where(IssuedReport.period == canonical_period(period))).all()
    assert [row.revision for row in rows if row.agency_key == agency] == [1]
    again = made(played, f"{first[:7]}..{last[:7]}", agency=agency)
    assert (again["new"], again["code"]) == (False, report["code"])


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[tuple[Database, Settings]]:
    """Two months of one ward, in an instance of its own."""
    settings = Settings(tmp_path, f"sqlite:///{tmp_path / 'admin.sqlite'}")
    small_province(settings.database_url).close()
    database = settings.database()
    with database.write() as session:
        for month in ("2026-09", "2026-10"):
            add_answers(session, "HL", (0, 0, 10, 0, 90), month=month)
    yield database, settings
    database.close()


def named(database: Database, name: str, **paper: Any) -> None:
    with database.write() as session:
        session.execute(update(Agency).where(Agency.key == "HL").values(name_vi=name, paper=paper))


def refused(centre: tuple[Database, Settings], period: str = "2026-10", **more: Any) -> ReportRefused:
    """A report of the ward is refused; neither store nor folder holds anything of it."""
    database, settings = centre
    before = stored(database), sorted(settings.instance.glob("reports/*")) + sorted(settings.instance.glob("*.pdf"))
    with pytest.raises(ReportRefused) as found:
        made(centre, period, agency="HL", **more)
    after = stored(database), sorted(settings.instance.glob("reports/*")) + sorted(settings.instance.glob("*.pdf"))
    assert before == after and not list(settings.instance.rglob(".*.pdf*"))
    assert "\n" not in str(found.value)
    return found.value


@pytest.mark.parametrize(
    ("name", "paper", "reason"),
    [
        ("Phường 河内 🙂", {}, "河内🙂"),
        ("Уезд Ниньбинь", {}, "ездиньб"),
        ("Phường Hoa Lư", {"recipients": ["Lưu: VT ☎"]}, "☎"),
        ("Phường Hoa Lư", {"recipients": [f"Nơi nhận thứ {n}" for n in range(200)]}, "dài hơn một trang"),
        ("Phường " + "Hoa Lư " * 900, {}, "dài hơn một trang"),
        ("Phường Hoa Lư", {"abbr": "BC-" + "UBND" * 12}, "abbr"),
        ("Phường " + "Hoa Lư " * 20_000, {}, "bytes"),
    ],
    ids=["letters", "another script", "sign", "recipients", "long name", "long number", "far too long"],
)
def test_what_cannot_be_drawn_is_not_stored(
    centre: tuple[Database, Settings], name: str, paper: dict[str, Any], reason: str
) -> None:
    named(centre[0], name, **paper)
    found = refused(centre)
    assert found.code == "report_not_drawn" and reason in str(found)
    named(centre[0], "Phường Hoa Lư")
    report = made(centre, "2026-10", agency="HL")
    assert report["new"] and Path(report["pdf"]).read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize(
    "name",
    ["Phường <b>Hoa</b> & Lư", "Phường\u200b Hoa\u0301 Lư\t\n", "Phường 'Hoa' \"Lư\" %(x)s", "HOA", "-", "và các",
     "Phường " + "Hoa" * 60, "Phường Hoa\u00a0Lư", "1"],
)  # fmt: skip
def test_odd_names_that_can_be_drawn_are(centre: tuple[Database, Settings], name: str) -> None:
    named(centre[0], name)
    for locale in ("vi", "en"):
        assert Path(made(centre, "2026-10", agency="HL", locale=locale)["pdf"]).stat().st_size > 10_000


def test_a_language_that_cannot_be_drawn_keeps_the_report_from_being_stored(
    centre: tuple[Database, Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    """English words whose places are wrong break the English paper alone."""
    from translations import loader

    class Broken:
        def gettext(self, message: str) -> str:
            return message.replace("%(who)s", "").replace("%(body)s", "%(nobody)s")

        def ngettext(self, singular: str, plural: str, n: int) -> str:
            return plural

    whole = loader.load_catalogue
    monkeypatch.setattr("translations.load_catalogue", lambda locale: Broken() if locale == "en" else whole(locale))
    assert refused(centre).code == "report_not_drawn"


def test_without_its_fonts_nothing_is_issued(centre: tuple[Database, Settings], tmp_path: Path) -> None:
    database, settings = centre
    found = refused((database, replace(settings, fonts=tmp_path / "none")))
    assert found.code == "fonts_missing" and "fonts" in str(found)


def test_a_file_that_cannot_be_written_keeps_the_report_from_being_stored(
    centre: tuple[Database, Settings], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OSError):
        made(centre, "2026-10", agency="HL", output=tmp_path / "file" / "report.pdf")
    assert stored(centre[0]) == 0
    (tmp_path / "folder").mkdir()
    assert refused(centre, output=tmp_path / "folder").code == "bad_output"
    assert refused(centre, locale="zz").code == "unknown_language"
    (tmp_path / "reports").write_text("in the way")
    with pytest.raises(OSError):
        made(centre, "2026-10", agency="HL")
    assert stored(centre[0]) == 0


def test_a_period_the_data_hold_only_a_part_of_is_previewed_and_not_issued(centre: tuple[Database, Settings]) -> None:
    for period in ("2026-08", "2026-Q3", "2026-08..2026-10", "12m:2026-10"):
        found = refused(centre, period)
        assert found.code == "period_incomplete" and "01/09/2026" in str(found)
    preview = made(centre, "2026-Q3", agency="HL", preview=True)
    assert preview["code"] is None and "chưa ban hành" in read_paper_text(Path(preview["pdf"]).read_bytes())
    assert made(centre, "2026-09..2026-10", agency="HL")["new"]
    september = read_paper_text(Path(made(centre, "2026-09", agency="HL")["pdf"]).read_bytes())
    assert "so với" not in september and "so với tháng 9" in read_paper_text(
        Path(made(centre, "2026-10", agency="HL")["pdf"]).read_bytes()
    )


def test_a_month_that_was_only_begun_is_compared_with_nothing(centre: tuple[Database, Settings]) -> None:
    with centre[0].write() as session:
        add_answers(session, "HL", (0, 0, 20, 0, 80), month="2026-08")
        session.add(
            TallyDay(agency_key="HL", day="2026-08-20", month="2026-08", desk_code="", channel="kiosk", stage="result",
                     instrument="short", version=1, item="overall", excluded=0, value="5", n=80)
        )  # fmt: skip
    assert refused(centre, "2026-08").code == "period_incomplete"
    said = [
        read_paper_text(Path(made(centre, month, agency="HL")["pdf"]).read_bytes()) for month in ("2026-09", "2026-10")
    ]
    assert ["so với" in text for text in said] == [False, True]


def test_a_running_period_is_not_compared_even_in_a_preview(centre: tuple[Database, Settings]) -> None:
    preview = made(centre, "2026-10", agency="HL", preview=True)
    assert "so với tháng 9" in read_paper_text(Path(preview["pdf"]).read_bytes())
    with centre[0].write() as session:
        add_answers(session, "HL", (0, 0, 10, 0, 90), month="2026-11")
    running = made(centre, "2026-11", agency="HL", preview=True)
    assert "so với" not in read_paper_text(Path(running["pdf"]).read_bytes())


def before_days(centre: tuple[Database, Settings], period: str, **changed: Any) -> IssuedReport:
    """A report as an earlier version stored it: under the period as it was typed, without the days."""
    database, _settings = centre
    report = made(centre, canonical_period(period), agency="HL")
    with database.write() as session:
        row = session.get_one(IssuedReport, report["code"])
        document = profile.parse(row.figures.encode(), limit=65536)
        document.pop("days")
        document |= {"period": {"id": period, "kind": "range"}} | changed
        row.period, row.figures = period, profile.dump(document, limit=65536).decode()
    (Path(report["pdf"])).unlink()
    return row


def test_a_report_an_earlier_version_stored_and_could_not_draw_is_drawn(centre: tuple[Database, Settings]) -> None:
    previous = {"period": "2026-07..2026-08", "index": "80.00", "difference": "10.00", "beyond_error": True}
    row = before_days(centre, "2026-09..2026-10", previous=previous)
    for locale, said in (("vi", "so với kỳ từ tháng 7 đến tháng 8"), ("en", "the period July to August")):
        report = made(centre, "2026-09..2026-10", agency="HL", locale=locale)
        assert (report["new"], report["code"]) == (False, row.code)
        assert said in read_paper_text(Path(report["pdf"]).read_bytes())


def test_a_report_stored_under_the_months_of_a_named_period_is_found_by_its_name(
    centre: tuple[Database, Settings],
) -> None:
    row = before_days(centre, "2026-10..2026-10")
    report = made(centre, "2026-10", agency="HL")
    assert (report["new"], report["code"]) == (False, row.code)
    with centre[0].write() as session:
        add_answers(session, "HL", (50, 0, 0, 0, 0), channel="qr")
    revised = made(centre, "2026-10..2026-10", agency="HL", revise=True)
    assert (revised["new"], revised["revision"], revised["period"]) == (True, 2, "2026-10")
    assert made(centre, "2026-10", agency="HL")["code"] == revised["code"]


def test_a_stored_report_that_cannot_be_drawn_says_so_and_stays(
    centre: tuple[Database, Settings], caplog: pytest.LogCaptureFixture
) -> None:
    row = before_days(centre, "2026-10..2026-10", rows="broken")
    with caplog.at_level(logging.WARNING):
        found = refused(centre)
    assert found.code == "report_not_drawn" and row.code in str(found) and "--revise" in str(found)
    assert not caplog.records, "a command says one sentence"
