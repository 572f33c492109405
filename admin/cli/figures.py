"""Commands that show figures and count them anew: index, report, recount."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import Any

import click

from admin.cli.base import (
    WHO,
    fail,
    now_ms,
    open_store,
    print_json,
    print_progress,
    print_result,
    print_sentence,
    require_signing_clock,
)
from admin.error_catalogue.command_errors import FIGURES
from translations import current_locale, gettext


def describe_refusal(code: str) -> str:
    """What is said of an agency, a period or a method that there is not."""
    from admin.statistics.measures.periods import FORMS

    return FIGURES[code].sentence({"forms": ", ".join(FORMS)})


_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


@click.command(name="index")
@click.argument("agency_key")
@click.argument("period")
@click.option("--instrument", help="Another questionnaire than the one that was asked most.")
@click.option("--method", help="Another method than the questionnaire's own.")
@click.option("--unsuppressed", is_flag=True, help="Show small numbers too; writes an audit row.")
@_JSON
def index_command(
    agency_key: str, period: str, instrument: str | None, method: str | None, unsuppressed: bool, as_json: bool
) -> None:
    """The satisfaction index of AGENCY_KEY in PERIOD (2026-10, 2026-Q4, 2026-H1, 2026, 2026-01..2026-10, 3m:…)."""
    from sqlalchemy import select

    from admin import jobs
    from admin.ledgers import signing_keys
    from admin.statistics import queries
    from admin.statistics.tallies import recount
    from models.tables.agency import Agency, StoredInstrument
    from models.tables.staff_account import AuditRow

    database, settings = open_store()
    try:
        period = queries.canonical_period(period)
    except queries.BadPeriod as error:
        fail(error.code, describe_refusal(error.code))
    jobs.update_responses_and_tallies(database, signing_keys.load_centre_keys(settings), now_ms())
    with database.write() as session:
        recount.recount_stale(session)
        instrument_ids = set(session.scalars(select(StoredInstrument.id)))
        if instrument is not None and instrument not in instrument_ids:
            fail("unknown_instrument", gettext(
                "There is no questionnaire %(instrument)s. There are: %(known)s.",
                instrument=instrument, known=", ".join(sorted(instrument_ids)),
            ))  # fmt: skip
        if unsuppressed:
            looked_at = f"{agency_key} {period}"
            session.add(AuditRow(at_ms=now_ms(), who=WHO, action="unsuppressed", subject=looked_at))
    try:
        with database.read() as session:
            document = queries.build_index_document(
                session, agency_key, period, instrument=instrument, method=method, unsuppressed=unsuppressed
            )
            agency = session.get_one(Agency, agency_key)
            name = (current_locale() != "vi" and agency.name_en) or agency.name_vi
    except (queries.UnknownAgency, queries.BadPeriod, queries.UnknownMethod) as error:
        fail(error.code, describe_refusal(error.code))
    if as_json:
        print_json(document)
    else:
        _sheet(document, name)


def _sheet(document: dict[str, Any], name: str) -> None:
    """Print the headline of an index in words, of the agency called `name`; the JSON document has all of it."""
    from admin.presentation import period_words
    from translations import formats

    n, index, interval = document["n"], document["index"], document["interval"]
    period = period_words.describe_period(document["period"])
    rows = [
        (gettext("Agency"), f"{document['agency']} · {name}"),
        (gettext("Period"), period[:1].upper() + period[1:]),
        (gettext("Questionnaire"), document["instrument"]),
        (gettext("Answers"), formats.DASH if n is None else formats.number(n)),
        (gettext("Index"), _why_hidden(n) if index is None else formats.percent(index, 2)),
    ]
    if interval is not None:
        ends = " – ".join(formats.decimal(end, 2) for end in interval)
        rows.append((gettext("95% interval"), ends))
    width = max(len(label) for label, _value in rows)
    for label, value in rows:
        click.echo(f"{label:<{width}}  {value}")
    print_sentence(gettext("All of it, for programs: --json"))


def _why_hidden(n: int | None) -> str:
    """Why an index is not shown, by the number of answers (None where that is not told either)."""
    if n is None:
        return gettext("Fewer than 5 answers, or withheld to protect a small group")
    return gettext("Fewer than 30 answers, not published") if n else gettext("No answers yet")


@click.command(name="report")
@click.argument("agency_key")
@click.argument("period")
@click.option("--locale", default="vi", show_default=True, help="The language of the report.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Where to write the PDF.")
@click.option("--revise", is_flag=True, help="Make a revision if the figures changed.")
@click.option("--preview", is_flag=True, help="Draw a period that is not over; marked, and not stored.")
@_JSON
def report_command(
    agency_key: str, period: str, locale: str, output: Path | None, revise: bool, preview: bool, as_json: bool
) -> None:
    """Issue (or return) the frozen report of AGENCY_KEY for PERIOD and write its PDF."""
    from admin import jobs
    from admin.ledgers import signing_keys
    from admin.reports import rendering

    database, settings = open_store()
    jobs.update_responses_and_tallies(database, signing_keys.load_centre_keys(settings), now_ms())
    try:
        report = rendering.write_report_pdf(
            database,
            settings,
            agency_key,
            period,
            now_ms() if preview else require_signing_clock(database).ms,
            locale=locale,
            revise=revise,
            preview=preview,
            output=output,
        )
    except rendering.ReportRefused as error:
        fail(error.code, str(error))
    print_result(report, as_json)


@click.command(name="recount")
@_JSON
def recount_command(as_json: bool) -> None:
    """Count every tally again from the responses; prints how many rows changed (0 expected)."""
    from admin.statistics.tallies import recount

    database, _ = open_store()
    with database.write() as session:
        waited = recount.recount_stale(session)
    with database.read() as session:
        pairs = recount.find_all_pairs(session)
    changed = done = 0
    for agency, its_pairs in groupby(pairs, lambda pair: pair[0]):
        months = [month for _agency, month in its_pairs]
        with database.write() as session:
            changed += recount.count_recount_changes(session, agency, *months)
        done += len(months)
        print_progress(f"{done}/{len(pairs)}", over=done == len(pairs))
    print_result({"pairs": len(pairs), "were_stale": waited, "changed": changed}, as_json)
