"""Commands that show figures and count them anew: index, report, recount."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

import click
from sqlalchemy import select

from admin import jobs
from admin.cli.base import fail, now_ms, opened, progress, say, signing
from admin.ledgers import signing_keys
from admin.statistics import queries
from admin.statistics.measures.periods import FORMS
from admin.statistics.tallies import recount
from models.tables.agency import StoredInstrument
from models.tables.staff_account import AuditRow

REFUSALS = {
    "unknown_agency": "Không có cơ quan này. Xem mã cơ quan trong tệp đã nhập (cột key).",
    "bad_period": f"Kỳ phải viết như {', '.join(FORMS)}.",
    "unknown_method": "Không có cách tính này. Bỏ --method để dùng cách tính của bộ câu hỏi.",
}
_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


@click.command(name="index")
@click.argument("agency_key")
@click.argument("period")
@click.option("--instrument")
@click.option("--method")
@click.option("--unsuppressed", is_flag=True, help="Show small numbers too; writes an audit row.")
@_JSON
def index_command(
    agency_key: str, period: str, instrument: str | None, method: str | None, unsuppressed: bool, as_json: bool
) -> None:
    """The satisfaction index of AGENCY_KEY in PERIOD (2026-10, 2026-Q4, 2026-H1, 2026, 2026-01..2026-10, 3m:…)."""
    database, settings = opened()
    try:
        period = queries.canonical(period)
    except queries.BadPeriod as error:
        fail(error.code, REFUSALS[error.code])
    jobs.settle(database, signing_keys.load(settings), now_ms())
    with database.write() as session:
        recount.freshen(session)
        known = set(session.scalars(select(StoredInstrument.id)))
        if instrument is not None and instrument not in known:
            fail("unknown_instrument", f"Không có bộ câu hỏi {instrument}. Có: {', '.join(sorted(known))}.")
        if unsuppressed:
            session.add(
                AuditRow(at_ms=now_ms(), who="command line", action="unsuppressed", subject=f"{agency_key} {period}")
            )
    try:
        with database.read() as session:
            document = queries.index_document(
                session, agency_key, period, instrument=instrument, method=method, unsuppressed=unsuppressed
            )
    except (queries.UnknownAgency, queries.BadPeriod, queries.UnknownMethod) as error:
        fail(error.code, REFUSALS[error.code])
    say(document, as_json)


@click.command(name="report")
@click.argument("agency_key")
@click.argument("period")
@click.option("--locale", default="vi", show_default=True)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Where to write the PDF.")
@click.option("--revise", is_flag=True, help="Make a revision if the figures changed.")
@click.option("--preview", is_flag=True, help="Draw a period that is not over; marked, and not stored.")
@_JSON
def report_command(
    agency_key: str, period: str, locale: str, output: Path | None, revise: bool, preview: bool, as_json: bool
) -> None:
    """Issue (or return) the frozen report of AGENCY_KEY for PERIOD and write its PDF."""
    from admin.reports import rendering

    database, settings = opened()
    jobs.settle(database, signing_keys.load(settings), now_ms())
    try:
        made = rendering.make(
            database,
            settings,
            agency_key,
            period,
            now_ms() if preview else signing(database).ms,
            locale=locale,
            revise=revise,
            preview=preview,
            output=output,
        )
    except rendering.ReportRefused as error:
        fail(error.code, str(error))
    say(made, as_json)


@click.command(name="recount")
@_JSON
def recount_command(as_json: bool) -> None:
    """Count every tally again from the responses; prints how many rows changed (0 expected)."""
    database, _ = opened()
    with database.write() as session:
        waited = recount.freshen(session)
    with database.read() as session:
        pairs = recount.all_pairs(session)
    changed = done = 0
    for agency, of in groupby(pairs, lambda pair: pair[0]):
        months = [month for _agency, month in of]
        with database.write() as session:
            changed += recount.differs(session, agency, *months)
        done += len(months)
        progress(f"{done}/{len(pairs)}", over=done == len(pairs))
    say({"pairs": len(pairs), "were_stale": waited, "changed": changed}, as_json)
