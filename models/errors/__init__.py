"""The shape of an error that is told: a stable code, values, and one kind in a catalogue.

Desk and centre have each a catalogue (`kiosk.error_catalogue`, `admin.error_catalogue`), with sentences in the reader's
language; both have this shape. A sentence says what happened, what is safe and what to do. `docs/errors.md` lists them
all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class ErrorKind:
    """One kind of error: its name, its sentence, the HTTP status where it is answered over HTTP, and what stands over
    the sentence on a page, if anything. The name is the stable code; where one code has several sentences the case
    stands behind a dot (`old_excel.password`). Texts are in the reader's language, with places like `%(name)s` for the
    values of one error; `advice` is a further sentence about what to do, and `command` what to type,
    in no language."""

    name: str
    text: Any
    status: int | None = None
    title: Any = ""
    command: str = ""
    advice: Any = ""

    @property
    def code(self) -> str:
        """The stable code, as programs are told it."""
        return self.name.partition(".")[0]

    @property
    def label(self) -> str:
        """What a person reads out on the telephone: HL-404."""
        return f"HL-{self.status}"

    @property
    def message(self) -> str:
        """Title, sentence, advice and command in one paragraph, for programs."""
        return self.sentence({})

    def sentence(self, values: Mapping[str, object]) -> str:
        """Title, sentence, advice and command in one paragraph, with `values` at their places."""
        text = str(self.text)
        parts = (f"{self.title}." if self.title else "", text % values if values else text, self.advice, self.command)
        return " ".join(str(part) for part in parts if part)


class ErrorTable(Mapping[str, ErrorKind]):
    """The kinds of errors that are met in one place, by their names; `place` says in words (English) where that is.
    The same code may stand in two tables: it means the same, and each place has its own sentence for it."""

    def __init__(self, place: str, *kinds: ErrorKind) -> None:
        self.place = place
        self._kinds = {kind.name: kind for kind in kinds}
        if len(self._kinds) != len(kinds):
            raise ValueError(f"a name stands twice in the table of {place}")

    def __getitem__(self, name: str) -> ErrorKind:
        return self._kinds[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._kinds)

    def __len__(self) -> int:
        return len(self._kinds)


class CodedError(Exception):
    """Something was refused, and a person or a program is told so by a code of `table` and the values of this case.

    Every such error of the desk and the centre is of this type. A room has a subclass of it where others must tell its
    refusals from another room's. As text it is the sentence in the reader's language. `name` is one of the table's;
    its code is `code`. Raises `KeyError` for a name that the table does not have.
    """

    table: ClassVar[Mapping[str, ErrorKind]]

    def __init__(self, name: str, /, **values: object) -> None:
        super().__init__(name)
        self.kind = self.table[name]
        self.code, self.values = self.kind.code, values

    def __str__(self) -> str:
        return self.kind.sentence(self.values)
