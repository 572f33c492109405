"""The stage on which simulated desks and phones play: each desk writes, signs and hands over its own ledger, each slip
that is answered goes the way of the phone page."""

from __future__ import annotations

import copy
import datetime
import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.centre import Centre
from admin.figures import tally
from admin.responses import project
from admin.sample import world
from admin.sample.world import Event, Unit
from admin.survey import answers
from admin.sync import witness
from models import clock, ledger, slip, wire
from models.agency import Desk
from models.devices import Device, Epoch
from models.entry import StoredEntry
from models.keys import SigningKey
from models.rating import Rating
from models.staff import StoreMark
from models.vocabulary import Channel, State

#: month → what was answered: `n`, a score, `declined`, `withdrawn`
Truth = dict[str, Counter[str]]


def desk_code(unit: Unit, desk: int) -> str:
    """The code of a simulated desk."""
    return f"{unit.key}-Q{desk}"


@dataclass(slots=True)
class Player:
    """A simulated desk's end of its ledger."""

    device: str
    desk: str
    key: SigningKey
    seq: int
    h: str
    serial: int
    factors: bool
    played: datetime.date | None

    def write(self, typ: str, p: dict[str, Any], event: Event) -> bytes:
        """The next entry, at the event's time and under its id."""
        self.seq += 1
        raw = ledger.dump(
            dev=self.device,
            ep=1,
            seq=self.seq,
            typ=typ,
            id=event.id,
            t=event.t,
            mono=event.t % 86_400_000,
            boot=1,
            prev=self.h,
            p=p,
        )
        self.h = ledger.entry_hash(raw)
        return raw


@dataclass(slots=True)
class Phone:
    """A slip that will be answered on a phone."""

    event: Event
    token: str


class Stage:
    """Where the desks play: the centre, the plan, and what stays the same for all of it."""

    def __init__(
        self, centre: Centre, seed: int, procedures: Sequence[str], known: project.World, items: tally.ResultItems
    ) -> None:
        self.centre = centre
        self.seed = seed
        self.procedures = procedures
        self.known = known
        self.result_items = items
        self._prover = answers.Prover(centre)
        self._players: dict[str, Player] = {}

    def _player(self, session: Session, unit: Unit, desk: int) -> Player:
        code = desk_code(unit, desk)
        if code not in self._players:
            self._players[code] = _find_player(session, self.seed, code)
        return self._players[code]

    def play(
        self,
        session: Session,
        unit: Unit,
        desk: int,
        first: datetime.date,
        until: datetime.date,
        last: datetime.date,
        counts: Truth,
    ) -> None:
        """One desk from its last played day (not before `first`) to `until`, then one hand-over to the centre.

        With `until` before `last` the rest stays on the machine: only its head is reported.
        """
        player = self._player(session, unit, desk)
        if player.played is not None:
            first = max(first, player.played + datetime.timedelta(days=1))
        lines: list[bytes] = []
        phones: list[Phone] = []
        acked = player.seq
        day = first
        while day <= until:
            lines += [
                self._entry(player, unit, event, phones, counts) for event in self._events(unit, desk, day, player)
            ]
            day += datetime.timedelta(days=1)
        now_ms = clock.day_start(until.isoformat()) + 22 * 3_600_000
        if lines:
            _send(session, self.centre, player, acked, lines, now_ms)
            while project.project(session, player.device, 1, self.known) == project.STEP:
                pass
        if phones:
            self._answer_on_phones(session, phones, now_ms, counts)
        if until >= first:
            player.played = until
            session.merge(StoreMark(name=f"played:{player.desk}", value=until.isoformat()))
        if until < last:
            self._report_backlog(session, unit, desk, player, until, last)
        session.flush()

    def _events(self, unit: Unit, desk: int, day: datetime.date, player: Player) -> list[Event]:
        midnight = clock.day_start(day.isoformat())
        return world.events(self.seed, unit, desk, day, midnight, factors=player.factors)

    def _entry(self, player: Player, unit: Unit, event: Event, phones: list[Phone], counts: Truth) -> bytes:
        """The ledger entry of one event; a token that will be answered is kept for the phone."""
        number = int(float(event.procedure) ** 2.2 * len(self.procedures))  # a few are asked for most
        if event.typ == "boot":
            return player.write("boot", {"app": "1.0.0", "disk_mb": 51_200, "sealed": 0, "sound": True}, event)
        if event.typ == "token":
            player.serial += 1
            p = {
                "due_days": 3,
                "procedure": self.procedures[number],
                "serial": player.serial,
                "stage": event.stage.value,
            }
            raw = player.write("token", p, event)
            if event.phone_t:
                paper = slip.Slip(
                    slip.device_number(player.device),
                    1,
                    player.serial,
                    player.seq,
                    bytes.fromhex(player.h)[:8],
                    number + 1,
                    event.stage,
                    event.t // 60_000,
                    3,
                )
                phones.append(Phone(event, slip.mint(paper, player.key, self.centre.public)))
            return raw
        rating = Rating(
            agency=unit.key,
            desk=player.desk,
            instrument="short",
            version=1,
            channel=Channel.KIOSK,
            state=State(event.state),
            lang=event.lang,
            answers=event.answers,
            topics=event.topics,
            stage=event.stage,
            procedure=self.procedures[number],
            ms={"faces": event.ms},
        )
        _tell(counts, event)
        return player.write("rating", rating.payload(), event)

    def _answer_on_phones(self, session: Session, phones: Sequence[Phone], now_ms: int, counts: Truth) -> None:
        """Every kept slip is proved, spent and answered like on the phone page."""
        given: list[answers.Given] = []
        uses: list[answers.Use] = []
        for phone in sorted(phones, key=lambda phone: (phone.event.phone_t, phone.event.id)):
            event = phone.event
            proved = self._prover.prove(session, phone.token, event.phone_t)
            uses.append(answers.Use(proved, event.id, f"simulated {event.id}", event.phone_t))
            state = State(event.state)
            given.append(
                answers.Given(event.id, proved, event.answers, event.topics, None, event.lang, state, event.phone_t)
            )
            _tell(counts, event)
        answers.spend(session, uses)
        answers.record(session, self.centre, given, now_ms, self.known)

    def _report_backlog(
        self, session: Session, unit: Unit, desk: int, player: Player, until: datetime.date, last: datetime.date
    ) -> None:
        """The days after `until` stay on the machine, which falls silent the day before `last`: its last head report
        says how many ratings wait there. Made again from the seed they are the same bytes when they come at last."""
        waiting = copy.copy(player)
        ratings = 0
        day = until
        while day < last - datetime.timedelta(days=1):
            day += datetime.timedelta(days=1)
            for event in self._events(unit, desk, day, player):
                self._entry(waiting, unit, event, [], {})
                ratings += event.typ == "rating"
        now_ms = clock.day_start(day.isoformat()) + 17 * 3_600_000
        body = _envelope(waiting, player.seq, [], player.seq, player.h, ratings, now_ms)
        centre = self.centre
        verdict = witness.accept(session, witness.judge(session, body, centre.public), now_ms, centre.key)
        if verdict.status != 200:
            raise RuntimeError(f"head report of {player.device} refused: {verdict.body[:200]!r}")


def _find_player(session: Session, seed: int, code: str) -> Player:
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
        world.key_of(seed, code),
        epoch.last_seq,
        epoch.last_h,
        ledger.parse(last).p["serial"] if last else 0,
        session.get_one(Desk, code).factors,
        datetime.date.fromisoformat(mark.value) if mark else None,
    )


def _tell(counts: Truth, event: Event) -> None:
    """Note the truth of one answer under its local month: n and scores, or that it was declined or withdrawn."""
    month = counts.setdefault(clock.local_day(event.phone_t or event.t)[:7], Counter())
    if "overall" in event.answers:
        month["n"] += 1
        month[str(event.answers["overall"])] += 1
    else:
        month[event.state] += 1


def _envelope(
    player: Player, seq: int, lines: Sequence[bytes], to: int, at_to: str, backlog: int, now_ms: int
) -> bytes:
    return wire.build(
        player.key,
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
    )


def _send(session: Session, centre: Centre, player: Player, acked: int, lines: Sequence[bytes], now_ms: int) -> None:
    """Hand the lines to the witness in batches, as a desk would."""
    for start in range(0, len(lines), wire.MAX_ENTRIES):
        part = lines[start : start + wire.MAX_ENTRIES]
        to, at_to = acked + len(part), ledger.entry_hash(part[-1])
        body = wire.inflate(wire.compress(_envelope(player, acked, part, to, at_to, 0, now_ms)))
        verdict = witness.accept(session, witness.judge(session, body, centre.public), now_ms, centre.key)
        if verdict.status != 200:
            raise RuntimeError(f"simulated batch of {player.device} refused: {verdict.body[:200]!r}")
        acked = to
