"""The desk's state: typed fields, their texts in the store, and what becomes of one that rotted."""

from __future__ import annotations

import ast
import dataclasses
import typing
from collections.abc import Iterator
from pathlib import Path

import pytest

import kiosk
from kiosk.desk import state, state_values
from kiosk.desk.state import State
from kiosk.desk.state_values import (
    BadState,
    CentreTreatment,
    MissingEntries,
    PinSession,
    PromisedCode,
    SlipPrint,
    WrongTries,
)
from kiosk.settings import Settings
from models.migrations import migrate
from models.storage.database import Database
from models.tables.declarative_base import KIOSK
from models.vocabulary import Stage
from tests.fixtures import desk_state_rows

#: What a store keeps: as it was written before there was this object.
STORED = {
    "device": "d-0312", "epoch": "2", "boot": "7", "boot_mono": "1000", "state": "suspended", "acked_seq": "12",
    "lacking": "2:3:9", "hb_mono": "55", "hb_boot": "7", "sound": "4: does not follow", "set_aside": "kiosk-1.damaged",
    "serving_stage": "result", "drill_mono": "900", "drill_boot": "7", "gap_ms": "5", "pin_tries": "3",
    "pin_known": '{"w": [2, 30, 7]}',
    "duty_staff": '{"boot": 7, "day": "2026-10-14", "hash": "ab", "opened": 10, "touched": 20}', "duty_officer": "",
    "farewell": '{"boot": 7, "chance": "0f", "id": "r1", "mono": 40}',
    "slip_print": '{"epoch": 2, "known": "going", "number": 1, "run": "x", "serial": 5, "t": 60, "why": ""}',
}  # fmt: skip
MEANT = State(
    device="d-0312", epoch=2, boot=7, boot_mono=1000, centre_word=CentreTreatment.SUSPENDED, acked_seq=12,
    lacking=MissingEntries(2, 3, 9), heartbeat_mono=55, heartbeat_boot=7, ledger_fault="4: does not follow",
    set_aside_name="kiosk-1.damaged", serving_stage=Stage.RESULT, practice_until_mono=900, practice_boot=7, gap_ms=5,
    pin_tries=3, pin_known={"w": WrongTries(2, 30, 7)}, duty_staff=PinSession(7, "2026-10-14", "ab", 10, 20),
    promised_code=PromisedCode(7, "0f", "r1", 40), slip_print=SlipPrint(2, 5, 1, "x", "going", "", 60),
)  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Database]:
    made = Settings(tmp_path).database()
    migrate.upgrade_store(made, KIOSK)
    yield made
    made.close()


def test_a_store_of_before_is_read(store: Database) -> None:
    with store.write() as session:
        desk_state_rows.put_texts(session, **STORED, a_name_of_a_later_version="x")
    with store.read() as session:
        assert state.read_state(session) == MEANT


def test_what_is_written_is_kept_as_before(store: Database) -> None:
    fields = {field.name: getattr(MEANT, field.name) for field in dataclasses.fields(State)}
    given = {name: value for name, value in fields.items() if value} | {"duty_officer": None}
    changes = typing.cast(state.StateChanges, given)
    with store.write() as session:
        state.write_state(session, **changes)
        texts = desk_state_rows.read_texts(session)
    later = {"farewell": '{"boot": 7, "chance": "0f", "id": "r1", "mono": 40, "sent": -1}'}
    assert texts == STORED | later


def test_an_empty_store_says_nothing(store: Database) -> None:
    with store.read() as session:
        assert state.read_state(session) == State() and State().identity is None


def test_the_writer_takes_every_field_as_the_reader_gives_it() -> None:
    assert typing.get_type_hints(state.StateChanges) == typing.get_type_hints(State)


@pytest.mark.parametrize("field", dataclasses.fields(State), ids=lambda field: field.name)
def test_what_rotted_is_refused_where_nothing_can_go_on_and_else_forgotten(field: dataclasses.Field[object]) -> None:
    stored = field.metadata["stored"] or field.name
    needed = {"boot", "acked_seq", "pruned_seq", "anchored_receipt", "last_reply_ms"}
    for rotten in ("x\x007", '{"a": 1}', "[1"):
        if field.name in needed:
            assert state.find_damage({stored.encode(): rotten.encode()}) == f"{stored} is no number"
            with pytest.raises(BadState):
                state.parse_state({stored: rotten})
            continue
        value = getattr(state.parse_state({stored: rotten}), field.name)
        is_text = field.metadata["read"] is state_values.parse_plain_text
        assert value == (CentreTreatment.STOPPED if field.name == "centre_word" else rotten if is_text else
                         getattr(State(), field.name))  # fmt: skip


def test_an_identity_that_lacks_a_part_is_none() -> None:
    with pytest.raises(BadState):
        _ = State(device="d-0312", epoch=1).identity


def test_no_other_module_knows_the_stored_texts() -> None:
    """Nobody else opens the table, and no text of it stands in another module's code as a key."""
    root = Path(kiosk.__file__).parent
    own = {root / "desk" / "state.py", root / "desk" / "state_values.py"}
    words = {"", "state", "set_aside", "sound", "farewell"}  # which name other things too
    names = {f.metadata["stored"] for f in dataclasses.fields(State)} - words
    for path in sorted(root.rglob("*.py")):
        if path in own:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            assert not (isinstance(node, ast.Name | ast.alias) and "DeskState" in (getattr(node, "id", ""),
                        getattr(node, "name", ""))), path  # fmt: skip
            assert not (isinstance(node, ast.Constant) and node.value in names), (path, node.lineno)
