"""`hailong admin responses`: answers from paper or another office's form, and lists of answers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from admin.cli.base import fail, now_ms, open_store, print_json, print_progress, require_signing_clock
from admin.cli.response_lists import list_command
from translations import current_locale, gettext, ngettext
from translations.terminal.groups import TranslatedGroup

if TYPE_CHECKING:
    from admin.imports.paper_file_preview import PaperFilePreview
    from admin.imports.tables.table_errors import TableError

#: So many problems are shown unless all were asked for.
_SHOWN = 20
#: So many characters of a header are shown.
_HEADER = 64


@click.group(cls=TranslatedGroup, name="responses")
def responses_group() -> None:
    """Take in answers that did not come from a desk or a phone, and list what people should look at."""


responses_group.add_command(list_command)


@responses_group.command(name="import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--agency", required=True, metavar="KEY", help="The agency that was rated.")
@click.option("--instrument", required=True, metavar="ID", help="The questionnaire: short, sipas23 …")
@click.option("--month", metavar="2026-10", help="Where forms without a day belong.")
@click.option(
    "--mapping", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False),
    help="How another office's table is read (TOML, JSON), or one that comes with it: google-form-short, "
         "google-form-sipas23.",
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Say what would happen, with every problem; write nothing.")
@click.option("--skip-bad", is_flag=True, help="Take the good lines although others have problems.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def import_command(
    file: Path, agency: str, instrument: str, month: str | None, mapping: Path | None, dry_run: bool, skip_bad: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """Take FILE (CSV or XLSX, one line a form) into the ledger: all of it or nothing; taking it again changes nothing.

    The header names item ids, and optionally id, answered_at, desk, procedure, stage, comment, topics.
    """
    import hashlib

    from admin.imports import mapping as mappings
    from admin.imports import paper_recording
    from admin.imports.mapping import TableMapping
    from admin.imports.paper_file_preview import errors_as_json, preview_paper_file
    from admin.imports.tables.table_errors import TableRefused
    from admin.ledgers import centre_clock, signing_keys

    database, settings = open_store()
    progress = _Progress()
    try:
        chosen = mappings.load_mapping(mapping) if mapping is not None else TableMapping()
        with database.read() as session:
            preview = preview_paper_file(session, file, agency, instrument, month, chosen, now_ms(), progress.step)
    except TableRefused as error:
        progress.end()
        if as_json:
            print_json({"written": 0, "problems": errors_as_json(error.errors)})
        fail(error.code, f"{error} {_nothing_taken()}")
    progress.end()
    stopped = bool(preview.errors) and not skip_bad
    written_count = 0
    if preview.new and not dry_run and not stopped:
        source = f"{agency} {instrument} {hashlib.sha256(file.read_bytes()).hexdigest()[:16]} {len(preview.new)}"
        keys = signing_keys.load_centre_keys(settings)
        at = require_signing_clock(database)
        with database.write() as session:
            written_count = paper_recording.record_paper_forms(
                session, keys, preview.papers, preview.place, preview.asked, at.ms, source,
                lambda n: progress.step(gettext("Writing to the ledger"), n, len(preview.new)),
            )  # fmt: skip
            centre_clock.record_signed_time(session, at.ms)
        progress.end()
    if as_json:
        print_json({**preview.as_json(), "dry_run": dry_run, "written": written_count})
    else:
        _print_preview(preview, dry_run=dry_run, written_count=written_count, stopped=stopped)
    if stopped:
        fail("bad_lines", _nothing_taken() + " " + ngettext(
            "Mend %(n)s line with errors and import again, or add --skip-bad to leave it out.",
            "Mend %(n)s lines with errors and import again, or add --skip-bad to leave them out.", preview.bad,
        ))  # fmt: skip


def _nothing_taken() -> str:
    return gettext("No answer was taken in, nothing has changed.")


class _Progress:
    """One line on stderr that says how far it came; nothing for a file that is done at once."""

    def __init__(self) -> None:
        self._width = 0

    def step(self, step_name: str, done: int, of: int | None = None) -> None:
        """So many lines of this step are done."""
        words = f"{step_name} … {_number(done)}{f' / {_number(of)}' if of else ''}"
        print_progress(f"{words:<{self._width}}", over=False)
        self._width = len(words)

    def end(self) -> None:
        """The line is over."""
        if self._width:
            print_progress("", over=True)
        self._width = 0


def _print_preview(preview: PaperFilePreview, *, dry_run: bool, written_count: int, stopped: bool) -> None:
    from admin.imports.tables.table_errors import quote_cell

    rows: list[tuple[str, str]] = [
        (gettext("File"), f"{preview.name} · {preview.table.kind}"),
        (gettext("Agency"), f"{preview.agency.key} · {preview.agency.name_vi}"),
        (gettext("Questionnaire"),
         f"{preview.asked.id} v{preview.asked.version} · {preview.asked.name.text(current_locale())}"),
    ]  # fmt: skip
    if preview.table.sheets:
        sheets = gettext("the sheets %(names)s (chosen by sheet in the mapping)", names=", ".join(preview.table.sheets))
        rows.append((gettext("Not read"), sheets))
    _pairs(rows)
    click.echo("\n" + gettext("Columns (line %(line)s)", line=preview.header.line))
    ignored_label = gettext("passed over, not kept")
    _grid(
        [
            (one.letter, quote_cell(one.header, _HEADER)[1:-1], "→ " + one.target if one.target else ignored_label)
            for one in preview.header.columns
        ]
    )
    click.echo("")
    taken_label = gettext("Can be taken") if stopped else gettext("Will be taken") if dry_run else gettext("Taken")
    _pairs(
        [
            (gettext("Lines"), _number(preview.lines)),
            (taken_label, _number(written_count or len(preview.new))),
            (gettext("Here before"), _number(preview.here)),
            (gettext("With errors"), _number(preview.bad)),
        ]
    )
    if preview.new:
        _distribution(preview)
    if preview.errors:
        _problems(preview.errors, everything=dry_run)
    if dry_run and not stopped:
        click.echo("\n" + gettext("A trial: nothing was written. Leave out --dry-run to take the file in."))


def _distribution(preview: PaperFilePreview) -> None:
    scores = [score for score, _ in preview.asked.scale]
    months = " · ".join(f"{month}: {_number(n)}" for month, n in preview.months().items())
    click.echo("\n" + gettext("New answers by month  %(months)s", months=months))
    rows = [(gettext("Item"), *(str(score) for score in scores), gettext("don't know"), gettext("left empty"))]
    for item, counts in preview.answers().items():
        rows.append((item, *(_number(counts[score]) for score in (*scores, 0, None))))
    _grid(rows, right=True)


def _problems(errors: list[TableError], *, everything: bool) -> None:
    click.echo("\n" + gettext("To be mended"))
    visible_errors = errors if everything else errors[:_SHOWN]
    places = max(len(one.place) for one in visible_errors)
    for one in visible_errors:
        click.echo(f"  {one.place:<{places}}  {one.text} [{one.code}]")
    if more := len(errors) - len(visible_errors):
        click.echo("  " + ngettext(
            "… and %(count)s more; see all by --dry-run.", "… and %(count)s more; see all by --dry-run.", more,
            count=_number(more),
        ))  # fmt: skip


def _number(n: int) -> str:
    from translations.formats import number

    return number(n)


def _pairs(rows: list[tuple[str, str]]) -> None:
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        click.echo(f"{name:<{width}}  {value}")


def _grid(rows: list[tuple[Any, ...]], *, right: bool = False) -> None:
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for row in rows:
        sides = ["<", *("><"[not right] for _ in row[1:])]
        cells = [f"{cell:{side}{width}}" for cell, side, width in zip(row, sides, widths, strict=True)]
        click.echo("  " + "  ".join(cells).rstrip())
