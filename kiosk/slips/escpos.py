"""ESC/POS, the language of thermal printers, as far as a picture needs it, and the way to the printer.

A slip goes as a raster (`GS v 0`) in bands, since many printers hold only a few hundred lines, then the paper is fed
and cut. Printers without a knife ignore the cut.
"""

from __future__ import annotations

import os
import re
import socket

from PIL import Image

#: Lines of a band.
BAND = 128
#: A picture's set bit is white, a printer's is ink.
_NEGATIVE = bytes(range(255, -1, -1))
_RESET = b"\x1b@"
_RASTER = b"\x1dv0\0"
#: Three lines on, so that the last words clear the knife; then a partial cut.
_FEED_AND_CUT = b"\x1bd\x03\x1dVB\0"
_TCP = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9][A-Za-z0-9.-]*):(?P<port>\d{2,5})")
#: Seconds a printer in the network is given.
PATIENCE = 5.0


class NoPrinter(OSError):
    """The printer cannot be reached, or did not take everything."""


def raster(picture: Image.Image) -> bytes:
    """The commands that print a one-bit picture and cut the paper. Its width must be a multiple of 8 dots."""
    if picture.mode != "1" or picture.width % 8:
        raise ValueError("one bit a dot, a multiple of 8 dots wide")
    ink = picture.tobytes().translate(_NEGATIVE)
    row = picture.width // 8
    out = [_RESET]
    for top in range(0, picture.height, BAND):
        lines = min(BAND, picture.height - top)
        size = row.to_bytes(2, "little") + lines.to_bytes(2, "little")
        out += [_RASTER, size, ink[top * row : (top + lines) * row]]
    return b"".join([*out, _FEED_AND_CUT])


def send(data: bytes, printer: str) -> None:
    """Send commands to a device (`/dev/usb/lp0`, `LPT1`, `\\\\.\\COM3`) or to `host:9100`. Raises `NoPrinter`; nothing
    is made at a path where no device is."""
    address = _TCP.fullmatch(printer)
    try:
        if address:
            with socket.create_connection((address["host"].strip("[]"), int(address["port"])), PATIENCE) as line:
                line.sendall(data)
                line.shutdown(socket.SHUT_WR)
            return
        device = os.open(printer, os.O_WRONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOCTTY", 0))
        with os.fdopen(device, "wb") as out:
            out.write(data)
    except (OSError, ValueError, OverflowError) as error:
        raise NoPrinter(getattr(error, "strerror", None) or str(error)) from error
