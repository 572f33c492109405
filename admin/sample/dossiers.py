"""Invented dossier counts beside the invented answers, so that response rates can be shown."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin.sample import world
from admin.sample.world import Unit
from models.agency import DossierMonth
from models.responses import Response
from models.vocabulary import Outcome


def invent(session: Session, seed: int, units: Sequence[Unit], months: Sequence[str]) -> None:
    """Monthly counts for units and whole months that have none yet: about one dossier in five was rated."""
    counted = {
        (key, month): n
        for key, month, n in session.execute(
            select(Response.agency_key, Response.month, func.count())
            .where(Response.outcome == Outcome.COUNTED.value, Response.month.in_(months))
            .group_by(Response.agency_key, Response.month)
        )
    }
    here = set(session.execute(select(DossierMonth.agency_key, DossierMonth.month)))
    for unit in units:
        for month in months:
            if (unit.key, month) in here:
                continue
            dice = world.rng(seed, unit.key, month, "dossiers")
            closed = round(counted.get((unit.key, month), 0) / dice.uniform(0.17, 0.29)) + dice.randrange(20, 60)
            overdue = round(closed * dice.uniform(0.01, 0.05))
            session.add(
                DossierMonth(
                    agency_key=unit.key,
                    month=month,
                    stage="",
                    field="",
                    received=round(closed * dice.uniform(0.98, 1.06)),
                    closed=closed,
                    overdue=overdue,
                    complained=0,
                    overdue_and_complained=0,
                    points={},
                )  # fmt: skip
            )
    session.flush()
