"""Texts of the desk's status for the staff page: six figures with a tag each, and what is wrong.

Every warning says what happened, what is safe, and what to do. No answer and no score is read here: the page shows how
many ratings there are and where they are on their way.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from functools import partial
from typing import Any

from kiosk.desk import (
    clock_reading,
    kept_ratings,
    ledger,
    practice,
    sender_heartbeat,
    set_aside_stores,
    status_figures,
    waiting_sidecars,
)
from kiosk.desk import state as desk_state
from kiosk.desk.clock_reading import ClockReading
from kiosk.desk.kept_ratings import RatingSafety
from kiosk.desk.reference import ONLINE_MS, Reference
from kiosk.desk.state import State
from kiosk.desk.state_values import CentreTreatment
from kiosk.settings import Settings
from kiosk.staff import clock_text
from kiosk.staff.clock_text import format_duration, format_time_or_day
from kiosk.staff.kept_ratings_text import describe_safety
from models.clock import MINUTE_MS, Moment
from models.protocol.entry_chain import parse_certificate, parse_trusted_entry
from models.storage.row_reading import Reader, read_row, read_rows, read_value
from translations import formats, ngettext
from translations import gettext as _

#: What one rating takes on the disk, with everything around it (bytes): entry, index, write-ahead log.
RATING_BYTES = 2_560
#: For `sound_ms`: the ledger was read through by a clock that knew no date.
READ = -1
LITTLE_ROOM, NO_ROOM = 200 << 20, kept_ratings.NO_ROOM


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure: an icon, what it is, a line that explains, and a tag (`tone`: `good`, `wait`, `bad`) with a word and
    a sign of its own or its tone's. `ms`: a clock that goes on."""

    icon: str
    name: str
    figure: str
    unit: str
    line: str
    tone: str = ""
    tag: str = ""
    ms: int | None = None
    sign: str = ""


@dataclass(frozen=True, slots=True)
class Banner:
    """Something to know: `tone` as of a tile, an icon, what happened, what is safe and what to do."""

    tone: str
    icon: str
    title: str
    text: str


def build_tiles(session: Reader, settings: Settings, now: Moment) -> list[Tile]:
    """The six figures of the staff page, in order."""
    status, safe = status_figures.read_figures(session, settings), kept_ratings.assess_safety(session, settings)
    return [
        _waiting(session, settings, status, safe, now),
        _last(session, status, safe, now),
        _parked(status),
        _clock(session, now),
        _room(settings),
        _book(session, status, safe, now),
    ]


def build_banners(session: Reader, settings: Settings, desk: Reference, now: Moment) -> list[Banner]:
    """What staff must know now: practice first, then the worst thing that is wrong, then a clock that is off. Usually
    nothing."""
    banners = []
    left = practice.practice_left_ms(session, now)
    if left:
        until = clock_text.format_time_of_day(now.t + left)
        banners.append(
            Banner(
                "wait",
                "flag",
                _("Practice until %(time)s.", time=until),
                _("Ratings given now do not count; the tablet says so. It ends by itself."),
            )
        )
    wrong = _wrong(session, settings, desk, now)
    if wrong:
        banners.append(wrong)
    if clock := clock_text.make_clock_warning(
        clock_reading.read_clock(session, now), kept_ratings.assess_safety(session, settings), now
    ):
        banners.append(Banner("wait", "clock", *clock))
    return banners


def _wrong(session: Reader, settings: Settings, desk: Reference, now: Moment) -> Banner | None:
    known_state, safe = desk_state.read_state(session), kept_ratings.assess_safety(session, settings)
    call = _call(desk.phone)
    if set_aside_stores.must_pair_again(session):
        name = known_state.set_aside_name
        title = (
            _("A damaged store was set aside: %(name)s.", name=name)
            if name
            else _("This machine's store was gone at its start.")
        )
        text = _(
            "No slips are made. Please %(call)s for a pairing code; then on the console: hailong kiosk enrol, "
            "hailong kiosk salvage (HL-L2).", call=call
        )  # fmt: skip
        return Banner("bad", "warning", title, f"{describe_safety(safe)} {text}")
    if known_state.key_fault:
        title = _("This machine's key file (kiosk.key) is missing or damaged.")
        text = _("Nothing is sent and no slips are made. Put the file back or %(call)s (HL-L3).", call=call)
        return Banner("bad", "warning", title, f"{describe_safety(safe)} {text}")
    if known_state.ledger_fault:
        text = _("Leave the machine on and %(call)s (HL-L1).", call=call)
        return Banner("bad", "warning", _("The ledger on this machine is damaged."), f"{describe_safety(safe)} {text}")
    if not safe.room:
        text = _("Free some room or %(call)s (HL-507).", call=call)
        return Banner("bad", "disk", _("The machine's memory is full."), f"{describe_safety(safe)} {text}")
    word = known_state.centre_word or CentreTreatment.ACTIVE
    if safe.lacking:
        text = _("Please %(call)s (HL-422).", call=call)
        title = _("The centre was restored and asks for entries that are no longer here.")
        return Banner("bad", "link", title, f"{describe_safety(safe)} {text}")
    if word in (CentreTreatment.FORKED, CentreTreatment.CLOSED):
        text = _("Erase nothing on this machine and %(call)s; they will say how to go on (HL-422).", call=call)
        title = _("This machine's ledger differs from the centre's.")
        if word is CentreTreatment.CLOSED:
            title = _("The centre has closed this machine's ledger.")
        return Banner("bad", "link", title, f"{describe_safety(safe)} {text}")
    if kept_ratings.ROLLED_BACK in safe.doubts:
        text = _("Leave the machine on and %(call)s (HL-L1).", call=call)
        title = _("This machine's ledger is shorter than what the centre has signed for.")
        return Banner("bad", "warning", title, f"{describe_safety(safe)} {text}")
    if word is not CentreTreatment.ACTIVE:
        device_title = {
            CentreTreatment.SUSPENDED: _("The centre has paused this device."),
            CentreTreatment.REVOKED: _("The centre has withdrawn this device."),
            CentreTreatment.LOST: _("This device was reported lost."),
        }.get(word, _("The centre does not take ratings from this device now."))
        text = _("Please %(call)s (HL-403).", call=call)
        return Banner("bad", "warning", device_title, f"{describe_safety(safe)} {text}")
    if not _online(known_state, now):
        since, reading = clock_reading.last_reply_ms(known_state), clock_reading.read_clock(session, now)
        if not (sender := sender_heartbeat.read_heartbeat(settings.instance)).alive:
            return _nobody_sends(clock_text.to_centre_time(sender.last_seen_ms, since, reading), reading, safe, call)
        title = (
            _("Offline since %(time)s.", time=format_time_or_day(since, reading)) if since else _("Never online yet.")
        )
        text = _("Please check the network or the Wi-Fi router.")
        return Banner("wait", "offline", title, f"{describe_safety(safe)} {text}")
    if unread := [
        path for path in set_aside_stores.list_set_aside_stores(settings) if not set_aside_stores.is_salvaged(path)
    ]:
        return Banner(
            "wait",
            "disk",
            _("A damaged store is kept on this machine: %(name)s.", name=unread[-1].name),
            _("On the console, hailong kiosk salvage writes what can be read of it to a file for the centre."),
        )
    if n := waiting_sidecars.count_unsendable(session):
        title = ngettext("%(n)s comment or code beside a rating is damaged.",
                         "%(n)s comments or codes beside ratings are damaged.", n)  # fmt: skip
        text = _("The ratings go without them; they stay on this machine. Please %(call)s (HL-L5).", call=call)
        return Banner("wait", "warning", title, text)
    return None


def _nobody_sends(last: int | None, reading: ClockReading, safe: RatingSafety, call: str) -> Banner:
    title = (
        _("Nobody sends from this machine: its sender does not run.")
        if last is None
        else _(
            "Nobody sends from this machine: its sender has not run since %(time)s.",
            time=format_time_or_day(last, reading),
        )
    )
    text = _("Please restart it or %(call)s (HL-L4).", call=call)
    return Banner("wait", "send", title, f"{describe_safety(safe)} {text}")


def _online(state_row: State, now: Moment) -> bool:
    """Whether the centre answered lately, in running time: no step of the wall clock changes that."""
    unanswered = clock_reading.ms_since_reply(state_row, now)
    return unanswered is not None and unanswered < ONLINE_MS


def _waiting(session: Reader, settings: Settings, status: dict[str, Any], safe: RatingSafety, now: Moment) -> Tile:
    waiting = status["waiting"]
    unit = ngettext("rating", "ratings", waiting)
    if not waiting and status["state"] == "store_set_aside":
        line = _("The old store's ratings are not counted here")
        return Tile("inbox", _("Waiting to be sent"), "0", unit, line, "wait", _("Kept here"))
    if not waiting:
        return _nothing_waits(safe, unit)
    seq = desk_state.read_state(session).acked_seq
    oldest = read_value(
        session,
        "SELECT bytes FROM entry WHERE device = ? AND epoch = ? AND seq > ? AND typ = 'rating' ORDER BY seq LIMIT 1",
        status["device"], desk_state.read_state(session).epoch or 0, seq,
    )  # fmt: skip
    line = _oldest(session, oldest, now)
    way = kept_ratings.read_delivery(session, settings, online=_online(desk_state.read_state(session), now)).way
    if way == kept_ratings.NOW:
        tone, tag, sign = "good", _("Being sent"), "send"
    elif way == kept_ratings.LATER:
        tone, tag, sign = "wait", _("No network"), ""
    elif status["state"] == "active" and not status["sender"]["alive"]:
        tone, tag, sign = "wait", _("Nobody sends"), ""
    else:
        tone, tag, sign = "wait", _("Kept here"), ""
    return Tile("inbox", _("Waiting to be sent"), formats.number(waiting), unit, line, tone, tag, sign=sign)


def _oldest(session: Reader, oldest: bytes | None, now: Moment) -> str:
    """How long the oldest rating waits, of the ledger or else of the drafts: by the running clock in the start it was
    given in. In a later one by the time it bears, where that can be true, else only since that start."""
    if oldest is not None:
        entry = parse_trusted_entry(oldest)
        t, mono, start = entry.t, entry.mono, entry.boot
    elif (draft := read_row(session, "SELECT t, mono, boot FROM draft ORDER BY t LIMIT 1")) is not None:
        t, mono, start = draft
    else:
        return _("The oldest: just now")
    age = max(0, now.mono - mono)
    if start != desk_state.read_state(session).boot:
        reading = clock_reading.read_clock(session, now)
        can_be = _signed_ms(session) <= t <= reading.ms
        if can_be and reading.undated:
            return _("The oldest: of %(time)s", time=format_time_or_day(t, reading))
        began = desk_state.read_state(session).boot_mono
        age = reading.ms - t if can_be else now.mono - (now.mono if began is None else began)
    return _("The oldest: %(age)s ago", age=format_duration(age)) if age >= MINUTE_MS else _("The oldest: just now")


def _signed_ms(session: Reader) -> int:
    """When the centre signed last for this desk, a receipt or its certificate (its clock, ms since 1970, UTC)."""
    newest: int | None = read_value(session, "SELECT t FROM receipt ORDER BY number DESC LIMIT 1")
    identity = desk_state.read_state(session).identity
    return newest or (parse_certificate(identity.certificate).t if identity is not None else 0)


def _nothing_waits(safe: RatingSafety, unit: str) -> Tile:
    name = _("Waiting to be sent")
    if safe.lacking:
        return Tile("inbox", name, "0", unit, _("The centre lacks what was erased here"), "bad", _("Missing"))
    if safe.doubts:
        return Tile("inbox", name, "0", unit, _("Whether one is missing is not known here"), "wait", _("None"))
    if safe.drafts:
        line = ngettext("%(n)s is being given just now", "%(n)s are being given just now", safe.drafts)
        return Tile("inbox", name, "0", unit, line, "good", _("None"))
    if safe.held:
        return Tile("inbox", name, "0", unit, _("The present ledger has been sent"), "good", _("None"))
    return Tile("inbox", name, "0", unit, _("Everything has been sent"), "good", _("All sent"))


def _last(session: Reader, status: dict[str, Any], safe: RatingSafety, now: Moment) -> Tile:
    name, at = _("Last time sent"), status["last_sync"]
    if at is None:
        return Tile("send", name, formats.DASH, "", _("Nothing has been sent yet"))
    statement = "SELECT seq FROM receipt WHERE epoch = ? ORDER BY number DESC LIMIT 2"
    newest = [seq for (seq,) in read_rows(session, statement, desk_state.read_state(session).epoch or 0)]
    sent, reading = 0, clock_reading.read_clock(session, now)
    time, day = clock_text.format_time_of_day(at), clock_text.format_day_in_words(at, reading)
    if safe.lacking or (newest and newest[0] > desk_state.read_state(session).acked_seq):
        line = _("The centre lacks some of it and asked for it again")
        return Tile("send", name, time, day, line, "wait", _("Sent again"))
    if kept_ratings.FORKED in safe.doubts:
        line = _("Whether one is missing is not known here")
        return Tile("send", name, time, day, line)
    identity = desk_state.read_state(session).identity
    if newest and identity is not None:
        count_after = partial(ledger.count_ratings_after, session, identity)
        sent = count_after(newest[1] if len(newest) > 1 else 0) - count_after(newest[0])
    line = (
        ngettext("%(n)s rating sent, the centre has it", "%(n)s ratings sent, the centre has all", sent)
        if sent > 0
        else _("The centre has everything that was sent")
    )
    return Tile("send", name, time, day, line)


def _parked(status: dict[str, Any]) -> Tile:
    parked = status["parked"]
    tone, tag = ("wait", _("Kept here")) if parked else ("good", _("None"))
    return Tile(
        "flag",
        _("Held for checking"),
        formats.number(parked),
        ngettext("rating", "ratings", parked),
        _("In earlier ledgers of this machine"),
        tone,
        tag,
    )


def _clock(session: Reader, now: Moment) -> Tile:
    reading, last = clock_reading.read_clock(session, now), clock_reading.last_reply_ms(desk_state.read_state(session))
    name, figure, off = (
        _("The machine's clock"),
        f"{clock_text.format_local_time(now.t):%H:%M:%S}",
        clock_text.clock_offset_ms(reading),
    )
    day = clock_text.misleading_day(reading, now)
    size, at = format_duration(abs(off), seconds=True), format_time_or_day(last, reading) if last is not None else ""
    if reading.behind_ms:
        line = _("%(size)s behind what is known for certain", size=size)
    elif reading.offset_ms is None:
        line = _("Not compared with the centre yet")
    elif not reading.compared and abs(off) >= 500:
        line = (
            _("%(size)s ahead when last compared (%(time)s)", size=size, time=at)
            if off > 0
            else _("%(size)s behind when last compared (%(time)s)", size=size, time=at)
        )
    elif not reading.compared:
        line = _("Agreed with the centre when last compared (%(time)s)", time=at)
    elif abs(off) >= 500:
        line = (
            _("%(size)s ahead of the centre (%(time)s)", size=size, time=at)
            if off > 0
            else _("%(size)s behind the centre (%(time)s)", size=size, time=at)
        )
    else:
        line = _("Agrees with the centre (%(time)s)", time=at)
    if reading.undated:
        return Tile("clock", name, figure, day, line, "bad", _("No date"), now.t)
    if reading.offset_ms is None:
        return Tile("clock", name, figure, "", line, ms=now.t)
    tone, tag = ("wait", _("Wrong")) if clock_text.is_clock_wrong(reading) else ("good", _("Good"))
    return Tile("clock", name, figure, day, line, tone, tag, now.t)


def _room(settings: Settings) -> Tile:
    free = shutil.disk_usage(settings.instance).free
    big = free >= 1 << 30
    figure = formats.decimal(str(free / (1 << 30)), 1) if big else formats.number(free >> 20)
    unit = _("GB free") if big else _("MB free")
    tone, tag = (
        ("bad", _("Full")) if free < NO_ROOM else ("wait", _("Little")) if free < LITTLE_ROOM else ("good", _("Good"))
    )
    return Tile("disk", _("Memory"), figure, unit, _enough(free // RATING_BYTES), tone, tag)


def _enough(ratings: int) -> str:
    """Enough for how many ratings, rounded down to one figure: more would be a promise."""
    if ratings >= 1_000_000:
        return _("Enough for about %(n)s million ratings", n=formats.number(ratings // 1_000_000))
    step = 10 ** max(0, len(str(ratings)) - 1)
    return _("Enough for about %(n)s ratings", n=formats.number(ratings // step * step))


def _book(session: Reader, status: dict[str, Any], safe: RatingSafety, now: Moment) -> Tile:
    total = status["waiting"] + status["sent"]
    state_row = desk_state.read_state(session)
    broken, read = state_row.ledger_fault, state_row.ledger_read_ms
    if status["state"] == "store_set_aside":
        total = 0
        line, tone, tag = _("It begins anew when the device is paired again"), "wait", _("None")
    elif broken:
        place = broken.partition(":")[0]
        line = _("Damaged at entry %(place)s", place=place) if place.isdecimal() else _("The store's file is damaged")
        tone, tag = "bad", _("Damaged")
    elif safe.lacking:
        line, tone, tag = _("The centre lacks what was erased here"), "bad", _("Missing")
    elif kept_ratings.ROLLED_BACK in safe.doubts:
        line, tone, tag = _("Entries that stood here before are gone"), "bad", _("Missing")
    elif kept_ratings.FORKED in safe.doubts:
        line, tone, tag = _("It differs from the centre's"), "bad", _("Differs")
    elif not read:
        line, tone, tag = _("Not read through yet"), "", ""
    else:
        reading = clock_reading.read_clock(session, now)
        line = (
            _("Nothing missing, nothing changed (%(time)s)", time=format_time_or_day(read, reading))
            if 0 < read <= reading.ms
            else _("Nothing missing, nothing changed")
        )
        tone, tag = "good", _("Intact")
    return Tile("link", _("Ledger"), formats.number(total), ngettext("rating", "ratings", total), line, tone, tag)


def _call(phone: str) -> str:
    return _("call %(phone)s", phone=phone.replace(" ", "\u00a0")) if phone else _("call the province's support")
