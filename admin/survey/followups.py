"""Follow-up codes of phones, and the page where a code is looked up.

A phone's code is made from the response's id under a secret of the centre's, so that the page of thanks shows it again
after a reload and nothing but its digest is kept. It has nothing of the slip or the dossier in it. Wrong look-ups are
counted over everybody together, never by address: a whole office shares one.
"""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections import deque
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import followup
from models.clock import local_day
from models.responses import FollowUp, Note, Response

#: Wrong look-ups within a minute after which all look-ups wait.
WRONG_MOST = 60
MINUTE_MS = 60_000


def code(secret: str, id: str) -> str:
    """The follow-up code of a response, 12 characters: the first 60 bits of an HMAC."""
    number = int.from_bytes(hmac.digest(secret.encode(), b"hailong follow-up\0" + id.encode(), hashlib.sha256)[:8])
    return "".join(followup.ALPHABET[number >> 59 - 5 * at & 31] for at in range(followup.LENGTH))


@dataclass(frozen=True, slots=True)
class Found:
    """What a code tells its holder. `arrived`: the answer is here (else only the words that were written for it);
    `week`, `year`: when, no closer than the ISO week."""

    arrived: bool
    week: int
    year: int


def find(session: Session, text: str) -> Found | None:
    """What stands behind a code that somebody typed; None for an unknown one. Nothing of what was answered."""
    plain = followup.plain(text)
    if plain is None:
        return None
    digest = followup.digest(plain)
    known = session.get(FollowUp, digest)
    response = session.get(Response, known.response_id) if known is not None else None
    if response is not None:
        return _in_week(True, response.day)
    note = session.scalars(select(Note).where(Note.follow == digest)).first()
    return _in_week(False, local_day(note.received_ms)) if note is not None else None


def _in_week(arrived: bool, day: str) -> Found:
    year, week, _weekday = date.fromisoformat(day).isocalendar()
    return Found(arrived, week, year)


class Guesses:
    """How many look-ups were wrong in the last minute, in this process."""

    def __init__(self, most: int = WRONG_MOST) -> None:
        self._most, self._wrong, self._lock = most, deque[int](), threading.Lock()

    def wait_ms(self, now_ms: int) -> int:
        """How long every look-up has to wait (0: none)."""
        with self._lock:
            while self._wrong and not 0 <= now_ms - self._wrong[0] < MINUTE_MS:
                self._wrong.popleft()
            full = len(self._wrong) >= self._most
            return self._wrong[0] + MINUTE_MS - now_ms if full else 0

    def any(self, now_ms: int) -> bool:
        """Whether there was one within the minute."""
        with self._lock:
            return any(0 <= now_ms - t < MINUTE_MS for t in self._wrong)

    def wrong(self, now_ms: int) -> None:
        """One more was wrong."""
        with self._lock:
            self._wrong.append(now_ms)
