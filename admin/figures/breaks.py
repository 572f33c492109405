"""Where a trend breaks: from a month on other questions were asked, or the index is made in another way.

A line must not run through such a month as if nothing had happened; pages and papers mark it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.figures import kept, methods
from admin.figures.periods import months_until
from admin.figures.questionnaires import RESPONSES, opened
from models.tallies import TallyBrief
from models.vocabulary import Outcome

Kind = Literal["instrument", "version", "method"]
#: An instrument and its version.
Asked = tuple[str, int]
#: A month, an instrument, and one of its versions or any.
_Question = tuple[str, str, int | None]
#: So many questions go into one statement.
_AT_ONCE = 26


@dataclass(frozen=True)
class Break:
    """From `month` on (`2026-08`) figures are made of something else: another instrument, another version of it, or by
    another method; `before` and `after` name them with their version (`short 1`, `top2.overall 1`)."""

    month: str
    kind: Kind
    before: str
    after: str


def breaks(
    session: Session, keys: Collection[str], last_month: str, count: int = 13, instrument: str = "short"
) -> list[Break]:
    """The breaks within `count` months up to `last_month` (`2026-10`) in the trend of an instrument, oldest first.

    A month belongs to `instrument` if it has counted answers to it, else to the first of the others by name that has;
    months without any are passed over. Within an instrument the newest version with answers speaks for a month.
    """
    known, months = _methods(session), months_until(last_month, count)
    question = ("breaks", frozenset(keys), tuple(months), instrument, tuple(known.items()))
    stamp = kept.stamp(session, keys, months)
    return list(kept.once(session, question, stamp, lambda: _breaks(session, keys, months, instrument, known)))


def _breaks(
    session: Session, keys: Collection[str], months: Sequence[str], instrument: str, known: dict[Asked, str]
) -> list[Break]:
    found: list[Break] = []
    before: Asked | None = None
    for now_month, now in _speaking(session, keys, months, instrument, known):
        if before is not None and now[0] == before[0] and now[1] <= before[1]:
            continue  # late answers to an older version
        if before is not None:
            kind: Kind = "version" if now[0] == before[0] else "instrument"
            found.append(Break(now_month, kind, _named(before), _named(now)))
            if known.get(before, "") != known.get(now, ""):
                found.append(Break(now_month, "method", known.get(before, ""), known.get(now, "")))
        before = now
    return found


def _speaking(
    session: Session, keys: Collection[str], months: Sequence[str], instrument: str, known: Collection[Asked]
) -> list[tuple[str, Asked]]:
    """The months that have answers, with the version that speaks for each."""
    versions = sorted(version for name, version in known if name == instrument) or [1]
    own = _answered(session, keys, [(month, instrument, None) for month in months])
    left = [month for month in months if (month, instrument, None) not in own]
    others = sorted((key for key in known if key[0] != instrument), key=lambda key: (key[0], -key[1]))
    asked: list[_Question] = [(month, name, version) for month in left for name, version in others]
    if len(versions) > 1:
        asked += [(month, instrument, version) for month, *_ in own for version in versions]
    there = _answered(session, keys, asked)
    found = []
    for month in months:
        if month not in left:
            newest = max((v for v in versions if (month, instrument, v) in there), default=versions[0])
            found.append((month, (instrument, newest)))
        elif other := next((key for key in others if (month, *key) in there), None):
            found.append((month, other))
    return found


def _answered(session: Session, keys: Collection[str], asked: Sequence[_Question]) -> set[_Question]:
    """Which of these months have a counted answer to an instrument (and version); one statement that counts nothing."""
    t = TallyBrief
    found: set[_Question] = set()
    for start in range(0, len(asked), _AT_ONCE):
        some = asked[start : start + _AT_ONCE]
        columns = []
        for month, name, version in some:
            statement = select(t.n).where(
                t.month == month, t.instrument == name, t.item == RESPONSES, t.value == Outcome.COUNTED.value,
                t.agency_key.in_(keys),
            )  # fmt: skip
            columns.append((statement if version is None else statement.where(t.version == version)).exists())
        row = session.execute(select(*(column.label(f"c{at}") for at, column in enumerate(columns)))).one()
        found.update(question for question, there in zip(some, row, strict=True) if there)
    return found


def _methods(session: Session) -> dict[Asked, str]:
    """The headline method of every version that was ever open, with the method's own version."""
    found = {}
    for key, version in opened(session).items():
        method = methods.method(version.method)
        found[key] = f"{method.id} {method.version}"
    return found


def _named(key: Asked) -> str:
    return f"{key[0]} {key[1]}"
