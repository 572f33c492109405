"""Rendering of a report: issued or found, drawn as a PDF, kept under `instance/reports/`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from admin.pdf import fonts
from admin.reports import issuing
from admin.reports.document import monthly_report
from admin.settings import Settings
from admin.statistics import queries
from admin.statistics.tallies import recount
from models.storage.database import Database


class ReportRefused(Exception):
    """No report; `code` is stable, the text says what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


REFUSALS = {
    "month_open": "Kỳ này chưa kết thúc, số liệu còn thay đổi. Chờ hết kỳ, hoặc dùng --preview để xem trước.",
    "unknown_agency": "Không có cơ quan này. Xem mã cơ quan trong tệp đã nhập (cột key).",
    "bad_period": "Kỳ phải viết như 2026-10, 2026-Q4, 2026 hoặc 2026-01..2026-10.",
}


def file_name(agency_key: str, period: str, revision: int, locale: str) -> str:
    """The name of a report's file: `bao-cao-2026-10-NB.pdf`, with `-v2` for a revision and `-en` in English."""
    later = f"-v{revision}" if revision > 1 else ""
    language = "" if locale == "vi" else f"-{locale}"
    return f"bao-cao-{period}-{agency_key}{later}{language}.pdf"


def render(figures: dict[str, Any], settings: Settings, locale: str = "vi") -> bytes:
    """The PDF of frozen figures; the same figures and fonts give the same bytes."""
    return monthly_report.draw(figures, locale=locale, fonts=fonts.family(settings.fonts))


def make(
    database: Database,
    settings: Settings,
    agency_key: str,
    period: str,
    now_ms: int,
    *,
    locale: str = "vi",
    revise: bool = False,
    preview: bool = False,
    output: Path | None = None,
) -> dict[str, Any]:
    """Issue (or find) a report and write its PDF; returns code, revision, hash, whether it is new, and the path.

    `now_ms` is the centre's clock (ms since 1970, UTC). Raises `ReportRefused`, and then nothing was written.
    """
    with database.write() as session:
        recount.freshen(session)
    try:
        with database.write() as session:
            issued = issuing.issue(
                session, agency_key, period, now_ms, revise=revise, preview=preview, target=settings.target
            )
    except (issuing.MonthOpen, queries.UnknownAgency, queries.BadPeriod) as error:
        raise ReportRefused(error.code, REFUSALS[error.code]) from error
    try:
        paper_bytes = render(issued.figures, settings, locale)
    except fonts.FontError as error:
        sentence = f"Chưa vẽ được báo cáo, số liệu đã chốt còn nguyên. Phông chữ: {error}"
        raise ReportRefused(error.code, sentence) from error
    folder = settings.instance / "reports"
    name = file_name(agency_key, period, issued.revision, locale)
    path = output or folder / (f"xem-truoc-{name}" if preview else name)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_bytes(paper_bytes)
    os.replace(draft, path)
    return {
        "agency": agency_key,
        "period": period,
        "code": issued.code or None,
        "revision": issued.revision,
        "sha": issued.sha or None,
        "new": issued.new,
        "n": issued.figures["n"],
        "index": issued.figures["index"],
        "pdf": str(path),
    }
