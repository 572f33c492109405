"""Instruments as figures need them: the headline method, and which item belongs to which factor."""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Text, cast, select
from sqlalchemy.orm import Session

from admin.statistics import methods
from admin.statistics.methods import Method
from admin.statistics.methods.method import Factors
from admin.statistics.methods.top2 import OVERALL_ITEM
from admin.statistics.tallies import cache
from admin.statistics.tallies.agency_tree import is_whole_province
from models.reference import instrument
from models.reference.instrument import Instrument
from models.tables.agency import StoredInstrument
from models.tables.tally import TallyBrief
from models.vocabulary import CountOutcome, Factor

SHORT = "short"
SIPAS = "sipas23"
RESPONSES = "_responses"

#: An instrument and its version.
Asked = tuple[str, int]

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


def read_questionnaire(session: Session, instrument_id: str) -> Questionnaire:
    """The instrument with this id. One that is not in the store is read by its overall question alone.

    Kept with the session, so that a page asks for it once.
    """
    questionnaires: dict[str, Questionnaire] = session.info.setdefault("questionnaires", {})
    if instrument_id not in questionnaires:
        questionnaires[instrument_id] = _load(session, instrument_id)
    return questionnaires[instrument_id]


def list_opened_versions(session: Session) -> dict[tuple[str, int], Instrument]:
    """Every version of every instrument that was ever open, by id and version, in order; read once a session."""
    versions: dict[tuple[str, int], Instrument] | None = session.info.get("instruments")
    if versions is None:
        i = StoredInstrument
        statement = select(i.id, i.version, cast(i.document, Text)).where(i.status != "draft")
        versions = {
            (id, version): instrument.parse_text(document)
            for id, version, document in session.execute(statement.order_by(i.id, i.version))
        }
        session.info["instruments"] = versions
    return versions


def _load(session: Session, instrument_id: str) -> Questionnaire:
    versions = [
        opened_version for (id, _), opened_version in list_opened_versions(session).items() if id == instrument_id
    ]
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
    versions_by_month = find_answered_versions(session, keys, months)
    return SHORT if any(id == SHORT for versions in versions_by_month.values() for id, _version in versions) else SIPAS


def find_answered_versions(session: Session, keys: Collection[str], months: Collection[str]) -> dict[str, set[Asked]]:
    """Month → the instruments and versions with counted answers of these agencies."""
    versions_by_month, lacking = dict[str, set[Asked]](), list[str]()
    for month in months:
        before = cache.tally_cache(session).get(
            ("asked", frozenset(keys), month), cache.tally_stamp(session, keys, (month,))
        )
        if before is None:
            lacking.append(month)
        else:
            versions_by_month[month] = before
    if lacking:
        versions_by_month |= _read(session, keys, lacking)
        for month in lacking:
            stamp = cache.tally_stamp(session, keys, (month,))
            cache.get_or_compute(
                session,
                ("asked", frozenset(keys), month),
                stamp,
                functools.partial(versions_by_month.__getitem__, month),
            )
    return versions_by_month


def _read(session: Session, keys: Collection[str], months: Collection[str]) -> dict[str, set[Asked]]:
    t = TallyBrief
    statement = (
        select(t.month, t.instrument, t.version)
        .where(t.month.in_(months), t.item == RESPONSES, t.value == CountOutcome.COUNTED.value, t.n > 0)
        .distinct()
    )
    if not is_whole_province(session, keys):
        statement = statement.where(t.agency_key.in_(keys))
    versions_by_month: dict[str, set[Asked]] = {month: set() for month in months}
    for month, id, version in session.execute(statement):
        versions_by_month[month].add((id, version))
    return versions_by_month
