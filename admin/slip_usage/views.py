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
from admin.presentation.period_choice import Chosen
from admin.reports.links import Paper
from admin.statistics import queries, slip_usage
from admin.statistics.slip_usage import Line, SlipUse
from admin.web import figure_request, layout
from models.reference.localized_text import LocalText
from models.tables.agency import Agency, Desk
from translations import formats
from translations import gettext as _

blueprint = Blueprint("slips", __name__)


@dataclass(frozen=True)
class Row:
    """A line with what it is called."""

    words: Any
    line: Line
    key: str = ""


@dataclass(frozen=True)
class Table:
    """Slips apart by one thing; `thing` heads the names. `rated`: the lines may have a response rate."""

    title: str
    thing: str
    rows: Sequence[Row]
    rated: bool = True


@dataclass(frozen=True)
class _Read:
    agency: Agency
    chosen: Chosen
    use: SlipUse
    tables: Sequence[Table]

    @property
    def title(self) -> str:
        return f"{phrases.spoken(layout.name_of(self.agency))}, {period_words.period(self.chosen.period)}"


@blueprint.get("/slips")
@guarded(*EVERY_ROLE)
def own() -> ResponseReturnValue:
    """To the slips of the reader's own agency."""
    return redirect(layout.onward(url_for("slips.page", key=permissions.signed_in().agency_key)))


@blueprint.get("/agencies/<key>/slips")
@guarded(*EVERY_ROLE)
def page(key: str) -> ResponseReturnValue:
    """The slips of one agency: made, announced, answered, beside the dossiers that were counted."""
    with layout.database().read() as session:
        found = _read(session, key)
        return layout.draw(
            session, "slip_usage/slips.html", key=key, name=layout.name_of(found.agency), chosen=found.chosen,
            title=found.title, use=found.use, tables=found.tables, paper=Paper("", key, None, None),
            whole=found.agency.kind == "province",
            csv=url_for("slips.figures", key=key, period=found.chosen.period) if found.use.whole.made else "",
        )  # fmt: skip


@blueprint.get("/agencies/<key>/slips.csv")
@guarded(*EVERY_ROLE)
def figures(key: str) -> ResponseReturnValue:
    """What the page shows, as a file."""
    with layout.database().read() as session:
        found = _read(session, key)
        body = csv_file.write(_cells(found))
    return layout.attachment(body, "text/csv", f"hailong-phieu-qr-{key}-{found.chosen.period}.csv")


def _read(session: Session, key: str) -> _Read:
    """What the page shows, if the reader may see the agency; elsewhere there is no such page."""
    agency, chosen = figure_request.agency(session, key), figure_request.chosen(session)
    keys = queries.scope_keys(session, key)
    instrument = queries.choose_instrument(session, keys, chosen.months)
    use = slip_usage.slip_use(session, key, chosen.months, instrument)
    return _Read(agency, chosen, use, _tables(session, use))


def _tables(session: Session, use: SlipUse) -> list[Table]:
    agencies = {row.key: layout.name_of(row) for row in _rows(session, Agency, Agency.key, use.agencies)}
    desks = {
        row.code: (LocalText({"vi": row.name_vi, "en": row.name_en}), row.agency_key)
        for row in _rows(session, Desk, Desk.code, use.desks)
    }
    of_desks = {row.key: layout.name_of(row) for row in session.scalars(
        select(Agency).where(Agency.key.in_({agency for _name, agency in desks.values()}))
    )}  # fmt: skip
    return [
        Table(_("By month"), _("Month"), [Row(period_words.period(line.name), line) for line in use.months]),
        Table(_("By stage"), _("Stage"), [Row(labels.stage(line.name), line) for line in use.stages]),
        Table(
            _("By desk"), _("Desk"), [Row(_desk(line.name, desks, of_desks), line) for line in use.desks], rated=False
        ),
        Table(
            _("By agency"), _("Agency"),
            [Row(phrases.spoken(agencies[line.name]), line, line.name) for line in use.agencies],
        ),
    ]  # fmt: skip


def _desk(code: str, desks: dict[str, tuple[LocalText, str]], agencies: dict[str, LocalText]) -> str:
    if code not in desks:
        return _("no desk (sent online)") if not code else code
    name, agency = desks[code]
    return f"{phrases.spoken(agencies[agency])} · {phrases.spoken(name)}"


def _rows(session: Session, model: Any, column: Any, lines: Sequence[Line]) -> Sequence[Any]:
    return session.scalars(select(model).where(column.in_([line.name for line in lines]))).all()


def _cells(found: _Read) -> Iterator[list[str]]:
    """The page as rows of a file, the header first."""
    yield [
        _("Part"), _("Name"), _("Slips"), _("of them made at desks"), _("of them announced by software"),
        _("Use rate (%)"), _("Dossiers"), _("Coverage (%)"), _("Response rate (%)"), _("Remark"),
    ]  # fmt: skip
    yield _row(_("In all"), found.title, found.use.whole)
    for table in found.tables:
        for row in table.rows:
            yield _row(table.thing, phrases.spoken(row.words), row.line)


def _row(part: str, name: str, line: Line) -> list[str]:
    remark = _("more than the whole, worth a look") if line.odd else ""
    return [
        part, name, str(line.made), str(line.made - line.announced), str(line.announced), _rate(line.use),
        "" if line.dossiers is None else str(line.dossiers), _rate(line.coverage), _rate(line.response), remark,
    ]  # fmt: skip


def _rate(rate: Fraction | None) -> str:
    return "" if rate is None else formats.decimal(rate, 2)
