"""Commands that import files of other systems: agencies, procedures, monthly counts of dossiers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from admin.cli.base import fail, open_store, print_result
from translations.terminal.groups import TranslatedGroup

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    Take = Callable[[Session, Path], dict[str, int]]

_FILE = click.argument("file", type=click.Path(path_type=Path))
_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


@click.group(cls=TranslatedGroup, name="agencies")
def agencies_group() -> None:
    """The tree of agencies."""


@click.group(cls=TranslatedGroup, name="procedures")
def procedures_group() -> None:
    """Administrative procedures."""


@click.group(cls=TranslatedGroup, name="dossiers")
def dossiers_group() -> None:
    """Monthly counts of the one-stop software."""


@agencies_group.command(name="import")
@_FILE
@_JSON
def import_agencies(file: Path, as_json: bool) -> None:
    """Take a CSV file: all of it, or nothing and the lines to mend.

    Columns: key, parent, kind, name_vi, name_en, scheme, code, valid_from, valid_to, successor_of, superior_vi,
    issuer_lines, abbr, place_vi, signer_lines, recipients.
    """
    from admin.imports import agencies

    _import_file(agencies.import_agencies, file, as_json)


@procedures_group.command(name="import")
@_FILE
@_JSON
def import_procedures(file: Path, as_json: bool) -> None:
    """Take a CSV file: all of it, or nothing and the lines to mend.

    Columns: code, name_vi, name_en, field_vi.
    """
    from admin.imports import procedures

    _import_file(procedures.import_procedures, file, as_json)


@dossiers_group.command(name="import")
@_FILE
@_JSON
def import_dossiers(file: Path, as_json: bool) -> None:
    """Take a CSV file: all of it, or nothing and the lines to mend.

    Columns: agency, month, stage, field, received, closed, overdue, complained, overdue_and_complained, and for each of
    the nine indicators the dossiers with 0, 1 and 2 points: cs1_0, cs1_1, cs1_2 … cs9_2.
    """
    from admin.imports import dossiers

    _import_file(dossiers.import_dossiers, file, as_json)


def _import_file(take: Take, file: Path, as_json: bool) -> None:
    from admin.imports.csv_rows import BadFile
    from admin.responses import rejudgement

    database, _ = open_store()
    try:
        with database.write() as session:
            counts = take(session, file)
    except BadFile as error:
        fail(error.code, str(error))
    rejudgement.rejudge_responses(database, "unknown_agency")
    print_result(counts, as_json)
