"""The release of citizens' words by the jobs: what may be read is written down, lot by lot.

Words that only the province may read (answers that its page promised to it), words that an agency may read too, and
the answers to the province's questions are lots of their own, so that no reader ever sees fewer at once than the rule
says. Rehearsals are left out; whatever else becomes of an answer, its words stay. What a citizen adds on a later day
is an opening of its own (`sidecars.add_further_words`) and waits for a later lot: what was released never grows.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import InstrumentedAttribute, Session

from admin.comments import lots
from admin.comments.lots import WaitingItem
from admin.ledgers.signing_keys import WEB
from admin.responses import sidecars
from admin.responses.field_authority import FOREIGN_AGENCY
from models.protocol import province_only_answers
from models.protocol.canonical import NotCanonical
from models.storage import bulk
from models.storage.database import Database
from models.tables.device import Epoch
from models.tables.released_words import ReleasedAnswer, ReleasedWords
from models.tables.response import LaterAnswer, OpenedSidecar, Response, matches_response
from models.tables.staff_account import StoreMark
from models.vocabulary import Channel, CountOutcome

#: The mark of the store that says which morning was done last (a local day).
MARK = "words_released"
#: The kinds of openings that hold words, and that of the answers for the province alone.
WORDS, ASKED = ("c", *sidecars.NOTES), "x"
LOW = (1, 2)
_DRILL = "drill"
#: Not counted because its device named another agency than its own; the second by the first rules.
_ELSEWHERE = (FOREIGN_AGENCY, "wrong_agency")
_STEP = 1000
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Series:
    """What is released together: whose, for whom (`agency`: words that the agency may read too; `province`: words for
    it alone; `asked`: answers to its questions)."""

    agency: str
    kind: str


def release_due_words(database: Database, secret: str, now_ms: int) -> int:
    """Release what is due at `now_ms` (ms since 1970, UTC), an agency in a transaction; returns how many things. The
    order among them is drawn under `secret`."""
    with database.read() as session:
        mark = session.get(StoreMark, MARK)
        days = lots.list_release_mornings(mark.value if mark is not None else "", now_ms)
        due = _list_due_lots(session, days) if days else []
    if not days:
        return 0
    done = 0
    for series, released in due:
        rows = [row for day, some in released for one in some for row in _make_released_rows(series, one, day, secret)]
        try:
            with database.write() as session:
                bulk.insert(session, ReleasedAnswer if series.kind == ASKED else ReleasedWords, rows)
            done += len(rows)
        except IntegrityError:
            log.info("another process released the words of %s", series.agency)
    try:
        with database.write() as session:
            session.merge(StoreMark(name=MARK, value=days[-1]))
    except IntegrityError:
        log.info("another process noted the morning")
    return done


def _list_due_lots(session: Session, days: Sequence[str]) -> list[tuple[_Series, list[tuple[str, list[WaitingItem]]]]]:
    """The lots of every series over these mornings."""
    waiting: dict[_Series, list[WaitingItem]] = defaultdict(list)
    for series, one in _list_waiting(session):
        waiting[series].append(one)
    new_lots = [(series, lots.draw_up_lots(some, days)) for series, some in waiting.items()]
    return [
        (series, series_lots)
        for series, series_lots in sorted(new_lots, key=lambda one: (one[0].agency, one[0].kind))
        if series_lots
    ]


def _list_waiting(session: Session) -> Iterator[tuple[_Series, WaitingItem]]:
    """Everything that came with an answer and was not released yet."""
    speaks: dict[tuple[str, int], str | None] | None = None
    for row in session.execute(_openings().execution_options(yield_per=_STEP)):
        agency = row.agency_key
        if row.reason in _ELSEWHERE:  # said by a device that stands elsewhere: no other agency's words
            if speaks is None:
                epochs = select(Epoch.device_id, Epoch.epoch, Epoch.agency_key)
                speaks = {(device, epoch): key for device, epoch, key in session.execute(epochs)}
            agency = speaks.get((row.device_id, row.epoch)) or ""
        kind = ASKED if row.kind == ASKED else "province" if row.later is not None else "agency"
        choices = _parse_choices(row.value) if row.kind == ASKED else None
        if choices == {}:
            continue
        answer = f"{row.device_id}/{row.id}"
        weighs = row.outcome != CountOutcome.NOT_COUNTED.value
        yield _Series(agency, kind), WaitingItem(answer, (row, choices), row.received_ms, weighs)


def _openings() -> Select[*tuple[Any, ...]]:
    s, r, words, answers = OpenedSidecar, Response, ReleasedWords, ReleasedAnswer
    released_words = select(words.id).where(words.device_id == s.device_id, words.id == s.id, words.kind == s.kind)
    counted = select(answers.id).where(answers.device_id == s.device_id, answers.id == s.id)
    of_words = and_(s.kind.in_(WORDS), s.value != "", ~released_words.exists())
    of_asked = and_(s.kind == ASKED, r.channel != Channel.KIOSK.value, ~counted.exists())
    return (
        select(
            s.device_id, s.id, s.kind, s.received_ms, s.value, r.agency_key, r.epoch, r.day, r.month, r.score, r.topics,
            r.lang, r.outcome, r.reason, LaterAnswer.response_id.label("later"),
        )
        .join(r, matches_response(s.device_id, s.id))
        .outerjoin(LaterAnswer, later_answer_condition(s.device_id, s.id))
        .where(or_(of_words, of_asked), or_(r.reason.is_(None), r.reason != _DRILL))
    )  # fmt: skip


def later_answer_condition(device: InstrumentedAttribute[str], id: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """The condition that joins what came beside an answer with its being a later one on its slip. Phones' answers alone
    are; such a one may stand under another id where a device had used its own (`named`)."""
    return and_(device == WEB, LaterAnswer.response_id == id)


def _parse_choices(value: str) -> dict[str, int]:
    """Question → chosen value; nothing where it cannot be read."""
    try:
        return province_only_answers.parse(value)
    except NotCanonical:
        return {}


def _make_released_rows(series: _Series, one: WaitingItem, day: str, secret: str) -> list[dict[str, Any]]:
    """What is written of one thing that a lot of `day` releases."""
    assert isinstance(one.what, tuple)
    row, choices = one.what
    week, month = lots.iso_week_of(row.day, row.month)
    at = {"device_id": row.device_id, "id": row.id, "agency_key": series.agency, "week": week, "month": month,
          "released_on": day}  # fmt: skip
    if choices is not None:
        return [{**at, "question": question, "value": value} for question, value in choices.items()]
    return [{
        **at,
        "kind": row.kind,
        "restricted": series.kind == "province",
        "rank": lots.shuffle_rank(secret, row.device_id, row.id, row.kind),
        "low": row.score in LOW,
        "topics": "".join(f" {topic} " for topic in row.topics),
        "lang": row.lang,
    }]  # fmt: skip
