"""Names of the fields of a result, in words; a JSON document has the fields' own names."""

from __future__ import annotations

from translations import lazy

_NAMES = {
    "accepted": lazy("lines taken in"), "added": lazy("added"), "agency": lazy("agency"), "batches": lazy("batches"),
    "bytes": lazy("bytes"), "changed": lazy("changed"), "code": lazy("code"), "created": lazy("made at"),
    "database": lazy("database"), "device": lazy("device"), "entries": lazy("lines"), "epoch": lazy("ledger epoch"),
    "expires": lazy("valid until"), "files": lazy("files"), "folder": lazy("folder"), "index": lazy("index"),
    "ledgers": lazy("ledgers"), "missing": lazy("missing"), "n": lazy("responses"), "new": lazy("new"),
    "pairs": lazy("agencies and months"), "pdf": lazy("PDF"), "period": lazy("period"), "replaced": lazy("replaced"),
    "reply": lazy("receipts"), "responses": lazy("responses"), "revision": lazy("revision"),
    "schema": lazy("schema"), "seq": lazy("last line"), "sha": lazy("SHA-256"), "state": lazy("state"),
    "unchanged": lazy("unchanged"), "were_stale": lazy("waited to be counted"),
}  # fmt: skip


def field_name(field: str) -> str:
    """A field's name in the language in force; the field itself where there is none."""
    return str(_NAMES.get(field, field))
