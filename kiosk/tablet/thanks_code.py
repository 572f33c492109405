"""The follow-up code of the answer that was sealed just now, for as long as its page of thanks stands.

It is drawn by chance: from a number that is kept until the next person sends something, and the secret of this server's
pages. So a page whose reply was lost is drawn again with the same code, the store never holds the code, and once its
page has stood nobody can find it again; the ledger knows a digest alone (`models.protocol.follow_up_code`).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import replace

from sqlalchemy.orm import Session

from kiosk.desk import state
from kiosk.desk.state_values import PromisedCode
from kiosk.tablet import page_guards
from models.clock import Moment
from models.protocol import crockford, follow_up_code

#: The thanks with a code to be copied stand so long, in seconds.
STANDS_WITH_CODE = 30
#: So long after the answer was last sent its code can be drawn, in milliseconds.
SHOWN_MS = STANDS_WITH_CODE * 1000
#: So long after it was sealed an answer may be sent again, the reply being lost, and gets its page anew (milliseconds;
#: the tablet gives up after as long).
SENT_AGAIN_MS = 90_000


def assign_code(session: Session, id: str, now: Moment) -> None:
    """Give response `id` a code."""
    code = PromisedCode(state.read_state(session).boot, secrets.token_hex(16), id, now.mono, now.mono)
    state.write_state(session, promised_code=code)


def renew_code_display(session: Session, id: str, now: Moment) -> bool:
    """Response `id` was sent: returns whether it has a code, which is then shown for as long as a page stands."""
    promise = _given(session, id)
    if promise is None or not 0 <= now.mono - promise.mono < SENT_AGAIN_MS:
        return False
    state.write_state(session, promised_code=replace(promise, sent=now.mono))
    return True


def code_left_ms(session: Session, id: str, now: Moment) -> int:
    """How much longer (ms) the code of response `id` is shown; 0 when it is not. Changes nothing."""
    promise = _given(session, id)
    since = now.mono - (promise.mono if promise.sent < 0 else promise.sent) if promise else -1
    return max(0, SHOWN_MS - since) if since >= 0 else 0


def find_code(session: Session, id: str) -> str:
    """The code that response `id` was given."""
    promise = _given(session, id)
    assert promise is not None
    seed = f"hailong follow-up\0{promise.chance}{id}".encode()
    number = int.from_bytes(hmac.new(page_guards.page_key(), seed, hashlib.sha256).digest())
    return "".join(crockford.ALPHABET[number >> 5 * at & 31] for at in range(follow_up_code.LENGTH))


def forget_code(session: Session, *, of: str = "", but: str = "") -> None:
    """Show the code no more: that of response `of`, or any `but` that of the response named there."""
    promise = state.read_state(session).promised_code
    if promise is not None and (promise.id == of if of else promise.id != but):
        state.write_state(session, promised_code=None)


def _given(session: Session, id: str) -> PromisedCode | None:
    """What the code of response `id` is drawn from, within this start of the desk."""
    state_row = state.read_state(session)
    promise = state_row.promised_code
    return promise if promise is not None and (promise.id, promise.boot) == (id, state_row.boot) else None
