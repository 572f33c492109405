"""`hailong admin responses`: answers from paper or another office's form, and lists of answers."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import click

from admin.cli.base import fail, now_ms, opened, progress, signing
from admin.cli.response_lists import list_command
from admin.imports import mapping as mappings
from admin.imports import paper_recording
from admin.imports.mapping import Foreign
from admin.imports.paper_file import Looked, as_documents, look
from admin.imports.tables.table_errors import TableError, TableRefused, quoted
from admin.ledgers import centre_clock, signing_keys
from translations.terminal.groups import TranslatedGroup

#: So many problems are shown unless all were asked for.
_SHOWN = 20
#: So many characters of a header are shown.
_HEADER = 64
_SAFE = "Chưa nhập phiếu nào, không có gì thay đổi."


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
    help="How another office's table is read (TOML, JSON), or one that comes with it: "
         f"{', '.join(mappings.shipped())}.",
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
    database, settings = opened()
    progress = _Progress()
    try:
        chosen = mappings.load(mapping) if mapping is not None else Foreign()
        with database.read() as session:
            looked = look(session, file, agency, instrument, month, chosen, now_ms(), progress.step)
    except TableRefused as error:
        progress.end()
        if as_json:
            click.echo(json.dumps({"written": 0, "problems": as_documents(error.errors)}, ensure_ascii=False))
        fail(error.code, f"{error} {_SAFE}")
    progress.end()
    stopped = bool(looked.errors) and not skip_bad
    written = 0
    if looked.new and not dry_run and not stopped:
        source = f"{agency} {instrument} {hashlib.sha256(file.read_bytes()).hexdigest()[:16]} {len(looked.new)}"
        keys = signing_keys.load(settings)
        at = signing(database)
        with database.write() as session:
            written = paper_recording.take(
                session, keys, looked.papers, looked.place, looked.asked, at.ms, source,
                lambda n: progress.step("Ghi vào sổ", n, len(looked.new)),
            )  # fmt: skip
            centre_clock.signed(session, at.ms)
        progress.end()
    if as_json:
        click.echo(json.dumps({**looked.as_json(), "dry_run": dry_run, "written": written}, ensure_ascii=False))
    else:
        _show(looked, dry_run=dry_run, written=written, stopped=stopped)
    if stopped:
        fail("bad_lines", f"{_SAFE} Sửa {looked.bad} dòng có lỗi rồi nhập lại, hoặc thêm --skip-bad để bỏ các dòng đó.")


class _Progress:
    """One line on stderr that says how far it came; nothing for a file that is done at once."""

    def __init__(self) -> None:
        self._width = 0

    def step(self, what: str, done: int, of: int | None = None) -> None:
        """So many lines of this step are done."""
        words = f"{what} … {done:,}{f' / {of:,}' if of else ''}".replace(",", ".")
        progress(f"{words:<{self._width}}", over=False)
        self._width = len(words)

    def end(self) -> None:
        """The line is over."""
        if self._width:
            progress("", over=True)
        self._width = 0


def _show(looked: Looked, *, dry_run: bool, written: int, stopped: bool) -> None:
    rows: list[tuple[str, str]] = [
        ("Tệp", f"{looked.name} · {looked.table.kind}"),
        ("Cơ quan", f"{looked.agency.key} · {looked.agency.name_vi}"),
        ("Bộ câu hỏi", f"{looked.asked.id} v{looked.asked.version} · {looked.asked.name.text('vi')}"),
    ]
    if looked.table.sheets:
        rows.append(("Chưa đọc", f"các trang {', '.join(looked.table.sheets)} (chọn bằng sheet trong tệp ánh xạ)"))
    _pairs(rows)
    click.echo(f"\nCột (dòng {looked.header.line})")
    _grid(
        [
            (one.letter, quoted(one.header, _HEADER)[1:-1], "→ " + one.target if one.target else "bỏ qua, không lưu")
            for one in looked.header.columns
        ]
    )
    click.echo("")
    _pairs(
        [
            ("Dòng phiếu", _number(looked.lines)),
            ("Nhập được" if stopped else "Sẽ nhập" if dry_run else "Đã nhập", _number(written or len(looked.new))),
            ("Đã có từ trước", _number(looked.here)),
            ("Có lỗi", _number(looked.bad)),
        ]
    )
    if looked.new:
        _distribution(looked)
    if looked.errors:
        _problems(looked.errors, everything=dry_run)
    if dry_run and not stopped:
        click.echo("\nThử thôi, chưa ghi gì. Bỏ --dry-run để nhập.")


def _distribution(looked: Looked) -> None:
    scores = [score for score, _ in looked.asked.scale]
    months = " · ".join(f"{month}: {_number(n)}" for month, n in looked.months().items())
    click.echo(f"\nPhiếu mới theo tháng  {months}")
    rows = [("Câu", *(str(score) for score in scores), "không biết", "bỏ trống")]
    for item, counts in looked.answers().items():
        rows.append((item, *(_number(counts[score]) for score in (*scores, 0, None))))
    _grid(rows, right=True)


def _problems(errors: list[TableError], *, everything: bool) -> None:
    click.echo("\nChỗ cần sửa")
    shown = errors if everything else errors[:_SHOWN]
    places = max(len(one.place) for one in shown)
    for one in shown:
        click.echo(f"  {one.place:<{places}}  {one.text} [{one.code}]")
    if len(shown) < len(errors):
        click.echo(f"  … và {_number(len(errors) - len(shown))} chỗ khác; xem hết bằng --dry-run.")


def _number(n: int) -> str:
    return f"{n:,}".replace(",", ".")


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
