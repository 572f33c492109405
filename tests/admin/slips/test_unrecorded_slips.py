"""Slips beside the ledger: answered, counted, and listed once the ledger has passed their place.

On both databases, with slips that a desk signed with its own key.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from itertools import permutations

import pytest
from sqlalchemy import select

from admin import jobs
from admin.ledgers import slip_ledger_check, verification
from admin.ledgers.signing_keys import CentreKeys
from admin.responses import projection
from admin.slips import slip_proof
from admin.statistics import slips_missing_in_ledger
from admin.survey import phone_drafts
from models.protocol import slip
from models.storage.database import Database
from models.tables.device import Device, Epoch
from models.tables.response import Response, SpentSlip
from models.vocabulary import Stage
from tests.fixtures.ledger_writer import START, LedgerWriter

AGENCY, MONTH, DAY = "NB-14701", "2025-10", 86_400_000
MINUTE = START // 60_000
Make = Callable[..., LedgerWriter]


class Pocket:
    """A desk's ledger of ten places, and the slips that its key signs, in the ledger or beside it."""

    def __init__(self, store: Database, keys: CentreKeys, device: LedgerWriter) -> None:
        self.store, self.keys, self.device = store, keys, device
        for serial in range(1, 6):
            device.rate(5, t=START)
            device.add("token", {"serial": serial, "stage": "result"}, t=START)

    def token(self, serial: int, seq: int, minute: int = MINUTE) -> str:
        head = bytes.fromhex(self.device.head(min(seq, len(self.device.lines))))[:8]
        number = slip.device_number(self.device.dev)
        paper = slip.Slip(number, 1, serial, seq, head, 0, Stage.RESULT, minute, None)
        return slip.mint(paper, self.device.key, self.keys.public)

    def answer(self, token: str) -> str:
        """Someone answers and sends at once; returns the response's id."""
        id = secrets.token_hex(16)
        with self.store.write() as session:
            proved = slip_proof.prove_slip(session, token, self.keys, START + DAY)
            touch = phone_drafts.FaceTap(id, 5, id, "vi", START + DAY)
            phone_drafts.record_face_tap(session, self.keys, proved, touch)
        with self.store.write() as session:
            phone_drafts.seal_draft(session, self.keys, id, START + DAY)
        return id

    def sync(self, last: int) -> None:
        first = 1
        with self.store.read() as session:
            first = session.get_one(Epoch, (self.device.dev, 1)).last_seq + 1
        status, _reply = self.device.send(self.store, self.device.batch(first, last, now=START + DAY, head_seq=last))
        assert status == 200
        with self.store.write() as session:
            projection.project_entries(session, self.device.dev, 1)

    def told(self) -> tuple[list[int], int, list[int]]:
        """The serials of the list, the public number, and what `verify` reads from the entries."""
        with self.store.read() as session:
            listed = [one.serial for one in slips_missing_in_ledger.list_unrecorded(session)]
            n = slips_missing_in_ledger.count_unrecorded(session, [AGENCY], [MONTH])
            (checked,) = verification.verify_ledgers(session, self.keys.public, self.device.dev)
        assert checked.wrong == []
        return listed, n, checked.unrecorded


@pytest.fixture(name="pocket")
def the_pocket(store_with_agencies: Database, keys: CentreKeys, writer: Make) -> Pocket:
    return Pocket(store_with_agencies, keys, writer())


def test_a_slip_beside_the_ledger_is_listed_and_its_answer_counts(pocket: Pocket) -> None:
    pocket.sync(10)
    honest = pocket.answer(pocket.token(2, 4))
    beside = pocket.answer(pocket.token(900, 4))
    assert pocket.told() == ([900], 1, [900])
    with pocket.store.read() as session:
        outcomes = {id: session.get_one(Response, id).outcome for id in (honest, beside)}
        (one,) = slips_missing_in_ledger.list_unrecorded(session)
        elsewhere = slips_missing_in_ledger.count_unrecorded(session, ["NB-14725"], [MONTH])
    assert outcomes == {honest: "counted", beside: "counted"} and elsewhere == 0
    assert (one.device, one.seq, one.agency, one.desk) == (pocket.device.dev, 4, AGENCY, "NB-14701-Q1")


@pytest.mark.parametrize("order", list(permutations(["honest", "beside", "ledger"])), ids="-".join)
def test_what_is_said_does_not_depend_on_what_came_first(pocket: Pocket, order: tuple[str, ...]) -> None:
    if order[0] != "ledger":
        pocket.sync(2)
    for step in order:
        if step == "ledger":
            pocket.sync(10)
        else:
            pocket.answer(pocket.token(2 if step == "honest" else 77, 4))
    assert pocket.told() == ([77], 1, [77])
    with pocket.store.write() as session:
        assert slip_ledger_check.check_used_slips(session, pocket.device.dev, 1) == 0
    assert pocket.told() == ([77], 1, [77])


def test_nothing_is_said_before_the_ledger_has_passed_the_place(pocket: Pocket) -> None:
    pocket.sync(2)
    pocket.answer(pocket.token(77, 8))
    for last in (5, 7):
        pocket.sync(last)
        assert pocket.told() == ([], 0, [])
    pocket.sync(8)
    assert pocket.told() == ([77], 1, [77])


@pytest.mark.parametrize(
    ("said", "off", "listed"),
    [(None, 0, False), (None, 24 * 60, False), (None, 24 * 60 + 1, True), (None, -24 * 60 - 1, True),
     (MINUTE + 5, 5, False), (MINUTE + 5, 6, True), (0, -MINUTE, False), (0, 0, True)],
)  # fmt: skip
def test_token_and_entry_say_the_same_minute(pocket: Pocket, said: int | None, off: int, listed: bool) -> None:
    p = {"serial": 50, "stage": "result"} | ({} if said is None else {"minute": said})
    pocket.device.add("token", p, t=START)
    pocket.sync(11)
    pocket.answer(pocket.token(50, 11, MINUTE + off))
    assert pocket.told() == (([50], 1, [50]) if listed else ([], 0, []))


@pytest.mark.parametrize("lost", ["device lost", "epoch forked"])
def test_a_ledger_that_is_lost_or_forked_accuses_of_nothing(pocket: Pocket, lost: str) -> None:
    pocket.sync(10)
    pocket.answer(pocket.token(77, 4))
    kind, state = lost.split()
    with pocket.store.write() as session:
        if kind == "device":
            session.get_one(Device, pocket.device.dev).state = state
        else:
            session.get_one(Epoch, (pocket.device.dev, 1)).state = state
    assert pocket.told() == ([], 0, [])


def test_a_fork_takes_back_nothing_that_was_said_before_it(pocket: Pocket) -> None:
    """Two heads that contradict each other beyond the ledger's end: what lies before is judged as it was."""
    pocket.sync(10)
    pocket.answer(pocket.token(77, 4))
    for h, status in (("1" * 64, 200), ("2" * 64, 422)):
        assert pocket.device.send(pocket.store, pocket.device.batch(11, 10, head_seq=20, head=h))[0] == status
    assert pocket.told() == ([77], 1, [77])
    pocket.answer(pocket.token(78, 6))
    assert pocket.told() == ([77, 78], 2, [77, 78])


def test_where_a_ledger_is_disputed_it_accuses_of_nothing(pocket: Pocket) -> None:
    """Two machines with one key share a ledger up to its sixth entry: what one made after that is not in the other's,
    and may be honest."""
    pocket.sync(10)
    for serial, seq in ((77, 4), (78, 6), (79, 7), (80, 9)):
        pocket.answer(pocket.token(serial, seq))
    assert pocket.told() == ([77, 78, 79, 80], 4, [77, 78, 79, 80])
    pocket.device.lines[6:] = []
    pocket.device.rate(1)
    assert pocket.device.send(pocket.store, pocket.device.batch(7))[0] == 422
    assert pocket.told() == ([77, 78], 2, [77, 78])
    with pocket.store.read() as session:
        (checked,) = verification.verify_ledgers(session, pocket.keys.public, pocket.device.dev)
        doubted = slips_missing_in_ledger.list_unconfirmed(session)
    assert checked.unconfirmed == [79, 80] and [(one.serial, one.why) for one in doubted] == [
        (79, "forked"), (80, "forked")
    ]  # fmt: skip
    assert checked.disputed is not None and (checked.disputed.seq, checked.disputed.n) == (7, 1)


def test_what_two_writers_missed_is_said_by_the_background_jobs(pocket: Pocket) -> None:
    pocket.sync(10)
    pocket.answer(pocket.token(77, 4))
    with pocket.store.write() as session:
        session.scalars(select(SpentSlip)).one().recorded = None
    assert pocket.told() == ([], 0, [77])
    jobs.update_responses_and_tallies(pocket.store, pocket.keys, START + DAY)
    assert pocket.told() == ([77], 1, [77])
