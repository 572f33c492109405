"""The time as this desk can know it: its own clocks beside the last word of the centre.

The wall clock of a desk is a claim: an empty battery starts it years ago, a hand sets it anywhere. Three things are
better than that: what the centre signed (`record_centre_time`, `record_signed_time`), the running clock, which nobody
sets, and what the store knew before this start (`record_start`). Out of them comes the minute that a slip carries, or
none, and how long the desk ran without the centre. Nothing here decides about keeping or counting.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kiosk.desk import state
from kiosk.desk.state import State
from models.clock import DAY_MS, LAST_MS, MINUTE_MS, Moment, local_day
from models.protocol import entry_chain
from models.storage.row_reading import Reader, read_value

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

#: A clock as near as this to what the running clock says since the last reply was set right meanwhile (ms).
_RIGHT = 5 * MINUTE_MS
#: A difference from an earlier start beyond this is no longer trusted: whoever was so far off was set right, or starts
#: somewhere else each time (ms).
_FAR = DAY_MS
#: Less than this is no step of the clock (ms).
STEP_MS = 2000
#: A clock that stands before what is past by no more than this is right: it was compared over a network, by a busy
#: machine, and a slip says no more than its minute (ms).
_NEAR = MINUTE_MS


@dataclass(frozen=True, slots=True)
class ClockReading:
    """The time as far as this desk knows it. All are milliseconds, times since 1970 (UTC).

    `ms` is the best guess of the present moment, never before the centre's newest word; `offset_ms` how far the wall
    clock runs ahead of the centre (negative: behind), None when they were never compared; `compared` says whether the
    centre answered in this start of the desk; `behind_ms` by how much the wall clock stands below a time that is
    certainly past (a minute is none); `undated` whether a slip printed now carries no date, because this desk cannot
    know it.
    """

    ms: int
    offset_ms: int | None
    compared: bool
    behind_ms: int
    undated: bool

    @property
    def minute(self) -> int:
        """The minute since 1970 (UTC) for a slip made now; 0 without a date."""
        return 0 if self.undated else self.ms // MINUTE_MS

    @property
    def day(self) -> str:
        """The local day (`2026-10-14`) of `ms`."""
        return local_day(self.ms)


def read_clock(session: Reader, now: Moment) -> ClockReading:
    """Read the clocks at `now`; changes nothing."""
    return _read(session, state.read_state(session), now)


def _read(session: Reader, state_row: State, now: Moment) -> ClockReading:
    offset = state_row.clock_offset_ms
    newest = _newest(session, state_row)
    since = _since_reply(state_row, now)
    if since is not None and offset is not None:
        ms = _in_calendar(max(newest or 0, _in_this_start((state_row.centre_ms or 0) + since, now.t, offset)))
        return ClockReading(ms, now.t - ms, True, 0, False)
    far = offset is not None and abs(offset) > _FAR
    guess = now.t if far else now.t - (offset or 0)
    stepped = _expected(state_row, now)
    if stepped is not None and now.t < stepped - STEP_MS:  # set back since the start, and the centre said nothing yet
        newest = max(newest or 0, guess + stepped - now.t)
    behind = (newest or 0) - guess
    if behind <= _NEAR:
        behind = 0
    doubted = far and offset is not None and offset > 0 and newest is not None and guess - newest >= offset // 2
    return ClockReading(_in_calendar(max(guess, newest or 0)), offset, False, behind, behind > 0 or doubted)


def _in_calendar(ms: int) -> int:
    """The time nearest to `ms` that has a local day."""
    return max(0, min(ms, LAST_MS))


def _in_this_start(running: int, wall: int, offset: int) -> int:
    """The time out of what the running clock says (never too much, too little after a sleep of the machine) and what
    the wall clock does under the last known offset, since the centre answered in this start."""
    if abs(wall - running) <= _RIGHT and abs(wall - running) < abs(offset):
        return running  # the wall clock was set right meanwhile
    return max(running, wall - offset)


def _newest(session: Reader, state_row: State) -> int | None:
    """The newest time that is certainly past; of a store that was never asked, out of what it kept of the centre."""
    if state_row.clock_newest_ms is not None:
        return state_row.clock_newest_ms
    receipt = read_value(session, "SELECT t FROM receipt ORDER BY number DESC LIMIT 1")
    reply = 0 if state_row.clock_offset_ms is None else state_row.last_reply_ms - state_row.clock_offset_ms
    return max(receipt or 0, reply) or None


def _since_reply(state_row: State, now: Moment) -> int | None:
    """Running time since the centre's last reply (ms), if that came in this start."""
    reply_mono = state_row.centre_mono
    if reply_mono is None or state_row.centre_ms is None or state_row.centre_boot != state_row.boot:
        return None
    return now.mono - reply_mono if now.mono >= reply_mono else None


def _expected(state_row: State, now: Moment) -> int | None:
    """What the wall clock would show now if nobody had set it since it was looked at in this start."""
    base = state_row.clock_base
    return None if base is None or state_row.clock_boot != state_row.boot else base + now.mono


def record_centre_time(session: Session, now: Moment, centre_ms: int, confirmed_ms: int | None = None) -> None:
    """The centre answered a request made just now, its clock at `centre_ms` and last confirmed at `confirmed_ms` (0:
    never, None: not said): its word goes before all others, also when it is earlier than what was believed."""
    state_row = state.read_state(session)
    state.write_state(
        session,
        last_reply_ms=now.t,
        clock_offset_ms=now.t - centre_ms,
        clock_newest_ms=centre_ms,
        centre_confirmed_ms=state_row.centre_confirmed_ms if confirmed_ms is None else confirmed_ms,
        centre_ms=centre_ms,
        centre_mono=now.mono,
        centre_boot=state_row.boot,
        centre_ran_ms=_running(state_row, now),
    )


def record_signed_time(session: Session, centre_ms: int, confirmed_ms: int | None = None) -> None:
    """The centre signed something at `centre_ms` that came late, by hand: it is certainly past, and no more. Where a
    person confirmed its clock meanwhile (`confirmed_ms`; 0: never, None: not said), it goes before all said earlier."""
    state_row = state.read_state(session)
    confirmed = state_row.centre_confirmed_ms if confirmed_ms is None else confirmed_ms
    before = _newest(session, state_row) or 0 if confirmed == state_row.centre_confirmed_ms else 0
    state.write_state(session, clock_newest_ms=max(centre_ms, before), centre_confirmed_ms=confirmed)


def record_clock_step(session: Session, now: Moment) -> None:
    """The wall clock was set since it was looked at last: from here on it is watched anew, and what it showed before
    stays the newest known time while the centre has said nothing in this start."""
    reading, state_row = read_clock(session, now), state.read_state(session)
    state.write_state(session, clock_base=now.t - now.mono, clock_boot=state_row.boot)
    if reading.behind_ms and not reading.compared:
        state.write_state(session, clock_newest_ms=reading.ms)


def record_start(session: Session, now: Moment) -> None:
    """Count a new start of the desk: what the one before knew is kept in words that outlive its running clock. To be
    called before the start writes an entry."""
    state_row = state.read_state(session)
    identity = state_row.identity
    raw = None
    if identity is not None:
        newest = "SELECT bytes FROM entry WHERE device = ? AND epoch = ? ORDER BY seq DESC LIMIT 1"
        raw = read_value(session, newest, identity.device, identity.epoch)
    marks = ((state_row.centre_mono, state_row.centre_boot), (state_row.heartbeat_mono, state_row.heartbeat_boot))
    mono_times = [mono for mono, start in marks if start == state_row.boot and mono is not None]
    boot = state_row.boot + 1
    changes = state.StateChanges(boot=boot, boot_mono=now.mono, clock_base=now.t - now.mono, clock_boot=boot)
    try:
        last = entry_chain.parse(raw or b"")
    except entry_chain.BadEntry:  # none yet, or one that rotted: the start's own check says so
        last = None
    if last is not None and last.boot == state_row.boot:
        mono_times.append(last.mono)
        spoke = state_row.centre_mono if state_row.centre_boot == state_row.boot else None
        if spoke is None or last.mono >= spoke:  # else the centre spoke after it
            changes["clock_newest_ms"] = _read(session, state_row, Moment(last.t, last.mono)).ms
    if mono_times and state_row.boot_mono is not None:
        changes["ran_ms"] = state_row.ran_ms + max(0, max(mono_times) - state_row.boot_mono)
    state.write_state(session, **changes)


def running_ms(session: Reader, now: Moment) -> int:
    """How long this desk has run in all its starts together (ms): it never steps with the wall clock, and stands while
    the machine is off."""
    return _running(state.read_state(session), now)


def _running(state_row: State, now: Moment) -> int:
    return state_row.ran_ms + (0 if state_row.boot_mono is None else max(0, now.mono - state_row.boot_mono))


def last_reply_ms(state_row: State) -> int | None:
    """When the centre answered last, by its own clock (ms since 1970, UTC); None when it never did."""
    if state_row.centre_ms is not None or not state_row.last_reply_ms:
        return state_row.centre_ms
    return state_row.last_reply_ms - (state_row.clock_offset_ms or 0)


def ms_since_reply(state_row: State, now: Moment) -> int | None:
    """How long the desk ran since the centre's last reply (ms); None when it never answered."""
    if not state_row.last_reply_ms:
        return None
    if state_row.centre_ran_ms is not None:
        return max(0, _running(state_row, now) - state_row.centre_ran_ms)
    return abs(now.t - state_row.last_reply_ms)  # a store that has only the wall clock's word
