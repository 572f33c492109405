"""The rows of a damaged SQLite file, read page by page without SQLite.

For files that were set aside and that nobody has open: never for a store in use (`models.storage.database`). Each page
is read for itself, from the file and from the write-ahead log beside it: it is judged by its own first byte, so that it
matters neither whether the pages above it are left nor what the file's header says. What comes out are rows as tuples,
without the name of their table and without a promise: whoever reads them knows by their shape what they are, proves
what they say, and takes a row that is here twice (an older page, a page that was given up) once.

The format: https://www.sqlite.org/fileformat2.html, parts 1.5 to 1.6, 2.1 and 4.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

RecoveredValue = int | float | str | bytes | None
RecoveredRow = tuple[RecoveredValue, ...]

#: The first byte of the pages that hold rows: leaf of a table; leaf and inner page of an index.
_TABLE_LEAF, _INDEX_LEAF, _INDEX_INNER = 0x0D, 0x0A, 0x02
_USUAL_PAGE = 4096
_WAL_HEADER, _FRAME_HEADER = 32, 24
#: More columns, or a longer row, has none of our tables (bytes).
_MOST_COLUMNS, _LONGEST = 64, 64 << 20
_FIXED = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}


class _Torn(ValueError):
    """This cell cannot be read."""


def recover_rows(path: Path) -> Iterator[RecoveredRow]:
    """Every row that can be read in the file at `path` and its log, those of the newest state of each page first.

    Raises OSError when the file itself cannot be read; what is missing or nonsense inside is passed over."""
    whole = path.read_bytes() if path.exists() else b""
    log = path.with_name(path.name + "-wal")
    frames = _frames(log.read_bytes()) if log.exists() else []
    size = len(frames[0][1]) if frames else _page_size(whole)
    pages = {at // size + 1: whole[at : at + size] for at in range(0, len(whole), size)}
    older: list[bytes] = []
    for number, page in frames:
        if number in pages:
            older.append(pages[number])
        pages[number] = page
    for number, page in pages.items():
        yield from _rows(page, pages, first=number == 1)
    for page in older:
        yield from _rows(page, pages, first=False)


def _page_size(whole: bytes) -> int:
    size = int.from_bytes(whole[16:18], "big")
    size = 65536 if size == 1 else size
    sensible = 512 <= size <= 65536 and size & (size - 1) == 0 and whole.startswith(b"SQLite format 3\0")
    return size if sensible else _USUAL_PAGE


def _frames(log: bytes) -> list[tuple[int, bytes]]:
    """The (page number, page) of a log's frames, as far as they belong to its header."""
    if len(log) < _WAL_HEADER or log[:3] != b"\x37\x7f\x06":
        return []
    size, salt = int.from_bytes(log[8:12], "big"), log[16:24]
    if not 512 <= size <= 65536 or size & (size - 1):
        return []
    frames = []
    for at in range(_WAL_HEADER, len(log) - _FRAME_HEADER - size + 1, _FRAME_HEADER + size):
        head = log[at : at + _FRAME_HEADER]
        if head[8:16] == salt:
            frames.append((int.from_bytes(head[:4], "big"), log[at + _FRAME_HEADER : at + _FRAME_HEADER + size]))
    return frames


def _rows(page: bytes, pages: dict[int, bytes], *, first: bool) -> Iterator[RecoveredRow]:
    start = 100 if first else 0  # the file's header stands before the first page's own
    if len(page) < start + 12 or page[start] not in (_TABLE_LEAF, _INDEX_LEAF, _INDEX_INNER):
        return
    kind = page[start]
    cells = int.from_bytes(page[start + 3 : start + 5], "big")
    table = start + (12 if kind == _INDEX_INNER else 8)
    for at in range(table, min(table + 2 * cells, len(page) - 1), 2):
        try:
            yield _cell(page, int.from_bytes(page[at : at + 2], "big"), kind, pages)
        except (_Torn, IndexError, UnicodeDecodeError, struct.error):
            continue


def _cell(page: bytes, at: int, kind: int, pages: dict[int, bytes]) -> RecoveredRow:
    if kind == _INDEX_INNER:
        at += 4
    length, at = _varint(page, at)
    if kind == _TABLE_LEAF:
        _rowid, at = _varint(page, at)
    if not 0 < length <= _LONGEST:
        raise _Torn
    size = len(page)
    most = size - 35 if kind == _TABLE_LEAF else (size - 12) * 64 // 255 - 23
    if length <= most:
        payload = page[at : at + length]
    else:
        least = (size - 12) * 32 // 255 - 23
        local_size = least + (length - least) % (size - 4)
        local_size = local_size if local_size <= most else least
        following = int.from_bytes(page[at + local_size : at + local_size + 4], "big")
        payload = page[at : at + local_size] + _overflow(following, length - local_size, pages)
    if len(payload) != length:
        raise _Torn
    return _record(payload)


def _overflow(number: int, length: int, pages: dict[int, bytes]) -> bytes:
    parts, seen = [], set()
    while length > 0:
        page = pages.get(number)
        if page is None or number in seen:
            raise _Torn
        seen.add(number)
        part = page[4 : 4 + length]
        parts.append(part)
        length -= len(part)
        number = int.from_bytes(page[:4], "big")
    return b"".join(parts)


def _record(payload: bytes) -> RecoveredRow:
    header, at = _varint(payload, 0)
    if header > len(payload):
        raise _Torn
    kinds = []
    while at < header:
        kind, at = _varint(payload, at)
        kinds.append(kind)
    if at != header or len(kinds) > _MOST_COLUMNS:
        raise _Torn
    values: list[RecoveredValue] = []
    for kind in kinds:
        size = _FIXED.get(kind, 8 if kind == 7 else 0 if kind < 12 else (kind - 12) // 2)
        raw = payload[at : at + size]
        if len(raw) != size or kind in (10, 11):
            raise _Torn
        at += size
        values.append(_value(kind, raw))
    return tuple(values)


def _value(kind: int, raw: bytes) -> RecoveredValue:
    if kind == 0:
        return None
    if kind in _FIXED:
        return int.from_bytes(raw, "big", signed=True)
    if kind == 7:
        return float(struct.unpack(">d", raw)[0])
    if kind in (8, 9):
        return kind - 8
    return raw.decode() if kind % 2 else raw


def _varint(raw: bytes, at: int) -> tuple[int, int]:
    value = 0
    for count in range(9):
        byte = raw[at + count]
        if count == 8:
            return value << 8 | byte, at + 9
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + count + 1
    raise AssertionError
