"""An answer from a phone: the slip is proved and spent once, the tap is durable, the rest may follow, then it is sealed
into the ledger of the centre's own recorder and read by the same projection as the desks' entries.

The first tap writes the spent slip and the draft in one transaction; Send, Skip or a quarter of an hour of silence
seals the draft. The tie to the slip is an opening beside the entry, not in it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.centre import WEB, Centre
from admin.responses import project
from admin.sync import recorder, witness
from models import bulk, masking, sidecar, slip
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


class Prover:
    """Proves tokens by arithmetic and by their device's key; what it looked up once it keeps, so it is for one
    transaction, or for a time in which no device and no reference data change."""

    def __init__(self, centre: Centre, *, taken: bool = False) -> None:
        """`taken`: the slip was proved when it was used; that its device was revoked since takes no answer away."""
        self._centre = centre
        self._refused = () if taken else ("revoked", "new", "pending")
        self._places: dict[tuple[str, int], tuple[str, Desk, Agency] | None] = {}
        self._procedures: dict[int, Procedure | None] = {}

    def prove(self, session: Session, token: str, now_ms: int) -> Proved:
        """The slip of a token, with what it stands for. Raises `SlipRefused`; says nothing about its use."""
        try:
            paper, signature = slip.parse(token)
        except slip.BadToken as error:
            raise SlipRefused("slip_unknown") from error
        place = self._place(session, paper.device_id, paper.epoch)
        if place is None or not slip.genuine(paper, signature, place[0], self._centre.public):
            raise SlipRefused("slip_unknown")
        if paper.expired(now_ms):
            raise SlipRefused("slip_expired")
        return Proved(token.strip().upper(), paper, place[2], place[1], self._procedure(session, paper.procedure))

    def _place(self, session: Session, device_id: str, epoch_number: int) -> tuple[str, Desk, Agency] | None:
        """Key, desk and agency of a device that may mint slips."""
        asked = (device_id, epoch_number)
        if asked not in self._places:
            epoch = session.get(Epoch, asked)
            device = session.get(Device, device_id)
            known = epoch is not None and device is not None and device.desk_code is not None
            if not known or device.state in self._refused:  # type: ignore[union-attr]
                self._places[asked] = None
            else:
                desk = session.get_one(Desk, device.desk_code)  # type: ignore[union-attr]
                agency = session.get_one(Agency, desk.agency_key)
                self._places[asked] = (epoch.vk, desk, agency)  # type: ignore[union-attr]
        return self._places[asked]

    def _procedure(self, session: Session, number: int) -> Procedure | None:
        if number not in self._procedures:
            found = session.scalars(select(Procedure).where(Procedure.number == number)).first()
            self._procedures[number] = found
        return self._procedures[number]


def prove(session: Session, token: str, centre: Centre, now_ms: int) -> Proved:
    """Prove one token (see `Prover`). Raises `SlipRefused`."""
    return Prover(centre).prove(session, token, now_ms)


def browser_hash(secret: str) -> str:
    """Under what name a browser's own secret is kept."""
    return hashlib.sha256(b"hailong browser\0" + secret.encode()).hexdigest()


def spent(session: Session, paper: Slip) -> SpentSlip | None:
    """How the slip was used, or None."""
    return session.get(SpentSlip, (paper.device_id, paper.epoch, paper.serial))


def take(
    session: Session, centre: Centre, proved: Proved, id: str, score: int, browser: str, lang: str, now_ms: int
) -> None:
    """Take the tap: spend the slip and write the draft. The same response id again changes nothing.

    Raises `SlipRefused` (`slip_used`) when another answer has spent it.
    """
    recorder.ready(session, centre, WEB, now_ms)
    if not spend(session, [Use(proved, id, browser, now_ms)]):
        return
    session.add(PhoneDraft(response_id=id, score=score, slip=proved.token, lang=lang, t=now_ms, touched_ms=now_ms))
    session.flush()


@dataclass(frozen=True, slots=True)
class Use:
    """A response that wants to spend a slip. `t` is when (ms since 1970, UTC)."""

    proved: Proved
    id: str
    browser: str
    t: int


def spend(session: Session, uses: Sequence[Use]) -> set[str]:
    """Spend slips, each for one response; returns the ids that spent theirs now (others had done so before).

    Raises `SlipRefused` (`slip_used`) when another response has spent a slip, and then spends none.
    """
    known: dict[str, str] = {}
    for device, epoch in {(use.proved.slip.device_id, use.proved.slip.epoch) for use in uses}:
        serials = [use.proved.slip.serial for use in uses if use.proved.slip.device_id == device]
        statement = select(SpentSlip.serial, SpentSlip.response_id).where(
            SpentSlip.device_id == device, SpentSlip.epoch == epoch, SpentSlip.serial.in_(serials)
        )
        for serial, response_id in session.execute(statement.with_for_update()):
            known[f"{device}:{epoch}:{serial}"] = response_id
    if any(known.get(use.proved.slip.key, use.id) != use.id for use in uses):
        raise SlipRefused("slip_used")
    new = [use for use in uses if use.proved.slip.key not in known]
    if not new:
        return set()
    bulk.insert(
        session,
        SpentSlip,
        [
            {
                "device_id": use.proved.slip.device_id,
                "epoch": use.proved.slip.epoch,
                "serial": use.proved.slip.serial,
                "response_id": use.id,
                "browser": browser_hash(use.browser),
                "spent_ms": use.t,
            }
            for use in new
        ],
    )
    # The citizen's phone has told us what the desk's ledger was when the slip was printed.
    witness.see(
        session,
        [
            witness.Point(
                use.proved.slip.device_id,
                use.proved.slip.epoch,
                use.proved.slip.seq,
                use.proved.slip.head.hex(),
                "slip",
                use.t,
                use.proved.token.encode(),
            )
            for use in new
        ],
    )
    return {use.id for use in new}


def finish(
    session: Session,
    centre: Centre,
    id: str,
    answers: Mapping[str, int],
    topics: Sequence[str],
    comment: str | None,
    now_ms: int,
) -> None:
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
    session: Session,
    centre: Centre,
    draft: PhoneDraft,
    answers: Mapping[str, int],
    topics: Sequence[str],
    comment: str | None,
    state: State,
    now_ms: int,
) -> None:
    proved = Prover(centre, taken=True).prove(session, draft.slip, draft.t)
    session.delete(draft)
    given = {"overall": draft.score, **answers}
    record(
        session, centre, [Given(draft.response_id, proved, given, topics, comment, draft.lang, state, draft.t)], now_ms
    )


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


def record(
    session: Session, centre: Centre, given: Sequence[Given], now_ms: int, known: project.World | None = None
) -> None:
    """Append answers to the web recorder's ledger with their openings, and project them, in the caller's write."""
    known = known or project.world(session)
    questionnaire = known.newest("short")
    answers: list[recorder.Answer] = []
    openings: list[Sidecar] = []
    for one in given:
        beside = [sidecar.opening(one.id, "r", one.proved.slip.key)]
        if one.comment:
            beside.append(sidecar.opening(one.id, "c", masking.masked(one.comment)))
        rating = Rating(
            agency=one.proved.agency.key,
            desk=one.proved.desk.code,
            instrument=questionnaire.id,
            version=questionnaire.version,
            channel=Channel.QR,
            state=one.state,
            lang=one.lang,
            answers=one.answers,
            topics=one.topics,
            stage=one.proved.slip.stage,
            procedure=one.proved.procedure.code if one.proved.procedure else None,
            commitments={opening.kind: opening.commitment for opening in beside},
        )
        answers.append(recorder.Answer(one.id, rating.payload(), one.t))
        openings += beside
    bulk.insert(
        session,
        OpenedSidecar,
        [
            {
                "id": opening.id,
                "kind": opening.kind,
                "salt": opening.salt,
                "value": opening.value,
                "received_ms": now_ms,
            }
            for opening in openings
        ],
    )
    epoch = recorder.record(session, centre, WEB, answers, now_ms)
    while project.project(session, WEB, epoch.epoch, known) == project.STEP:
        pass
