"""Notes: words written on a phone for one answer of a tablet.

They wait until the answer has come from the tablet, and are its text from then on (`admin.responses.sidecars`); after
180 days without it they are erased.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from admin.desks import province_replies
from admin.ledgers.signing_keys import Centre
from admin.responses import sidecars
from admin.slips import proof, validity
from admin.slips.proof import Posted
from admin.slips.spending import browser_hash
from admin.survey import follow_up_codes
from models import masking
from models.protocol import follow_up_code, note
from models.protocol.sidecar import LONGEST_COMMENT
from models.protocol.slip import BadToken
from models.tables.response import Name
from models.tables.response import Note as Row


class NoteRefused(Exception):
    """The page cannot be used; `code` is `note_unknown`, `note_expired`, `note_written` or `note_full`. `place` where
    it is genuine."""

    def __init__(self, code: str, place: Posted | None = None) -> None:
        super().__init__(code)
        self.code, self.place = code, place


@dataclass(frozen=True, slots=True)
class Opened:
    """A genuine private page: its token, the tablet's answer it is for, the tablet's name, where it stands, and until
    when words are taken (ms since 1970, UTC). `written`: the hash of the browser that wrote, `follow`: the digest of
    the code it was given; None while nothing is written, and where codes are not given out."""

    token: str
    note: note.Note
    device_id: str
    place: Posted
    until_ms: int
    written: str | None
    follow: str | None


def opened(session: Session, token: str, centre: Centre, now_ms: int) -> Opened:
    """Prove a token by arithmetic and its device's key. Raises `NoteRefused` (`note_unknown`, `note_expired`)."""
    try:
        said, signature = note.parse(token)
    except BadToken as error:
        raise NoteRefused("note_unknown") from error
    made = next(
        (
            one
            for one in proof.printers(session, said.device, said.epoch)
            if any(note.genuine(said, signature, one.vk, public) for public in centre.publics)
        ),
        None,
    )
    if made is None or made.state == proof.REVOKED:
        raise NoteRefused("note_unknown")
    place = Posted(made.agency, made.desk)
    row = session.get(Row, (made.device_id, said.id))
    until_ms = validity.of_note(session, said, made.device_id, now_ms)
    if now_ms > until_ms:
        raise NoteRefused("note_expired", place)
    written: tuple[str | None, str | None] = (None, None) if row is None else (row.browser, row.follow)
    if not province_replies.promised(session):
        written = (written[0], None)
    return Opened(token.strip().upper(), said, made.device_id, place, until_ms, *written)


def code(centre: Centre, page: Opened) -> str:
    """The follow-up code that is given out with these words; another than the tablet's own."""
    before = follow_up_codes.code(centre.page_key, f"note {page.note.id}")  # as codes once were made
    if page.follow == follow_up_code.digest(before):
        return before
    return follow_up_codes.code(centre.page_key, f"note {page.device_id} {page.note.id}")


@dataclass(frozen=True, slots=True)
class Words:
    """What was written, by which browser (its secret), in which language, when (ms since 1970, UTC)."""

    text: str
    browser: str
    lang: str
    t: int


def write(session: Session, centre: Centre, page: Opened, words: Words) -> None:
    """Keep the words, masked; at once as the answer's text if it is here. What the same browser writes again stands
    after what it wrote before; the same words change nothing.

    Raises `NoteRefused`: `note_written` when another browser has written, `note_full` when so much was written that
    there is no room.
    """
    named = Name(page.device_id, page.note.id)
    here = session.get(Row, (named.device, named.id), with_for_update=True)
    browser = browser_hash(words.browser)
    if here is not None:
        if here.browser != browser:
            raise NoteRefused("note_written", page.place)
        _write_more(session, here, masking.masked(words.text), words.t, page)
        return
    session.add(
        Row(
            device_id=named.device,
            response_id=named.id,
            text=masking.masked(words.text),
            lang=words.lang,
            browser=browser,
            follow=follow_up_code.digest(code(centre, page)) if province_replies.promised(session) else None,
            received_ms=words.t,
        )
    )
    session.flush()
    sidecars.attach(session, [named])


def _write_more(session: Session, here: Row, text: str, t: int, page: Opened) -> None:
    if not here.text:  # its answer came, and has what was written before
        if not sidecars.say_more(session, Name(here.device_id, here.response_id), text, t):
            raise NoteRefused("note_full", page.place)
        return
    both = sidecars.with_more(here.text, text)
    if len(both) > LONGEST_COMMENT:
        raise NoteRefused("note_full", page.place)
    here.text = both
