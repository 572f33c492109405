"""Simulated desks, away from any store: a desk's events become entries of its ledger and slips.

Everything follows from the task.
"""

from __future__ import annotations

import datetime
from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

from admin.demo import simulated_world
from admin.demo.simulated_world import DeskEvent, SimulatedAgency
from models import clock
from models.clock import DAY_MS, MINUTE_MS
from models.ids import build_id
from models.protocol import entry_chain, sidecar, slip
from models.protocol.rating import Rating
from models.protocol.sidecar import Sidecar
from models.vocabulary import Channel, ResponseState

#: How many of those who answer on their phone have rated at the desk as well.
TWICE = 0.08
#: month → what was answered: `n`, a score, `declined`, `withdrawn`; `superseded`: at the desk, and later on a phone
Truth = dict[str, Counter[str]]


def desk_code(unit: SimulatedAgency, desk: int) -> str:
    """The code of a simulated desk."""
    return f"{unit.key}-Q{desk}"


@dataclass(slots=True)
class SimulatedLedgerEnd:
    """A simulated desk's end of its ledger: where it stands, what serial it gave out last."""

    device: str
    desk: str
    seq: int
    h: str
    serial: int
    factors: bool
    played: datetime.date | None


@dataclass(slots=True)
class ExpectedPhoneAnswer:
    """A slip that will be answered on a phone."""

    event: DeskEvent
    token: str


@dataclass(frozen=True, slots=True)
class DeskTask:
    """Days `first` to `until` (both included) at one desk, beginning where `player` stands. `vk` is the
    key by which the centre knows its device, `centre` the centre's own."""

    seed: int
    unit: SimulatedAgency
    desk: int
    first: datetime.date
    until: datetime.date
    player: SimulatedLedgerEnd
    procedures: tuple[str, ...]
    vk: str
    centre: str


@dataclass(frozen=True, slots=True)
class DeskOutput:
    """What a desk wrote: its new entries, the openings of some by their place in the ledger, the slips to be answered,
    the truth, and where the ledger stands now."""

    lines: list[bytes]
    sides: dict[int, Sidecar]
    phones: list[ExpectedPhoneAnswer]
    counts: Truth
    player: SimulatedLedgerEnd


def play_desk_task(task: DeskTask) -> DeskOutput:
    """Play a task; needs no store."""
    desk = _Desk(task)
    day = task.first
    while day <= task.until:
        midnight = clock.day_start(day.isoformat())
        for event in simulated_world.make_day_events(
            task.seed, task.unit, task.desk, day, midnight, factors=task.player.factors
        ):
            desk.happens(event)
        day += datetime.timedelta(days=1)
    return DeskOutput(desk.lines, desk.sides, desk.phones, desk.counts, desk.player)


class _Desk:
    """A desk that writes: its ledger goes on where the task's player stands."""

    def __init__(self, task: DeskTask) -> None:
        player = task.player
        self.player = SimulatedLedgerEnd(
            player.device,
            player.desk,
            player.seq,
            player.h,
            player.serial,
            player.factors,
            max(task.until, player.played) if player.played else task.until,
        )
        self.task = task
        self.key = simulated_world.derive_device_key(task.seed, player.desk)
        self.lines: list[bytes] = []
        self.sides: dict[int, Sidecar] = {}
        self.phones: list[ExpectedPhoneAnswer] = []
        self.counts: Truth = {}

    def happens(self, event: DeskEvent) -> None:
        """Write the ledger entry of one event; a token that will be answered is kept for the phone."""
        task = self.task
        place = float(event.procedure) ** 2.2  # a few are asked for most; rounded, it may be 1
        number = min(int(place * len(task.procedures)), len(task.procedures) - 1)
        match event.typ:
            case "boot":
                self._entry("boot", {"app": "1.0.0", "disk_mb": 51_200, "sealed": 0, "sound": True}, event)
            case "token":
                self.player.serial += 1
                p = {"due_days": 3, "procedure": task.procedures[number], "serial": self.player.serial}
                self._entry("token", {**p, "stage": event.stage.value}, event)
                if event.phone_t:
                    self.phones.append(ExpectedPhoneAnswer(event, self._token(event, number + 1)))
                    count_true_answer(self.counts, event)
                    self._twice(event, task.procedures[number])
            case _:
                count_true_answer(self.counts, event)
                self._entry("rating", self._rating(event, task.procedures[number]).payload(), event)

    def _rating(self, event: DeskEvent, procedure: str) -> Rating:
        return Rating(
            agency=self.task.unit.key,
            desk=self.player.desk,
            instrument="short",
            version=1,
            channel=Channel.KIOSK,
            state=ResponseState(event.state),
            lang=event.lang,
            answers=event.answers,
            topics=event.topics,
            stage=event.stage,
            procedure=procedure,
            ms={"faces": event.ms},
        )

    def _twice(self, event: DeskEvent, procedure: str) -> None:
        """A few who answer on their phone later have rated the same transaction at the desk, some of them more kindly
        than they will then; the phone's answer will count."""
        dice = simulated_world.make_rng(self.task.seed, event.id, "twice")
        later = event.answers["overall"]
        if dice.random() >= TWICE:
            return
        kinder = min(5, later + dice.choice((0, 0, 1, 2)))
        desk_event = replace(
            event, typ="rating", id=build_id(event.t, dice.getrandbits(74)), answers={"overall": kinder}, topics=(),
            state="complete", phone_t=0,
        )  # fmt: skip
        tie = slip.name_slip(self.player.device, 1, self.player.serial)
        side = sidecar.make_opening(desk_event.id, "r", tie, f"{dice.getrandbits(128):032x}")
        rating = replace(self._rating(desk_event, procedure), commitments={"r": side.commitment})
        self._entry("rating", rating.payload(), desk_event)
        self.sides[self.player.seq] = side
        month = self.counts.setdefault(clock.local_day(event.t)[:7], Counter())
        month["superseded"] += 1

    def _token(self, event: DeskEvent, procedure: int) -> str:
        player = self.player
        paper = slip.Slip(
            slip.device_number(player.device),
            1,
            player.serial,
            player.seq,
            bytes.fromhex(player.h)[:8],
            procedure,
            event.stage,
            event.t // MINUTE_MS,
            3,
        )
        return slip.mint(paper, self.key, self.task.centre)

    def _entry(self, typ: str, p: dict[str, Any], event: DeskEvent) -> None:
        """The next entry, at the event's time and under its id."""
        player = self.player
        player.seq += 1
        raw = entry_chain.dump(
            dev=player.device,
            ep=1,
            seq=player.seq,
            typ=typ,
            id=event.id,
            t=event.t,
            mono=event.t % DAY_MS,
            boot=1,
            prev=player.h,
            p=p,
        )
        player.h = entry_chain.entry_hash(raw)
        self.lines.append(raw)


def count_true_answer(counts: Truth, event: DeskEvent) -> None:
    """Note the truth of one answer under its local month: n and scores, or that it was declined or withdrawn."""
    month = counts.setdefault(clock.local_day(event.phone_t or event.t)[:7], Counter())
    if "overall" in event.answers:
        month["n"] += 1
        month[str(event.answers["overall"])] += 1
    else:
        month[event.state] += 1
