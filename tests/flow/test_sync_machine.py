"""Sync as a state machine: taps, sends, losses, repeats, delays, a restored centre, in any order.

The order is whatever Hypothesis thinks of. After draining, what was sealed is what was acknowledged, each once; at
every step the centre holds a contiguous prefix of the desk's chain; nobody is ever accused.
"""

from __future__ import annotations

import gc
import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import select

import models.ids
from admin.ledgers import witness
from admin.responses import projection
from admin.statistics.tallies import recount
from kiosk.rating import drafts
from kiosk.sync import client as sync_client
from kiosk.sync import enrolment
from kiosk.sync.transport import HttpAnswer, NoAnswer
from models.protocol import wire
from models.storage.sqlite_module import load_sqlite_module
from models.tables.device import Device, Evidence
from models.tables.ledger_entry import StoredEntry
from models.tables.response import Response
from models.tables.tally import TallyMonth
from tests.fixtures import desk_state_rows
from tests.fixtures.centre_and_desk import Centre, Desk


class Wire:
    """The centre without HTTP: the same judging, accepting and counting; requests may be lost, repeated or delayed."""

    def __init__(self, centre: Centre) -> None:
        self.centre = centre
        self.fate = "ok"
        self.flying: list[bytes] = []

    def post(self, path: str, body: bytes, headers: dict[str, str]) -> HttpAnswer:
        if path != sync_client.PATH:
            client = self.centre.app.test_client()
            reply = client.post(path, data=body, headers=headers)
            return HttpAnswer(reply.status_code, reply.get_data())
        self.flying.append(body)
        if self.fate == "lost":
            raise NoAnswer("lost")
        answer = self.deliver(body)
        if self.fate == "deaf":
            raise NoAnswer("deaf")
        return self.deliver(body) if self.fate == "twice" else answer

    def deliver(self, data: bytes) -> HttpAnswer:
        database, now = self.centre.database, self.centre.now().t
        with database.read() as session:
            try:
                judged = witness.verify_batch_body(session, wire.inflate(data), self.centre.keys.public)
            except witness.UnknownDevice:
                return HttpAnswer(401, b"{}")
        with database.write() as session:
            verdict = witness.accept_batch(session, judged, now, self.centre.keys.key)
        envelope = judged.batch.envelope
        with database.write() as session:
            if verdict.accepted:
                while projection.project_entries(session, envelope.dev, envelope.ep):
                    pass
                recount.recount_stale(session)
        return HttpAnswer(verdict.status, verdict.body)


class Machine(RuleBasedStateMachine):
    """One desk, one centre, a bad network."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="hailong-machine-"))
        self.truth: dict[str, int] = {}

    @initialize()
    def begin(self) -> None:
        self.centre = Centre(self.folder / "centre")
        self.desk = Desk(self.folder / "desk")
        self.wire = Wire(self.centre)
        enrolment.enrol(
            self.desk.database, self.wire, "http://x", self.centre.code(), self.desk.now(), self.desk.settings
        )
        self.backup: Path | None = None

    @rule(score=st.integers(1, 5), again=st.booleans())
    def tap(self, score: int, again: bool) -> None:
        id = models.ids.new_id()
        for _ in range(2 if again else 1):  # the local reply was lost: the page sends the same id again
            with self.desk.database.write() as session:
                drafts.open_rating(session, id, score, self.desk.now(), lang="vi")
                drafts.seal_complete(session, id, [], self.desk.now())
        self.truth[id] = score

    @rule(score=st.integers(1, 5))
    def tap_and_walk_away(self, score: int) -> None:
        id = models.ids.new_id()
        with self.desk.database.write() as session:
            drafts.open_rating(session, id, score, self.desk.now(), lang="vi")
        self.desk.ahead += 61_000
        self.truth[id] = score

    @rule(fate=st.sampled_from(["ok", "ok", "lost", "deaf", "twice"]))
    def send(self, fate: str) -> None:
        self.wire.fate = fate
        self.desk.sync(self.wire)

    @precondition(lambda self: self.wire.flying)
    @rule(data=st.data())
    def a_delayed_request_arrives(self, data: st.DataObject) -> None:
        self.wire.deliver(data.draw(st.sampled_from(self.wire.flying)))

    @rule()
    def the_centre_is_backed_up(self) -> None:
        self.backup = self.folder / "backup.sqlite"
        self.backup.unlink(missing_ok=True)
        own = load_sqlite_module().connect(self.centre.settings.instance / "admin.sqlite", isolation_level=None)
        own.execute(f"VACUUM INTO '{self.backup}'")
        own.close()

    @precondition(lambda self: self.backup is not None)
    @rule()
    def the_centre_is_restored(self) -> None:
        assert self.backup is not None
        self.centre.database.close()
        self.centre.app.extensions["database"].close()
        gc.collect()  # connections that nobody has any more still hold the file
        store = self.centre.settings.instance / "admin.sqlite"
        for suffix in ("-wal", "-shm"):
            Path(f"{store}{suffix}").unlink(missing_ok=True)
        shutil.copy(self.backup, store)

    @invariant()
    def the_centre_holds_a_prefix_of_the_desk_s_chain_and_accuses_nobody(self) -> None:
        if not hasattr(self, "wire"):
            return
        with self.desk.database.read() as session:
            own = dict(session.execute(select(StoredEntry.seq, StoredEntry.bytes)).all())
        with self.centre.database.read() as session:
            there = dict(session.execute(select(StoredEntry.seq, StoredEntry.bytes)).all())
            assert session.scalars(select(Evidence)).all() == []
            assert set(session.scalars(select(Device.state))) == {"active"}
        assert sorted(there) == list(range(1, len(there) + 1))
        assert all(own[seq] == raw for seq, raw in there.items())

    def teardown(self) -> None:
        if hasattr(self, "wire"):
            self.wire.fate = "ok"
            self.desk.ahead += 61_000
            for _ in range(3):
                outcome = self.desk.sync(self.wire)
            assert (outcome.state, outcome.waiting) == ("ok", 0), outcome
            with self.desk.database.read() as session:
                assert desk_state_rows.read_text(session, "state") == "active"
            with self.centre.database.read() as session:
                counted = dict(session.execute(select(Response.id, Response.score)).all())
                tallied = sum(session.scalars(select(TallyMonth.n).where(TallyMonth.item == "overall")))
            assert counted == self.truth
            assert tallied == len(self.truth)
            self.centre.close()
            self.desk.close()
        shutil.rmtree(self.folder, ignore_errors=True)


Machine.TestCase.settings = settings(
    max_examples=12, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
TestSync = Machine.TestCase
