"""How slips are used: of those that were made, how many were answered, and for how many dossiers there was one.

Choosing whom to hand a slip shows here. Nothing is clipped: above 100 % is worth a look.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from admin.figures import hidden
from admin.figures.questionnaires import RESPONSES
from admin.figures.rates import Dossiers
from admin.figures.scope import related_keys
from admin.figures.tally import DESK, STAGE
from models.slip_records import PrintedSlip
from models.tallies import TallyBrief
from models.vocabulary import Channel, Outcome

#: The ways in which a slip is spent: its QR, or the code under it.
SPENT = (Channel.QR.value, Channel.CODE.value)


@dataclass(frozen=True)
class Part:
    """The slips of one desk, stage or month (`name`; empty for a slip without a desk). `announced`: those of them that
    another system asked for; `use` in per cent, None where it cannot be said or would give away few answers."""

    name: str
    made: int
    announced: int
    use: Fraction | None


@dataclass(frozen=True)
class Slips:
    """The slips of a period. `coverage` (slips per dossier) and its `dossiers` where dossiers were counted, over the
    months and agencies that were; rates in per cent."""

    whole: Part
    coverage: Fraction | None
    dossiers: int | None
    by: dict[str, tuple[Part, ...]]


def slips(
    session: Session,
    keys: Collection[str],
    months: Collection[str],
    instrument: str,
    dossiers: Dossiers | None,
    *,
    unsuppressed: bool = False,
) -> Slips:
    """Slips and their use in these agencies and months; answers are those of one instrument that count."""
    p, t = PrintedSlip, TallyBrief
    made: Counter[tuple[str, str, str, str, str]] = Counter()
    for agency, desk, stage, month, device, n in session.execute(
        select(p.agency_key, p.desk_code, p.stage, p.month, p.device_id, func.count())
        .where(p.agency_key.in_(keys), p.month.in_(months))
        .group_by(p.agency_key, p.desk_code, p.stage, p.month, p.device_id)
    ):
        made[agency, desk or "", stage, month, "announced" if device.startswith("c-") else "desk"] += n
    used: dict[str, Counter[str]] = {"desk": Counter(), "stage": Counter(), "month": Counter()}
    if made:
        for month, item, value, n in session.execute(
            select(t.month, t.item, t.value, func.sum(t.n))
            .where(
                t.agency_key.in_(keys), t.month.in_(months), t.instrument == instrument, t.channel.in_(SPENT),
                or_(t.item.in_((DESK, STAGE)), and_(t.item == RESPONSES, t.value == Outcome.COUNTED.value)),
            )
            .group_by(t.month, t.item, t.value)
        ):  # fmt: skip
            if item == RESPONSES:
                used["month"][month] += int(n)
            else:
                used["desk" if item == DESK else "stage"][value] += int(n)
    apart = {"desk": "spent_desk", "stage": "spent_stage"}
    several = hidden.told(session, instrument, keys, months, "channel", ("spent",))
    by = {}
    for place, name in enumerate(("desk", "stage", "month"), start=1):
        names = sorted({row[place] for row in made})
        told = unsuppressed or (several and (
            hidden.told(session, instrument, keys, months, apart[name], names) if name in apart
            else all(hidden.told(session, instrument, keys, (month,), "channel", ("spent",)) for month in names)
        ))  # fmt: skip
        by[name] = _parts(made, used[name], place, names, told)
    whole = _part("", sum(made.values()), _announced(made), sum(used["month"].values()), unsuppressed or several)
    coverage = None
    if dossiers is not None and dossiers.received:
        covered = set(keys) & related_keys(session, dossiers.agencies)
        there = sum(n for (agency, _, _, month, _), n in made.items() if agency in covered and month in dossiers.months)
        coverage = Fraction(100 * there, dossiers.received)
    return Slips(whole, coverage, dossiers.received if coverage is not None and dossiers else None, by)


def _announced(made: Counter[tuple[str, str, str, str, str]]) -> int:
    return sum(n for row, n in made.items() if row[4] == "announced")


def _part(name: str, made: int, announced: int, used: int, told: bool) -> Part:
    return Part(name, made, announced, Fraction(100 * used, made) if made and told else None)


def _parts(
    made: Counter[tuple[str, str, str, str, str]], used: Counter[str], place: int, names: Sequence[str], told: bool
) -> tuple[Part, ...]:
    """The slips apart by one thing. How they were used is said of all or none: which are hidden would say too much."""
    parts = []
    for name in names:
        own = Counter({row: n for row, n in made.items() if row[place] == name})
        parts.append(_part(name, sum(own.values()), _announced(own), used[name], told))
    return tuple(parts)


def entries(found: Slips, two_places: Any) -> dict[str, Any]:
    """The part of the index document about slips; decimals written by `two_places`."""

    def part(one: Part) -> dict[str, Any]:
        return {"slips": one.made, "announced": one.announced, "use_rate": two_places(one.use)}

    return {
        "slip_use_rate": {"value": two_places(found.whole.use), "denominator": found.whole.made or None},
        "slip_coverage": {"value": two_places(found.coverage), "denominator": found.dossiers},
        "slips": {
            "made": found.whole.made,
            "announced": found.whole.announced,
            **{f"by_{name}": {one.name: part(one) for one in parts} for name, parts in found.by.items()},
        },
    }
