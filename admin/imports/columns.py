"""Columns of a table: the line that is its header, and what each column is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from admin.imports.mapping import FIELDS, Foreign
from admin.imports.tables.lines import Line, Table, fold
from admin.imports.tables.table_errors import Fault, Refused, letter, quoted
from models.reference.instrument import Instrument

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
        return letter(self.place)


@dataclass(frozen=True)
class Header:
    """The header's line and its columns, left to right."""

    line: int
    columns: tuple[Column, ...]

    def by_target(self) -> dict[str, Column]:
        """The columns that are read, by what they are."""
        return {column.target: column for column in self.columns if column.target is not None}


class Reader:
    """Knows the headers of one questionnaire, in the words of a mapping and in its own."""

    def __init__(self, asked: Instrument, mapping: Foreign) -> None:
        self.mapping = mapping
        self.items = {item.id for item in asked.items}
        self._own = {fold(name): name for name in FIELDS} | {fold(item.id): item.id for item in asked.items}
        for item in asked.items:
            for lang in ("vi", "en"):
                words = item.text.get(lang)
                if words and "{" not in words:
                    self._own.setdefault(fold(words), item.id)

    def targets(self, header: str) -> set[str]:
        """What a header may be: nothing for one that is not known."""
        folded = fold(header)
        named = self.mapping.targets(folded)
        own = self._own.get(folded)
        return named or ({own} if own else set())

    def known(self, line: Line) -> int:
        """How many of a line's cells are headers of columns that are read."""
        return sum(1 for cell in line.cells if cell and self.targets(cell))

    def header(self, table: Table) -> Header:
        """The header of a table. Raises `Refused` (`bad_header`) with every column to mend."""
        line = max(table.lines[:LOOKED_AT], key=self.known)  # the first of those that know the same
        columns: list[Column] = []
        faults: list[Fault] = []
        taken: dict[str, Column] = {}
        body = table.lines[table.lines.index(line) + 1 :]
        for place in range(max(len(one.cells) for one in [line, *body])):
            words, at = line.cell(place), letter(place)
            column = Column(place, words, None)
            if not words:
                first = next((one for one in body if one.cell(place)), None)
                if first is not None:
                    said = f"Cột không có tên mà có dữ liệu (dòng {first.number}). Bỏ gộp ô ở dòng đầu, ghi tên cột."
                    faults.append(Fault("no_header", line.number, at, said))
                continue
            targets = self.targets(words)
            if len(targets) > 1:
                said = f"Tệp ánh xạ gọi {quoted(words)} là cả {' và '.join(sorted(targets))}."
                faults.append(Fault("two_targets", line.number, at, said))
            elif targets:
                column = Column(place, words, targets.pop())
                faults += self._taken(column, line.number, taken)
            elif not self.mapping.ignores(fold(words)):
                said = f"Không biết cột {quoted(words)}. Ghi nó trong tệp ánh xạ, ở columns hoặc ignore."
                faults.append(Fault("unknown_column", line.number, at, said))
            columns.append(column)
        if not self.items & taken.keys():
            said = f"Không cột nào là câu hỏi. Tên cột phải là {', '.join(sorted(self.items))}, hoặc cần --mapping."
            faults.append(Fault("no_items", line.number, "", said))
        if faults:
            raise Refused("bad_header", sorted(faults, key=lambda fault: fault.code != "no_items"))
        return Header(line.number, tuple(columns))

    def _taken(self, column: Column, line: int, taken: dict[str, Column]) -> list[Fault]:
        target = column.target or ""
        if target not in self.items and target not in FIELDS:
            said = f"Tệp ánh xạ gọi {quoted(column.header)} là {quoted(target)}, bộ câu hỏi không có câu này."
            return [Fault("unknown_item", line, column.letter, said)]
        first = taken.setdefault(target, column)
        if first is not column:
            said = f"Cột {first.letter} và cột {column.letter} cùng là {target}. Giữ một cột, bỏ cột kia."
            return [Fault("doubled_column", line, column.letter, said)]
        return []


def data_lines(table: Table, header: Header) -> Sequence[Line]:
    """The lines below the header."""
    return [line for line in table.lines if line.number > header.line]
