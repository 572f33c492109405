"""Damaged QR codes of slips: printed at 203 dpi, turned, a tenth of it stained, modules flipped.

They are printed with one bit a dot. Level M mends 44 of the 242 codewords of a version 8, whatever stands in them. A
stain of a tenth of the code spoils about as many where it lies together, and is mended nearly everywhere where it
leaves the three corners alone (measured: 27 of 28 places; at the other it hits one of the four interleaved blocks too
often). Flipped modules that are scattered spoil a codeword each: a tenth of all modules would spoil more than half of
the codewords, which no code of this level and size can mend, so what is held here is what arithmetic allows: one in a
hundred.
"""

from __future__ import annotations

import base64
import random
from collections.abc import Iterator

import pytest
from PIL import Image

from kiosk import qr_code
from models.protocol import slip
from tests.fixtures import qr_reader

TOKEN = base64.b32encode(random.Random(7).randbytes(95)).decode()
URL = slip.url("https://danhgia.ninhbinh.gov.vn", TOKEN)
QUIET, DOTS = 4, 6
TENTH = 0.10
Grid = list[list[bool]]


def grid() -> Grid:
    return [[bool(cell) for cell in row] for row in qr_code.make_paper_code(URL).get_matrix()]


def side(cells: Grid) -> int:
    """Modules without the quiet zone."""
    return len(cells) - 2 * QUIET


def printed(cells: Grid, angle: float = 0) -> Image.Image:
    """As a thermal head prints it, 6 dots a module, turned as it lies on the table, one bit a dot."""
    image = Image.new("1", (len(cells), len(cells)), 1)
    image.putdata([0 if dark else 1 for row in cells for dark in row])
    image = image.resize((len(cells) * DOTS, len(cells) * DOTS), Image.Resampling.NEAREST).convert("L")
    return image.rotate(angle, expand=True, fillcolor=255).point(lambda level: 255 * (level > 127)).convert("1")


def read(cells: Grid, angle: float = 0) -> bool:
    found = qr_reader.read_qr_codes(printed(cells, angle).convert("L"))
    return [one.text for one in found] == [URL]


def corner(row: int, column: int, count: int) -> bool:
    """Whether a module belongs to one of the three corners a reader finds the code by."""
    return (row < 9 and column < 9) or (row < 9 and column >= count - 8) or (row >= count - 8 and column < 9)


def stains() -> Iterator[tuple[int, int, int]]:
    """Every sixth place of a square of a tenth of the modules that leaves the corners alone: top, left, length."""
    count = side(grid())
    length = round((TENTH * count * count) ** 0.5)
    for top in range(0, count - length + 1, 6):
        for left in range(0, count - length + 1, 6):
            ends = [(row, column) for row in (top, top + length - 1) for column in (left, left + length - 1)]
            if not any(corner(row, column, count) for row, column in ends):
                yield top, left, length


def test_the_code_is_version_8_at_most_level_m_and_in_capitals() -> None:
    assert side(grid()) == 49 and URL == URL.upper()
    (found,) = qr_reader.read_qr_codes(printed(grid()).convert("L"))
    assert (found.ec_level, found.extra["Version"]) == ("M", "8")  # type: ignore[index]


@pytest.mark.parametrize(("kind", "angle"), [("ink", 0), ("torn", 7), ("crumpled", 0), ("crumpled", 7)])
def test_a_tenth_of_the_modules_stained_nearly_wherever_the_corners_are_free(kind: str, angle: int) -> None:
    dice, places = random.Random(3), list(stains())
    lost = []
    for top, left, length in places:
        cells = grid()
        for row in range(QUIET + top, QUIET + top + length):
            for column in range(QUIET + left, QUIET + left + length):
                cells[row][column] = {"ink": True, "torn": False, "crumpled": dice.random() < 0.5}[kind]
        if not read(cells, angle):
            lost.append((top, left))
    assert len(places) == 28 and len(lost) <= 1


def flipped(share: float, seed: int) -> Grid:
    """`share` of all modules flipped, scattered by lot over what is not a corner or a timing line."""
    cells, dice = grid(), random.Random(seed)
    count = side(cells)
    free = [
        (row, column)
        for row in range(count) for column in range(count)
        if not corner(row, column, count) and 6 not in (row, column)
    ]  # fmt: skip
    for row, column in dice.sample(free, round(share * count * count)):
        cells[QUIET + row][QUIET + column] ^= True
    return cells


@pytest.mark.parametrize(
    ("share", "angle", "least"), [(0.005, 7, 20), (0.01, 0, 18), (0.01, 7, 17)],
    ids=["half a percent, askew", "one percent", "one percent, askew"],
)  # fmt: skip
def test_scattered_specks_are_mended_as_far_as_level_m_goes(share: float, angle: int, least: int) -> None:
    assert sum(read(flipped(share, seed), angle) for seed in range(20)) >= least


def test_a_tenth_of_scattered_flips_is_beyond_any_code_of_this_size_and_says_nothing_wrong() -> None:
    """Nothing is read, rather than something else: a damaged slip never opens another one's page."""
    for seed in range(4):
        found = qr_reader.read_qr_codes(printed(flipped(TENTH, seed)).convert("L"))
        assert [one.text for one in found] == []
