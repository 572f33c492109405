"""The desk's status for people at the console: the staff page's figures and warnings, line by line."""

from __future__ import annotations

from sqlalchemy.orm import Session

from kiosk import health
from kiosk.cli.base import SET_ASIDE
from kiosk.desk import clock_reading, promise, reference, set_aside, state
from kiosk.desk.clock_reading import ClockReading
from kiosk.settings import Settings
from kiosk.staff import clock_text, promise_text, status_text
from models.clock import Moment
from models.storage.database import Database
from translations import use_locale

#: A ledger of which the centre takes no more; nobody at the desk can begin another one.
_STAYS = "phiếu ở lại trên máy"
#: How the centre sees the device, as long as it may send.
_STATES = {
    "new": "chưa ghép với trung tâm", "active": "đang hoạt động", "forked": f"sổ khác với trung tâm; {_STAYS}",
    "suspended": "trung tâm đang tạm dừng", "revoked": "trung tâm đã thu hồi", "lost": "đã được báo mất",
    "store_set_aside": "kho bị hỏng đã để riêng, phải ghép lại",
    "closed": f"trung tâm đã khép sổ này; {_STAYS}",
}  # fmt: skip
_SHAPES = {"process": "tiến trình riêng (hailong kiosk sync)", "thread": "serve tự gửi"}
_WIDTH = 20
_START = "Dịch vụ hailong-kiosk-sync, hoặc: hailong kiosk sync"


def lines(session: Session, settings: Settings, now: Moment) -> list[str]:
    """What a person is told: what this machine is, what waits, who sends, what is wrong and what to do."""
    status = health.status(session, settings)
    known, found = reference.current(session, now), []
    with use_locale("vi"):
        desk = f", {known.device_label}, {known.desk_name.text('vi')}" if known is not None else ""
        found.append(_line("Thiết bị", f"{status['device']}{desk}" if status["device"] else "chưa ghép"))
        found.append(_line("Trạng thái", _STATES.get(status["state"], "trung tâm không nhận phiếu từ thiết bị này")))
        if status["device"] is not None:
            found.append(_line("Gửi", _sender(session, status, now)))
        found.append(_line("Đang đánh giá", f"{status['open']} phiếu chưa bấm gửi"))
        if status["unsendable"]:
            found.append(_line("Phần kèm bị hỏng", f"{status['unsendable']} ý kiến hoặc mã kèm phiếu không gửi được"))
        if status["device"] is not None:
            for tile in status_text.tiles(session, settings, now):
                figure = " ".join(filter(None, (tile.figure, tile.unit)))
                tag = "" if tile.line.startswith(tile.tag) else tile.tag  # not twice
                found.append(_line(tile.name, ". ".join(part.rstrip(".") for part in (figure, tile.line, tag) if part)))
            found += [f"→ {one.title} {one.text}" for one in _warnings(session, settings, known, now)]
        elif kept := set_aside.kept(settings):
            found.append(f"→ {SET_ASIDE.format(name=kept[-1].name)}")
        else:
            found.append("→ Ghép máy này: hailong kiosk enrol https://TRUNG-TÂM MÃ")
    found.append(_line("Phiên bản", settings.version))
    return found


def staying(database: Database, settings: Settings) -> str:
    """How many ratings stand here and not yet at the centre, as a sentence."""
    with database.read() as session, use_locale("vi"):
        return promise_text.staying(promise.of(session, settings))


def _warnings(
    session: Session, settings: Settings, known: reference.Reference | None, now: Moment
) -> list[status_text.Banner]:
    return status_text.banners(session, settings, known, now) if known is not None else []


def _sender(session: Session, status: dict[str, object], now: Moment) -> str:
    """Who sends, whether it lives, and when it last went round."""
    sender = status["sender"]
    assert isinstance(sender, dict)
    shape, seen, reading = _SHAPES.get(str(status["sync"])), sender["last_seen_ms"], clock_reading.read(session, now)
    at = clock_text.past(seen, clock_reading.spoke_ms(state.read(session)), reading)
    last = "chưa lần nào" if seen is None else f"lần gần nhất {_ago(at, reading)}"
    if sender["alive"]:
        return f"đang chạy, {last}" + (f"; {shape}" if shape else "")
    way = "chạy lại hailong kiosk serve" if status["sync"] == "thread" else _START
    return f"KHÔNG có chương trình gửi nào đang chạy, {last}. {way}"


def _ago(ms: int | None, reading: ClockReading) -> str:
    """A time of the past for people: when, and how long ago; None: a clock that was wrong said it."""
    if ms is None:
        return "không rõ lúc nào (giờ máy đã sai hoặc đã chỉnh)"
    at, passed = clock_text.when(ms, reading), reading.ms - ms
    return f"lúc {at} (vừa xong)" if passed < 60_000 else f"lúc {at} ({clock_text.lasting(passed)} trước)"


def hang(line: str) -> int:
    """How far the rest of a folded line stands in (columns): under its words, beside the names."""
    return 2 if line.startswith("→") else _WIDTH


def _line(name: str, text: str) -> str:
    return f"{name:<{_WIDTH}}{text}"
