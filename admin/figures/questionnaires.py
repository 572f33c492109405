"""What figures need to know of an instrument: its headline method and which item belongs to which factor."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.figures import methods
from admin.figures.methods import Method
from admin.figures.methods.method import Factors
from admin.figures.methods.top2 import OVERALL_ITEM
from models import instrument
from models.agency import StoredInstrument
from models.tallies import TallyMonth
from models.vocabulary import Factor, Outcome

SHORT = "short"
SIPAS = "sipas23"
RESPONSES = "_responses"

FACTORS = tuple(factor.value for factor in Factor)


@dataclass(frozen=True)
class Questionnaire:
    """An instrument as figures see it, all its versions together; `version` is the newest that was ever open.
    `orders` are the items of factors of each version, in order."""

    id: str
    version: int
    method: Method
    factors: Factors
    orders: Mapping[int, tuple[str, ...]] = field(default_factory=dict)

    @property
    def items(self) -> tuple[str, ...]:
        """All items whose answers are counted."""
        return (OVERALL_ITEM, *self.factors)


def questionnaire(session: Session, instrument_id: str) -> Questionnaire:
    """The instrument with this id. One that is not in the store is read by its overall question alone.

    Kept with the session, so that a page asks for it once.
    """
    kept: dict[str, Questionnaire] = session.info.setdefault("questionnaires", {})
    if instrument_id not in kept:
        kept[instrument_id] = _load(session, instrument_id)
    return kept[instrument_id]


def _load(session: Session, instrument_id: str) -> Questionnaire:
    statement = (
        select(StoredInstrument.document)
        .where(StoredInstrument.id == instrument_id, StoredInstrument.status != "draft")
        .order_by(StoredInstrument.version)
    )
    versions = [instrument.parse(document) for document in session.scalars(statement)]
    if not versions:
        return Questionnaire(instrument_id, 1, methods.method("top2.overall"), {})
    factors = {
        item.id: item.factor.value for version in versions for item in version.factor_items if item.factor is not None
    }
    newest = versions[-1]
    orders = {version.version: tuple(item.id for item in version.factor_items) for version in versions}
    return Questionnaire(instrument_id, newest.version, methods.method(newest.method), factors, orders)


def choose_instrument(session: Session, keys: Collection[str], months: Collection[str]) -> str:
    """`short` if it has a counted answer of these agencies in these months, else `sipas23`.

    A page that shows several months chooses over all of them.
    """
    statement = (
        select(TallyMonth.agency_key)
        .where(
            TallyMonth.month.in_(months),
            TallyMonth.instrument == SHORT,
            TallyMonth.item == RESPONSES,
            TallyMonth.agency_key.in_(keys),
            TallyMonth.value == Outcome.COUNTED.value,
            TallyMonth.n > 0,
        )
        .limit(1)
    )
    return SIPAS if session.scalar(statement) is None else SHORT
