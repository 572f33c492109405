"""Invented dossier counts beside the invented answers, so that response rates can be shown."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin.demo import simulated_world
from admin.demo.simulated_world import SimulatedAgency
from models.tables.agency import DossierMonth
from models.tables.response import Response
from models.vocabulary import CountOutcome


def invent_dossier_counts(session: Session, seed: int, units: Sequence[SimulatedAgency], months: Sequence[str]) -> None:
    """Monthly counts for units and whole months that have none yet: about one dossier in five was rated."""
    counted = {
        (key, month): n
        for key, month, n in session.execute(
            select(Response.agency_key, Response.month, func.count())
            .where(Response.outcome == CountOutcome.COUNTED.value, Response.month.in_(months))
            .group_by(Response.agency_key, Response.month)
        )
    }
    known_months = set(session.execute(select(DossierMonth.agency_key, DossierMonth.month)))
    for unit in units:
        for month in months:
            if (unit.key, month) in known_months:
                continue
            dice = simulated_world.make_rng(seed, unit.key, month, "dossiers")
            closed = round(counted.get((unit.key, month), 0) / dice.uniform(0.17, 0.29)) + dice.randrange(20, 60)
            overdue = round(closed * dice.uniform(0.01, 0.05))
            received = round(closed * dice.uniform(0.98, 1.06))
            complained = round(closed * dice.uniform(0.001, 0.008))
            session.add(
                DossierMonth(
                    agency_key=unit.key,
                    month=month,
                    stage="",
                    field="",
                    received=received,
                    closed=closed,
                    overdue=overdue,
                    complained=complained,
                    overdue_and_complained=dice.randint(0, min(overdue, complained)),
                    points=_points(dice, closed, overdue),
                )  # fmt: skip
            )
    session.flush()


def _points(dice: Random, closed: int, overdue: int) -> dict[str, int]:
    """Points of the nine legal indicators; one agency in four sends nothing on online services."""
    points: dict[str, int] = {}
    for number, none, one in (
        (1, overdue, dice.uniform(0.1, 0.3)), (2, overdue, dice.uniform(0.1, 0.3)),
        (3, round(closed * dice.uniform(0.01, 0.06)), dice.uniform(0.1, 0.25)),
        (4, round(closed * dice.uniform(0.02, 0.08)), dice.uniform(0.3, 0.6)),
        (7, round(closed * dice.uniform(0.001, 0.01)), dice.uniform(0.1, 0.3)),
    ):  # fmt: skip
        middle = round((closed - none) * one)
        points |= {f"cs{number}_0": none, f"cs{number}_1": middle, f"cs{number}_2": closed - none - middle}
    for number in (5, 6, 8, 9) if dice.random() < 0.75 else (5, 6, 8):
        points[f"cs{number}_{dice.choice((1, 2, 2))}"] = 1
    return points
