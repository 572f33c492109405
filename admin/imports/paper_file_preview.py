"""A file of paper forms, looked at as a whole before any is taken: what would become of every line."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from admin.imports import paper_recording
from admin.imports.columns import Header, HeaderReader, data_lines
from admin.imports.mapping import TableMapping
from admin.imports.paper_form_parser import FormParser, FormPlace, PaperForm
from admin.imports.tables.open_table import open_table
from admin.imports.tables.table_errors import TableError, make_refusal
from admin.imports.tables.table_lines import MAX_LINES, Table, refuse_too_many_lines
from admin.instruments import store
from models.clock import local_day
from models.reference.instrument import Instrument
from models.tables.agency import Agency
from translations import gettext

_MONTH = re.compile(r"20\d{2}-(0[1-9]|1[0-2])\Z", re.ASCII)

#: Told which step is going on and how far it came.
Step = Callable[[str, int], None]


@dataclass(frozen=True)
class PaperFilePreview:
    """What a file holds and what would become of it. `papers` can be taken, `new` of them are not there yet, `here`
    are; `errors` stand in the other lines."""

    name: str
    agency: Agency
    asked: Instrument
    place: FormPlace
    table: Table
    header: Header
    lines: int
    papers: list[PaperForm]
    new: list[PaperForm]
    here: int
    errors: list[TableError]

    @property
    def bad(self) -> int:
        """How many lines have something wrong."""
        return len({error.line for error in self.errors})

    def answers(self) -> Mapping[str, Counter[int | None]]:
        """Of the new forms, how many gave each answer to each question; None where it was left empty."""
        read = [item.id for item in self.asked.items if item.id in self.header.by_target()]
        return {item: Counter(paper.answers.get(item) for paper in self.new) for item in read}

    def months(self) -> Mapping[str, int]:
        """Of the new forms, how many belong to each month."""
        return dict(sorted(Counter(paper.month for paper in self.new).items()))

    def as_json(self) -> dict[str, Any]:
        """The document that `--json` prints, but for what was written."""
        return {
            "file": self.name,
            "read_as": self.table.kind,
            "sheets_not_read": list(self.table.sheets),
            "agency": self.agency.key,
            "instrument": self.asked.id,
            "version": self.asked.version,
            "header_line": self.header.line,
            "columns": [
                {"column": one.letter, "header": one.header, "target": one.target} for one in self.header.columns
            ],
            "lines": self.lines,
            "new": len(self.new),
            "already_here": self.here,
            "bad": self.bad,
            "months": self.months(),
            "answers": {
                item: {"empty" if score is None else str(score): n for score, n in sorted(counts.items(), key=str)}
                for item, counts in self.answers().items()
            },
            "problems": errors_as_json(self.errors),
        }


def errors_as_json(errors: Sequence[TableError]) -> list[dict[str, Any]]:
    """Errors as they stand in JSON."""
    return [{"code": one.code, "line": one.line, "column": one.column, "text": one.text} for one in errors]


def preview_paper_file(
    session: Session, path: Path, agency: str, instrument: str, month: str | None, mapping: TableMapping, now_ms: int,
    step: Step,
) -> PaperFilePreview:  # fmt: skip
    """Read a whole file and compare it with the store, changing nothing. Raises `TableRefused` when it cannot be
    read as a table of forms at all. `now_ms` is the centre's clock (ms since 1970, UTC)."""
    place = paper_recording.read_form_place(session, agency)
    if place is None:
        raise make_refusal("unknown_agency")
    try:
        questionnaire = store.read_current_instrument(session, instrument)
    except KeyError:
        raise make_refusal("unknown_instrument", instrument=instrument) from None
    if month is not None and (not _MONTH.match(month) or month > local_day(now_ms)[:7]):
        raise make_refusal("bad_month")
    reader = HeaderReader(questionnaire, mapping)
    reading, judging = gettext("Reading the file"), gettext("Looking at every line")
    table = open_table(path, mapping.sheet, mapping.encoding, reader.known, lambda n: step(reading, n))
    header = reader.header(table)
    lines = data_lines(table, header)
    if len(lines) > MAX_LINES:
        raise refuse_too_many_lines()
    if not lines:
        raise make_refusal("empty_file.header_alone", line=header.line)
    read = FormParser(questionnaire, mapping, place, month, now_ms).read(lines, header, lambda n: step(judging, n))
    sorting = paper_recording.sort_out_new_forms(session, read.papers, place, questionnaire)
    errors = sorted([*read.errors, *sorting.errors], key=lambda error: (error.line, len(error.column), error.column))
    return PaperFilePreview(
        name=path.name,
        agency=session.get_one(Agency, agency),
        asked=questionnaire,
        place=place,
        table=table,
        header=header,
        lines=len(lines),
        papers=read.papers,
        new=sorting.new,
        here=sorting.here,
        errors=errors,
    )
