"""`hailong admin indicators`: the legal indicators of an agency, from its one-stop software's counts."""

from __future__ import annotations

import click

from admin.cli.base import fail, open_store, print_json, print_sentence
from admin.cli.figures import describe_refusal
from translations import gettext


@click.command(name="indicators")
@click.argument("agency_key")
@click.argument("period")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option("--csv", "as_csv", is_flag=True, help="Print the rows of the page as CSV.")
def indicators_command(agency_key: str, period: str, as_json: bool, as_csv: bool) -> None:
    """The nine indicators of Circular 01/2018 and 5.4 of Decision 766 for AGENCY_KEY in PERIOD."""
    from admin.agencies import indicator_table
    from admin.presentation import csv_file
    from admin.statistics import queries

    if as_json and as_csv:
        raise click.UsageError(gettext("Give one of %(one)s and %(other)s.", one="--json", other="--csv"))
    database, _settings = open_store()
    try:
        period = queries.canonical_period(period)
        with database.read() as session:
            indicators = queries.read_legal_indicators(session, agency_key, period)
    except (queries.UnknownAgency, queries.BadPeriod) as error:
        fail(error.code, describe_refusal(error.code))
    if as_json:
        print_json(indicator_table.build_indicator_document(agency_key, period, indicators))
        return
    rows = list(
        indicator_table.build_indicator_rows(indicator_table.build_indicator_page(indicators), f"{agency_key} {period}")
    )
    if as_csv:
        click.echo(csv_file.encode_csv(rows), nl=False)
        return
    if not indicators.months:
        print_sentence(gettext("no dossier counts for this period yet; take them in by hailong admin dossiers import"))
        return
    _table([[row[1], row[2], *row[3:6], f"{row[7]} / {row[8]}" if row[7] else row[6], row[9]] for row in rows])


def _table(rows: list[list[str]]) -> None:
    """Rows under one another; names longer than a line are cut."""
    most = (4, 60, 8, 8, 8, 14, 70)
    cut = [[cell if len(cell) <= n else cell[: n - 1] + "…" for cell, n in zip(row, most, strict=True)] for row in rows]
    widths = [max(len(cell) for cell in column) for column in zip(*cut, strict=True)]
    sides = ("<", "<", ">", ">", ">", ">", "<")
    for row in cut:
        click.echo("  ".join(f"{c:{s}{w}}" for c, s, w in zip(row, sides, widths, strict=True)).rstrip())
