"""Views of slip usage: one agency and everything under it, as a page and a file with the same rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.auth import permissions
from admin.auth.permissions import EVERY_ROLE, guarded
from admin.presentation import csv_file, labels, period_words, phrases
from admin.presentation.period_choice import PeriodChoice
from admin.reports.paper_link import PaperLink
from admin.statistics import queries, slip_usage
from admin.statistics.slip_usage import SlipUse, SlipUseLine
from admin.web import figure_request, page_layout, request_context
from models.reference.localized_text import LocalText
from models.tables.agency import Agency, Desk
from translations import formats
from translations import gettext as _

blueprint = Blueprint("slips", __name__)


@dataclass(frozen=True)
class SlipUsageRow:
    """A line with what it is called."""

    words: Any
    line: SlipUseLine
    key: str = ""


@dataclass(frozen=True)
class SlipUsageTable:
    """Slips apart by one thing; `thing` heads the names. `rated`: the lines may have a response rate."""

    title: str
    thing: str
    rows: Sequence[SlipUsageRow]
    rated: bool = True


@dataclass(frozen=True)
class _SlipUsageRequest:
    agency: Agency
    chosen: PeriodChoice
    use: SlipUse
    tables: Sequence[SlipUsageTable]

    @property
    def title(self) -> str:
        agency = phrases.localize_text(page_layout.agency_name(self.agency))
        return f"{agency}, {period_words.describe_period(self.chosen.period)}"


@blueprint.get("/slips")
@guarded(*EVERY_ROLE)
def own() -> ResponseReturnValue:
    """To the slips of the reader's own agency."""
    return redirect(page_layout.address_with_query(url_for("slips.page", key=permissions.require_person().agency_key)))


@blueprint.get("/agencies/<key>/slips")
@guarded(*EVERY_ROLE)
def page(key: str) -> ResponseReturnValue:
    """The slips of one agency: made, announced, answered, beside the dossiers that were counted."""
    with request_context.database().read() as session:
        usage = _read(session, key)
        return page_layout.draw_page(
            session, "slip_usage/slips.html", key=key, name=page_layout.agency_name(usage.agency), chosen=usage.chosen,
            title=usage.title, use=usage.use, tables=usage.tables, paper=PaperLink("", key, None, None),
            whole=usage.agency.kind == "province",
            csv=url_for("slips.figures", key=key, period=usage.chosen.period) if usage.use.whole.made else "",
        )  # fmt: skip


@blueprint.get("/agencies/<key>/slips.csv")
@guarded(*EVERY_ROLE)
def figures(key: str) -> ResponseReturnValue:
    """What the page shows, as a file."""
    with request_context.database().read() as session:
        usage = _read(session, key)
        body = csv_file.encode_csv(_cells(usage))
    return page_layout.file_response(body, "text/csv", f"hailong-phieu-qr-{key}-{usage.chosen.period}.csv")


def _read(session: Session, key: str) -> _SlipUsageRequest:
    """What the page shows, if the reader may see the agency; elsewhere there is no such page."""
    agency, chosen = figure_request.require_agency(session, key), figure_request.period_from_request(session)
    keys = queries.read_scope_keys(session, key)
    instrument = queries.choose_instrument(session, keys, chosen.months)
    use = slip_usage.read_slip_use(session, key, chosen.months, instrument)
    return _SlipUsageRequest(agency, chosen, use, _tables(session, use))


def _tables(session: Session, use: SlipUse) -> list[SlipUsageTable]:
    agencies = {row.key: page_layout.agency_name(row) for row in _rows(session, Agency, Agency.key, use.agencies)}
    desks = {
        row.code: (LocalText({"vi": row.name_vi, "en": row.name_en}), row.agency_key)
        for row in _rows(session, Desk, Desk.code, use.desks)
    }
    of_desks = {row.key: page_layout.agency_name(row) for row in session.scalars(
        select(Agency).where(Agency.key.in_({agency for _name, agency in desks.values()}))
    )}  # fmt: skip
    return [
        SlipUsageTable(
            _("By month"),
            _("Month"),
            [SlipUsageRow(period_words.describe_period(line.name), line) for line in use.months],
        ),
        SlipUsageTable(
            _("By stage"), _("Stage"), [SlipUsageRow(labels.stage_label(line.name), line) for line in use.stages]
        ),
        SlipUsageTable(
            _("By desk"),
            _("Desk"),
            [SlipUsageRow(_desk(line.name, desks, of_desks), line) for line in use.desks],
            rated=False,
        ),
        SlipUsageTable(
            _("By agency"),
            _("Agency"),
            [SlipUsageRow(phrases.localize_text(agencies[line.name]), line, line.name) for line in use.agencies],
        ),
    ]


def _desk(code: str, desks: dict[str, tuple[LocalText, str]], agencies: dict[str, LocalText]) -> str:
    if code not in desks:
        return _("no desk (sent online)") if not code else code
    name, agency = desks[code]
    return f"{phrases.localize_text(agencies[agency])} · {phrases.localize_text(name)}"


def _rows(session: Session, model: Any, column: Any, lines: Sequence[SlipUseLine]) -> Sequence[Any]:
    return session.scalars(select(model).where(column.in_([line.name for line in lines]))).all()


def _cells(usage: _SlipUsageRequest) -> Iterator[list[str]]:
    """The page as rows of a file, the header first."""
    yield [
        _("Part"), _("Name"), _("Slips"), _("of them made at desks"), _("of them announced by software"),
        _("Use rate (%)"), _("Dossiers"), _("Coverage (%)"), _("Response rate (%)"), _("Remark"),
    ]  # fmt: skip
    yield _row(_("In all"), usage.title, usage.use.whole)
    for table in usage.tables:
        for row in table.rows:
            yield _row(table.thing, phrases.localize_text(row.words), row.line)


def _row(part: str, name: str, line: SlipUseLine) -> list[str]:
    remark = _("more than the whole, worth a look") if line.odd else ""
    return [
        part, name, str(line.made), str(line.made - line.announced), str(line.announced), _rate(line.use),
        "" if line.dossiers is None else str(line.dossiers), _rate(line.coverage), _rate(line.response), remark,
    ]  # fmt: skip


def _rate(rate: Fraction | None) -> str:
    return "" if rate is None else formats.decimal(rate, 2)
