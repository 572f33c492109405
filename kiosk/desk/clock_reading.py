"""The time as this desk can know it: its own clocks beside the last word of the centre.

The wall clock of a desk is a claim: an empty battery starts it years ago, a hand sets it anywhere. Three things are
better than that: what the centre signed (`heard`, `proved`), the running clock, which nobody sets, and what the store
knew before this start (`started`). Out of them comes the minute that a slip carries, or none, and how long the desk ran
without the centre. Nothing here decides about keeping or counting.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from kiosk.desk import state
from models.clock import LAST_MS, Moment, local_day
from models.protocol import entry_chain
from models.tables.desk_store import StoredReceipt
from models.tables.ledger_entry import StoredEntry

#: The facts (`kiosk.desk.state`) behind it. The newest time that is known to be past, ms since 1970 (UTC).
NEWEST = "clock_newest_ms"
#: The centre's clock in its last reply, and where this desk's running clock and its starts stood then.
CENTRE, CENTRE_MONO, CENTRE_BOOT, CENTRE_RAN = "centre_ms", "centre_mono", "centre_boot", "centre_ran_ms"
#: When a person last confirmed the centre's clock, as its newest receipt says (the centre's ms; 0: never).
CONFIRMED = "centre_confirmed_ms"
#: How long the desk ran in all starts before the present one (ms).
RAN = "ran_ms"
_MINUTE, _DAY = 60_000, 86_400_000
#: A clock as near as this to what the running clock says since the last reply was set right meanwhile (ms).
_RIGHT = 5 * _MINUTE
#: A difference from an earlier start beyond this is no longer trusted: whoever was so far off was set right, or starts
#: somewhere else each time (ms).
_FAR = _DAY
#: Less than this is no step of the clock (ms).
STEP_MS = 2000
#: A clock that stands before what is past by no more than this is right: it was compared over a network, by a busy
#: machine, and a slip says no more than its minute (ms).
_NEAR = _MINUTE


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
        return 0 if self.undated else self.ms // _MINUTE

    @property
    def day(self) -> str:
        """The local day (`2026-10-14`) of `ms`."""
        return local_day(self.ms)


def read(session: Session, now: Moment) -> ClockReading:
    """Read the clocks at `now`; changes nothing."""
    return _read(session, state.facts(session), now)


def _read(session: Session, facts: dict[str, str], now: Moment) -> ClockReading:
    offset = _number(facts, "clock_offset_ms")
    newest = _newest(session, facts)
    since = _since_reply(facts, now)
    if since is not None and offset is not None:
        ms = _in_calendar(max(newest or 0, _in_this_start((_number(facts, CENTRE) or 0) + since, now.t, offset)))
        return ClockReading(ms, now.t - ms, True, 0, False)
    far = offset is not None and abs(offset) > _FAR
    guess = now.t if far else now.t - (offset or 0)
    stepped = _expected(facts, now)
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


def _newest(session: Session, facts: dict[str, str]) -> int | None:
    """The newest time that is certainly past; of a store that was never asked, out of what it kept of the centre."""
    known = _number(facts, NEWEST)
    if known is not None:
        return known
    receipt = session.scalar(select(StoredReceipt.t).order_by(StoredReceipt.number.desc()).limit(1))
    offset = _number(facts, "clock_offset_ms")
    reply = 0 if offset is None else (_number(facts, "last_reply_ms") or 0) - offset
    return max(receipt or 0, reply) or None


def _since_reply(facts: dict[str, str], now: Moment) -> int | None:
    """Running time since the centre's last reply (ms), if that came in this start."""
    then = _number(facts, CENTRE_MONO)
    if then is None or _number(facts, CENTRE) is None or facts.get(CENTRE_BOOT) != facts.get("boot", "0"):
        return None
    return now.mono - then if now.mono >= then else None


def _expected(facts: dict[str, str], now: Moment) -> int | None:
    """What the wall clock would show now if nobody had set it since it was looked at in this start."""
    base = _number(facts, "clock_base")
    return None if base is None or facts.get("clock_boot") != facts.get("boot", "0") else base + now.mono


def _number(facts: dict[str, str], name: str) -> int | None:
    """A fact as a number; None without it, or when it rotted: no start and no tap may end with a clock."""
    try:
        return int(facts[name])
    except (KeyError, ValueError):
        return None


def heard(session: Session, now: Moment, centre_ms: int, confirmed_ms: int | None = None) -> None:
    """The centre answered a request made just now, its clock at `centre_ms` and last confirmed at `confirmed_ms` (0:
    never, None: not said): its word goes before all others, also when it is earlier than what was believed."""
    facts = state.facts(session)
    state.remember(
        session,
        last_reply_ms=now.t,
        clock_offset_ms=now.t - centre_ms,
        **{
            NEWEST: centre_ms,
            CONFIRMED: (_number(facts, CONFIRMED) or 0) if confirmed_ms is None else confirmed_ms,
            CENTRE: centre_ms,
            CENTRE_MONO: now.mono,
            CENTRE_BOOT: facts.get("boot", "0"),
            CENTRE_RAN: _running(facts, now),
        },
    )


def proved(session: Session, centre_ms: int, confirmed_ms: int | None = None) -> None:
    """The centre signed something at `centre_ms` that came late, by hand: it is certainly past, and no more. Where a
    person confirmed its clock meanwhile (`confirmed_ms`; 0: never, None: not said), it goes before all said earlier."""
    facts = state.facts(session)
    known, before = _number(facts, CONFIRMED) or 0, _newest(session, facts) or 0
    told = known if confirmed_ms is None else confirmed_ms
    state.remember(session, **{NEWEST: max(centre_ms, before if told == known else 0), CONFIRMED: told})


def stepped(session: Session, now: Moment) -> None:
    """The wall clock was set since it was looked at last: from here on it is watched anew, and what it showed before
    stays the newest known time while the centre has said nothing in this start."""
    reading, facts = read(session, now), state.facts(session)
    values = {} if reading.compared or not reading.behind_ms else {NEWEST: str(reading.ms)}
    state.remember(session, clock_base=now.t - now.mono, clock_boot=facts.get("boot", "0"), **values)


def started(session: Session, now: Moment) -> None:
    """Count a new start of the desk: what the one before knew is kept in words that outlive its running clock. To be
    called before the start writes an entry."""
    facts = state.facts(session)
    boot, identity = facts.get("boot", "0"), state.identity(session)
    raw = None
    if identity is not None:
        raw = session.scalar(
            select(StoredEntry.bytes)
            .where(StoredEntry.device == identity.device, StoredEntry.epoch == identity.epoch)
            .order_by(StoredEntry.seq.desc())
            .limit(1)
        )
    marks = ((CENTRE_MONO, CENTRE_BOOT), ("hb_mono", "hb_boot"))
    seen = [at for mono, of in marks if facts.get(of) == boot and (at := _number(facts, mono)) is not None]
    values: dict[str, str | int] = {}
    try:
        last = entry_chain.parse(raw or b"")
    except entry_chain.BadEntry:  # none yet, or one that rotted: the start's own check says so
        last = None
    if last is not None and str(last.boot) == boot:
        seen.append(last.mono)
        spoke = _number(facts, CENTRE_MONO) if facts.get(CENTRE_BOOT) == boot else None
        if spoke is None or last.mono >= spoke:  # else the centre spoke after it
            values[NEWEST] = _read(session, facts, Moment(last.t, last.mono)).ms
    began = _number(facts, "boot_mono")
    if seen and began is not None:
        values[RAN] = (_number(facts, RAN) or 0) + max(0, max(seen) - began)
    begun = int(boot) + 1
    state.remember(
        session, boot=begun, boot_mono=now.mono, clock_base=now.t - now.mono, clock_boot=begun, **values
    )


def running_ms(session: Session, now: Moment) -> int:
    """How long this desk has run in all its starts together (ms): it never steps with the wall clock, and stands while
    the machine is off."""
    return _running(state.facts(session), now)


def _running(facts: dict[str, str], now: Moment) -> int:
    began = _number(facts, "boot_mono")
    return (_number(facts, RAN) or 0) + (0 if began is None else max(0, now.mono - began))


def spoke_ms(facts: dict[str, str]) -> int | None:
    """When the centre answered last, by its own clock (ms since 1970, UTC), from all facts of `kiosk.desk.state`; None
    when it never did."""
    told, last = _number(facts, CENTRE), _number(facts, "last_reply_ms")
    if told is not None or not last:
        return told
    return last - (_number(facts, "clock_offset_ms") or 0)


def unanswered_ms(facts: dict[str, str], now: Moment) -> int | None:
    """How long the desk ran since the centre's last reply (ms), from all facts of `kiosk.desk.state`; None when it
    never answered."""
    last, ran = _number(facts, "last_reply_ms"), _number(facts, CENTRE_RAN)
    if not last:
        return None
    if ran is not None:
        return max(0, _running(facts, now) - ran)
    return abs(now.t - last)  # a store that has only the wall clock's word
