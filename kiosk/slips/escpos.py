"""ESC/POS, the language of thermal printers, as far as a picture and a printer's answers need it.

A slip goes as a raster (`GS v 0`) in bands, since many printers hold only a few hundred lines, then the paper is fed
and cut. Printers without a knife ignore the cut. `DLE EOT n` asks at once, whatever stands in the printer's buffer;
`GS r 1` waits its turn behind the data, and a printer without paper does not come to it: its answer follows the slip.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

#: Lines of a band.
BAND = 128
#: A picture's set bit is white, a printer's is ink.
_NEGATIVE = bytes(range(255, -1, -1))
_RESET = b"\x1b@"
_RASTER = b"\x1dv0\0"
#: Three lines on, so that the last words clear the knife; then a partial cut.
_FEED_AND_CUT = b"\x1bd\x03\x1dVB\0"
#: What is asked at once (`DLE EOT` 1 to 4: the printer, why it is offline, which error, the paper), and what behind the
#: data.
ASK_NOW = b"".join(b"\x10\x04%c" % n for n in (1, 2, 3, 4))
ASK_IN_TURN = b"\x1dr\x01"
#: How many bytes answer `ASK_NOW`.
ANSWERS = 4
#: What a printer says of itself when it is not well.
PAPER_OUT, COVER_OPEN, ERROR, OFFLINE = "paper_out", "cover_open", "error", "offline"


def encode_raster(picture: Image.Image) -> bytes:
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


def find_trouble(answers: bytes) -> str:
    """What the four answers to `ASK_NOW` say is wrong (`PAPER_OUT`, `COVER_OPEN`, `ERROR`, `OFFLINE`); "" for nothing.
    What a person can see comes first."""
    state, cause, fault, paper = answers
    if cause & 0x04:
        return COVER_OPEN
    if paper & 0x60 or cause & 0x20:
        return PAPER_OUT
    if fault & 0x6C or cause & 0x40:
        return ERROR
    return OFFLINE if state & 0x08 else ""


def is_out_of_paper(answer: int) -> bool:
    """Whether the answer to `ASK_IN_TURN` says that the paper has ended."""
    return bool(answer & 0x0C)


class PrinterAnswers:
    """The bytes a printer sends, told apart by their fixed bits: answers asked for at once, the one in its turn,
    reports that nobody asked for (four bytes each, passed over), and whatever no printer says."""

    def __init__(self) -> None:
        #: those asked for at once, in their order
        self.now = bytearray()
        #: the one that comes behind the data; None until then
        self.in_turn: int | None = None
        #: whether something came that no printer says
        self.garbage = False
        self._report = 0

    def take(self, raw: bytes) -> None:
        """Read what came."""
        for byte in raw:
            if byte in (0x11, 0x13):  # flow control of a serial line
                continue
            if self._report and not byte & 0x90:
                self._report -= 1
            elif byte & 0x93 == 0x12:
                self.now.append(byte)
            elif byte & 0x93 == 0x10:
                self._report = 3
            elif not byte & 0x90:
                self.in_turn = byte
            else:
                self.garbage = True

    @property
    def told(self) -> bytes | None:
        """The newest whole set of answers asked for at once; None where it is not whole, or cannot be believed."""
        return None if self.garbage or len(self.now) < ANSWERS else bytes(self.now[-ANSWERS:])
