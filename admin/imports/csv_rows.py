"""CSV rows of a file of reference data: every problem has its line.

Nothing is taken from a file with a problem.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from models.storage import whole_file

MAX_BYTES = 10 << 20
MAX_PROBLEMS = 20


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in which line (the header is line 1)."""

    line: int
    text: str


class BadFile(ValueError):
    """The file was not taken; nothing changed. `code` is stable; the text names the first lines with a problem."""

    def __init__(self, code: str, problems: list[Problem]) -> None:
        shown = "; ".join(f"dòng {p.line}: {p.text}" for p in problems[:MAX_PROBLEMS])
        more = f"; và {len(problems) - MAX_PROBLEMS} chỗ khác" if len(problems) > MAX_PROBLEMS else ""
        super().__init__(f"Tệp chưa được nhận, không có gì thay đổi. Sửa rồi nhập lại: {shown}{more}")
        self.code = code
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the file: its number and its cells by column, trimmed and NFC-normalised."""

    line: int
    cells: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")


def read(path: Path, needed: tuple[str, ...], optional: tuple[str, ...] = ()) -> list[Row]:
    """The rows of a CSV file in UTF-8 (with or without BOM). Raises `BadFile`: `bad_file`, `bad_header`, `bad_line`."""
    try:
        raw = whole_file.read(path, MAX_BYTES)
        if len(raw) > MAX_BYTES:
            raise BadFile("bad_file", [Problem(1, "tệp lớn hơn 10 MB")])
        text = raw.decode("utf-8-sig")
    except OSError as error:
        raise BadFile("bad_file", [Problem(1, f"không đọc được tệp ({error.strerror})")]) from error
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise BadFile("bad_file", [Problem(line, "chữ không phải UTF-8; lưu lại tệp ở dạng CSV UTF-8")]) from error
    reader = csv.reader(io.StringIO(unicodedata.normalize("NFC", text), newline=""), strict=True)
    rows: list[Row] = []
    problems: list[Problem] = []
    try:
        header = [name.strip() for name in next(reader, [])]
        missing = [name for name in needed if name not in header]
        unknown = [name for name in header if name not in needed + optional]
        if missing or unknown or len(set(header)) != len(header):
            said = [f"thiếu cột {', '.join(missing)}"] if missing else []
            said += [f"cột lạ {', '.join(unknown)[:80]}"] if unknown else []
            raise BadFile("bad_header", [Problem(1, "; ".join(said) or "một cột có hai lần")])
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                problems.append(Problem(reader.line_num, f"{len(cells)} ô, cần {len(header)}"))
                continue
            if any(ord(c) < 32 and c not in "\n\t" for cell in cells for c in cell):
                problems.append(Problem(reader.line_num, "có ký tự điều khiển"))
                continue
            rows.append(Row(reader.line_num, {k: cell.strip() for k, cell in zip(header, cells, strict=True)}))
    except csv.Error as error:
        problems.append(Problem(reader.line_num, f"không đọc được: {error}"))
    if problems:
        raise BadFile("bad_line", problems)
    return rows


def day_problem(text: str, name: str) -> str | None:
    """Why `text` is not a day written 2026-10-14, or None."""
    import datetime

    try:
        if datetime.date.fromisoformat(text).isoformat() == text:
            return None
    except ValueError:
        pass
    return f"{name}: ngày phải viết như 2026-10-14"
