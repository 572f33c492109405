"""Names of devices: drawn at random, told apart by their labels, found again by their numbers."""

from __future__ import annotations

import re
import secrets

import pytest
from sqlalchemy import delete, select

from admin.devices import pairing
from admin.ledgers.signing_keys import CentreKeys
from models import ids
from models.keys import SigningKey
from models.migrations import migrate, run_alembic
from models.protocol import entry_chain, slip
from models.storage.database import Database
from models.tables.declarative_base import CENTRAL
from models.tables.device import Device, PairingCode
from tests.fixtures.ledger_writer import START

SHAPE = re.compile(r"d-\d{4,7}-[0-9abcdefghjkmnpqrstvwxyz]{8}\Z")


def offered(store: Database, desk: str = "NB-14701-Q1") -> str:
    with store.write() as session:
        return pairing.offer_pairing(session, desk, START, approved=True)[0]


def test_a_name_says_its_number_and_is_a_name_in_every_place() -> None:
    name = ids.device_name(42, 0x0123456789)
    assert name == "d-0042-04hmasw9" and ids.device_number(name) == slip.device_number(name) == 42
    longest = ids.device_name(ids.MAX_NUMBER, (1 << ids.NAME_BITS) - 1)
    assert longest == "d-1048575-zzzzzzzz" and len(longest) <= 24
    entry = entry_chain.parse(entry_chain.dump(
        dev=longest, ep=1, seq=1, typ="boot", id="x", t=1, mono=1, boot=1, prev="0" * 64, p={}))  # fmt: skip
    assert entry.dev == longest and len(slip.name_slip(longest, 2**31 - 1, 2**31 - 1)) <= 80


@pytest.mark.parametrize(
    ("name", "number", "label"),
    [("d-0042-k3v7q2mn", 42, "HL-0042-k3"), ("d-0042", 42, "HL-0042"), ("d-12345", 12345, "HL-12345"),
     ("d-9999999999", None, "HL-9999999999"), ("c-web-1", None, "HL-c-web-1"), ("d-0042-K3V7Q2MN", None, None),
     ("d-0042-k3v7q2m", None, None), ("d-0042-k3v7q2mn\n", None, None), ("d-42", None, None)],
)  # fmt: skip
def test_old_names_go_on_and_what_is_no_name_has_no_number(name: str, number: int | None, label: str | None) -> None:
    assert ids.device_number(name) == number
    assert label is None or ids.device_label(name) == label


def test_names_are_drawn_and_not_counted(store_with_agencies: Database) -> None:
    names = [offered(store_with_agencies) for _ in range(20)]
    assert all(SHAPE.match(name) for name in names)
    numbers = [ids.device_number(name) for name in names]
    assert len(set(numbers)) == 20 and len({name[-8:] for name in names}) == 20
    assert sorted(numbers, key=lambda number: number or 0) != numbers, "a counter"


def test_a_store_that_was_rolled_back_gives_no_name_again(store_with_agencies: Database) -> None:
    store = store_with_agencies
    first = {offered(store) for _ in range(5)}
    with store.write() as session:  # as after a restore: nothing of them is known
        session.execute(delete(PairingCode))
        session.execute(delete(Device))
    assert first.isdisjoint({offered(store) for _ in range(5)})


def test_a_number_that_is_taken_is_not_given_again(
    store_with_agencies: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, drawn = store_with_agencies, iter([6, 6, 7, 8])
    monkeypatch.setattr(secrets, "randbelow", lambda _below: next(drawn))
    with store.write() as session:
        session.add(Device(id="d-0008", desk_code="NB-14701-Q1", state="active", created_ms=0))
    assert [ids.device_number(offered(store)) for _ in range(2)] == [7, 9]


def test_invented_desks_get_the_same_names_from_the_same_seed(store_with_agencies: Database, keys: CentreKeys) -> None:
    made = []
    for _round in range(2):
        with store_with_agencies.write() as session:
            made.append(
                pairing.pair_simulated_device(session, "NB-14701-Q1", SigningKey(bytes(32)), START, keys).device
            )
            session.rollback()
    assert made[0] == made[1] and SHAPE.match(made[0])


def test_a_store_that_was_before_knows_the_numbers_after_the_migration(store_with_agencies: Database) -> None:
    store, names = store_with_agencies, ("d-0001", "d-12345", "d-0042-k3v7q2mn", "c-web-1")
    with store.write() as session:
        for name in names:
            session.add(Device(id=name, desk_code=None, state="active", created_ms=0))
    run_alembic.move_to_revision(store, CENTRAL, "central_0009")
    assert migrate.upgrade_store(store, CENTRAL)
    with store.read() as session:
        found = dict(session.execute(select(Device.id, Device.number)).all())
    assert found == dict(zip(names, (1, 12345, 42, None), strict=True))
