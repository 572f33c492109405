"""Contrast in the citizen's style sheets, computed from the tokens as WCAG 2 counts it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from models.design_tokens import COLOURS

ROOT = Path(__file__).resolve().parents[2]
#: A sheet, and the grounds of its pages: text without a ground of its own may stand on any of them.
SHEETS = {
    "kiosk/static/kiosk.css": ("ivory-0", "ivory-1"),
    "kiosk/static/desk.css": ("ivory-0", "ivory-1"),
    "kiosk/static/sleep.css": ("night-2",),
    "admin/static/survey/survey.css": ("ivory-0", "ivory-1"),
}
AAA, DRAWN = 7.0, 3.0
#: Faces and their features: drawings beside a word, which names the answer.
FACES = {"s1": "ivory-0", "s2": "ink", "s3": "ink", "s4": "ink", "s5": "ivory-0"}


def luminance(name: str) -> float:
    parts = [int(COLOURS[name][at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def rules(sheet: str) -> list[tuple[str, dict[str, str]]]:
    """Selector and declarations of every rule whose values are one token each; a sheet's own names are followed."""
    text = re.sub(r"/\*.*?\*/", "", (ROOT / sheet).read_text(encoding="utf-8"), flags=re.S)
    found: list[tuple[str, dict[str, str]]] = [
        (selector.strip(), dict(re.findall(r"(?:^|;)\s*([\w-]+):var\(--([\w-]+)\)", body)))
        for selector, body in re.findall(r"([^{}]+)\{([^{}]*)\}", text)
    ]
    own = {name[2:]: token for selector, body in found if selector == "html" for name, token in body.items()}
    return [
        (selector, {name: own.get(token, token) for name, token in body.items()})
        for selector, body in found
        if "contrast-high" not in selector
    ]


def texts(sheet: str) -> list[tuple[str, str, str]]:
    """Every (selector, colour, ground) that a sheet can put together."""
    return [
        (selector, body["color"], ground)
        for selector, body in rules(sheet)
        if body.get("color") in COLOURS
        for ground in ([body["background"]] if body.get("background") in COLOURS else SHEETS[sheet])
        if not (body["color"] == "ivory-0" and "background" not in body)  # `--on`: its ground is in another rule
    ]


@pytest.mark.parametrize("sheet", SHEETS)
def test_every_text_a_citizen_reads_is_seven_to_one(sheet: str) -> None:
    assert {(one, color, ground) for one, color, ground in texts(sheet) if contrast(color, ground) < AAA} == set()


def test_the_search_finds_texts_on_grounds_of_their_own_and_of_the_page() -> None:
    found = {(color, ground) for sheet in SHEETS for _selector, color, ground in texts(sheet)}
    assert {("ink", "ivory-1"), ("ink-2", "ivory-0"), ("ivory-0", "lam"), ("night-text", "night-2")} <= found
    assert len(found) > 12


@pytest.mark.parametrize(("one", "other"), [("ink", "lam-t"), ("ink", "son-t"), ("ink-2", "lam-t"), ("black", "white")])
def test_texts_on_tints_too(one: str, other: str) -> None:
    assert contrast(one, other) >= AAA


@pytest.mark.parametrize(
    ("one", "other"),
    [("line-2", "ivory-0"), ("line-2", "ivory-1"), ("line-2", "lam-t"), ("gold", "ink"), ("gold", "lam"),
     ("gold", "night-2"), ("lam", "ivory-1"), ("lam-m", "night-2"), ("s5", "ivory-0"), *FACES.items()],
)  # fmt: skip
def test_borders_focus_and_faces_stand_out(one: str, other: str) -> None:
    assert contrast(one, other) >= DRAWN


def test_the_figures_are_the_known_ones() -> None:
    assert round(contrast("black", "white"), 2) == 21
    assert round(contrast("son", "son-t"), 1) == 6.8 and round(contrast("line-2", "ivory-0"), 1) == 4.1
