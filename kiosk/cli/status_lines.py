"""The desk's status for people at the console: the staff page's figures and warnings, line by line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kiosk.desk import clock_reading, kept_ratings, reference, set_aside_stores, state, status_figures
from kiosk.desk.clock_reading import ClockReading
from kiosk.error_catalogue import command_errors
from kiosk.settings import Settings
from kiosk.staff import clock_text, kept_ratings_text, status_text
from models.clock import Moment
from models.storage.row_reading import Reader
from translations import current_locale, lazy, ngettext
from translations import gettext as _

if TYPE_CHECKING:
    from models.storage.database import Database

#: A ledger of which the centre takes no more; nobody at the desk can begin another one.
_FORKED = lazy("the ledger differs from the centre's; the ratings stay on the machine")
_CLOSED = lazy("the centre has closed this ledger; the ratings stay on the machine")
#: How the centre sees the device, as long as it may send.
_STATES = {
    "new": lazy("not paired with a centre yet"), "active": lazy("active"), "forked": _FORKED, "closed": _CLOSED,
    "suspended": lazy("paused by the centre"), "revoked": lazy("withdrawn by the centre"),
    "lost": lazy("reported lost"),
    "store_set_aside": lazy("the damaged store was set aside; the device must be paired again"),
}  # fmt: skip
_OTHER_STATE = lazy("the centre does not take ratings from this device")
_SHAPES = {"process": lazy("a process of its own (hailong kiosk sync)"), "thread": lazy("serve is the sender")}
_WIDTH = 20


def build_status_lines(session: Reader, settings: Settings, now: Moment) -> list[str]:
    """What a person is told: what this machine is, what waits, who sends, what is wrong and what to do."""
    status = status_figures.read_figures(session, settings)
    snapshot, device = reference.read_reference(session, now), status["device"]
    desk = f", {snapshot.device_label}, {snapshot.desk_name.text(current_locale())}" if snapshot is not None else ""
    lines = [
        _line(_("Device"), f"{device}{desk}" if device else _("not paired")),
        _line(_("Device's state"), str(_STATES.get(status["state"], _OTHER_STATE))),
    ]
    if device is not None:
        lines.append(_line(_("Sending"), _sender(session, status, now)))
    unsent_text = ngettext("%(n)s rating not sent off yet", "%(n)s ratings not sent off yet", status["open"])
    lines.append(_line(_("Being given"), unsent_text))
    if n := status["unsendable"]:
        text = ngettext("%(n)s comment or code beside a rating cannot be sent",
                        "%(n)s comments or codes beside ratings cannot be sent", n)  # fmt: skip
        lines.append(_line(_("Damaged additions"), text))
    if device is not None:
        for tile in status_text.build_tiles(session, settings, now):
            figure = " ".join(filter(None, (tile.figure, tile.unit)))
            tag = "" if tile.line.startswith(tile.tag) else tile.tag  # not twice
            lines.append(_line(tile.name, ". ".join(part.rstrip(".") for part in (figure, tile.line, tag) if part)))
        lines += [f"→ {one.title} {one.text}" for one in _warnings(session, settings, snapshot, now)]
    elif stores := set_aside_stores.list_set_aside_stores(settings):
        lines.append(f"→ {command_errors.ANY_COMMAND['store_set_aside'].sentence({'name': stores[-1].name})}")
    else:
        pair = _("Pair this machine: hailong kiosk enrol https://CENTRE CODE")
        lines.append(f"→ {pair}")
    lines.append(_line(_("Version"), settings.version))
    return lines


def describe_unsent_ratings(database: Database, settings: Settings) -> str:
    """How many ratings stand here and not yet at the centre, as a sentence."""
    with database.read() as session:
        return kept_ratings_text.describe_unsent_ratings(kept_ratings.assess_safety(session, settings))


def _warnings(
    session: Reader, settings: Settings, desk: reference.Reference | None, now: Moment
) -> list[status_text.Banner]:
    return status_text.build_banners(session, settings, desk, now) if desk is not None else []


def _sender(session: Reader, status: dict[str, object], now: Moment) -> str:
    """Who sends, whether it lives, and when it last went round."""
    sender = status["sender"]
    assert isinstance(sender, dict)
    shape, last_seen_ms, reading = (
        _SHAPES.get(str(status["sync"])),
        sender["last_seen_ms"],
        clock_reading.read_clock(session, now),
    )
    at = clock_text.to_centre_time(last_seen_ms, clock_reading.last_reply_ms(state.read_state(session)), reading)
    last = _("never so far") if last_seen_ms is None else _("last time %(when)s", when=_ago(at, reading))
    if sender["alive"]:
        return _("running, %(last)s; %(shape)s", last=last, shape=shape) if shape else _("running, %(last)s", last=last)
    way = (
        _("Start hailong kiosk serve again")
        if status["sync"] == "thread"
        else _("The service hailong-kiosk-sync, or: hailong kiosk sync")
    )
    return _("NO sender is running, %(last)s. %(way)s", last=last, way=way)


def _ago(ms: int | None, reading: ClockReading) -> str:
    """A time of the past for people: when, and how long ago; None: a clock that was wrong said it."""
    if ms is None:
        return _("unknown (the machine's clock was wrong or was set)")
    at, elapsed_ms = clock_text.format_time_or_day(ms, reading), reading.ms - ms
    if elapsed_ms < 60_000:
        return _("at %(time)s (just now)", time=at)
    return _("at %(time)s (%(age)s ago)", time=at, age=clock_text.format_duration(elapsed_ms))


def hanging_indent(line: str) -> int:
    """How far the rest of a folded line stands in (columns): under its words, beside the names."""
    return 2 if line.startswith("→") else _WIDTH


def _line(name: str, text: str) -> str:
    return f"{name:<{_WIDTH}}{text}"
