"""The revisions of the stores: the newest of each, and how a store stands to it.

It loads nothing that works, so that a command that only looks can ask too.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Set

from models.storage.row_reading import Reader, read_rows, read_value

#: The newest revision of each store; a test holds it equal to alembic's own head.
HEADS = {"kiosk": "kiosk_0005", "central": "central_0021"}
#: The table in which alembic notes the revision.
MARK = "alembic_version"
_REVISION = re.compile(r"(kiosk|central)_(\d{4})\Z", re.ASCII)


class SchemaState(enum.Enum):
    """How a store stands to this version."""

    EMPTY = "empty"
    OLDER = "older"
    PRESENT = "present"
    NEWER = "newer"
    #: of the other application
    OTHER = "other"
    #: tables of something else, or a mark of the schema that says nothing
    FOREIGN = "foreign"


def judge_schema(names: Set[str], revision: str | None, store: str) -> SchemaState:
    """How a store with the tables `names`, at `revision` (None: it bears none), stands to this version's `store`
    (`kiosk` or `central`)."""
    if revision is None:
        return SchemaState.FOREIGN if names - {MARK} else SchemaState.EMPTY
    match, head = _REVISION.match(revision), _REVISION.match(HEADS[store])
    if match is None or head is None:
        return SchemaState.FOREIGN
    if match[1] != head[1]:
        return SchemaState.OTHER
    if int(match[2]) > int(head[2]):
        return SchemaState.NEWER
    return SchemaState.PRESENT if revision == HEADS[store] else SchemaState.OLDER


def read_file_schema_state(reader: Reader, store: str) -> SchemaState:
    """The same of a file of SQLite that is being read."""
    tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' ESCAPE '~'"
    names = {str(name) for (name,) in read_rows(reader, tables)}
    if MARK not in names:
        return judge_schema(names, None, store)
    if ("version_num",) not in list(read_rows(reader, "SELECT name FROM pragma_table_info(?)", MARK)):
        return SchemaState.FOREIGN
    return judge_schema(names, read_value(reader, "SELECT version_num FROM alembic_version"), store)
