"""The simulator: a province's desks and phones played with the real ledger code.

Each batch is handed to the witness. Nothing is inserted as a result: entries are built, chained and signed with keys
derived from the seed, judged, accepted, projected and recounted like any other, under a simulated clock. The store is
marked as practice for ever.
"""

from __future__ import annotations

import datetime
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.demo import batches, dossier_counts, simulated_centre, simulated_desks, simulated_world
from admin.demo.simulated_world import SimulatedAgency
from admin.devices import pairing
from admin.ledgers import centre_clock, recorder
from admin.ledgers.signing_keys import WEB, CentreKeys
from admin.responses import projection
from admin.statistics.tallies import recount
from models import clock
from models.storage.database import Database
from models.tables.agency import Agency, Desk, Procedure
from models.tables.device import Epoch
from models.tables.staff_account import StoreMark

VIETNAMESE_IS_DATA = "the name of an invented desk"

#: From this many agency-days on a second process writes the desks' ledgers and packs them ahead.
BESIDE_FROM = 5_000
#: How many agencies' desks are taken over in one transaction.
AT_ONCE = 6
MARK = "practice"
PLAYED = "simulated:"
#: The desk that fell silent: its last days are still on the machine when the simulation ends.
BACKLOG_DAYS = 5
#: How many months of the past a desk hands over at once; less often is faster, the bytes are the same.
HAND_OVER_MONTHS = 14


class RealStore(Exception):
    """A real device was paired with this store before it became a practice store: nothing may be invented here."""


@dataclass(frozen=True, slots=True)
class SimulationPlan:
    """What is simulated: seed, how many agencies, and days `first` to `last` (local, both included)."""

    seed: int
    agencies: int
    first: datetime.date
    last: datetime.date

    @property
    def size(self) -> int:
        """Agencies times days."""
        return self.agencies * ((self.last - self.first).days + 1)


def _open_recorder(session: Session, centre: CentreKeys, first_ms: int) -> None:
    """Begin the ledger of phone answers on the first day. A centre that was set up before has begun it since; while it
    holds nothing, it is begun anew, for no answer can be older than its ledger."""
    begun = session.scalars(select(Epoch).where(Epoch.device_id == WEB)).all()
    if len(begun) == 1 and begun[0].last_seq == 0 and begun[0].issued_ms > first_ms:
        session.delete(begun[0])
        session.flush()
    recorder.lock_open_epoch(session, centre, WEB, first_ms)


def mark_practice(session: Session, plan: SimulationPlan) -> None:
    """Mark the store as practice for ever. Raises `RealStore`."""
    if session.get(StoreMark, MARK) is None:
        if session.get(StoreMark, "real_device") is not None:
            raise RealStore
        notes = {"agencies": plan.agencies, "first": plan.first.isoformat(), "seed": plan.seed, **_tree(session, plan)}
        session.add(StoreMark(name=MARK, value=json.dumps(notes)))
        session.flush()


def _tree(session: Session, plan: SimulationPlan) -> dict[str, int]:
    """How many units take part: each one's share of the answers follows from all of them."""
    return {"units": len(choose_units(session, plan))}


def read_simulation_start(session: Session) -> dict[str, Any]:
    """With what the store was begun: `agencies`, `seed`, `first`; empty where nothing was played yet."""
    mark = session.get(StoreMark, MARK)
    return dict(json.loads(mark.value)) if mark is not None else {}


def find_plan_refusal(session: Session, plan: SimulationPlan) -> str | None:
    """Why a plan cannot be played into this store, or would add nothing: `real_store`, `no_agencies`, `no_procedures`,
    `other_plan` (desks would contradict what they have written), `already_played`; None when it can."""
    mark = session.get(StoreMark, MARK)
    if mark is None and session.get(StoreMark, "real_device") is not None:
        return "real_store"
    if not choose_units(session, plan):
        return "no_agencies"
    if session.scalar(select(Procedure.code).limit(1)) is None:
        return "no_procedures"
    start_values = {"seed": plan.seed, "agencies": plan.agencies, **_tree(session, plan)}
    if any(read_simulation_start(session).get(name, value) != value for name, value in start_values.items()):
        return "other_plan"
    return "already_played" if _is_already_played(session, plan) else None


def _is_already_played(session: Session, plan: SimulationPlan) -> bool:
    done = session.get(StoreMark, f"{PLAYED}{plan.agencies}")
    return done is not None and done.value >= plan.last.isoformat()


def is_practice(session: Session) -> bool:
    """Whether the figures of this store are invented."""
    return session.get(StoreMark, MARK) is not None


def choose_units(session: Session, plan: SimulationPlan) -> list[SimulatedAgency]:
    """The units of a plan, in the order of the tree."""
    rows = session.execute(select(Agency.key, Agency.kind).where(Agency.kind != "province").order_by(Agency.key))
    return simulated_world.make_units(plan.seed, list(rows)[: plan.agencies])


def run_simulation(
    database: Database,
    centre: CentreKeys,
    plan: SimulationPlan,
    progress: Callable[[str, int, int], None] | None = None,
) -> dict[str, dict[str, dict[str, int]]]:
    """Play a plan into the store; returns the truth: agency → month → score and outcome counts.

    Days a desk has already played are not played again: running a longer plan tops up. `progress` hears (month,
    agencies done, of all).
    """
    with database.read() as session:
        if _is_already_played(session, plan):
            return {}
    with database.write() as session:
        mark_practice(session, plan)
        all_units = choose_units(session, plan)
        _open_recorder(session, centre, clock.day_start(plan.first.isoformat()))
        procedures = list(session.scalars(select(Procedure.code).order_by(Procedure.number)))
        for index, unit in enumerate(all_units):
            _create_desks(session, centre, plan, unit, index)
        scene = simulated_centre.SimulatedCentre(
            centre, plan.seed, procedures, projection.load_reference_data(session), recount.read_questions(session)
        )
    truth: dict[str, dict[str, dict[str, int]]] = {}
    silent = _silent_desk(all_units)
    stretches = _stretches(plan)
    for number, (first, last) in enumerate(stretches):
        with database.read() as session:
            tasks = [
                [
                    scene.task(session, unit, desk, first, _until(plan, (unit.key, desk) == silent, last))
                    for desk in range(1, unit.desks + 1)
                ]
                for unit in all_units
            ]
        with batches.iterate_hand_overs(sum(tasks, []), parallel=plan.size > BESIDE_FROM) as results:
            for index in range(0, len(tasks), AT_ONCE):
                if progress:
                    progress(f"{last:%Y-%m}", number * len(all_units) + index, len(stretches) * len(all_units))
                for key, month_counts in _take_over_desks(
                    database, scene, tasks[index : index + AT_ONCE], results, last
                ).items():
                    for month, counts in month_counts.items():
                        truth.setdefault(key, {})[month] = dict(counts)
    with database.write() as session:
        session.merge(StoreMark(name=f"{PLAYED}{plan.agencies}", value=plan.last.isoformat()))
        dossier_counts.invent_dossier_counts(session, plan.seed, all_units, _whole_months(plan))
        recount.recount_stale(session)
    return truth


def _until(plan: SimulationPlan, silent: bool, last: datetime.date) -> datetime.date:
    return min(last, plan.last - datetime.timedelta(days=BACKLOG_DAYS)) if silent else last


def _take_over_desks(
    database: Database,
    scene: simulated_centre.SimulatedCentre,
    tasks: Sequence[Sequence[simulated_desks.DeskTask]],
    results: Iterator[batches.HandOver],
    last: datetime.date,
) -> dict[str, simulated_desks.Truth]:
    """Take over some agencies' desks in a transaction, recount their months, and return the truth about each."""
    truth: dict[str, simulated_desks.Truth] = {}
    phones: list[simulated_desks.ExpectedPhoneAnswer] = []
    now_ms = 0
    with database.write() as session:
        for task in (task for own in tasks for task in own):
            handed = next(results)
            scene.take(session, task, handed, last)
            phones += handed.phones
            now_ms = max(now_ms, batches.hand_over_time_ms(task))
            about = truth.setdefault(task.unit.key, {})
            for month, month_counts in handed.counts.items():
                about.setdefault(month, Counter()).update(month_counts)
        scene.answer(session, phones, now_ms)
        recount.recount_pairs(
            session, [(key, month) for key, by_month in truth.items() for month in by_month], scene.questions
        )
        centre_clock.record_signed_time(session, now_ms)
    return truth


def _stretches(plan: SimulationPlan) -> list[tuple[datetime.date, datetime.date]]:
    """The plan cut into the stretches after which desks hand over."""
    stretches = []
    first = plan.first
    while first <= plan.last:
        month = f"{first:%Y-%m}"
        following = datetime.date.fromisoformat(clock.months_before(month, -HAND_OVER_MONTHS) + "-01")
        last = min(plan.last, following - datetime.timedelta(days=1))
        stretches.append((first, last))
        first = following
    return stretches


def _whole_months(plan: SimulationPlan) -> list[str]:
    """The months that are over by the end of the plan."""
    month, months = f"{plan.first:%Y-%m}", []
    while clock.month_days(month)[-1] <= plan.last.isoformat():
        months.append(month)
        month = clock.months_before(month, -1)
    return months


def _silent_desk(all_units: Sequence[SimulatedAgency]) -> tuple[str, int] | None:
    """The first desk of the busiest ward."""
    ward = max((unit for unit in all_units if unit.kind == "ward"), key=lambda unit: unit.share, default=None)
    return (ward.key, 1) if ward else None


def _create_desks(
    session: Session, centre: CentreKeys, plan: SimulationPlan, unit: SimulatedAgency, index: int
) -> None:
    """Desks and devices of one agency, once. One desk in three asks the factor questions."""
    for desk in range(1, unit.desks + 1):
        code = simulated_desks.desk_code(unit, desk)
        if session.get(Desk, code) is not None:
            continue
        session.add(
            Desk(
                code=code,
                agency_key=unit.key,
                name_vi=f"Quầy {desk}",
                name_en=f"Desk {desk}",
                factors=_asks(index, desk),
            )
        )
        session.flush()
        start = clock.day_start(plan.first.isoformat())
        pairing.pair_simulated_device(session, code, simulated_world.derive_device_key(plan.seed, code), start, centre)


def _asks(index: int, desk: int) -> bool:
    return (index + desk) % 3 == 0
