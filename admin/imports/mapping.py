"""The mapping file: how another office's table is to be read, as data (TOML or JSON).

    ignore = ["Họ và tên", "Số điện thoại"]    # never read further than the header, stored nowhere
    dates = "dd/mm/yyyy"                         # or "mm/dd/yyyy"; times are those of Asia/Ho_Chi_Minh
    sheet = "Câu trả lời biểu mẫu 1"             # of an Excel file; default: the first one with something in it
    encoding = "cp1258"                          # of a CSV file that is not Unicode

    [columns]                                    # header → item, or id, answered_at, desk, procedure, stage, comment,
    "Dấu thời gian" = "answered_at"              # topics; "*" stands for any words
    "*hài lòng với việc phục vụ*" = "overall"

    [answers]                                    # what was chosen → score; 0 is "don't know". Stands alone: what the
    "Rất hài lòng" = 5                           # questionnaire itself calls its answers is then not looked at

    [stages]                                     # and [desks], [procedures]: words of the file → ours
    "Nhận kết quả" = "result"

Capitals, spaces and the way marks are composed make no difference. An office in a hurry writes `ignore = ["*"]`.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from admin.imports.tables.table_errors import make_refusal
from admin.imports.tables.table_lines import fold_text
from models.storage import whole_file
from models.vocabulary import NOT_APPLICABLE, SCORES, Stage

#: Columns that are not items.
FIELDS = ("id", "answered_at", "desk", "procedure", "stage", "comment", "topics")
DATES = ("dd/mm/yyyy", "mm/dd/yyyy")
SHIPPED = Path(__file__).parent / "mappings"
V = TypeVar("V")
_MAX_BYTES = 256 << 10
_TABLES = ("columns", "answers", "stages", "desks", "procedures")
_TEXTS = ("dates", "sheet", "encoding")


@dataclass(frozen=True)
class TableMapping:
    """How a file is read. `columns` are (header with `*`, folded; what it is), `ignored` headers likewise; words in
    `answers`, `stages`, `desks`, `procedures` are folded. `answers` is None when the mapping names none."""

    columns: tuple[tuple[str, str], ...] = ()
    ignored: tuple[str, ...] = ()
    answers: Mapping[str, int] | None = None
    stages: Mapping[str, str] = field(default_factory=dict)
    desks: Mapping[str, str] = field(default_factory=dict)
    procedures: Mapping[str, str] = field(default_factory=dict)
    dates: str = DATES[0]
    sheet: str | None = None
    encoding: str | None = None

    def targets(self, header: str) -> set[str]:
        """What a header (folded) is said to be; more than one is a mistake in the mapping."""
        exact = {target for pattern, target in self.columns if pattern == header}
        return exact or {target for pattern, target in self.columns if matches_header_pattern(pattern, header)}

    def ignores(self, header: str) -> bool:
        """Whether a header (folded) is left out on purpose."""
        return any(matches_header_pattern(pattern, header) for pattern in self.ignored)


def matches_header_pattern(pattern: str, header: str) -> bool:
    """Whether a header is one that the pattern names; `*` stands for any words."""
    if "*" not in pattern:
        return pattern == header
    return re.fullmatch(".*".join(re.escape(part) for part in pattern.split("*")), header, re.DOTALL) is not None


def list_shipped_mappings() -> list[str]:
    """The names of the mappings that come with the system."""
    return sorted(path.stem for path in SHIPPED.glob("*.toml"))


def load_mapping(path: Path) -> TableMapping:
    """The mapping in a file, or the shipped one of this name. Raises `TableRefused` (`bad_mapping`)."""
    if path.name == str(path) and str(path) in list_shipped_mappings():
        path = SHIPPED / f"{path}.toml"
    try:
        raw = whole_file.read_file(path, _MAX_BYTES)
        if len(raw) > _MAX_BYTES:
            raise make_refusal("bad_mapping.too_large")
        words = raw.decode("utf-8-sig")
        document = json.loads(words) if path.suffix.lower() == ".json" else tomllib.loads(words)
    except OSError as error:
        raise make_refusal(
            "bad_mapping.unreadable", reason=error.strerror, shipped=", ".join(list_shipped_mappings())
        ) from error
    except (ValueError, RecursionError) as error:
        raise make_refusal("bad_mapping.not_a_document", reason=error) from error
    return parse_mapping(document)


def parse_mapping(document: Any) -> TableMapping:
    """The mapping of a document. Raises `TableRefused` (`bad_mapping`) naming the entry to mend."""
    if type(document) is not dict:
        raise make_refusal("bad_mapping.not_a_table")
    unknown = set(document) - {*_TABLES, *_TEXTS, "ignore"}
    if unknown:
        raise make_refusal("bad_mapping.unknown_entry", names=", ".join(sorted(unknown)))
    for name in _TABLES:
        if type(document.get(name, {})) is not dict:
            raise make_refusal("bad_mapping.table", name=name)
    for name in _TEXTS:
        if type(document.get(name, "")) is not str:
            raise make_refusal("bad_mapping.text", name=name)
    ignored = document.get("ignore", [])
    if type(ignored) is not list or not all(type(one) is str for one in ignored):
        raise make_refusal("bad_mapping.ignore")
    dates = document.get("dates", DATES[0])
    if dates not in DATES:
        raise make_refusal("bad_mapping.dates", first=DATES[0], second=DATES[1])
    for name in ("columns", "stages", "desks", "procedures"):
        for words, value in document.get(name, {}).items():
            if type(value) is not str or not value:
                raise make_refusal("bad_mapping.value", name=name, words=words)
    for words, stage in document.get("stages", {}).items():
        if stage not in {one.value for one in Stage}:
            raise make_refusal(
                "bad_mapping.stage", words=words, stage=stage, stages=", ".join(one.value for one in Stage)
            )
    for words, score in document.get("answers", {}).items():
        if type(score) is not int or score not in (*SCORES, NOT_APPLICABLE):
            raise make_refusal("bad_mapping.score", words=words)
    return TableMapping(
        columns=tuple((_pattern(words), target) for words, target in document.get("columns", {}).items()),
        ignored=tuple(_pattern(words) for words in ignored),
        answers=_folded(document["answers"]) if document.get("answers") else None,
        stages=_folded(document.get("stages", {})),
        desks=_folded(document.get("desks", {})),
        procedures=_folded(document.get("procedures", {})),
        dates=dates,
        sheet=document.get("sheet"),
        encoding=document.get("encoding"),
    )


def _pattern(words: str) -> str:
    """A header with `*`, folded; folding takes a closing star for the mark of a question that must be answered."""
    return "*".join(fold_text(part) for part in words.split("*")) if "*" in words else fold_text(words)


def _folded(table: Mapping[str, V]) -> dict[str, V]:
    return {fold_text(words): value for words, value in table.items()}

