"""The QR code of an address: inline for a page, as a picture to keep, and as modules for a paper."""

from __future__ import annotations

import base64
import io
import re

import qrcode
from PIL import Image, ImageDraw, ImageFont
from qrcode.constants import ERROR_CORRECT_M
from qrcode.util import MODE_ALPHA_NUM, QRData

from admin.pdf.fonts import FACES

_QUIET = 4


def make_qr_modules(url: str) -> list[list[bool]]:
    """The QR of an address in capitals: alphanumeric mode, level M, with its quiet zone; rows of dark or not."""
    code: qrcode.QRCode[qrcode.image.base.BaseImage] = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=_QUIET)
    code.add_data(QRData(url, mode=MODE_ALPHA_NUM, check_data=True))
    code.make(fit=True)
    modules: list[list[bool]] = code.get_matrix()
    return modules


def make_svg_path(rows: list[list[bool]]) -> str:
    """The dark modules as the `d` of an SVG path, one unit a module."""
    return "".join(
        f"M{run.start()} {y}h{len(run[0])}v1h-{len(run[0])}z"
        for y, cells in enumerate(rows)
        for run in re.finditer("1+", "".join("1" if dark else "0" for dark in cells))
    )


def draw_code_picture(rows: list[list[bool]], words: str, code: str) -> str:
    """The QR with what it is and the code under it, as a one-bit PNG in a `data:` address."""
    dot, side = 10, len(rows)
    width = side * dot
    small, large = (ImageFont.truetype(str(FACES / f"Tinos-{name}.ttf"), size) for name, size in _sizes(width))
    image = Image.new("1", (width, width + 90), 1)
    draw = ImageDraw.Draw(image)
    for y, row in enumerate(rows):
        for x, dark in enumerate(row):
            if dark:
                draw.rectangle((x * dot, y * dot, x * dot + dot - 1, y * dot + dot - 1), fill=0)
    draw.text((width / 2, width - 12), words, font=small, fill=0, anchor="mm")
    draw.text((width / 2, width + 40), code, font=large, fill=0, anchor="mm")
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()


def _sizes(width: int) -> tuple[tuple[str, int], tuple[str, int]]:
    return ("Regular", width // 14), ("Bold", width // 8)
