"""Recording of paper forms: entries of the centre's recorder for imports, counted like any answer.

All forms of a file stand in one transaction: whatever interrupts it, none of them is there, and the same file can be
taken again. A form that is there already, by its id, changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.imports.paper_form_parser import FormPlace, PaperForm
from admin.imports.tables.table_errors import TableError
from admin.imports.tables.table_lines import Told, fold_text
from admin.ledgers import recorder
from admin.ledgers.centre_key_register import RECORDERS
from admin.ledgers.signing_keys import IMPORT, CentreKeys
from admin.responses import projection
from models.clock import local_day
from models.protocol import entry_chain, sidecar
from models.protocol.rating import Rating
from models.protocol.sidecar import Sidecar
from models.reference.instrument import Instrument
from models.tables.agency import Agency, Desk, Procedure
from models.tables.ledger_entry import StoredEntry
from models.tables.staff_account import AuditRow
from models.vocabulary import Channel, ResponseState

_AT_ONCE = 500


@dataclass(frozen=True)
class SortedForms:
    """Forms of a file as the store sees them: those that are new, how many are there already, and those whose id is
    there with other answers."""

    new: list[PaperForm]
    here: int
    errors: list[TableError]


def read_form_place(session: Session, agency_key: str) -> FormPlace | None:
    """What a form of this agency may name; None if there is no such agency."""
    agency = session.get(Agency, agency_key)
    if agency is None:
        return None
    desks: dict[str, str] = {}
    for desk in session.scalars(select(Desk).where(Desk.agency_key == agency_key)):
        desks |= {fold_text(word): desk.code for word in (desk.name_vi, desk.name_en, desk.code) if word}
    procedures: dict[str, str] = {}
    for procedure in session.scalars(select(Procedure).order_by(Procedure.code.desc())):
        procedures |= {fold_text(word): procedure.code for word in (procedure.name_vi, procedure.code) if word}
    return FormPlace(agency_key, desks, procedures, agency.valid_from, agency.valid_to)


def sort_out_new_forms(
    session: Session, papers: Sequence[PaperForm], place: FormPlace, questionnaire: Instrument
) -> SortedForms:
    """Tell new forms from those that are there already."""
    forms = SortedForms([], 0, [])
    known_count = 0
    for start in range(0, len(papers), _AT_ONCE):
        chunk = papers[start : start + _AT_ONCE]
        ids = StoredEntry.rid.in_([paper.id for paper in chunk])  # the device is asked for apart: its index is not this
        stored = {rid for rid, device in session.execute(select(StoredEntry.rid, StoredEntry.device).where(ids))
                  if device in RECORDERS}  # fmt: skip
        said_then: dict[str, bytes] = {}
        if stored and any(paper.own_id for paper in chunk):
            found_bytes = session.execute(select(StoredEntry.rid, StoredEntry.bytes, StoredEntry.device).where(ids))
            said_then = {rid: raw for rid, raw, device in found_bytes if device in RECORDERS}
        for paper in chunk:
            if paper.id not in stored:
                forms.new.append(paper)
            elif paper.own_id and not _same(
                entry_chain.parse_trusted_entry(said_then[paper.id]), paper, place, questionnaire
            ):
                forms.errors.append(TableError("id_taken", paper.line))
            else:
                known_count += 1
    return SortedForms(forms.new, known_count, forms.errors)


def record_paper_forms(
    session: Session,
    centre: CentreKeys,
    papers: Sequence[PaperForm],
    place: FormPlace,
    questionnaire: Instrument,
    now_ms: int,
    source: str,
    progress: Told,
) -> int:
    """Record the forms that are not there yet and project them, within the caller's write transaction; returns how
    many. `now_ms` is the centre's clock (ms since 1970, UTC), `source` what is written down of the file, `progress`
    hears how far it came."""
    epoch = recorder.lock_open_epoch(
        session, centre, IMPORT, now_ms
    )  # locked: of two imports at once the second one waits here
    new = sort_out_new_forms(session, papers, place, questionnaire).new
    reference = projection.load_reference_data(session)
    for start in range(0, len(new), _AT_ONCE):
        chunk = new[start : start + _AT_ONCE]
        openings = {paper.id: sidecar.make_opening(paper.id, "c", paper.comment) for paper in chunk if paper.comment}
        recorder.store_answer_sidecars(session, IMPORT, openings.values(), now_ms)
        answers = [
            recorder.RecordedAnswer(
                paper.id, _rating(paper, place, questionnaire, openings.get(paper.id)).payload(), paper.ms
            )
            for paper in chunk
        ]
        recorder.append_entries(session, centre, IMPORT, answers, now_ms)
        while projection.project_entries(session, IMPORT, epoch.epoch, reference) == projection.STEP:
            pass
        progress(min(start + _AT_ONCE, len(new)))
    if new:
        session.add(AuditRow(at_ms=now_ms, who="command line", action="responses_import", subject=source))
    session.flush()
    return len(new)


def _rating(paper: PaperForm, place: FormPlace, questionnaire: Instrument, opening: Sidecar | None) -> Rating:
    return Rating(
        agency=place.agency,
        desk=paper.desk,
        instrument=questionnaire.id,
        version=questionnaire.version,
        channel=Channel.PAPER,
        state=ResponseState.COMPLETE,
        lang="vi",
        answers=paper.answers,
        topics=paper.topics,
        stage=paper.stage,
        procedure=paper.procedure,
        commitments={opening.kind: opening.commitment} if opening else {},
        month=paper.month if len(paper.at) == len("2026-10") else None,
    )


def _same(entry: entry_chain.Entry, paper: PaperForm, place: FormPlace, questionnaire: Instrument) -> bool:
    """Whether an entry says what the form says; words are not compared, they may have been erased since. The form may
    have been taken under an earlier version of the questionnaire."""
    form_payload = {**_rating(paper, place, questionnaire, None).payload(), "version": entry.p.get("version")}
    entry_payload = {name: value for name, value in entry.p.items() if name != "c"}
    if form_payload != entry_payload or len(paper.at) == len("2026-10"):
        return form_payload == entry_payload
    return local_day(entry.t) == paper.at if len(paper.at) == len("2026-10-14") else entry.t == paper.ms
