"""The number in a token, note or typed code is a hint: whoever's key made it, that device it is."""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass

import pytest

from admin.ledgers.signing_keys import CentreKeys
from admin.slips import code_and_dossier_keys, slip_proof, slip_spending, typed_codes
from admin.slips.slip_proof import SlipRefused
from admin.survey import notes
from models.keys import SigningKey
from models.protocol import form_seal, note_token, slip, slip_typed_code
from models.protocol.slip import Slip
from models.storage.database import Database
from models.tables.device import Device, Epoch, Sighting
from models.tables.response import SpentSlip
from models.vocabulary import Stage
from tests.fixtures import unchecked_lines
from tests.fixtures.ledger_writer import START

#: One paired before names were drawn, two with its number after a store was lost, each at another agency's desk or the
#: same; and one that the centre has forgotten.
NAMES = {"d-0042": "NB-14701-Q1", "d-0042-aaaaaaaa": "NB-14725-Q1", "d-0042-bbbbbbbb": "NB-14725-Q1"}
FORGOTTEN = "d-0042-cccccccc"


@dataclass
class World:
    store: Database
    centre: CentreKeys
    keys: dict[str, SigningKey]

    def token(self, name: str, serial: int = 1, epoch: int = 1) -> str:
        paper = Slip(42, epoch, serial, 9, secrets.token_bytes(8), 0, Stage.RESULT, START // 60_000, 3)
        return slip.mint(paper, self.keys[name], self.centre.public)

    def code(self, name: str, serial: int = 1, epoch: int = 1) -> str:
        return slip_typed_code.make_typed_code(
            42, epoch, serial, code_and_dossier_keys.derive_typed_key(self.centre.codes, name, epoch)
        )


@pytest.fixture
def world(store_with_agencies: Database, keys: CentreKeys) -> World:
    made = World(store_with_agencies, keys, {name: SigningKey(secrets.token_bytes(32)) for name in (*NAMES, FORGOTTEN)})
    with store_with_agencies.write() as session:
        for name, desk in NAMES.items():
            session.add(Device(id=name, desk_code=desk, state="active", created_ms=0))
        session.add(Device(id="d-0043-aaaaaaaa", desk_code="NB-14701-Q1", state="active", created_ms=0))
        session.flush()
        for name in NAMES:
            session.add(Epoch(device_id=name, epoch=1, vk=made.keys[name].public, certificate=b"",
                              certificate_signature="", issued_ms=START, genesis="", last_h=""))  # fmt: skip
    return made


def test_a_token_is_the_device_s_that_signed_it(world: World) -> None:
    with world.store.write() as session:
        prover = slip_proof.SlipProver(world.centre)
        for name, desk in NAMES.items():
            proved = prover.prove(session, world.token(name), START)
            assert (proved.device_id, proved.desk and proved.desk.code) == (name, desk)
            assert proved.tie == f"{name}:1:1"
            slip_spending.spend_slips(
                session, [slip_spending.SlipUse(proved, secrets.token_hex(16), "browser", START)]
            )  # each its own
        for name in NAMES:
            assert session.get(SpentSlip, (name, 1, 1)) is not None
            assert session.get(Sighting, (name, 1, 9, "slip")) is not None
        assert {session.get_one(Device, name).state for name in NAMES} == {"active"}, "no head contradicts another's"


def test_a_forgotten_device_s_paper_opens_under_no_other_name(world: World) -> None:
    with world.store.read() as session:
        for token in (world.token(FORGOTTEN), world.token("d-0042", epoch=2)):
            with pytest.raises(SlipRefused, check=lambda refused: refused.code == "slip_unknown"):
                slip_proof.prove_slip(session, token, world.centre, START)
        assert (
            typed_codes.seal_typed_code(
                session, world.centre, slip_typed_code.list_possible_readings(world.code(FORGOTTEN))
            )
            is None
        )
        page = note_token.mint(FORGOTTEN, 1, "0" * 32, START, world.keys[FORGOTTEN], world.centre.public)
        with pytest.raises(notes.NoteRefused, check=lambda refused: refused.code == "note_unknown"):
            notes.prove_note_token(session, page, world.centre, START)


def test_a_typed_code_is_the_device_s_whose_key_made_it(world: World) -> None:
    with world.store.read() as session:
        for name, desk in NAMES.items():
            address = typed_codes.seal_typed_code(
                session, world.centre, slip_typed_code.list_possible_readings(world.code(name))
            )
            assert address is not None and len(address) <= 150
            proved = slip_proof.prove_slip(session, address, world.centre, START)
            assert (proved.device_id, proved.desk and proved.desk.code) == (name, desk)


def test_an_address_of_before_names_were_drawn_still_opens(world: World) -> None:
    for name in NAMES:
        code = world.code(name)
        address = f"{code}.1.{form_seal.make_seal(world.centre.page_key, f'typed{chr(10)}{code}{chr(10)}1')}"
        with world.store.read() as session:
            assert slip_proof.prove_slip(session, address, world.centre, START).device_id == name


def test_a_private_page_is_the_device_s_that_signed_it(world: World) -> None:
    with world.store.read() as session:
        for name, desk in NAMES.items():
            page = note_token.mint(name, 1, "0" * 32, START, world.keys[name], world.centre.public)
            found = notes.prove_note_token(session, page, world.centre, START)
            assert (found.device_id, found.place.desk.code) == (name, desk)


def test_the_state_of_one_says_nothing_of_another(world: World) -> None:
    with world.store.write() as session:
        session.get_one(Device, "d-0042").state = "revoked"
        session.get_one(Device, "d-0042-bbbbbbbb").state = "pending"
    with world.store.read() as session:
        assert (
            slip_proof.prove_slip(session, world.token("d-0042-aaaaaaaa"), world.centre, START).device_id
            == "d-0042-aaaaaaaa"
        )
        with pytest.raises(SlipRefused, check=lambda refused: refused.code == "slip_revoked"):
            slip_proof.prove_slip(session, world.token("d-0042"), world.centre, START)
        with pytest.raises(SlipRefused, check=lambda refused: refused.code == "slip_unknown"):
            slip_proof.prove_slip(session, world.token("d-0042-bbbbbbbb"), world.centre, START)


@pytest.mark.parametrize("number", [2**31, 2**32 - 1])
def test_a_number_no_column_holds_is_no_token(world: World, number: int) -> None:
    paper = Slip(number, 1, 1, 9, bytes(8), 0, Stage.RESULT, START // 60_000, 3)
    unknown = pytest.raises(SlipRefused, check=lambda refused: refused.code == "slip_unknown")
    with world.store.read() as session, unknown:
        token = unchecked_lines.make_token(paper.body(), b"slip", world.keys["d-0042"], world.centre.public)
        slip_proof.prove_slip(session, token, world.centre, START)
    page = note_token.Note(number, 1, "0" * 32, START // 60_000)
    raw = base64.b32encode(page.body() + bytes(64)).decode().rstrip("=")
    no_note = pytest.raises(notes.NoteRefused, check=lambda refused: refused.code == "note_unknown")
    with world.store.read() as session, no_note:
        notes.prove_note_token(session, raw, world.centre, START)
