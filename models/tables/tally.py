"""Tables of tallies: what pages, commands and papers read.

Recounted from the responses, never incremented.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.tables.declarative_base import CentralOnly


class TallyDay(CentralOnly):
    """How many answers of one kind an agency's desk got on a local `day`; where only the month is known, in that month
    (`2026-10`).

    `item` is an item's id or a pseudo-item: `_responses` (value: outcome, with the reason behind a colon),
    `_all_top2` (value: 1 or 0), `_pattern` (value: for each item of a factor, in the instrument's order, 1 satisfied, 0
    not, - unanswered), `topic:ID` (value: the overall score), `_paired` (a desk's answer and the later one on the same
    transaction, `1:0`: satisfied at the desk, not later; counted with the desk's answer, which is superseded),
    `_partial` (counted responses that were begun and not finished; value 1). Of responses of any outcome `_ignored`
    (the fields that were passed over, by name: `decider tie`) and `_joined` (joined over devices; value 1).
    `excluded` is 0 or 1.
    """

    __tablename__ = "tally_day"
    __table_args__ = (Index("ix_tally_day_agency_month", "agency_key", "month"),)

    agency_key: Mapped[str] = mapped_column(String(40), primary_key=True)
    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    desk_code: Mapped[str] = mapped_column(String(40), primary_key=True)
    channel: Mapped[str] = mapped_column(String(8), primary_key=True)
    stage: Mapped[str] = mapped_column(String(12), primary_key=True)
    instrument: Mapped[str] = mapped_column(String(24), primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    item: Mapped[str] = mapped_column(String(40), primary_key=True)
    excluded: Mapped[int] = mapped_column(Integer, primary_key=True)
    value: Mapped[str] = mapped_column(String(40), primary_key=True)
    month: Mapped[str] = mapped_column(String(7))
    n: Mapped[int]


class TallyMonth(CentralOnly):
    """The same by month, desks and days summed, with the procedure."""

    __tablename__ = "tally_month"
    #: Covering: a province's trend, figures and list of agencies are read from this index alone.
    __table_args__ = (
        Index(
            "ix_tally_month_month_item", "month", "instrument", "item", "agency_key", "value", "channel", "excluded",
            "stage", "n" ),
    )

    agency_key: Mapped[str] = mapped_column(String(40), primary_key=True)
    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    channel: Mapped[str] = mapped_column(String(8), primary_key=True)
    stage: Mapped[str] = mapped_column(String(12), primary_key=True)
    procedure_code: Mapped[str] = mapped_column(String(40), primary_key=True)
    instrument: Mapped[str] = mapped_column(String(24), primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    item: Mapped[str] = mapped_column(String(40), primary_key=True)
    excluded: Mapped[int] = mapped_column(Integer, primary_key=True)
    value: Mapped[str] = mapped_column(String(40), primary_key=True)
    n: Mapped[int]


class TallyBrief(CentralOnly):
    """`tally_month` without stage and procedure: what lists, trends and headlines of a province are read from."""

    __tablename__ = "tally_brief"
    #: Covering, in the order in which a province is read.
    __table_args__ = (
        Index(
            "ix_tally_brief_month_item", "month", "instrument", "item", "agency_key", "value", "channel", "excluded",
            "n" ),
    )

    agency_key: Mapped[str] = mapped_column(String(40), primary_key=True)
    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    instrument: Mapped[str] = mapped_column(String(24), primary_key=True)
    item: Mapped[str] = mapped_column(String(40), primary_key=True)
    channel: Mapped[str] = mapped_column(String(8), primary_key=True)
    excluded: Mapped[int] = mapped_column(Integer, primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    value: Mapped[str] = mapped_column(String(40), primary_key=True)
    n: Mapped[int]


class HiddenCell(CentralOnly):
    """A number that must not be shown: below 5 itself, or withheld because one below 5 would follow from it.

    `period` is a month, quarter or year; `apart` and `value` say which part of the agency's answers (both empty: all of
    them). What is in no row may be shown, as far as `hidden_year` says that its month is looked at.
    """

    __tablename__ = "hidden_cell"
    __table_args__ = (
        CheckConstraint("state IN ('under_5','withheld')", name="state"),
        Index("ix_hidden_cell_period", "instrument", "period", "apart"),
    )

    instrument: Mapped[str] = mapped_column(String(24), primary_key=True)
    agency_key: Mapped[str] = mapped_column(String(40), primary_key=True)
    period: Mapped[str] = mapped_column(String(7), primary_key=True)
    apart: Mapped[str] = mapped_column(String(12), primary_key=True)
    value: Mapped[str] = mapped_column(String(40), primary_key=True)
    state: Mapped[str] = mapped_column(String(8))


class HiddenYear(CentralOnly):
    """From which month on the hidden cells of a year are to be worked out again: what a month hides depends on it and
    on those before it. A year without a row was never looked at."""

    __tablename__ = "hidden_year"

    instrument: Mapped[str] = mapped_column(String(24), primary_key=True)
    year: Mapped[str] = mapped_column(String(4), primary_key=True)
    #: a month (`2026-10`); later than any month of the year: nothing to do
    stale_from: Mapped[str] = mapped_column(String(7))


class StaleTally(CentralOnly):
    """An agency and month whose tallies no longer show all responses; recounted right after the commit that says so,
    and by whoever reads before that. `marks` counts how often it was marked (the row's lock orders the two)."""

    __tablename__ = "stale_tally"

    agency_key: Mapped[str] = mapped_column(String(40), primary_key=True)
    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    marks: Mapped[int] = mapped_column(default=1)


class TallyStamp(CentralOnly):
    """A number drawn whenever an agency's month is counted anew: as long as it stays, so do the rows of its tallies."""

    __tablename__ = "tally_stamp"

    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    agency_key: Mapped[str] = mapped_column(String(40), primary_key=True)
    #: below 2⁴⁸, so that those of a whole province add up within 63 bits
    stamp: Mapped[int] = mapped_column(BigInteger)


class IssuedReport(CentralOnly):
    """A report as it was issued: its figures are frozen, its paper is drawn from them alone."""

    __tablename__ = "report"
    __table_args__ = (UniqueConstraint("agency_key", "period", "revision"),)

    code: Mapped[str] = mapped_column(String(14), primary_key=True)
    agency_key: Mapped[str] = mapped_column(ForeignKey("agency.key"))
    period: Mapped[str] = mapped_column(String(16))
    revision: Mapped[int]
    #: the frozen figures, canonical JSON as text
    figures: Mapped[str]
    sha: Mapped[str] = mapped_column(String(64))
    issued_ms: Mapped[int] = mapped_column(BigInteger)
