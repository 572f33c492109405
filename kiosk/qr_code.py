"""QR codes as drawings of whole modules, on paper and on screens.

Imported only when one is drawn: `qrcode` stays out of the desk's start.
"""

from __future__ import annotations

import functools
import re

import qrcode
import qrcode.image.base
from qrcode.constants import ERROR_CORRECT_L, ERROR_CORRECT_M
from qrcode.util import MODE_ALPHA_NUM, QRData


def make_paper_code(url: str) -> qrcode.QRCode[qrcode.image.base.BaseImage]:
    """The QR of an address in capitals: alphanumeric mode, level M, quiet zone of 4 modules."""
    return _made(url, ERROR_CORRECT_M)


@functools.lru_cache(maxsize=8)
def draw_screen_outline(url: str) -> tuple[int, str]:
    """The QR for a screen, where nothing smudges it: level L. Returns how many modules it is wide, quiet zone of 4 on
    each side included, and the dark modules as the path of an SVG with that view box."""
    return _path(_made(url, ERROR_CORRECT_L))


def draw_screen_svg(url: str) -> bytes:
    """The QR for a screen as an SVG picture on white, without style attributes."""
    return _picture(*draw_screen_outline(url))


def draw_paper_svg(url: str) -> bytes:
    """The QR for paper as an SVG picture on white, 1 mm a module."""
    return _picture(*_path(make_paper_code(url)), unit="mm")


def _made(url: str, level: int) -> qrcode.QRCode[qrcode.image.base.BaseImage]:
    code = qrcode.QRCode(error_correction=level, border=4)
    code.add_data(QRData(url, mode=MODE_ALPHA_NUM, check_data=True))
    code.make(fit=True)
    return code


def _path(code: qrcode.QRCode[qrcode.image.base.BaseImage]) -> tuple[int, str]:
    modules = code.get_matrix()
    return len(modules), "".join(
        f"M{run.start()} {y}h{len(run[0])}v1h-{len(run[0])}z"
        for y, cells in enumerate(modules)
        for run in re.finditer("1+", "".join("1" if dark else "0" for dark in cells))
    )


def _picture(side: int, path: str, unit: str = "") -> bytes:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{side}{unit}" height="{side}{unit}" '
        f'viewBox="0 0 {side} {side}" shape-rendering="crispEdges">'
        f'<path fill="#fff" d="M0 0h{side}v{side}h-{side}z"/><path d="{path}"/></svg>\n'
    ).encode()
