"""The method note: how a page's figures are made, in words for its last line.

It also says what the page's questionnaire calls things.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy.orm import Session

from admin.instruments import companion_questions
from admin.presentation import phrases
from admin.statistics import queries
from admin.statistics.methods.top2 import OVERALL_ITEM
from admin.statistics.tallies.questionnaire_items import list_opened_versions
from models.reference.instrument import Instrument
from models.reference.localized_text import LocalText
from translations import gettext as _
from translations import ngettext


@dataclass(frozen=True)
class MethodNote:
    """The last line of a page: method, kind of interval, questionnaire with its versions, and up to when figures are
    complete (nothing where nothing ever arrived)."""

    method: LocalText
    interval: LocalText
    instrument: LocalText
    versions: str
    as_of_words: str


def build_method_note(
    session: Session, keys: Collection[str], period: str, instrument: str, as_of_ms: int
) -> MethodNote:
    """How the figures of these agencies in a period are made. They are complete up to `as_of_ms` (ms since 1970, UTC)
    at most, and never beyond what has arrived."""
    method = queries.describe_method(session, keys, period, instrument)
    return MethodNote(
        method=method.method_name,
        interval=method.interval.name,
        instrument=_name(session, instrument),
        versions=", ".join(f"v{version}" for version in method.versions),
        as_of_words=_as_of(queries.read_data_completeness(session, keys, as_of_ms)),
    )


def _as_of(completeness: queries.DataCompleteness) -> str:
    if completeness.ms is None:
        return ""
    words = phrases.describe_data_end(completeness.ms)
    if not completeness.silent:
        return words
    silent = ngettext(
        "%(n)s agency sent nothing in the 24 hours before", "%(n)s agencies sent nothing in the 24 hours before",
        completeness.silent,
    )  # fmt: skip
    return f"{words}; {silent}"


def find_newest_instrument(session: Session, id: str) -> Instrument | None:
    """The newest version of an instrument that was ever open, with its words; None if there is none."""
    return next(
        (instrument for (one, _), instrument in reversed(list_opened_versions(session).items()) if one == id), None
    )


def factor_label(instrument: Instrument | None, factor: str) -> str | LocalText:
    """The name of a row of factors as it is called today, else its letter."""
    if factor == OVERALL_ITEM:
        return _("Overall rating")
    return companion_questions.current_factor_name(instrument, factor) if instrument else factor


def _name(session: Session, id: str) -> LocalText:
    instrument = find_newest_instrument(session, id)
    return instrument.name if instrument else LocalText({"vi": id})
