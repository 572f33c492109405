"""Reports on pages: any period that is over, in every form; what cannot be drawn is not issued."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from models.protocol import canonical
from models.tables.agency import Agency
from models.tables.staff_account import AuditRow
from models.tables.tally import IssuedReport
from tests.fixtures.centre_scene import CentreScene, find_form_token, open_centre
from tests.fixtures.report_documents import read_paper_text


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[CentreScene]:
    with open_centre(tmp_path) as scene:
        yield scene


def counts(scene: CentreScene) -> tuple[int, int]:
    """How many reports are stored, and how many of them were written down as issued."""
    with scene.database.read() as session:
        noted = select(func.count()).select_from(AuditRow).where(AuditRow.action == "report_issued")
        return session.scalar(select(func.count()).select_from(IssuedReport)) or 0, session.scalar(noted) or 0


def issued(scene: CentreScene, agency: str, period: str, **more: str) -> tuple[int, str, str]:
    """Status, address and words of the answer to the button."""
    client = scene.client("province@nb.vn")
    form = {"csrf_token": find_form_token(client), "agency": agency, "period": period, **more}
    response = client.post("/reports/issue", data=form)
    return response.status_code, str(response.headers.get("Location", "")), response.text


@pytest.mark.parametrize(
    ("period", "same", "id", "said"),
    [
        ("2026-10", "2026-10..2026-10", "2026-10", "tháng 10/2026"),
        ("2026-Q3", "2026-07..2026-09", "2026-Q3", "Quý III/2026"),
        ("2026-H1", "6m:2026-06", "2026-H1", "6 tháng đầu năm 2026"),
        ("2026-01..2026-10", "10m:2026-10", "2026-01..2026-10", "10 tháng đầu năm 2026"),
        ("12m:2026-10", "2025-11..2026-10", "2025-11..2026-10", "từ tháng 11/2025 đến tháng 10/2026"),
    ],
)
def test_a_period_is_shown_issued_and_proved_in_every_form(
    scene: CentreScene, period: str, same: str, id: str, said: str
) -> None:
    for asked in (period, same):
        assert f"Toàn tỉnh, {said}" in html.unescape(scene.text(f"/?period={asked}&against=year"))
        assert f'<option value="{id}" selected>' in scene.text(f"/agencies?period={asked}")
        named = scene.get(f"/overview.csv?period={asked}").headers["Content-Disposition"]
        assert named == f"attachment; filename=hailong-NB-{id}.csv"
    status, address, _ = issued(scene, "NB", period)
    assert status == 302 and f"bao-cao-{id}-NB.pdf" in address
    assert issued(scene, "NB", same)[:2] == (302, address) and counts(scene) == (1, 1)
    pdf = scene.client("province@nb.vn").get(address)
    assert pdf.status_code == 200 and "Kỳ báo cáo: từ ngày" in read_paper_text(pdf.data)
    assert address in html.unescape(scene.text(f"/?period={same}")), "the page leads to the paper that was issued"
    proof = html.unescape(scene.text(f"/v/{address.split('/')[2]}", None))
    assert said in proof and address.split("/")[2] in scene.text("/reports")


def test_periods_are_offered_as_officials_name_them(scene: CentreScene) -> None:
    page = html.unescape(scene.text("/"))
    offered = re.findall(r'<option value="([^"]+)"[^>]*>([^<]+)</option>', page)
    for pair in (("2026-10", "10/2026"), ("2026-Q3", "Quý III/2026"), ("2026-H1", "6 tháng đầu năm 2026"),
                 ("2026-01..2026-10", "10 tháng đầu năm 2026"), ("2025-H2", "6 tháng cuối năm 2025"),
                 ("2025", "Năm 2025")):  # fmt: skip
        assert pair in offered
    assert not {"2026", "2026-H2", "2026-Q4", "2026-11"} & {value for value, _ in offered}, "these are not over"


@pytest.mark.parametrize(
    "period", ["2026", "2026-Q4", "2026-H2", "2026-11", "3m:2026-11", "x", "2026-10-01", "0m:2026-10"]
)
def test_what_is_not_over_or_no_period_is_refused_on_pages(scene: CentreScene, period: str) -> None:
    response = scene.get(f"/?period={period}")
    assert response.status_code == 404 and "bad_period" in response.text
    status, _, text = issued(scene, "NB", period)
    assert (status, counts(scene)) in ((409, (0, 0)), (404, (0, 0)))
    assert "month_open" in text or "bad_period" in text


def test_a_period_that_began_without_data_is_shown_as_such_and_not_issued(scene: CentreScene) -> None:
    for period in ("2025-09", "2025", "2025-Q3"):
        status, _, text = issued(scene, "STC", period)
        assert status == 409 and "period_incomplete" in text and counts(scene) == (0, 0)
    page = html.unescape(scene.text("/agencies/STC?period=2025-08..2026-01"))
    assert "Số liệu chỉ có từ ngày 01/10/2025, chưa đủ cả kỳ này." in page and "Báo cáo cơ quan (PDF)" not in page
    compared = html.unescape(scene.text("/agencies/STC?period=2026-01..2026-10"))
    assert "nên không so sánh với kỳ từ tháng 3 đến tháng 12/2025" in compared


def test_what_cannot_be_drawn_is_not_issued_and_not_written_down(scene: CentreScene) -> None:
    with scene.database.write() as session:
        session.execute(update(Agency).where(Agency.key == "SNV").values(name_vi="Sở Nội vụ 内务"))
    status, _, text = issued(scene, "SNV", "2026-10")
    assert status == 409 and "report_not_drawn" in text and "HL-409" in text
    assert counts(scene) == (0, 0)


def test_a_stored_report_that_cannot_be_drawn_is_a_page_and_no_fault(scene: CentreScene) -> None:
    _, address, _ = issued(scene, "SNV", "2026-10")
    code = address.split("/")[2]
    with scene.database.write() as session:
        row = session.get_one(IssuedReport, code)
        document = canonical.parse(row.figures.encode(), limit=65536)
        row.figures = canonical.dump(document | {"paper": {}}, limit=65536).decode()
    for locale, name in (("vi", address.split("?")[0]), ("en", address.split("?")[0].replace(".pdf", "-en.pdf"))):
        response = scene.client("province@nb.vn").get(f"{name}?locale={locale}")
        assert response.status_code == 409 and "report_not_drawn" in response.text
    with scene.database.write() as session:
        session.execute(update(Agency).where(Agency.key == "SNV").values(name_vi="Sở Nội vụ tỉnh"))
    status, revision, _ = issued(scene, "SNV", "2026-10", revise="yes")
    assert status == 302, "a revision is the way out"
    assert scene.client("province@nb.vn").get(revision).status_code == 200
