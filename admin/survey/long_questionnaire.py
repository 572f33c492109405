"""The long form (SIPAS 2023–2026, 16 items) that may follow the short answer on the same slip.

It is a response of its own, with an id of its own; one for each short answer, that is, one a slip and browser.
"""

from __future__ import annotations

import hashlib
import hmac

from sqlalchemy.orm import Session

from admin.instruments import companion_questions, store
from admin.statistics.tallies.questionnaire_items import SIPAS
from admin.survey import phone_drafts, phone_request, question_page_steps
from admin.survey.answer_standing import AnswerStanding
from models.clock import day_start, local_day
from models.ids import build_id
from models.tables.response import PhoneDraft


def derive_long_id(secret: str, short: str) -> str:
    """The id of the long form beside a short answer: made under a secret, so that nobody else can tell that the two
    belong together; it carries the day alone."""
    digest = hmac.digest(secret.encode(), b"hailong long form\0" + short.encode(), hashlib.sha256)
    return build_id(day_start(local_day(int(short[:12], 16))), int.from_bytes(digest[:10]) >> 6)


def load_long_progress(session: Session, short: AnswerStanding) -> AnswerStanding | None:
    """How far the long form beside a short answer is; None where there is no such questionnaire. Its addresses have a
    proof of their own (`AnswerProgress.proof_for`)."""
    try:
        questionnaire = store.read_current_instrument(session, SIPAS)
    except KeyError:
        return None
    id, way = derive_long_id(phone_request.centre().page_key, short.id), short.way
    return AnswerStanding(
        way,
        named_questionnaire := companion_questions.name_place_of_service(questionnaire, way.proved.agency.kind),
        question_page_steps.list_steps(named_questionnaire, None, way.proved.stage),
        id,
        short.t,
        session.get(PhoneDraft, id),
        response=phone_drafts.find_sealed_response(session, id),
        parent=short.id,
        alive=short.alive,
    ).proved()
