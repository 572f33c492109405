"""Symbols on paper: the faces and the mark of `static/faces.svg` as paths, drawn as on the screens."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from models.design_tokens import COLOURS

_FILE = Path(__file__).resolve().parents[1] / "static" / "faces.svg"
_TOKEN = re.compile(r"[Mcz]|-?(?:\d*\.\d+|\d+)")


@dataclass(frozen=True)
class Shape:
    """One filled path: `M`, `c`, `z` with their numbers, absolute; a colour token (None: the given colour)."""

    moves: tuple[tuple[str, tuple[float, ...]], ...]
    colour: str | None
    alpha: float
    even_odd: bool


@functools.cache
def read_symbol(name: str) -> tuple[tuple[float, ...], tuple[Shape, ...]]:
    """The view box and the shapes of a drawing (`face-1` … `face-5`, `face-1-line` …, `brand`)."""
    root = ElementTree.parse(_FILE).getroot()
    (symbol,) = [node for node in root.iter() if node.get("id") == name]
    box = tuple(float(part) for part in (symbol.get("viewBox") or "").split())
    return box, tuple(_shape(node) for node in symbol)


def _shape(node: Any) -> Shape:
    variable = re.fullmatch(r"var\(--([\w-]+)\)", node.get("fill", ""))
    return Shape(
        tuple(_moves(node.get("d", ""))),
        COLOURS[variable[1]] if variable else None,
        float(node.get("opacity", "1")),
        node.get("fill-rule") == "evenodd",
    )


def _moves(d: str) -> Iterator[tuple[str, tuple[float, ...]]]:
    """The path's moves with absolute numbers; the drawings know `M`, `c` and `z` alone."""
    parts = _TOKEN.findall(d)
    at, x, y = 0, 0.0, 0.0
    command = ""
    while at < len(parts):
        if parts[at] in "Mcz":
            command = parts[at]
            at += 1
        if command == "z":
            yield "z", ()
            continue
        count = 2 if command == "M" else 6
        numbers = [float(part) for part in parts[at : at + count]]
        at += count
        absolute = numbers if command == "M" else [n + (y if i % 2 else x) for i, n in enumerate(numbers)]
        x, y = absolute[-2:]
        yield command, tuple(absolute)


def draw_symbol(canvas: Any, name: str, x: float, y: float, side: float, colour: str) -> None:
    """Draw a symbol with its lower left corner at (x, y), `side` points wide."""
    (left, top, width, _height), shapes = read_symbol(name)
    scale = side / width

    def place(numbers: tuple[float, ...]) -> list[float]:
        return [
            y + side - (n - top) * scale if i % 2 else x + (n - left) * scale for i, n in enumerate(numbers)
        ]  # fmt: skip

    for shape in shapes:
        path = canvas.beginPath()
        for command, numbers in shape.moves:
            {"M": path.moveTo, "c": path.curveTo, "z": path.close}[command](*place(numbers))
        canvas.saveState()
        canvas.setFillColor(shape.colour or colour)
        canvas.setFillAlpha(shape.alpha)
        canvas.drawPath(path, stroke=0, fill=1, fillMode=0 if shape.even_odd else 1)
        canvas.restoreState()
