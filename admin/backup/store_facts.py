"""The facts by which a copy of a store is known to be whole: rows of tables, heads of ledgers.

Asked in plain SQL of whatever tables there are, so that a store of an older version has them too, before it is
migrated.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import inspect, text
from sqlalchemy.orm import Session

from models.protocol import entry_chain

#: Rows between two reports.
STEP = 5000
#: What the centre cannot do without in a store that has no register of keys yet; a recorder's is called after it.
KEYS = ("centre.key", "centre.box", "centre.pages")


def read_store_facts(session: Session) -> dict[str, Any]:
    """`tables`: name → rows; `ledgers`: [device, epoch, entries, head] each; `log`: the head of the log of batches."""
    names = sorted(inspect(session.connection()).get_table_names())
    tables = {name: int(session.scalar(text(f'SELECT count(*) FROM "{name}"')) or 0) for name in names}
    ledgers: list[list[Any]] = []
    log = None
    if "epoch" in tables:
        statement = "SELECT device_id, epoch, last_seq, last_h FROM epoch ORDER BY device_id, epoch"
        ledgers = sorted(list(row) for row in session.execute(text(statement)))
    if "store_mark" in tables:
        log = session.scalar(text("SELECT value FROM store_mark WHERE name = 'batch_head'"))
    return {"tables": tables, "ledgers": ledgers, "log": log}


def find_differences(facts: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """In which facts two stores differ: names of tables, ledgers, `log`."""
    tables, others = facts["tables"], other["tables"]
    differences = [name for name in sorted({*tables, *others}) if tables.get(name) != others.get(name)]
    if facts["ledgers"] != other["ledgers"]:
        differences.append("ledgers")
    return differences + (["log"] if facts["log"] != other["log"] else [])


def find_broken_ledgers(session: Session, facts: dict[str, Any], progress: Callable[[int, int], None]) -> list[str]:
    """The first entry (`device/epoch/seq`) of each ledger that is not the one its successor or its head names: bytes
    that do not hash to what is stored, a missing link, a head that is not the ledger's. Who signed is `verify`'s."""
    if "entry" not in facts["tables"] or "epoch" not in facts["tables"]:
        return []
    of, done = facts["tables"]["entry"], 0
    genesis = {(row[0], row[1]): row[2] for row in session.execute(text("SELECT device_id, epoch, genesis FROM epoch"))}
    ends = {(device, epoch): (seq, h) for device, epoch, seq, h in facts["ledgers"]}
    at: dict[tuple[str, int], tuple[int, str]] = {ledger: (0, h) for ledger, h in genesis.items()}
    bad: dict[tuple[str, int], int] = {}
    rows = session.execute(
        text("SELECT device, epoch, seq, bytes, h FROM entry ORDER BY device, epoch, seq"),
        execution_options={"yield_per": STEP},
    )
    for device, epoch, seq, raw, h in rows:
        ledger = (device, epoch)
        before = at.get(ledger)
        if before is None or not _is_successor(bytes(raw), seq, h, before):
            bad.setdefault(ledger, seq)
        at[ledger] = (seq, h)
        done += 1
        if done % STEP == 0:
            progress(done, of)
    for ledger, end in ends.items():
        if at[ledger] != end:
            bad.setdefault(ledger, end[0])
    progress(of, of)
    return [f"{device}/{epoch}/{seq}" for (device, epoch), seq in sorted(bad.items())]


def _is_successor(raw: bytes, seq: int, h: str, before: tuple[int, str]) -> bool:
    if entry_chain.entry_hash(raw) != h or seq != before[0] + 1:
        return False
    try:
        return entry_chain.parse_trusted_entry(raw).prev == before[1]
    except (ValueError, KeyError, TypeError):
        return False


def find_needed_keys(session: Session, facts: dict[str, Any]) -> dict[str, str]:
    """The key files without which this store cannot go on: name → what the register knows it by ("" without one)."""
    if facts["tables"].get("key_register"):
        in_force = "SELECT name, public FROM key_register WHERE replaced_ms IS NULL ORDER BY name"
        return {row[0]: row[1] for row in session.execute(text(in_force))}
    if "device" not in facts["tables"]:
        return {}
    recorders = session.scalars(text("SELECT id FROM device WHERE id LIKE 'c-%' ORDER BY id"))
    return dict.fromkeys([*KEYS, *(f"{name}.key" for name in recorders)], "")


def find_named_recordings(session: Session, facts: dict[str, Any]) -> list[str]:
    """The SHA-256 of each recording that the store speaks of."""
    if "spoken_prompt" not in facts["tables"]:
        return []
    return sorted(set(session.scalars(text("SELECT sha FROM spoken_prompt"))))
