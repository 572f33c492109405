"""The stage on which simulated desks and phones meet the centre: each desk hands over its own signed ledger, each slip
that is answered goes the way of the phone page."""

from __future__ import annotations

import datetime
import secrets
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.centre import Centre
from admin.figures import tally
from admin.instruments import beside
from admin.responses import project
from admin.sample import desks, world
from admin.sample.desks import Phone, Player, Task, Written
from admin.sample.world import Unit
from admin.survey import answers
from admin.sync import witness
from models import ledger, wire
from models.agency import Desk
from models.clock import day_start
from models.devices import Device, Epoch
from models.entry import StoredEntry
from models.sidecar import Sidecar
from models.staff import StoreMark
from models.vocabulary import State

_DAY = datetime.timedelta(days=1)


class Stage:
    """Where desks hand over: the centre, the seed, and what stays the same for a whole simulation."""

    def __init__(
        self, centre: Centre, seed: int, procedures: Sequence[str], known: project.World, items: tally.Questions
    ) -> None:
        self.centre = centre
        self.seed = seed
        self.procedures = tuple(procedures)
        self.known = known
        self.questions = items
        self._prover = answers.Prover(centre)
        self._province = beside.for_province()
        self._players: dict[str, Player] = {}

    def task(self, session: Session, unit: Unit, desk: int, first: datetime.date, until: datetime.date) -> Task:
        """What one desk has to play: from its last played day (not before `first`) to `until`."""
        code = desks.desk_code(unit, desk)
        if code not in self._players:
            self._players[code] = _find_player(session, code)
        player = self._players[code]
        if player.played is not None:
            first = max(first, player.played + _DAY)
        return Task(self.seed, unit, desk, first, until, player, self.procedures, self.centre.public)

    def take(self, session: Session, task: Task, written: Written, last: datetime.date) -> None:
        """Take over what a desk wrote: one hand-over to the witness, then the phones that answered its slips.

        With `task.until` before `last` the rest stays on the machine: only its head is reported.
        """
        player = written.player
        now_ms = day_start(task.until.isoformat()) + 22 * 3_600_000
        if written.lines:
            self._send(session, task.player, written, now_ms)
            while project.project(session, player.device, 1, self.known) == project.STEP:
                pass
        if written.phones:
            self._answer_on_phones(session, written.phones, now_ms)
        if task.until >= task.first:
            self._players[player.desk] = player
            session.merge(StoreMark(name=f"played:{player.desk}", value=task.until.isoformat()))
        if task.until < last:
            self._report_backlog(session, task, self._players[player.desk], last)
        session.flush()

    def _answer_on_phones(self, session: Session, phones: Sequence[Phone], now_ms: int) -> None:
        """Every kept slip is proved, spent and answered like on the phone page."""
        given: list[answers.Given] = []
        uses: list[answers.Use] = []
        for phone in sorted(phones, key=lambda phone: (phone.event.phone_t, phone.event.id)):
            event = phone.event
            proved = self._prover.prove(session, phone.token, event.phone_t)
            uses.append(answers.Use(proved, event.id, f"simulated {event.id}", event.phone_t))
            state = State(event.state)
            given.append(
                answers.Given(
                    event.id, proved, event.answers, event.topics, None, event.lang, state, event.phone_t,
                    beside=self._for_province(event.id),
                )
            )  # fmt: skip
        answers.spend(session, uses)
        answers.record(session, self.centre, given, now_ms, self.known)

    def _for_province(self, id: str) -> dict[str, str]:
        """What one in three phones says to the province alone; few met trouble, fewer had to pay."""
        dice = world.rng(self.seed, id, "province")
        if dice.random() > 0.33:
            return {}
        told = {"N5": _seldom(dice.random(), 0.035), "N6": _seldom(dice.random(), 0.012)}
        return {"x": self._province.opening(told)}

    def _send(self, session: Session, before: Player, written: Written, now_ms: int) -> None:
        """Hand the lines to the witness in batches, each with the openings of its entries, as a desk would."""
        acked = before.seq
        for start in range(0, len(written.lines), wire.MAX_ENTRIES):
            part = written.lines[start : start + wire.MAX_ENTRIES]
            to, at_to = acked + len(part), ledger.entry_hash(part[-1])
            sides = [side for seq, side in written.sides.items() if acked < seq <= to]
            self._deliver(
                session, _envelope(self.seed, written.player, acked, part, to, at_to, 0, now_ms, sides), now_ms
            )
            acked = to

    def _report_backlog(self, session: Session, task: Task, player: Player, last: datetime.date) -> None:
        """The days after the task stay on the machine, which falls silent the day before `last`: its last head report
        says how many ratings wait there. Made again from the seed they are the same bytes when they come at last."""
        silent_from = last - _DAY
        waiting = desks.write(replace(task, first=task.until + _DAY, until=silent_from, player=player))
        ratings = sum(b'"typ":"rating"' in line for line in waiting.lines)
        now_ms = day_start(silent_from.isoformat()) + 17 * 3_600_000
        body = _envelope(self.seed, waiting.player, player.seq, [], player.seq, player.h, ratings, now_ms)
        self._deliver(session, body, now_ms)

    def _deliver(self, session: Session, body: bytes, now_ms: int) -> None:
        judged = witness.judge(session, wire.inflate(wire.compress(body)), self.centre.public)
        verdict = witness.accept(session, judged, now_ms, self.centre.key)
        if verdict.status != 200:
            raise RuntimeError(f"simulated batch of {judged.batch.envelope.dev} refused: {verdict.body[:200]!r}")


def _seldom(luck: float, share: float) -> int:
    """0 (none), or in `share` of cases 1 (some), or now and then 2 (many)."""
    return 2 if luck < share / 5 else int(luck < share)


def _envelope(
    seed: int, player: Player, seq: int, lines: Sequence[bytes], to: int, at_to: str, backlog: int, now_ms: int,
    sides: Sequence[Sidecar] = (),
) -> bytes:  # fmt: skip
    return wire.build(
        world.key_of(seed, player.desk),
        dev=player.device,
        ep=1,
        from_=seq + 1,
        to=to,
        h=at_to,
        head_seq=player.seq,
        head=player.h,
        backlog=backlog,
        t=now_ms,
        mono=now_ms % 86_400_000,
        boot=1,
        app="1.0.0",
        disk_mb=51_200,
        rq=secrets.token_hex(8),
        lines=lines,
        sidecars=sides,
    )


def _find_player(session: Session, code: str) -> Player:
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
    return Player(
        device.id,
        code,
        epoch.last_seq,
        epoch.last_h,
        ledger.parse(last).p["serial"] if last else 0,
        session.get_one(Desk, code).factors,
        datetime.date.fromisoformat(mark.value) if mark else None,
    )
