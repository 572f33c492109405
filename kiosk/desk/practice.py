"""Practice: for a quarter of an hour taps go the whole way of a rating but count nowhere.

Switched on from the console (`hailong kiosk drill`) or by the staff's PIN; each time is an entry of type `drill` in the
ledger. A tap that comes meanwhile is a real draft and a real entry with `drill` in it, which the centre shows and does
not count; every page of the tablet says so at its top. It cannot be left on: it ends by the running clock, which nobody
sets, and with every start of the desk.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kiosk.desk import ledger, state
from models.clock import MINUTE_MS, Moment
from models.storage.row_reading import Reader

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

#: How long practice lasts at most, in milliseconds.
LASTS_MS = 15 * MINUTE_MS


def practice_left_ms(session: Reader, now: Moment) -> int:
    """Milliseconds of practice that are left; 0 when a tap now is a real answer.

    Judged by the machine's running clock within the start it was switched on in, so that a wall clock set wrong (which
    is one of the things rehearsed) neither ends nor stretches it.
    """
    state_row = state.read_state(session)
    if not state_row.practice_until_mono or state_row.practice_boot != state_row.boot:
        return 0
    left = state_row.practice_until_mono - now.mono
    return left if 0 < left <= LASTS_MS else 0


def is_practice(session: Reader, now: Moment) -> bool:
    """Whether a tap now is practice."""
    return practice_left_ms(session, now) > 0


def begin_practice(session: Session, now: Moment) -> None:
    """Switch practice on, for `LASTS_MS` from now (again if it is on). Raises `NotPaired`."""
    ledger.append_entry(session, "drill", {"minutes": LASTS_MS // MINUTE_MS, "on": True}, now)
    state.write_state(
        session,
        practice_boot=state.read_state(session).boot,
        practice_until_mono=now.mono + LASTS_MS,
        practice_until_ms=now.t + LASTS_MS,  # for people who read the store; taps are judged by the line above
    )


def end_practice(session: Session, now: Moment, **result: Any) -> None:
    """Switch practice off; `result` (numbers, texts, truth values) goes into the ledger's entry. When it is off
    already only a result is written."""
    if is_practice(session, now) or result:
        ledger.append_entry(session, "drill", {"on": False, **result}, now)
    state.write_state(session, practice_until_mono=0, practice_until_ms=0)
