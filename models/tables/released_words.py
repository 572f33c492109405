"""Tables of what was released of citizens' words: which may be read, and beside what.

Nothing here says when something came or in which order: `rank` is drawn under the centre's key, weeks are those of the
answers. A row once written never changes; what was said itself stays where it is (`OpenedSidecar`).
"""

from __future__ import annotations

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.tables.declarative_base import CentralOnly


class ReleasedWords(CentralOnly):
    """A comment that may be read: the opening it stands in, and all that is ever shown with it."""

    __tablename__ = "released_words"
    __table_args__ = (
        Index("ix_released_words_order", "month", "week", "rank"),
        Index("ix_released_words_of_agency", "agency_key", "month", "week", "rank"),
    )

    #: the opening (`OpenedSidecar`): a comment or a note
    device_id: Mapped[str] = mapped_column(String(24), primary_key=True)
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(1), primary_key=True)
    #: whose counter it was written at; empty where nobody knows
    agency_key: Mapped[str] = mapped_column(String(40))
    #: for the province alone, as its page said
    restricted: Mapped[bool]
    #: the ISO week of the answer (`2026-W44`) and the month its Thursday lies in; of papers that name no day the month
    week: Mapped[str] = mapped_column(String(8))
    month: Mapped[str] = mapped_column(String(7))
    #: the place among those of one week, by chance
    rank: Mapped[str] = mapped_column(String(32))
    #: the score was 1 or 2
    low: Mapped[bool]
    #: ids, each with a space before and behind
    topics: Mapped[str]
    lang: Mapped[str] = mapped_column(String(16))
    #: the local day of its lot
    released_on: Mapped[str] = mapped_column(String(10))


class ReleasedAnswer(CentralOnly):
    """An answer to a question for the province alone that may be counted: nothing ties it to words or topics."""

    __tablename__ = "released_answer"
    __table_args__ = (Index("ix_released_answer_order", "month", "week", "agency_key", "question", "value"),)

    device_id: Mapped[str] = mapped_column(String(24), primary_key=True)
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    question: Mapped[str] = mapped_column(String(24), primary_key=True)
    value: Mapped[int]
    agency_key: Mapped[str] = mapped_column(String(40))
    week: Mapped[str] = mapped_column(String(8))
    month: Mapped[str] = mapped_column(String(7))
    released_on: Mapped[str] = mapped_column(String(10))
