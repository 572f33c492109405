"""The six steps of a rehearsal, the same for a person at the desk and for a machine alone.

Each step taps through the pages, then compares what the citizen was told with what the store holds. The means by which
cable, power, clock and disk fail are given (`attended`, `unattended`); a step that does not see what it must raises
`StepFailed` with a sentence, is written down as failed, and the next one follows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any, Protocol

from kiosk.desk import practice
from kiosk.drill import store_check
from kiosk.drill.citizen import Citizen, FacesPage
from kiosk.drill.journal import Journal
from kiosk.drill.report import Step
from kiosk.drill.store_check import StoreEvidence
from models.clock import Moment
from models.storage.database import Database
from translations import gettext as _

TAPS = 5
#: With no room left a store may still have a few places in pages it owns; after so many taps it must be full.
UNTIL_FULL = 400


class StepFailed(Exception):
    """A step did not see what it must; the text says what, in the reader's language."""


class FaultInjector(Protocol):
    """How things are made to fail, and mended again."""

    citizen: Citizen
    database: Database

    def now(self) -> Moment:
        """The desk's clocks."""

    def cable_out(self) -> None:
        """Cut the way to the centre. Raises `StepFailed` if it is still there."""

    def long_alone(self) -> AbstractContextManager[None]:
        """So long without the centre that the tablet says so."""

    def power_off(self, course: Rehearsal) -> None:
        """Cut the power after some taps, and start again."""

    def wrong_clocks(self) -> Iterator[str]:
        """Set the wall clock wrong, several times, and right again at the end; yields what was done each time."""

    def sweep(self) -> None:
        """Have the desk do what its sync does, with or without a centre."""

    def full_disk(self) -> AbstractContextManager[None]:
        """No room for the store within the block, room again after it."""

    def cable_in(self) -> None:
        """Mend the way to the centre and let everything go there. Raises `StepFailed` if it does not."""


class Rehearsal:
    """One rehearsal. `told` hears a step's result as soon as it is known; `steps` are those that are done."""

    def __init__(self, means: FaultInjector, journal: Journal, report_step: Callable[[Step], None]) -> None:
        self.means = means
        self.journal = journal
        self.told = report_step
        self.steps = [Step.of(value) for value in journal.steps()]

    def walk(self) -> None:
        """Every step that is not done yet, in order."""
        walks: dict[str, Callable[[], tuple[str, dict[str, int]]]] = {
            "ready": self._ready,
            "cable_out": self._cable_out,
            "power_off": self._power_off,
            "clock_wrong": self._clock_wrong,
            "disk_full": self._disk_full,
            "cable_in": self._cable_in,
        }
        for id, step in walks.items():
            if all(done.id != id for done in self.steps):
                self.do(id, step)

    def do(self, id: str, step: Callable[[], tuple[str, dict[str, int]]]) -> None:
        """Walk one step and write down how it went."""
        try:
            self.practise()
            detail, facts = step()
            done = Step(id, True, detail, facts)
        except StepFailed as failed:
            done = Step(id, False, str(failed))
        self.steps.append(done)
        self.journal.step(done.as_json())
        self.told(done)

    def practise(self) -> None:
        """Switch practice on, or on again: each step has its own quarter of an hour."""
        with self.means.database.write() as session:
            practice.begin_practice(session, self.means.now())

    def look(self) -> StoreEvidence:
        """What the store says now."""
        with self.means.database.read() as session:
            return store_check.read_evidence(session)

    def faces(self) -> FacesPage:
        """The first page. Raises `StepFailed` when there is none, or when it does not say that this is practice."""
        faces = self.means.citizen.faces()
        if faces.status != 200:
            raise StepFailed(_("The tablet shows no faces (answer %(status)s).", status=faces.status))
        if not faces.practice:
            raise StepFailed(_("The tablet does not say that this is practice; nothing was tapped."))
        return faces

    def tap(self, count: int) -> list[str]:
        """So many citizens, one tap each; every tap that was taken stands in the journal. Raises `StepFailed`."""
        ids = []
        for _number in range(count):
            faces = self.faces()
            reply = self.means.citizen.tap(faces)
            if reply.status != 303:
                raise StepFailed(_("A tap was not taken (answer %(status)s).", status=reply.status))
            self.journal.thanked(faces.id)
            ids.append(faces.id)
        response = self.means.citizen.send(faces)  # each of the others was sealed by the tap after it
        if response.status != 303:
            raise StepFailed(_("A tap was not taken (answer %(status)s).", status=response.status))
        return ids

    def check(self) -> int:
        """Everything thanked for so far is in the store, once, and as practice; returns how many. Raises
        `StepFailed`."""
        ids = self.journal.ids()
        with self.means.database.read() as session:
            wrong = [id for id, times in store_check.count_copies(session, ids).items() if times != 1]
            counting = store_check.find_real_ratings(session, ids)
            damage = self.means.database.check() or store_check.find_ledger_break(session)
        if wrong:
            raise StepFailed(_("%(n)s answers that were thanked for are missing or there twice.", n=len(wrong)))
        if counting:
            raise StepFailed(_("%(n)s practice answers would count.", n=len(counting)))
        if damage:
            raise StepFailed(_("The store is damaged: %(what)s", what=damage))
        return len(ids)

    def _ready(self) -> tuple[str, dict[str, int]]:
        if not self.means.citizen.healthy():
            raise StepFailed(_("The tablet's server is not well or not paired."))
        self.tap(TAPS)
        count = self.check()
        return _("%(n)s taps taken, each kept once; the screen says that this is practice.", n=count), {"taps": count}

    def _cable_out(self) -> tuple[str, dict[str, int]]:
        self.means.cable_out()
        before = self.look()
        self.tap(TAPS)
        self.means.sweep()
        after = self.look()
        grown = after.waiting - before.waiting + after.sent - before.sent
        if grown != TAPS:
            raise StepFailed(_("%(n)s taps, but %(grown)s more ratings wait.", n=TAPS, grown=grown))
        with self.means.long_alone():
            if not self.faces().offline:
                raise StepFailed(_("The dot on the screen is not hollow though the centre does not answer."))
        self.check()
        facts = {"taps": TAPS, "waiting_after": after.waiting, "waiting_before": before.waiting}
        return _("%(n)s taps taken; %(waiting)s ratings wait; the dot is hollow.", n=TAPS, waiting=after.waiting), facts

    def _power_off(self) -> tuple[str, dict[str, int]]:
        before = self.look()
        self.means.power_off(self)
        return self.power_back(before.boot)

    def power_back(self, boot: int) -> tuple[str, dict[str, int]]:
        """After the power came back: another start than number `boot`, nothing lost. Raises `StepFailed`."""
        after = self.look()
        if after.boot <= boot:
            raise StepFailed(_("The desk was not started again; its power was not off."))
        count = self.check()
        self.tap(1)
        facts = {"kept": count, "starts": after.boot - boot}
        return _("%(n)s answers were thanked for before, all are there, each once.", n=count), facts

    def _clock_wrong(self) -> tuple[str, dict[str, int]]:
        taps = 0
        self.means.sweep()
        before = self.look()
        for done in self.means.wrong_clocks():
            taps += len(self.tap(2))
            steps = self.look().steps
            self.means.sweep()
            if self.look().steps <= steps:
                raise StepFailed(_("The step of the clock was not written down (%(done)s).", done=done))
        self.check()
        steps = self.look().steps - before.steps
        return _("%(n)s taps taken; %(steps)s steps of the clock written down.", n=taps, steps=steps), {
            "steps": steps,
            "taps": taps,
        }

    def _disk_full(self) -> tuple[str, dict[str, int]]:
        with self.means.full_disk():
            faces, tap_ids = self._until_refused()
        self.journal.thanked(*tap_ids)  # it lies on the same disk
        if faces is not None:
            with self.means.database.read() as session:
                if store_check.count_copies(session, [faces.id])[faces.id]:
                    raise StepFailed(_("A tap was refused and kept all the same."))
            reply = self.means.citizen.wire.ask("/rate", self.means.citizen.pressed(faces))  # the same page, once more
            if reply.status != 303:
                raise StepFailed(_("With room again, a tap was not taken (answer %(status)s).", status=reply.status))
            self.journal.thanked(faces.id)
        self.tap(1)
        self.check()
        facts = {"taken_before": len(tap_ids)}
        return _("Refused with HL-507 and nothing kept of it; with room again, taps are taken."), facts

    def _until_refused(self) -> tuple[FacesPage | None, list[str]]:
        """Tap until the tablet says that its disk is full; the page whose tap was refused (None when a fresh page
        was), and the taps that still found room. Raises `StepFailed`."""
        tap_ids: list[str] = []
        while len(tap_ids) < UNTIL_FULL:
            faces = self.means.citizen.faces()
            if faces.status == 507:
                return None, tap_ids
            if faces.status != 200 or not faces.practice:
                raise StepFailed(_("The tablet shows no faces (answer %(status)s).", status=faces.status))
            reply = self.means.citizen.tap(faces)
            if reply.status == 507 and "HL-507" in reply.text:
                return faces, tap_ids
            if reply.status != 303:
                raise StepFailed(_("A full disk was answered with %(status)s instead of HL-507.", status=reply.status))
            tap_ids.append(faces.id)
        raise StepFailed(_("The disk did not get full; nothing was shown."))

    def _cable_in(self) -> tuple[str, dict[str, int]]:
        before = self.look()
        self.tap(1)
        self.means.cable_in()
        after = self.look()
        with self.means.database.read() as session:
            forged = store_check.count_forged_receipts(session, before.receipts)
        if after.waiting or after.receipts <= before.receipts or forged:
            raise StepFailed(_("%(n)s ratings still wait for a signed receipt.", n=after.waiting))
        if self.faces().offline:
            raise StepFailed(_("The dot on the screen is still hollow."))
        count = self.check()
        facts = {"receipts": after.receipts - before.receipts, "sent": after.sent - before.sent}
        return _("Nothing waits any more; the centre signed for all %(n)s practice ratings.", n=count), facts


def rehearsal_facts(means: FaultInjector, mode: str, settings: Any) -> dict[str, Any]:
    """What a report says besides its steps: which desk, which software, when it began."""
    from kiosk.desk import ledger, reference, state

    with means.database.read() as session:
        identity, desk = state.read_state(session).identity, reference.read_reference(session)
        if identity is None or desk is None:
            raise ledger.NotPaired
        return {
            "app": settings.version,
            "began": means.now().t,
            "desk": desk.desk_code,
            "device": identity.device,
            "epoch": identity.epoch,
            "mode": mode,
            "store": means.database.engine_name,
        }
