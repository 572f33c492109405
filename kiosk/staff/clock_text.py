"""Words for the desk's clock and times: how far it is off, what that means for slips, where to set it."""

from __future__ import annotations

from datetime import date, datetime

from kiosk.desk.clock_reading import ClockReading
from kiosk.desk.kept_ratings import RatingSafety
from models.clock import DAY_MS, HCM, HOUR_MS, MINUTE_MS, Moment, local_day
from translations import formats, ngettext
from translations import gettext as _

#: A clock off by more than this is named (milliseconds).
CLOCK_MS = MINUTE_MS


def format_duration(ms: int, seconds: bool = False) -> str:
    """A length of time in words, from milliseconds: `3 giờ 11 phút`. `seconds`: below two minutes in seconds."""
    if seconds and ms < 2 * MINUTE_MS:
        return ngettext("%(n)s second", "%(n)s seconds", round(ms / 1000))
    if ms < HOUR_MS:
        return ngettext("%(n)s minute", "%(n)s minutes", ms // MINUTE_MS)
    if ms < DAY_MS:
        hours, minutes = ms // HOUR_MS, ms % HOUR_MS // MINUTE_MS
        if not minutes:
            return _("%(hours)s h", hours=hours)
        return _("%(hours)s h %(minutes)s min", hours=hours, minutes=minutes)
    days = ms // DAY_MS
    return ngettext("%(number)s day", "%(number)s days", days, number=formats.number(days))


def clock_offset_ms(reading: ClockReading) -> int:
    """How far the clock runs ahead (negative: behind) of what is known best (ms); 0 when nothing is known."""
    return -reading.behind_ms if reading.behind_ms else reading.offset_ms or 0


def is_clock_wrong(reading: ClockReading) -> bool:
    """Whether staff must hear of the clock: it is a minute off or more, or slips carry no date."""
    return reading.undated or abs(clock_offset_ms(reading)) >= CLOCK_MS


def misleading_day(reading: ClockReading, now: Moment) -> str:
    """The day that the machine shows (`01/01/2016`), where people must see it: it is another one, or may be; else
    nothing."""
    if not reading.undated and local_day(now.t) == reading.day:
        return ""
    return formats.day(date.fromisoformat(local_day(now.t)))


def describe_clock_offset(reading: ClockReading, now: Moment) -> str:
    """How far the clock is off, and which day it shows if that is another one; one or two sentences."""
    day = misleading_day(reading, now)
    return " ".join((_far(reading), _("It shows %(day)s.", day=day))) if day else _far(reading)


def _far(reading: ClockReading) -> str:
    off = clock_offset_ms(reading)
    size = format_duration(abs(off), seconds=True)
    if abs(off) < CLOCK_MS:
        return _("This machine cannot know the date.")
    if reading.compared or reading.behind_ms:
        return (
            _("The machine's clock is %(size)s ahead.", size=size)
            if off > 0
            else _("The machine's clock is %(size)s behind.", size=size)
        )
    return (
        _("The machine's clock was %(size)s ahead when it was last compared.", size=size)
        if off > 0
        else _("The machine's clock was %(size)s behind when it was last compared.", size=size)
    )


def describe_slip_dates(reading: ClockReading, promise: RatingSafety) -> str:
    """What it means for slips made now; one or two sentences. Nothing about slips where none can be made."""
    if not promise.mints:
        return ""
    if reading.undated:
        return _("Slips made now carry no date and no due day; citizens can use them all the same.")
    if reading.compared:
        return _("Slips carry the right time all the same: it is reckoned from the centre's clock.")
    return _("Slips made now carry a time that is reckoned with that difference: the centre was not reached yet since "
             "this start.")  # fmt: skip


def describe_clock_remedy(reading: ClockReading) -> str:
    """What to do; one sentence."""
    if reading.compared:
        return _("To set it: staff page of the tablet, Leave kiosk mode, then the machine's Date and time.")
    return _("Connect the network, then the time comes from the centre; or set it: staff page of the tablet, Leave "
             "kiosk mode, then the machine's Date and time.")  # fmt: skip


def make_clock_warning(reading: ClockReading, promise: RatingSafety, now: Moment) -> tuple[str, str] | None:
    """Title and text for the staff's and the officer's page; None while the clock is right, as far as is known."""
    if not is_clock_wrong(reading):
        return None
    return describe_clock_offset(reading, now), " ".join(
        filter(None, (describe_slip_dates(reading, promise), describe_clock_remedy(reading)))
    )


def format_local_time(ms: int) -> datetime:
    """The local date and time of a moment (ms since 1970)."""
    return datetime.fromtimestamp(ms / 1000, HCM)


def format_time_of_day(ms: int) -> str:
    """`09:42`, local."""
    return formats.time_of_day(ms)


def format_time_or_day(ms: int, reading: ClockReading) -> str:
    """A time of today, else day and time; with its day wherever this machine cannot know today's."""
    today = not reading.undated and local_day(ms) == reading.day
    return format_time_of_day(ms) if today else f"{format_time_of_day(ms)}, {formats.day_of(ms)}"


def to_centre_time(ms: int | None, spoke_ms: int | None, reading: ClockReading) -> int | None:
    """A time (ms since 1970) that this machine's clock gave, by the centre's clock; None where it cannot be true: it
    lies before the centre's last answer or is still to come, or nobody knows the present."""
    if ms is None or reading.undated:
        return None
    at = ms - (reading.offset_ms or 0)
    return at if (spoke_ms or 0) - 2 * MINUTE_MS <= at <= reading.ms + MINUTE_MS else None


def format_day_in_words(ms: int, reading: ClockReading) -> str:
    """Its day in words: today is called so where this machine knows it."""
    at = format_local_time(ms).date()
    if reading.undated or local_day(ms) != reading.day:
        return formats.day(at)
    return _("today, %(day)s", day=formats.short_day(at))
