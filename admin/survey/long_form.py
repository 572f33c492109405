"""The long form (SIPAS 2023–2026, 16 items) that may follow the short answer on the same slip.

It is a response of its own, with an id of its own; one for each short answer, that is, one a slip and browser.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from sqlalchemy.orm import Session

from admin.instruments import companion_questions, store
from admin.statistics.tallies.instruments import SIPAS
from admin.survey import answer_flow, phone_drafts, phone_layout, question_pages
from admin.survey.answer_flow import Standing
from admin.survey.phone_layout import Way
from models.clock import day_start, local_day
from models.ids import shaped_id
from models.tables.response import PhoneDraft


def id_of(secret: str, short: str) -> str:
    """The id of the long form beside a short answer: made under a secret, so that nobody else can tell that the two
    belong together; it carries the day alone."""
    digest = hmac.digest(secret.encode(), b"hailong long form\0" + short.encode(), hashlib.sha256)
    return shaped_id(day_start(local_day(int(short[:12], 16))), int.from_bytes(digest[:10]) >> 6)


def standing(session: Session, way: Way, short: str) -> Standing | None:
    """How far the long form beside the answer `short` is; None where there is no such questionnaire."""
    try:
        questionnaire = store.current(session, SIPAS)
    except KeyError:
        return None
    id = id_of(phone_layout.centre().page_key, short)
    return Standing(
        way,
        asked := companion_questions.placed(questionnaire, way.proved.agency.kind),
        question_pages.steps(asked, None, way.proved.stage),
        id,
        session.get(PhoneDraft, id),
        sealed=phone_drafts.sealed(session, id) is not None,
        parent=short,
    )


def offer(session: Session, way: Way, short: str) -> str | None:
    """What the page of thanks says of it: `new`, `begun`, `done`; None where it cannot be asked."""
    found = standing(session, way, short)
    if found is None:
        return None
    return "done" if found.sealed else "begun" if found.open else "new"


def pages(at: Standing) -> Any:
    """One of its pages; after the last of them the thanks of the short answer."""
    return answer_flow.more(at)
