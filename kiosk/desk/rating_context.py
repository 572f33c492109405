"""The context of a tap: which procedure and stage is being served, inside or outside opening hours.

The officer names procedure and stage on the desk's own page; they hold for the ratings that follow, until changed or
until the local day ends. What was true at the first tap stays with the rating. A dossier that is named holds for one
rating alone: it only serves to count the tablet's answer and that of the dossier's slip once
(`kiosk.desk.dossier_reference`).
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from sqlalchemy.orm import Session

from kiosk.desk import reference, state
from models import clock
from models.clock import MINUTE_MS, Moment
from models.vocabulary import Stage

#: How long a dossier that was named waits for its rating, in milliseconds.
DOSSIER_MS = 15 * MINUTE_MS


@dataclass(frozen=True, slots=True)
class RatingContext:
    """What goes with a rating besides the citizen's own answers."""

    stage: Stage | None
    procedure: str | None
    off_hours: bool


def local_time(now: Moment) -> datetime.datetime:
    """The wall clock of this desk in Asia/Ho_Chi_Minh; a claim like every time here."""
    return datetime.datetime.fromtimestamp(now.t / 1000, clock.HCM)


def read_context(session: Session, now: Moment) -> RatingContext:
    """What the desk is doing now. A procedure that the centre withdrew, and a stage it never knew, are left out."""
    desk, serving = reference.read_reference(session), state.read_state(session)
    off_hours = desk is not None and not desk.hours.open_at(local_time(now))
    if serving.serving_day != clock.local_day(now.t):
        return RatingContext(None, None, off_hours)
    procedure = desk.procedure(serving.serving_procedure) if desk else None
    return RatingContext(serving.serving_stage, procedure.code if procedure else None, off_hours)


def find_waiting_dossier(session: Session, now: Moment) -> str | None:
    """The keyed references to the dossier that was named for the next rating; None when there is none, or when it has
    waited so long that the next one at the tablet is likely somebody else."""
    state_row = state.read_state(session)
    fresh = 0 <= now.t - state_row.serving_dossier_ms < DOSSIER_MS and state_row.serving_day == clock.local_day(now.t)
    return state_row.serving_dossier or None if fresh else None


def take_dossier(session: Session, now: Moment) -> str | None:
    """The same, for the rating that begins now; the one after it gets none."""
    dossier = find_waiting_dossier(session, now)
    if state.read_state(session).serving_dossier:
        state.write_state(session, serving_dossier="")
    return dossier
