"""Files as offices send them: the same forms written as CSV in any dress, or as XLSX."""

from __future__ import annotations

import csv
import datetime
import io
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin.imports import paper_recording
from admin.imports.mapping import Foreign
from admin.imports.paper_file import Looked, look
from admin.ledgers.signing_keys import Centre
from models.database import Database
from models.tables.ledger_entry import StoredEntry
from models.tables.responses import OpenedSidecar, Response

#: 21 November 2026, 09:00 in Asia/Ho_Chi_Minh
NOW = 1_795_226_400_000
AGENCY = "NB-14701"
HEAD = ("Dấu thời gian", "Họ và tên", "Ông/Bà có hài lòng với việc phục vụ hôm nay không?",
        "Ông/Bà có hài lòng với người trực tiếp giải quyết không?", "Ý kiến khác", "Quầy")  # fmt: skip
WORDS = ("", "Rất không hài lòng", "2 - Không hài lòng", "Bình thường", "Hài lòng", "5 - Rất hài lòng")

Form = tuple[datetime.datetime, str, str, str, str, str]


def forms(n: int, seed: int = 1) -> list[Form]:
    """Forms of October 2026, among them some that say exactly the same."""
    dice = random.Random(seed)
    made: list[Form] = []
    for _ in range(n):
        at = datetime.datetime(2026, 10, dice.randint(1, 31), dice.randint(7, 16), dice.choice((0, 30)), 5)
        score = dice.choice((1, 2, 3, 4, 4, 4, 5, 5, 5))
        words = dice.choice(("", "", "Cảm ơn, gọi 0912 345 678", 'Chờ "lâu";\nnóng'))
        made.append((at, "Nguyễn Văn A", WORDS[score], dice.choice(("", WORDS[score])), words, "Quầy 1"))
    return made + made[: n // 4]


def as_csv(rows: Sequence[Form], path: Path, *, sign: str = ",", encoding: str = "utf-8") -> Path:
    """The forms as a CSV file."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=sign)
    writer.writerow(HEAD)
    writer.writerows([f"{row[0]:%d/%m/%Y %H:%M:%S}", *row[1:]] for row in rows)
    path.write_bytes(out.getvalue().encode(encoding))
    return path


def as_xlsx(rows: Sequence[Sequence[Any]], path: Path, head: Sequence[Any] = HEAD) -> Path:
    """The rows as an Excel file, dates as dates."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in [head, *rows]:
        sheet.append(list(row))
    book.save(path)
    return path


def looked(database: Database, path: Path, mapping: Foreign, *, month: str | None = None, agency: str = AGENCY,
           instrument: str = "short") -> Looked:  # fmt: skip
    """What would become of a file."""
    with database.read() as session:
        return look(session, path, agency, instrument, month, mapping, NOW, lambda what, n: None)


def take(database: Database, keys: Centre, found: Looked) -> int:
    """Take the good lines of a file; returns how many were new."""
    with database.write() as session:
        return paper_recording.take(
            session, keys, found.papers, found.place, found.asked, NOW, "test", lambda n: None
        )


def counts(session: Session) -> tuple[int, int, int]:
    """How many entries, responses and openings the store holds."""
    return (
        session.scalar(select(func.count()).select_from(StoredEntry)) or 0,
        session.scalar(select(func.count()).select_from(Response)) or 0,
        session.scalar(select(func.count()).select_from(OpenedSidecar)) or 0,
    )
