"""Openings that wait for the centre's receipt: which of them can travel, and how many cannot.

An opening that no line can say (a byte of the store rotted, a kind of a newer version) holds nothing back: its entry
goes without it, and it stays here as long as any other.
"""

from __future__ import annotations

from collections.abc import Iterable

from models.protocol.canonical import NotCanonical
from models.protocol.sidecar import Sidecar
from models.storage.row_reading import Reader, read_rows

#: As bytes: text that is no UTF-8 would end the whole query.
_COLUMNS = "CAST(id AS BLOB), CAST(kind AS BLOB), CAST(salt AS BLOB), CAST(value AS BLOB)"


def select_sendable(openings: Iterable[Sidecar]) -> list[Sidecar]:
    """Those of `openings` that a line can say."""
    return [one for one in openings if _can_travel(one)]


def read_sidecars_between(session: Reader, epoch: int, after: int, to: int) -> list[Sidecar]:
    """What can travel beside the entries of `epoch` behind the seq `after`, up to the seq `to`."""
    return select_sendable(_read(session, "epoch = ? AND seq > ? AND seq <= ?", epoch, after, to))


def count_unsendable(session: Reader) -> int:
    """How many of all that stand here cannot travel."""
    return sum(not _can_travel(one) for one in _read(session))


def _read(session: Reader, which: str = "1", *parameters: object) -> Iterable[Sidecar]:
    statement = f"SELECT {_COLUMNS} FROM waiting_sidecar WHERE {which} ORDER BY seq, kind"
    for row in read_rows(session, statement, *parameters):
        yield Sidecar(*(raw.decode(errors="surrogateescape") for raw in row))


def _can_travel(one: Sidecar) -> bool:
    try:
        one.dump()
    except NotCanonical:
        return False
    return True
