"""Columns of a table: the line that is its header, and what each column is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from admin.imports.mapping import FIELDS, TableMapping
from admin.imports.tables.table_errors import TableError, TableRefused, column_letter, quote_cell
from admin.imports.tables.table_lines import Table, TableLine, fold_text
from models.reference.instrument import Instrument
from translations import gettext

#: A header is looked for in so many lines: titles may stand above it.
LOOKED_AT = 20


@dataclass(frozen=True)
class Column:
    """One column of the file. `target` is an item or a field, None for one that is left out."""

    place: int
    header: str
    target: str | None

    @property
    def letter(self) -> str:
        """The letter over it."""
        return column_letter(self.place)


@dataclass(frozen=True)
class Header:
    """The header's line and its columns, left to right."""

    line: int
    columns: tuple[Column, ...]

    def by_target(self) -> dict[str, Column]:
        """The columns that are read, by what they are."""
        return {column.target: column for column in self.columns if column.target is not None}


class HeaderReader:
    """Knows the headers of one questionnaire, in the words of a mapping and in its own."""

    def __init__(self, questionnaire: Instrument, mapping: TableMapping) -> None:
        self.mapping = mapping
        self.items = {item.id for item in questionnaire.items}
        self._own = {fold_text(name): name for name in FIELDS} | {
            fold_text(item.id): item.id for item in questionnaire.items
        }
        for item in questionnaire.items:
            for lang in ("vi", "en"):
                words = item.text.get(lang)
                if words and "{" not in words:
                    self._own.setdefault(fold_text(words), item.id)

    def targets(self, header: str) -> set[str]:
        """What a header may be: nothing for one that is not known."""
        folded = fold_text(header)
        mapped_targets = self.mapping.targets(folded)
        own = self._own.get(folded)
        return mapped_targets or ({own} if own else set())

    def known(self, line: TableLine) -> int:
        """How many of a line's cells are headers of columns that are read."""
        return sum(1 for cell in line.cells if cell and self.targets(cell))

    def header(self, table: Table) -> Header:
        """The header of a table. Raises `TableRefused` (`bad_header`) with every column to mend."""
        line = max(table.lines[:LOOKED_AT], key=self.known)  # the first of those that know the same
        columns: list[Column] = []
        errors: list[TableError] = []
        column_by_target: dict[str, Column] = {}
        body = table.lines[table.lines.index(line) + 1 :]
        for place in range(max(len(one.cells) for one in [line, *body])):
            words, at = line.cell(place), column_letter(place)
            column = Column(place, words, None)
            if not words:
                first = next((one for one in body if one.cell(place)), None)
                if first is not None:
                    errors.append(TableError("no_header", line.number, at, values={"first": first.number}))
                continue
            targets = self.targets(words)
            if len(targets) > 1:
                values = {"header": quote_cell(words), "targets": _joined(sorted(targets))}
                errors.append(TableError("two_targets", line.number, at, values=values))
            elif targets:
                column = Column(place, words, targets.pop())
                errors += self._taken(column, line.number, column_by_target)
            elif not self.mapping.ignores(fold_text(words)):
                errors.append(TableError("unknown_column", line.number, at, values={"header": quote_cell(words)}))
            columns.append(column)
        if not self.items & column_by_target.keys():
            errors.append(TableError("no_items", line.number, values={"items": ", ".join(sorted(self.items))}))
        if errors:
            raise TableRefused("bad_header", sorted(errors, key=lambda error: error.code != "no_items"))
        return Header(line.number, tuple(columns))

    def _taken(self, column: Column, line: int, column_by_target: dict[str, Column]) -> list[TableError]:
        target = column.target or ""
        if target not in self.items and target not in FIELDS:
            values = {"header": quote_cell(column.header), "target": quote_cell(target)}
            return [TableError("unknown_item", line, column.letter, values=values)]
        first = column_by_target.setdefault(target, column)
        if first is not column:
            values = {"first": first.letter, "second": column.letter, "target": target}
            return [TableError("doubled_column", line, column.letter, values=values)]
        return []


def _joined(names: Sequence[str]) -> str:
    """Names, each after the one before: "a and b and c"."""
    joined = names[0]
    for name in names[1:]:
        joined = gettext("%(first)s and %(second)s", first=joined, second=name)
    return joined


def data_lines(table: Table, header: Header) -> Sequence[TableLine]:
    """The lines below the header."""
    return [line for line in table.lines if line.number > header.line]
