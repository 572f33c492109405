"""An answer from a phone: the slip is proved and spent once, the tap is durable, the rest may follow, then it is sealed
into the ledger of the centre's own recorder and read by the same projection as the desks' entries.

The first tap writes the spent slip and the draft in one transaction; Send, Skip or a quarter of an hour of silence seals the
draft. The tie to the slip is an opening beside the entry, not in it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.centre import WEB, Centre
from admin.instruments import store
from admin.responses import project
from admin.sync import recorder, witness
from models import masking, sidecar, slip
from models.agency import Agency, Desk, Procedure
from models.devices import Device, Epoch
from models.rating import Rating
from models.responses import OpenedSidecar, PhoneDraft, SpentSlip
from models.sidecar import Sidecar
from models.slip import Slip
from models.vocabulary import Channel, State

IDLE_MS = 15 * 60_000


class SlipRefused(Exception):
    """The slip cannot be used; `code` is `slip_unknown`, `slip_expired` or `slip_used`. Never says who or when."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Proved:
    """A genuine slip with what it stands for."""

    token: str
    slip: Slip
    agency: Agency
    desk: Desk
    procedure: Procedure | None


def prove(session: Session, token: str, centre: Centre, now_ms: int) -> Proved:
    """Prove a token by arithmetic and by the device's key. Raises `SlipRefused`; says nothing about its use."""
    try:
        paper, signature = slip.parse(token)
    except slip.BadToken as error:
        raise SlipRefused("slip_unknown") from error
    epoch = session.get(Epoch, (paper.device_id, paper.epoch))
    device = session.get(Device, paper.device_id)
    if epoch is None or device is None or device.desk_code is None or device.state in ("revoked", "new", "pending"):
        raise SlipRefused("slip_unknown")
    if not slip.genuine(paper, signature, epoch.vk, centre.public):
        raise SlipRefused("slip_unknown")
    if paper.expired(now_ms):
        raise SlipRefused("slip_expired")
    desk = session.get_one(Desk, device.desk_code)
    agency = session.get_one(Agency, desk.agency_key)
    procedure = session.scalars(select(Procedure).where(Procedure.number == paper.procedure)).first()
    return Proved(token.strip().upper(), paper, agency, desk, procedure)


def browser_hash(secret: str) -> str:
    """Under what name a browser's own secret is kept."""
    return hashlib.sha256(b"hailong browser\0" + secret.encode()).hexdigest()


def spent(session: Session, paper: Slip) -> SpentSlip | None:
    """How the slip was used, or None."""
    return session.get(SpentSlip, (paper.device_id, paper.epoch, paper.serial))


def take(
    session: Session, proved: Proved, id: str, score: int, browser: str, lang: str, now_ms: int
) -> None:
    """Take the tap: spend the slip and write the draft. The same response id again changes nothing.

    Raises `SlipRefused` (`slip_used`) when another answer has spent it.
    """
    paper = proved.slip
    used = session.get(SpentSlip, (paper.device_id, paper.epoch, paper.serial), with_for_update=True)
    if used is not None:
        if used.response_id == id:
            return
        raise SlipRefused("slip_used")
    session.add(
        SpentSlip(
            device_id=paper.device_id, epoch=paper.epoch, serial=paper.serial, response_id=id,
            browser=browser_hash(browser), spent_ms=now_ms,
        )  # fmt: skip
    )
    session.add(
        PhoneDraft(response_id=id, score=score, slip=proved.token, lang=lang, t=now_ms, touched_ms=now_ms)
    )
    witnessed(session, proved, now_ms)
    session.flush()


def witnessed(session: Session, proved: Proved, now_ms: int) -> None:
    """The citizen's phone has told us what the desk's ledger was when the slip was printed."""
    paper = proved.slip
    witness.see(
        session, paper.device_id, paper.epoch, paper.seq, paper.head.hex(), "slip", now_ms, proved.token.encode()
    )


def finish(
    session: Session, centre: Centre, id: str, answers: Mapping[str, int], topics: Sequence[str], comment: str | None,
    now_ms: int,
) -> None:  # fmt: skip
    """Send or Skip: seal the draft with what was added. A second time changes nothing."""
    draft = session.get(PhoneDraft, id, with_for_update=True)
    if draft is not None:
        _seal(session, centre, draft, answers, topics, comment, State.COMPLETE, now_ms)


def sweep(session: Session, centre: Centre, now_ms: int, idle_ms: int = IDLE_MS) -> int:
    """Seal drafts nobody touched for `idle_ms`; what was answered is kept as partial. Returns how many."""
    statement = select(PhoneDraft).where(PhoneDraft.touched_ms <= now_ms - idle_ms).order_by(PhoneDraft.t)
    drafts = session.scalars(statement.with_for_update()).all()
    for draft in drafts:
        _seal(session, centre, draft, {}, (), None, State.PARTIAL, now_ms)
    return len(drafts)


def _seal(
    session: Session, centre: Centre, draft: PhoneDraft, answers: Mapping[str, int], topics: Sequence[str],
    comment: str | None, state: State, now_ms: int,
) -> None:  # fmt: skip
    proved = prove(session, draft.slip, centre, draft.t)
    session.delete(draft)
    given = {"overall": draft.score, **answers}
    record(session, centre, [Given(draft.response_id, proved, given, topics, comment, draft.lang, state, draft.t)], now_ms)


@dataclass(frozen=True, slots=True)
class Given:
    """One whole answer from a phone, ready to be recorded. `t` is when it was given (ms since 1970, UTC)."""

    id: str
    proved: Proved
    answers: Mapping[str, int]
    topics: Sequence[str]
    comment: str | None
    lang: str
    state: State
    t: int


def record(session: Session, centre: Centre, given: Sequence[Given], now_ms: int) -> None:
    """Append answers to the web recorder's ledger with their openings, and project them, in the caller's transaction."""
    questionnaire = store.current(session, "short")
    answers: list[recorder.Answer] = []
    openings: list[Sidecar] = []
    for one in given:
        beside = [sidecar.opening(one.id, "r", one.proved.slip.key)]
        if one.comment:
            beside.append(sidecar.opening(one.id, "c", masking.masked(one.comment)))
        rating = Rating(
            agency=one.proved.agency.key, desk=one.proved.desk.code, instrument=questionnaire.id,
            version=questionnaire.version, channel=Channel.QR, state=one.state, lang=one.lang, answers=one.answers,
            topics=one.topics, stage=one.proved.slip.stage,
            procedure=one.proved.procedure.code if one.proved.procedure else None,
            commitments={opening.kind: opening.commitment for opening in beside},
        )  # fmt: skip
        answers.append(recorder.Answer(one.id, rating.payload(), one.t))
        openings += beside
    for opening in openings:
        session.add(
            OpenedSidecar(
                id=opening.id, kind=opening.kind, salt=opening.salt, value=opening.value, received_ms=now_ms
            )
        )
    session.flush()
    epoch = recorder.record(session, centre, WEB, answers, now_ms)
    while project.project(session, WEB, epoch.epoch) == project.STEP:
        pass
