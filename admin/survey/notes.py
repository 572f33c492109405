"""Notes: words written on a phone for one answer of a tablet.

They wait until the answer has come from the tablet, and are its text from then on (`admin.responses.sidecars`); after
180 days without it they are erased.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from admin.desks import follow_up_promise
from admin.error_catalogue.phone_errors import PHONE
from admin.ledgers.signing_keys import CentreKeys
from admin.responses import sidecars
from admin.slips import slip_proof, slip_validity
from admin.slips.slip_proof import PosterDesk
from admin.slips.slip_spending import hash_browser_secret
from admin.survey import follow_up_lookup
from models import masking
from models.errors import CodedError
from models.protocol import follow_up_code, note_token
from models.protocol.sidecar import LONGEST_COMMENT
from models.protocol.slip import BadToken
from models.tables.response import Note as Row
from models.tables.response import ResponseName


class NoteRefused(CodedError):
    """The page cannot be used (`note_unknown`, `note_expired`, `note_written`, `note_full`); `place` if genuine."""

    table = PHONE

    def __init__(self, name: str, place: PosterDesk | None = None) -> None:
        super().__init__(name)
        self.place = place


@dataclass(frozen=True, slots=True)
class OpenedNote:
    """A genuine private page: its token, the tablet's answer it is for, the tablet's name, where it stands, and until
    when words are taken (ms since 1970, UTC). `written`: the hash of the browser that wrote, `follow`: the digest of
    the code it was given; None while nothing is written, and where codes are not given out."""

    token: str
    note: note_token.Note
    device_id: str
    place: PosterDesk
    until_ms: int
    written: str | None
    follow: str | None


def prove_note_token(session: Session, token: str, centre: CentreKeys, now_ms: int) -> OpenedNote:
    """Prove a token by arithmetic and its device's key. Raises `NoteRefused` (`note_unknown`, `note_expired`)."""
    try:
        note, signature = note_token.parse(token)
    except BadToken as error:
        raise NoteRefused("note_unknown") from error
    maker = next(
        (
            one
            for one in slip_proof.find_slip_makers(session, note.device, note.epoch)
            if any(note_token.is_genuine(note, signature, one.vk, public) for public in centre.publics)
        ),
        None,
    )
    if maker is None or maker.state == slip_proof.REVOKED:
        raise NoteRefused("note_unknown")
    place = PosterDesk(maker.agency, maker.desk)
    row = session.get(Row, (maker.device_id, note.id))
    until_ms = slip_validity.private_page_deadline_ms(session, note, maker.device_id, now_ms)
    if now_ms > until_ms:
        raise NoteRefused("note_expired", place)
    browser_and_follow: tuple[str | None, str | None] = (None, None) if row is None else (row.browser, row.follow)
    if not follow_up_promise.is_follow_up_promised(session):
        browser_and_follow = (browser_and_follow[0], None)
    return OpenedNote(token.strip().upper(), note, maker.device_id, place, until_ms, *browser_and_follow)


def make_note_code(centre: CentreKeys, page: OpenedNote) -> str:
    """The follow-up code that is given out with these words; another than the tablet's own."""
    before = follow_up_lookup.make_follow_up_code(centre.page_key, f"note {page.note.id}")  # as codes once were made
    if page.follow == follow_up_code.digest_code(before):
        return before
    return follow_up_lookup.make_follow_up_code(centre.page_key, f"note {page.device_id} {page.note.id}")


@dataclass(frozen=True, slots=True)
class NoteWords:
    """What was written, by which browser (its secret), in which language, when (ms since 1970, UTC)."""

    text: str
    browser: str
    lang: str
    t: int


def store_note(session: Session, centre: CentreKeys, page: OpenedNote, words: NoteWords) -> None:
    """Keep the words, masked; at once as the answer's text if it is here. What the same browser writes again stands
    after what it wrote before; the same words change nothing.

    Raises `NoteRefused`: `note_written` when another browser has written, `note_full` when so much was written that
    there is no room.
    """
    response_name = ResponseName(page.device_id, page.note.id)
    row = session.get(Row, (response_name.device, response_name.id), with_for_update=True)
    browser = hash_browser_secret(words.browser)
    if row is not None:
        if row.browser != browser:
            raise NoteRefused("note_written", page.place)
        _write_more(session, row, masking.mask_text(words.text), words.t, page)
        return
    session.add(
        Row(
            device_id=response_name.device,
            response_id=response_name.id,
            text=masking.mask_text(words.text),
            lang=words.lang,
            browser=browser,
            follow=follow_up_code.digest_code(make_note_code(centre, page))
            if follow_up_promise.is_follow_up_promised(session)
            else None,
            received_ms=words.t,
        )
    )
    session.flush()
    sidecars.attach_notes(session, [response_name])


def _write_more(session: Session, row: Row, text: str, t: int, page: OpenedNote) -> None:
    if not row.text:  # its answer came, and has what was written before
        if not sidecars.add_further_words(session, ResponseName(row.device_id, row.response_id), text, t):
            raise NoteRefused("note_full", page.place)
        return
    both = sidecars.append_words(row.text, text)
    if len(both) > LONGEST_COMMENT:
        raise NoteRefused("note_full", page.place)
    row.text = both
