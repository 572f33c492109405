"""Rendering of a report: drawn in every language, then stored; a PDF under `instance/reports/`.

Nothing is issued of which it is not known that it can be drawn.
"""

from __future__ import annotations

import datetime
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from admin.ledgers import centre_clock
from admin.pdf import fonts
from admin.reports import issuing
from admin.reports.document import monthly_report
from admin.reports.issuing import Issued
from admin.settings import Settings
from admin.statistics import queries
from admin.statistics.measures.periods import FORMS
from admin.statistics.tallies import recount
from models.protocol.canonical import NotCanonical
from models.storage.database import Database
from translations import formats, staff_locales


class ReportRefused(Exception):
    """No report; `code` is stable, the text says what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class NotDrawn(Exception):
    """A report cannot be drawn; `code` is stable, the text says in Vietnamese why. What is stored stays as it was."""

    def __init__(self, reason: str, code: str = "report_not_drawn") -> None:
        super().__init__(reason)
        self.code = code


REFUSALS = {
    "month_open": "Kỳ này chưa kết thúc, số liệu còn thay đổi. Chờ hết kỳ, hoặc dùng --preview để xem trước.",
    "unknown_agency": "Không có cơ quan này. Xem mã cơ quan trong tệp đã nhập (cột key).",
    "bad_period": f"Kỳ phải viết như {', '.join(FORMS)}.",
}


#: What to do about a paper that cannot be drawn, by its code.
_REMEDIES = {
    "report_not_drawn": "Sửa tên hoặc phần văn bản của cơ quan trong tệp cơ quan, nhập lại rồi chạy lại.",
}
_FONTS = "Sửa mục fonts trong admin.cfg rồi chạy lại."


def file_name(agency_key: str, period: str, revision: int, locale: str) -> str:
    """The name of a report's file: `bao-cao-2026-10-NB.pdf`, with `-v2` for a revision and `-en` in English."""
    later = f"-v{revision}" if revision > 1 else ""
    language = "" if locale == "vi" else f"-{locale}"
    return f"bao-cao-{period}-{agency_key}{later}{language}.pdf"


def render(figures: dict[str, Any], settings: Settings, locale: str = "vi", *, final: bool = False) -> bytes:
    """The PDF of frozen figures; the same figures and fonts give the same bytes.

    With `final` all that is written in the figures must be seen on it, as on a paper that is to be issued. Raises
    `NotDrawn`, whatever keeps the paper from being drawn.
    """
    try:
        return monthly_report.draw(figures, locale=locale, fonts=fonts.family(settings.fonts), final=final)
    except fonts.FontError as error:
        raise NotDrawn(f"phông chữ: {error}", error.code) from error
    except monthly_report.Unfit as error:
        raise NotDrawn(str(error)) from error
    except Exception as error:  # whatever is wrong with the document, it is that and not the reader's fault
        raise NotDrawn(type(error).__name__) from error


def issue(
    database: Database,
    settings: Settings,
    agency_key: str,
    period: str,
    now_ms: int,
    *,
    revise: bool = False,
    preview: bool = False,
    drawn: Callable[[Issued, dict[str, bytes]], None] | None = None,
    stored: Callable[[Session, Issued], None] | None = None,
) -> Issued:
    """Issue (or find) a report; a new one is stored after it was drawn in every language it may be asked in.

    `drawn` gets a new report and its papers before it is stored, and may still refuse by an exception; `stored` is
    called in the transaction that keeps it. `now_ms` is the centre's clock (ms since 1970, UTC); tallies must be fresh.
    Raises `NotDrawn` and what `issuing.prepare` raises, and then nothing was stored.
    """
    try:
        with database.read() as session:
            found = issuing.prepare(
                session, agency_key, period, now_ms, revise=revise, preview=preview, target=settings.target,
                verify_at=f"{settings.public_url.rstrip('/')}/v/",
            )  # fmt: skip
    except NotCanonical as error:
        raise NotDrawn(f"tên có ký tự không dùng được: {error}") from error
    if not found.new:
        return found
    papers = {locale: render(found.figures, settings, locale, final=True) for locale in staff_locales()}
    if drawn is not None:
        drawn(found, papers)
    with database.write() as session:
        made = issuing.store(session, found, now_ms)
        if made.new and stored is not None:
            stored(session, made)
        if made.new:
            centre_clock.signed(session, now_ms)
    return made


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

    `now_ms` is the centre's clock (ms since 1970, UTC). The file is written before the report is stored, and gets its
    name afterwards. Raises `ReportRefused`, and OSError from the disk; then neither report nor file is new.
    """
    if locale not in staff_locales():
        raise ReportRefused("unknown_language", f"Không có ngôn ngữ {locale} cho báo cáo. Có: {_listed()}.")
    if output is not None and output.is_dir():
        raise ReportRefused("bad_output", f"{output} là thư mục. Sau -o cần tên tệp, như {output / 'bao-cao.pdf'}.")
    with database.write() as session:
        recount.freshen(session)
    drafts: list[Path] = []

    def keep(found: Issued, papers: dict[str, bytes]) -> None:
        drafts.append(_draft(_path(found, settings, locale, preview, output), papers[locale]))

    try:
        made = issue(
            database, settings, agency_key, period, now_ms, revise=revise, preview=preview, drawn=keep
        )
        path = _path(made, settings, locale, preview, output)
        if not made.new:
            drafts.append(_draft(path, _again(made, settings, locale)))
        os.replace(drafts[-1], path)
    except (issuing.MonthOpen, queries.UnknownAgency, queries.BadPeriod) as error:
        raise ReportRefused(error.code, REFUSALS[error.code]) from error
    except issuing.PeriodIncomplete as error:
        raise ReportRefused(error.code, _incomplete(error.first_day)) from error
    except NotDrawn as error:
        said = f"Chưa vẽ được báo cáo ({error}). Không có báo cáo nào được ban hành, không có gì thay đổi."
        raise ReportRefused(error.code, f"{said} {_REMEDIES.get(error.code, _FONTS)}") from error
    finally:
        for draft in drafts:
            draft.unlink(missing_ok=True)
    return {
        "agency": agency_key,
        "period": made.figures["period"]["id"],
        "code": made.code or None,
        "revision": made.revision,
        "sha": made.sha or None,
        "new": made.new,
        "n": made.figures["n"],
        "index": made.figures["index"],
        "pdf": str(path),
    }


def _again(made: Issued, settings: Settings, locale: str) -> bytes:
    """The paper of a report that is stored already, or of a preview."""
    try:
        return render(made.figures, settings, locale)
    except NotDrawn as error:
        if not made.code:
            raise
        raise ReportRefused(
            error.code,
            f"Báo cáo {made.code} đã ban hành nhưng chưa vẽ được ({error}); số liệu đã chốt xem tại "
            f"/v/{made.code}. Sửa phần văn bản của cơ quan, nhập lại rồi dùng --revise.",
        ) from error


def _path(found: Issued, settings: Settings, locale: str, preview: bool, output: Path | None) -> Path:
    figures = found.figures
    name = file_name(figures["agency"]["key"], figures["period"]["id"], found.revision, locale)
    return output or settings.instance / "reports" / (f"xem-truoc-{name}" if preview else name)


def _draft(path: Path, paper: bytes) -> Path:
    """The file beside the one it is to become, whole on the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_bytes(paper)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    return draft


def _incomplete(first_day: str | None) -> str:
    if first_day is None:
        return "Chưa có phiếu nào, nên chưa có số liệu của kỳ này. Không có gì được ban hành."
    day = formats.day(datetime.date.fromisoformat(first_day))
    return (
        f"Số liệu của cơ quan này chỉ có từ ngày {day}, chưa đủ cả kỳ. Không có gì được ban hành. "
        "Chọn kỳ bắt đầu muộn hơn, hoặc dùng --preview để xem trước."
    )


def _listed() -> str:
    return ", ".join(staff_locales())
