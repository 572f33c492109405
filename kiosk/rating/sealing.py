"""Sealing: an open draft becomes exactly one ledger entry, with the sidecars that travel beside it.

The entry holds commitments to what was typed, to the follow-up code and to the dossier that was named; their openings
wait in a table of their own and go with the entry to the centre (`models.protocol.sidecar`). A rating without a score
keeps nothing of what was said. Without a certificate there is no ledger: the draft is closed and waits for one, and is
sealed as what it was under the next certificate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from kiosk.desk import ledger, practice, rating_context, reference
from kiosk.desk import state as desk_state
from models.clock import Moment
from models.protocol import sidecar
from models.protocol.rating import Rating
from models.protocol.sidecar import Sidecar
from models.tables.desk_store import Draft, WaitingSidecar
from models.vocabulary import Channel, ResponseState, Stage


def seal_draft(session: Session, draft: Draft, state: ResponseState) -> None:
    """Write the entry of a draft and erase the draft; where there is no ledger to write it in, close the draft. Without
    a score it is `withdrawn`, whatever `state` says. What was closed before keeps the state it was closed with."""
    desk = _known(session)
    if desk_state.read_state(session).identity is None:
        _close(draft, desk, state if draft.score or state is ResponseState.DECLINED else ResponseState.WITHDRAWN)
        session.flush()
        return
    closed = draft.closed or {}
    if closed:
        state = ResponseState(closed["state"])
    openings: list[Sidecar] = []
    answers: dict[str, int] = {}
    if draft.score is None:
        state = (
            ResponseState.DECLINED if closed.get("state") == ResponseState.DECLINED.value else ResponseState.WITHDRAWN
        )
    else:
        scores = dict(draft.answers)
        answers = {"overall": draft.score}
        items = list(scores) if closed else [item.id for item in desk.instrument.factor_items]
        answers |= {item: scores[item] for item in items if item in scores}
        texts = {"c": draft.comment, "f": draft.follow, "r": draft.tie}
        openings = [sidecar.make_opening(draft.id, kind, value) for kind, value in texts.items() if value]
    rating = _rating(
        desk,
        state,
        draft.lang,
        rating_context.RatingContext(Stage(draft.stage) if draft.stage else None, draft.procedure, draft.off_hours),
        drill=draft.drill,
        answers=answers,
        topics=tuple(draft.topics) if answers else (),
        undos=draft.undos,
        ms=dict(draft.screens),
        commitments={opening.kind: opening.commitment for opening in openings},
        origin=closed,
    )
    _write(session, draft.id, rating, openings, Moment(draft.t, draft.mono), draft.boot)
    session.delete(draft)
    session.flush()


def record_refusal(session: Session, id: str, now: Moment, *, lang: str, drill: bool | None = None) -> None:
    """Write that a citizen did not want to rate. `drill` says whether it is practice (None: what is on now)."""
    practising = practice.is_practice(session, now) if drill is None else drill
    if desk_state.read_state(session).identity is None:
        doing = rating_context.read_context(session, now)
        draft = Draft(
            id=id,
            score=None,
            answers=[],
            topics=[],
            lang=lang,
            undos=0,
            screens={},
            t=now.t,
            mono=now.mono,
            touched=now.mono,
            boot=desk_state.read_state(session).boot,
            stage=doing.stage.value if doing.stage else None,
            procedure=doing.procedure,
            off_hours=doing.off_hours,
            drill=practising,
        )
        _close(draft, _known(session), ResponseState.DECLINED)
        session.add(draft)
        session.flush()
        return
    rating = _rating(
        _known(session), ResponseState.DECLINED, lang, rating_context.read_context(session, now), drill=practising
    )
    _write(session, id, rating, [], now, None)


def _close(draft: Draft, desk: reference.Reference, state: ResponseState) -> None:
    """Have a draft wait for a ledger as what it is, under the questionnaire and at the desk it was given at."""
    if draft.score is None:
        draft.comment = draft.follow = draft.tie = None
        draft.topics, draft.answers = [], []
    draft.closed = {
        "state": state.value, "agency": desk.agency_key, "desk": desk.desk_code, "instrument": desk.instrument.id,
        "version": desk.instrument.version,
    }  # fmt: skip


def _known(session: Session) -> reference.Reference:
    desk = reference.read_reference(session)
    if desk is None:
        raise ledger.NotPaired
    return desk


def _write(
    session: Session, id: str, rating: Rating, openings: Sequence[Sidecar], moment: Moment, boot: int | None
) -> None:
    seq, _h = ledger.append_entry(session, "rating", rating.payload(), moment, id=id, boot=boot)
    epoch = ledger.read_epoch(session)
    for one in openings:
        session.add(
            WaitingSidecar(
                id=id, kind=one.kind, salt=one.salt, value=one.value, epoch=epoch, seq=seq, t=moment.t
            )
        )


def _rating(
    desk: reference.Reference,
    state: ResponseState,
    lang: str,
    doing: rating_context.RatingContext,
    *,
    drill: bool,
    answers: Mapping[str, int] | None = None,
    topics: Sequence[str] = (),
    undos: int = 0,
    ms: Mapping[str, int] | None = None,
    commitments: Mapping[str, str] | None = None,
    origin: Mapping[str, Any] | None = None,
) -> Rating:
    """`origin`: where and under which questionnaire it was given, if not here and under the present one."""
    origin = origin or {}
    return Rating(
        agency=origin.get("agency", desk.agency_key),
        desk=origin.get("desk", desk.desk_code),
        instrument=origin.get("instrument", desk.instrument.id),
        version=origin.get("version", desk.instrument.version),
        channel=Channel.KIOSK,
        state=state,
        lang=lang,
        answers=answers or {},
        topics=topics,
        stage=doing.stage,
        procedure=doing.procedure,
        undos=undos,
        ms=ms or {},
        commitments=commitments or {},
        drill=drill,
        off_hours=doing.off_hours,
    )
