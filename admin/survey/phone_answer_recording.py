"""The recording of a phone answer as an entry of the centre's ledger.

What an answer spends is `admin.slips.slip_spending`. A whole answer is an entry of the ledger of the centre's own
recorder, read by the same projection as the desks' entries; words, codes and ties are openings beside the entry, not in
it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from admin.ledgers import recorder
from admin.ledgers.signing_keys import WEB, CentreKeys
from admin.responses import projection, transaction_settlement
from admin.slips.slip_proof import PosterDesk, ProvedSlip
from models import masking
from models.protocol import sidecar
from models.protocol.rating import Rating
from models.protocol.sidecar import Sidecar
from models.reference.instrument import Instrument
from models.vocabulary import Channel, ResponseState


@dataclass(frozen=True, slots=True)
class PhoneAnswer:
    """One whole answer from a phone, ready to be recorded. `t` is when it was given (ms since 1970, UTC); `beside` are
    further openings by kind (`models.protocol.sidecar.KINDS`)."""

    id: str
    proved: ProvedSlip | PosterDesk
    answers: Mapping[str, int]
    topics: Sequence[str]
    comment: str | None
    lang: str
    state: ResponseState
    t: int
    instrument: str = "short"
    channel: Channel = Channel.QR
    beside: Mapping[str, str] = field(default_factory=dict)


def record_phone_answers(
    session: Session,
    centre: CentreKeys,
    phone_answers: Sequence[PhoneAnswer],
    now_ms: int,
    reference: projection.ReferenceData | None = None,
) -> None:
    """Append answers to the web recorder's ledger with their openings, and project them, in the caller's write. Whoever
    has locked the recorder's epoch before has taken the turn of their agencies before that
    (`admin.responses.transaction_settlement.lock_agencies`)."""
    transaction_settlement.lock_agencies(session, {one.proved.agency.key for one in phone_answers})
    reference = reference or projection.load_reference_data(session)
    answers: list[recorder.RecordedAnswer] = []
    openings: list[Sidecar] = []
    for one in phone_answers:
        own_openings = _beside(one)
        questionnaire = _asked(reference, one)
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
            decider=one.proved.decider if isinstance(one.proved, ProvedSlip) else None,
            commitments={opening.kind: opening.commitment for opening in own_openings},
        )
        answers.append(recorder.RecordedAnswer(one.id, rating.payload(), one.t))
        openings += own_openings
    recorder.store_answer_sidecars(session, WEB, openings, now_ms)
    epoch = recorder.record_answers(session, centre, WEB, answers, now_ms)
    while projection.project_entries(session, WEB, epoch.epoch, reference) == projection.STEP:
        pass


def _beside(one: PhoneAnswer) -> list[Sidecar]:
    values = dict(one.beside)
    if one.proved.tie is not None:
        values["r"] = one.proved.tie
    if one.comment:
        values["c"] = masking.mask_text(one.comment)
    return [sidecar.make_opening(one.id, kind, value) for kind, value in sorted(values.items())]


def _asked(reference: projection.ReferenceData, one: PhoneAnswer) -> Instrument:
    """The newest version of the questionnaire that asks what was answered: a newer one may have come in between."""
    versions = sorted(key for key in reference.instruments if key[0] == one.instrument)
    fitting = [key for key in versions if reference.instruments[key].problem(one.answers) is None]
    return reference.instruments[(fitting or versions)[-1]]
