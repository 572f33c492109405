"""The recording of a phone answer as an entry of the centre's ledger.

What an answer spends is `admin.slips.spending`. A whole answer is an entry of the ledger of the centre's own recorder,
read by the same projection as the desks' entries; words, codes and ties are openings beside the entry, not in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from admin.ledgers import recorder
from admin.ledgers.signing_keys import WEB, Centre
from admin.responses import projection, transactions
from admin.slips.proof import Posted, Proved
from models import masking
from models.protocol import sidecar
from models.protocol.rating import Rating
from models.protocol.sidecar import Sidecar
from models.reference.instrument import Instrument
from models.vocabulary import Channel, State


@dataclass(frozen=True, slots=True)
class Given:
    """One whole answer from a phone, ready to be recorded. `t` is when it was given (ms since 1970, UTC); `beside` are
    further openings by kind (`models.protocol.sidecar.KINDS`)."""

    id: str
    proved: Proved | Posted
    answers: Mapping[str, int]
    topics: Sequence[str]
    comment: str | None
    lang: str
    state: State
    t: int
    instrument: str = "short"
    channel: Channel = Channel.QR
    beside: Mapping[str, str] = field(default_factory=dict)


def record(
    session: Session, centre: Centre, given: Sequence[Given], now_ms: int, known: projection.World | None = None
) -> None:
    """Append answers to the web recorder's ledger with their openings, and project them, in the caller's write. Whoever
    has locked the recorder's epoch before has taken the turn of their agencies before that
    (`admin.responses.transactions.alone`)."""
    transactions.alone(session, {one.proved.agency.key for one in given})
    known = known or projection.world(session)
    answers: list[recorder.Answer] = []
    openings: list[Sidecar] = []
    for one in given:
        beside = _beside(one)
        questionnaire = _asked(known, one)
        rating = Rating(
            agency=one.proved.agency.key,
            desk=one.proved.desk.code if one.proved.desk else None,
            instrument=questionnaire.id,
            version=questionnaire.version,
            channel=one.channel,
            state=one.state,
            lang=one.lang,
            answers=one.answers,
            topics=one.topics,
            stage=one.proved.stage,
            procedure=one.proved.procedure.code if one.proved.procedure else None,
            decider=one.proved.decider if isinstance(one.proved, Proved) else None,
            commitments={opening.kind: opening.commitment for opening in beside},
        )
        answers.append(recorder.Answer(one.id, rating.payload(), one.t))
        openings += beside
    recorder.keep(session, WEB, openings, now_ms)
    epoch = recorder.record(session, centre, WEB, answers, now_ms)
    while projection.project(session, WEB, epoch.epoch, known) == projection.STEP:
        pass


def _beside(one: Given) -> list[Sidecar]:
    values = dict(one.beside)
    if one.proved.tie is not None:
        values["r"] = one.proved.tie
    if one.comment:
        values["c"] = masking.masked(one.comment)
    return [sidecar.opening(one.id, kind, value) for kind, value in sorted(values.items())]


def _asked(known: projection.World, one: Given) -> Instrument:
    """The newest version of the questionnaire that asks what was answered: a newer one may have come in between."""
    versions = sorted(key for key in known.instruments if key[0] == one.instrument)
    fitting = [key for key in versions if known.instruments[key].problem(one.answers) is None]
    return known.instruments[(fitting or versions)[-1]]
