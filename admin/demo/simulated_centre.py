"""The centre's side of the simulation: the witness takes batches, and slips are answered by phone.

The witness takes what each desk hands over; each slip that is answered goes the way of the phone page.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.demo import batches, simulated_desks, simulated_world
from admin.demo.batches import HandOver
from admin.demo.simulated_desks import DeskTask, ExpectedPhoneAnswer, SimulatedLedgerEnd
from admin.demo.simulated_world import SimulatedAgency
from admin.instruments import companion_questions
from admin.ledgers import witness
from admin.ledgers.signing_keys import CentreKeys
from admin.ledgers.witness import VerifiedBatch
from admin.responses import projection
from admin.slips import slip_proof, slip_spending
from admin.statistics.tallies import recount
from admin.survey import phone_answer_recording
from models.clock import HOUR_MS, day_start
from models.protocol import entry_chain
from models.tables.agency import Desk
from models.tables.device import Device, Epoch
from models.tables.ledger_entry import StoredEntry
from models.tables.staff_account import StoreMark
from models.vocabulary import ResponseState

_DAY = datetime.timedelta(days=1)


class SimulatedCentre:
    """Where desks hand over: the centre, the seed, and what stays the same for a whole simulation."""

    def __init__(
        self,
        centre: CentreKeys,
        seed: int,
        procedures: Sequence[str],
        reference: projection.ReferenceData,
        items: recount.Questions,
    ) -> None:
        self.centre = centre
        self.seed = seed
        self.procedures = tuple(procedures)
        self.known = reference
        self.questions = items
        self._prover = slip_proof.SlipProver(centre)
        self._province = companion_questions.read_province_questions()
        self._players: dict[str, SimulatedLedgerEnd] = {}

    def task(
        self, session: Session, unit: SimulatedAgency, desk: int, first: datetime.date, until: datetime.date
    ) -> DeskTask:
        """What one desk has to play: from its last played day (not before `first`) to `until`."""
        code = simulated_desks.desk_code(unit, desk)
        if code not in self._players:
            self._players[code] = _find_player(session, code)
        player = self._players[code]
        if player.played is not None:
            first = max(first, player.played + _DAY)
        vk = session.get_one(Epoch, (player.device, 1)).vk
        return DeskTask(self.seed, unit, desk, first, until, player, self.procedures, vk, self.centre.public)

    def take(self, session: Session, task: DeskTask, handed: HandOver, last: datetime.date) -> None:
        """Take over what a desk handed over, by the witness. With `task.until` before `last` the rest stays on the
        machine: only its head is reported."""
        player, now_ms = handed.player, batches.hand_over_time_ms(task)
        for batch in handed.batches:
            self._accept(session, batch, now_ms)
        if handed.batches:
            while projection.project_entries(session, player.device, 1, self.known) == projection.STEP:
                pass
        if task.until >= task.first:
            self._players[player.desk] = player
            session.merge(StoreMark(name=f"played:{player.desk}", value=task.until.isoformat()))
        if task.until < last:
            self._report_backlog(session, task, self._players[player.desk], last)
        session.flush()

    def answer(self, session: Session, phones: Sequence[ExpectedPhoneAnswer], now_ms: int) -> None:
        """The phones that answered slips of desks whose ledgers were taken: every slip is proved, spent and answered
        like on the phone page."""
        if not phones:
            return
        phone_answers: list[phone_answer_recording.PhoneAnswer] = []
        uses: list[slip_spending.SlipUse] = []
        for phone in sorted(phones, key=lambda phone: (phone.event.phone_t, phone.event.id)):
            event = phone.event
            proved = self._prover.prove(session, phone.token, event.phone_t)
            uses.append(slip_spending.SlipUse(proved, event.id, f"simulated {event.id}", event.phone_t))
            state = ResponseState(event.state)
            phone_answers.append(
                phone_answer_recording.PhoneAnswer(
                    event.id, proved, event.answers, event.topics, None, event.lang, state, event.phone_t,
                    beside=self._for_province(event.id),
                )
            )  # fmt: skip
        slip_spending.spend_slips(session, uses)
        phone_answer_recording.record_phone_answers(session, self.centre, phone_answers, now_ms, self.known)

    def _for_province(self, id: str) -> dict[str, str]:
        """What one in three phones says to the province alone; few met trouble, fewer had to pay."""
        dice = simulated_world.make_rng(self.seed, id, "province")
        if dice.random() > 0.33:
            return {}
        answers = {"N5": _seldom(dice.random(), 0.035), "N6": _seldom(dice.random(), 0.012)}
        return {"x": self._province.opening(answers)}

    def _report_backlog(
        self, session: Session, task: DeskTask, player: SimulatedLedgerEnd, last: datetime.date
    ) -> None:
        """The days after the task stay on the machine, which falls silent the day before `last`: its last head report
        says how many ratings wait there. Made again from the seed they are the same bytes when they come at last."""
        silent_from = last - _DAY
        waiting = simulated_desks.play_desk_task(
            replace(task, first=task.until + _DAY, until=silent_from, player=player)
        )
        ratings = sum(b'"typ":"rating"' in line for line in waiting.lines)
        now_ms = day_start(silent_from.isoformat()) + 17 * HOUR_MS
        body = batches.build_envelope(task, waiting.player, player.seq, [], player.seq, player.h, ratings, now_ms)
        self._accept(session, witness.verify_batch_body(session, body, self.centre.public), now_ms)

    def _accept(self, session: Session, batch: VerifiedBatch, now_ms: int) -> None:
        verdict = witness.accept_batch(session, batch, now_ms, self.centre.key)
        if verdict.status != 200:
            raise RuntimeError(f"simulated batch of {batch.batch.envelope.dev} refused: {verdict.body[:200]!r}")


def _seldom(luck: float, share: float) -> int:
    """0 (none), or in `share` of cases 1 (some), or now and then 2 (many)."""
    return 2 if luck < share / 5 else int(luck < share)


def _find_player(session: Session, code: str) -> SimulatedLedgerEnd:
    """A desk's end of its ledger, as far as the centre holds it."""
    device = session.scalars(select(Device).where(Device.desk_code == code, Device.simulated)).one()
    epoch = session.get_one(Epoch, (device.id, 1))
    last = session.scalar(
        select(StoredEntry.bytes)
        .where(StoredEntry.device == device.id, StoredEntry.typ == "token")
        .order_by(StoredEntry.seq.desc())
        .limit(1)
    )
    mark = session.get(StoreMark, f"played:{code}")
    return SimulatedLedgerEnd(
        device.id,
        code,
        epoch.last_seq,
        epoch.last_h,
        entry_chain.parse(last).p["serial"] if last else 0,
        session.get_one(Desk, code).factors,
        datetime.date.fromisoformat(mark.value) if mark else None,
    )
