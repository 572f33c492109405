"""Sealing: an open draft becomes exactly one ledger entry, with the sidecars that travel beside it.

The entry holds commitments to what was typed, to the follow-up code and to the dossier that was named; their openings
wait in a table of their own and go with the entry to the centre (`models.protocol.sidecar`). A rating without a score
keeps nothing of what was said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from kiosk.desk import ledger, practice, reference, serving
from models.clock import Moment
from models.protocol import sidecar
from models.protocol.rating import Rating
from models.protocol.sidecar import Sidecar
from models.tables.desk_store import Draft, WaitingSidecar
from models.vocabulary import Channel, Stage, State


def seal(session: Session, draft: Draft, state: State) -> None:
    """Write the entry of a draft and erase the draft. Without a score it is `withdrawn`, whatever `state` says."""
    known = _known(session)
    openings: list[Sidecar] = []
    answers: dict[str, int] = {}
    if draft.score is None:
        state = State.WITHDRAWN
    else:
        given = dict(draft.answers)
        answers = {"overall": draft.score}
        answers |= {item.id: given[item.id] for item in known.instrument.factor_items if item.id in given}
        said = {"c": draft.comment, "f": draft.follow, "r": draft.tie}
        openings = [sidecar.opening(draft.id, kind, value) for kind, value in said.items() if value]
    rating = _rating(
        known,
        state,
        draft.lang,
        serving.Context(Stage(draft.stage) if draft.stage else None, draft.procedure, draft.off_hours),
        drill=draft.drill,
        answers=answers,
        topics=tuple(draft.topics) if answers else (),
        undos=draft.undos,
        ms=dict(draft.screens),
        commitments={opening.kind: opening.commitment for opening in openings},
    )
    _write(session, draft.id, rating, openings, Moment(draft.t, draft.mono), draft.boot)
    session.delete(draft)
    session.flush()


def refuse(session: Session, id: str, now: Moment, *, lang: str, drill: bool | None = None) -> None:
    """Write that a citizen did not want to rate. `drill` says whether it is practice (None: what is on now)."""
    practising = practice.on(session, now) if drill is None else drill
    rating = _rating(_known(session), State.DECLINED, lang, serving.at(session, now), drill=practising)
    _write(session, id, rating, [], now, None)


def _known(session: Session) -> reference.Reference:
    known = reference.current(session)
    if known is None:
        raise ledger.NotPaired
    return known


def _write(
    session: Session, id: str, rating: Rating, openings: Sequence[Sidecar], moment: Moment, boot: int | None
) -> None:
    seq, _h = ledger.append(session, "rating", rating.payload(), moment, id=id, boot=boot)
    epoch = ledger.epoch(session)
    for one in openings:
        session.add(
            WaitingSidecar(
                id=id, kind=one.kind, salt=one.salt, value=one.value, epoch=epoch, seq=seq, t=moment.t
            )
        )


def _rating(
    known: reference.Reference,
    state: State,
    lang: str,
    doing: serving.Context,
    *,
    drill: bool,
    answers: Mapping[str, int] | None = None,
    topics: Sequence[str] = (),
    undos: int = 0,
    ms: Mapping[str, int] | None = None,
    commitments: Mapping[str, str] | None = None,
) -> Rating:
    return Rating(
        agency=known.agency_key,
        desk=known.desk_code,
        instrument=known.instrument.id,
        version=known.instrument.version,
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
