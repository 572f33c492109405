"""Commands that import files of other systems: agencies, procedures, monthly counts of dossiers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from admin.cli.base import fail, opened, say
from admin.imports import agencies, dossiers, procedures
from admin.imports.csv_rows import BadFile
from admin.responses import judged_again
from translations.terminal.groups import TranslatedGroup


@click.group(cls=TranslatedGroup, name="agencies")
def agencies_group() -> None:
    """The tree of agencies."""


@click.group(cls=TranslatedGroup, name="procedures")
def procedures_group() -> None:
    """Administrative procedures."""


@click.group(cls=TranslatedGroup, name="dossiers")
def dossiers_group() -> None:
    """Monthly counts of the one-stop software."""


def _import(take: Callable[..., dict[str, int]], file: Path, as_json: bool) -> None:
    database, _ = opened()
    try:
        with database.write() as session:
            counts = take(session, file)
    except BadFile as error:
        fail(error.code, str(error))
    judged_again.again(database, "unknown_agency")
    say(counts, as_json)


for group, take, columns in (
    (agencies_group, agencies.import_agencies, (*agencies.NEEDED, *agencies.OPTIONAL)),
    (procedures_group, procedures.import_procedures, procedures.NEEDED),
    (dossiers_group, dossiers.import_dossiers, (*dossiers.NEEDED, *dossiers.COUNTS[3:], *dossiers.POINTS)),
):

    def _command(file: Path, as_json: bool, take: Callable[..., dict[str, int]] = take) -> None:
        _import(take, file, as_json)

    _command = click.argument("file", type=click.Path(path_type=Path))(_command)
    _command = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")(_command)
    group.command(
        name="import",
        help=f"Take a CSV file: all of it, or nothing and the lines to mend.\n\nColumns: {', '.join(columns)}.",
    )(_command)
