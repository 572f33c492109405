"""The lines that commands print of slips that went to a printer."""

from __future__ import annotations

import sys

import click

from kiosk.cli.base import fail, printable
from kiosk.slips import escpos, printer
from kiosk.slips.printer import Known, Outcome
from translations.formats import folded

_WHY = {
    escpos.PAPER_OUT: "máy in hết giấy", escpos.COVER_OPEN: "nắp máy in đang mở", escpos.ERROR: "máy in báo lỗi",
    escpos.OFFLINE: "máy in chưa sẵn sàng", printer.UNREACHABLE: "không kết nối được máy in",
    printer.ABSENT: "máy này không có máy in đó", printer.DENIED: "máy này không được phép dùng máy in",
    printer.BUSY: "máy in đang bận", printer.CLOSED: "máy in đóng kết nối", printer.RESET: "máy in ngắt kết nối",
    printer.SLOW: "máy in không nhận thêm",
}  # fmt: skip


def told(known: Known, to: str, serial: int, count: int, paper: str) -> str:
    """What is known of `count` slips from `serial` on that went to the printer `to`, for a result: `printed`, or
    `taken`, which a line on stderr explains. Ends the command with exit code 1 for anything less."""
    slips = f"Phiếu số {serial}" if count == 1 else f"Các phiếu số {serial}–{serial + count - 1}"
    more = "" if count == 1 else f" --count {count}"
    again = f"hailong kiosk slip --again {serial}{more} --paper {paper} --print {to}"
    if known.outcome is Outcome.PRINTED:
        return known.outcome.value
    if known.outcome is Outcome.TAKEN:
        text = f"Máy in đã nhận hết nhưng không báo đã in hay chưa. Xem tờ giấy; nếu chưa ra đủ: {again}"
        click.echo(folded(printable(text), sys.stderr), err=True)
        return known.outcome.value
    why = _WHY.get(known.why, "máy in không trả lời") + (f": {known.detail}" if known.detail else "")
    safe = f"{slips} đã ghi trong sổ và vẫn dùng được"
    if known.outcome is Outcome.NOT_PRINTED:
        fail("not_printed", f"Chưa in gì ({why}). {safe}. Xem lại máy in, rồi: {again}")
    if known.outcome is Outcome.CUT_SHORT:
        fail("print_cut_short", f"Chưa in xong ({why}). {safe}. Hủy tờ in dở, xem lại máy in, rồi: {again}")
    fail("print_unsure", f"Không biết đã in xong chưa ({why}). {safe}. Xem tờ giấy; chỉ khi chưa ra đủ: {again}")
