"""The follow-up code of the answer that was sealed just now, for as long as its page of thanks stands.

It is drawn by chance: from a number that is kept until the next person sends something, and the secret of this server's
pages. So a page whose reply was lost is drawn again with the same code, the store never holds the code, and once its
page has stood nobody can find it again; the ledger knows a digest alone (`models.protocol.follow_up_code`).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from typing import Any

from sqlalchemy.orm import Session

from kiosk.desk import state
from kiosk.tablet import navigation
from models.clock import Moment
from models.protocol import follow_up_code

#: The fact (`kiosk.desk.state`) that ties the code to one response.
FACT = "farewell"
#: The thanks with a code to be copied stand so long, in seconds.
STANDS_WITH_CODE = 30
#: So long after the answer was last sent its code can be drawn, in milliseconds.
SHOWN_MS = STANDS_WITH_CODE * 1000
#: So long after it was sealed an answer may be sent again, the reply being lost, and gets its page anew (milliseconds;
#: the tablet gives up after as long).
SENT_AGAIN_MS = 90_000


def promise(session: Session, id: str, now: Moment) -> None:
    """Give response `id` a code."""
    boot, chance = state.boot_number(session), secrets.token_hex(16)
    _keep(session, {"boot": boot, "chance": chance, "id": id, "mono": now.mono, "sent": now.mono})


def sent_again(session: Session, id: str, now: Moment) -> bool:
    """Response `id` was sent: returns whether it has a code, which is then shown for as long as a page stands."""
    kept = _kept(session, id)
    if kept is None or not 0 <= now.mono - kept["mono"] < SENT_AGAIN_MS:
        return False
    _keep(session, {**kept, "sent": now.mono})
    return True


def left_ms(session: Session, id: str, now: Moment) -> int:
    """How much longer (ms) the code of response `id` is shown; 0 when it is not. Changes nothing."""
    kept = _kept(session, id)
    since = now.mono - kept.get("sent", kept["mono"]) if kept else -1
    return max(0, SHOWN_MS - since) if since >= 0 else 0


def code(session: Session, id: str) -> str:
    """The code that response `id` was given."""
    kept = _kept(session, id) or {}
    said = f"hailong follow-up\0{kept['chance']}{id}".encode()
    number = int.from_bytes(hmac.new(navigation.page_key(), said, hashlib.sha256).digest())
    return "".join(follow_up_code.ALPHABET[number >> 5 * at & 31] for at in range(follow_up_code.LENGTH))


def forget(session: Session, *, of: str = "", but: str = "") -> None:
    """Show the code no more: that of response `of`, or any `but` that of the response named there."""
    known = json.loads(state.fact(session, FACT) or "{}").get("id")
    if known and (known == of if of else known != but):
        state.remember(session, **{FACT: ""})


def _keep(session: Session, kept: dict[str, Any]) -> None:
    state.remember(session, **{FACT: json.dumps(kept)})


def _kept(session: Session, id: str) -> dict[str, Any] | None:
    """What is kept of the code of response `id` within this start of the desk."""
    kept: dict[str, Any] = json.loads(state.fact(session, FACT) or "{}")
    return kept if kept.get("id") == id and kept["boot"] == state.boot_number(session) else None
