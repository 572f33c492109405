"""The simulated world: each agency's true satisfaction, its visitors, its good and bad days.

It is the known truth behind the answers: how satisfied citizens of each agency really are, how many come, and what
happens on good and bad days. Everything follows from the seed, day by day, so that any day can be made again.
"""

from __future__ import annotations

import datetime
import hashlib
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

from models.keys import SigningKey
from models.vocabulary import Factor, Stage

#: Answers a working day in the whole province, before weekday and season.
PER_DAY = 176.0
#: Wards where many come: the one with the province's offices.
BUSY = {"NB-14329": 8.0}
FACTOR_SHIFT = {
    Factor.ACCESS: 0.35, Factor.PROCEDURE: -0.25, Factor.OFFICIAL: 0.45, Factor.RESULT: -0.05, Factor.FEEDBACK: -0.6,
}  # fmt: skip
TOPICS = (
    "wait", "papers", "attitude", "guidance", "ontime", "visits", "signs", "seats", "fees", "rules", "complete", "fair",
    "channels", "handling", "told",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SimulatedAgency:
    """One agency in the simulation. `logit` is its latent satisfaction, `share` its part of the province's answers."""

    key: str
    kind: str
    logit: float
    share: float
    desks: int


@dataclass(frozen=True, slots=True)
class DeskEvent:
    """One thing that happens at a desk: `boot`, `token` or `rating`. `t` in ms since 1970 (UTC)."""

    typ: str
    t: int
    id: str
    answers: dict[str, int]
    topics: tuple[str, ...]
    state: str
    lang: str
    stage: Stage
    procedure: str
    ms: int
    #: a token's answer on the phone (ms since 1970), or 0 when the slip is never used
    phone_t: int = 0


def make_rng(seed: int, *parts: object) -> random.Random:
    """The random numbers of one place and day."""
    return random.Random(f"hailong|{seed}|" + "|".join(map(str, parts)))


def derive_device_key(seed: int, desk: str) -> SigningKey:
    """A simulated device's key: it follows from the seed, so it protects nothing and marks the store as practice."""
    return SigningKey(hashlib.sha256(f"hailong simulator|{seed}|{desk}".encode()).digest())


def make_units(seed: int, agencies: Sequence[tuple[str, str]]) -> list[SimulatedAgency]:
    """The truth about agencies (key, kind), province excluded. The last commune is small, the two before it silent."""
    dice = make_rng(seed, "units")
    weight = {"service_centre": 12.0, "department": 2.2, "ward": 1.5, "commune": 0.55}
    agency_draws = []
    for key, kind in agencies:
        size = weight.get(kind, 1.0) * dice.lognormvariate(0, 0.7)
        agency_draws.append((key, kind, dice.gauss(1.85, 0.42), size * BUSY.get(key, 1.0)))
    total = sum(part for *_, part in agency_draws)
    communes = [key for key, kind in agencies if kind == "commune"]
    small, silent = communes[-1:], communes[-3:-1]
    units = []
    for key, kind, logit, part in agency_draws:
        share = 0.0 if key in silent or key in small else part / total
        desks = 0 if key in silent else 6 if kind == "service_centre" else 2 if share > 0.009 else 1
        units.append(SimulatedAgency(key, kind, logit, share, desks))
    return units


def find_small_unit(all_units: Sequence[SimulatedAgency]) -> SimulatedAgency | None:
    """The commune with seven answers a month."""
    return next((unit for unit in all_units if unit.share == 0.0 and unit.desks), None)


def day_factor(day: datetime.date) -> float:
    """How busy a day is: nothing on Sundays, a short Saturday, busy Mondays, quiet at Tết."""
    if day.weekday() == 6 or (day.month == 2 and 14 <= day.day <= 22):
        return 0.0
    return (1.25, 1.05, 1.0, 1.0, 1.05, 0.35)[day.weekday()] * (1.0 + 0.12 * math.sin(day.timetuple().tm_yday / 58))


def day_logit(seed: int, unit: SimulatedAgency, day: datetime.date) -> float:
    """The satisfaction of one day: a slow rise over the year, good days, and bad days when a system is down."""
    mood = make_rng(seed, unit.key, day, "mood").random()
    shift = -1.3 if mood < 0.04 else 0.5 if mood > 0.95 else 0.0
    months = (day.year - 2026) * 12 + day.month
    return unit.logit + shift + 0.022 * months


def make_day_events(
    seed: int, unit: SimulatedAgency, desk: int, day: datetime.date, start_ms: int, *, factors: bool
) -> list[DeskEvent]:
    """What happens at one desk on one local day, in order of time. `start_ms` is the day's midnight."""
    dice = make_rng(seed, unit.key, desk, day)
    if unit.share == 0.0:
        count = 1 if day.day in (3, 6, 10, 13, 17, 20, 24) else 0
    else:
        count = _poisson(dice, PER_DAY * unit.share / unit.desks * day_factor(day))
    events: list[DeskEvent] = []
    if day.weekday() == 0:
        events.append(_event(dice, "boot", start_ms + 7 * 3_600_000 + dice.randrange(900_000), {}, 0.0))
    logit = day_logit(seed, unit, day)
    for _ in range(count):
        t = start_ms + int(dice.triangular(7.5, 16.9, 9.3) * 3_600_000) + dice.randrange(60_000)
        if unit.share and dice.random() < 0.25:
            lag = int(dice.expovariate(1 / 7_200_000)) + 240_000
            events.append(_rating(dice, t, logit - 0.14, True, "token", t + min(lag, 6 * 3_600_000)))
        else:
            events.append(_rating(dice, t, logit, factors, "rating", 0, sure=unit.share == 0.0))
    for _ in range(round(count * 0.2)):
        events.append(_event(dice, "token", start_ms + int(dice.uniform(7.6, 16.8) * 3_600_000), {}, 0.0))
    events.sort(key=lambda event: (event.t, event.id))
    return events


def _poisson(dice: random.Random, mean: float) -> int:
    limit, count, product = math.exp(-mean), 0, dice.random()
    while product > limit:
        count += 1
        product *= dice.random()
    return count


def _score(dice: random.Random, logit: float) -> int:
    satisfied = 1 / (1 + math.exp(-logit))
    if dice.random() < satisfied:
        return 5 if dice.random() < 0.28 + 0.14 * satisfied else 4
    return dice.choices((3, 2, 1), (58, 29, 13))[0]


def _rating(
    dice: random.Random, t: int, logit: float, factors: bool, typ: str, phone_t: int, *, sure: bool = False
) -> DeskEvent:
    overall = _score(dice, logit)
    answers = {"overall": overall}
    fate = 0.0 if sure else dice.random()
    state = "complete" if fate < 0.78 else "partial" if fate < 0.97 else "declined" if fate < 0.985 else "withdrawn"
    if typ == "token":
        state = "complete" if fate < 0.9 else "partial"
    if factors and state == "complete" and dice.random() < 0.75:
        lean = logit + (0.9 if overall >= 4 else -1.6)
        for factor, shift in FACTOR_SHIFT.items():
            answers[factor.value] = 0 if dice.random() < 0.06 else _score(dice, lean + shift)
    if state in ("declined", "withdrawn"):
        answers = {}
    topics: tuple[str, ...] = ()
    if state == "complete" and dice.random() < (0.55 if overall <= 2 else 0.22):
        topics = tuple(dict.fromkeys(dice.choices(TOPICS, range(15, 0, -1), k=dice.choice((1, 1, 2, 3)))))
    return _event(dice, typ, t, answers, 1.0, topics, state, phone_t)


def _event(
    dice: random.Random, typ: str, t: int, answers: dict[str, int], weight: float, topics: tuple[str, ...] = (),
    state: str = "complete", phone_t: int = 0,
) -> DeskEvent:  # fmt: skip
    from models.ids import build_id

    stage = dice.choices(
        (Stage.SUBMISSION, Stage.RESULT, Stage.SUPPLEMENT, Stage.REFUSAL, Stage.GUIDANCE), (50, 38, 6, 2, 4)
    )[0]
    return DeskEvent(
        typ, t, build_id(t, dice.getrandbits(74)), answers, topics, state, "en" if dice.random() < 0.015 else "vi",
        stage, f"{dice.random():.6f}", dice.randrange(1200, 9000), phone_t,
    )  # fmt: skip
