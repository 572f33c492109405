"""Vietnamese input methods: the keys pressed by somebody whose keyboard made letters of a code.

With Telex, VNI or VIQR switched on (Unikey on a PC, most keyboards of phones) `DD` becomes Đ, `AS` Á, `A6` Â, `W` Ư;
the key of a mark may be pressed later in the run of letters than its vowel. One text has several readings; whoever
checks them by arithmetic finds the right one, whoever cannot takes a text that has only one.

Keys, as their makers publish them:

| mark          | Telex         | VNI     | VIQR    |
|---------------|---------------|---------|---------|
| sắc … nặng    | S F R X J     | 1 2 3 4 5 | ' ` ? ~ . |
| mũ (Â Ê Ô)    | the letter again | 6    | ^       |
| móc (Ơ Ư)     | W (alone: Ư)  | 7       | + *     |
| trăng (Ă)     | W             | 8       | (       |
| Đ             | D             | 9       | D       |

A key pressed twice undoes its mark and is left behind once (`ASS` is AS); another tone takes the place of the first
(`ASF` is À). Both lose a key that no text shows; it is looked for where the code is otherwise too short.
"""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from models.protocol import crockford

VIETNAMESE_IS_DATA = "the letters that input methods make of keys"

#: Readings that are looked at of one text.
MOST = 64
#: Ways of one run of letters; a run in which more keys went astray is not read.
_MOST_OF_RUN = 1024
_VOWELS = frozenset("AEIOUY")
#: Marks as Unicode has them: sắc, huyền, hỏi, ngã, nặng.
_TONES = "\u0301\u0300\u0309\u0303\u0323"
_HAT, _BREVE, _HORN, _STROKE = "\u0302", "\u0306", "\u031b", "-"


@dataclass(frozen=True, slots=True)
class InputMethod:
    """An input method's keys: of the five tones; of the shapes of letters, each by the letter it is pressed for.
    `digits`: whether digits are keys, so that they part no run."""

    tones: str
    shapes: dict[str, dict[str, str]]
    digits: bool = False


#: VIQR's marks are signs that no code has, so nothing of it stays but the letter (but D for Đ).
_NO_KEY = dict.fromkeys("AEIOUYD", "")
TELEX = InputMethod(
    "SFRXJ", {_HAT: {"A": "A", "E": "E", "O": "O"}, _BREVE: {"A": "W"}, _HORN: {"O": "W"}, _STROKE: {"D": "D"}}
)
VNI = InputMethod(
    "12345",
    {_HAT: dict.fromkeys("AEO", "6"), _BREVE: {"A": "8"}, _HORN: dict.fromkeys("OU", "7"), _STROKE: {"D": "9"}},
    digits=True,
)
VIQR = InputMethod("", {_HAT: _NO_KEY, _BREVE: _NO_KEY, _HORN: _NO_KEY, _STROKE: {"D": "D"}})


def shows_input_method(text: str) -> bool:
    """Whether a text shows that an input method was on, words around a code aside."""
    return any(
        crockford.strip_marks(piece) != piece for parts in crockford.split_typed_text(text)[-1:] for piece in parts
    )


def may_be_input_method(text: str) -> bool:
    """Whether an input method may have made a text what it is: one shows, or some signs are missing of a code."""
    signs = len("".join(crockford.split_typed_text(text)[-1]))
    return shows_input_method(text) or 9 <= signs < 12 or 13 <= signs < 16


def list_possible_codes(text: str, length: int, most: int = MOST, signs: str = crockford.ALPHABET) -> list[str]:
    """The codes of `length` characters that somebody may have typed, the likeliest first and `most` at most; one where
    no input method was on, none where it cannot be a code. `signs`: those of the alphabet that such codes have."""
    plain = crockford.read_typed_code(text, length, signs)
    if plain is not None:
        return [plain]
    codes: dict[str, None] = {}
    for parts in crockford.split_typed_text(text):
        if len("".join(parts)) > 2 * length:
            continue
        for method in (TELEX, VNI, VIQR):
            for keys in _read(parts, length, method):
                if not set(keys) <= set(signs):
                    continue
                codes[keys] = None
                if len(codes) >= most:
                    return list(codes)
    return list(codes)


@dataclass(frozen=True, slots=True)
class _Cell:
    """A sign that is shown: its letter or digit, and the keys of its marks. `tone`: one of them is a tone's."""

    base: str
    shape: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class _Press:
    """A key that shows only as a mark, or not at all: pressed behind one of the cells `first` to `last`."""

    key: str
    first: int
    last: int


def _read(parts: list[str], length: int, method: InputMethod) -> Iterator[str]:
    """The key sequences of this length behind a text, the likeliest first."""
    runs: list[list[_Cell]] = []
    for part in parts:
        cells = _cells(part, method)
        if cells is None:
            return
        runs.extend(_runs(cells, method))
    pressed = [_presses(run, method) for run in runs]
    key_count = sum(map(len, runs)) + sum(map(len, pressed))
    if key_count == length:
        yield from _joined([_orders(run, presses) for run, presses in zip(runs, pressed, strict=True)])
    elif key_count == length - 1:  # one key was lost
        for at, run in enumerate(runs):
            for lost in _lost(run, method):
                several = [[*presses, lost] if place == at else presses for place, presses in enumerate(pressed)]
                yield from _joined([_orders(run, presses) for run, presses in zip(runs, several, strict=True)])


def _cells(part: str, method: InputMethod) -> list[_Cell] | None:
    """The signs of a piece; None where one has a mark that this method cannot make."""
    cells = []
    for sign in part:
        base, *marks = list("D-" if sign == "Đ" else unicodedata.normalize("NFD", sign))
        shape = tone = ""
        for mark in marks:
            if mark in _TONES:
                tone = method.tones[_TONES.index(mark)] if method.tones else ""
            elif method is TELEX and (base, mark) == ("U", _HORN):
                base = "W"  # no code has a U: W was pressed alone
            elif base in method.shapes.get(mark, ()):
                shape = method.shapes[mark][base]
            else:
                return None
        if crockford.canonical_code(base) is None:
            return None
        cells.append(_Cell(base, shape, tone))
    return cells


def _runs(cells: list[_Cell], method: InputMethod) -> Iterator[list[_Cell]]:
    """What input methods take for words: a key of a mark works no further. A digit that is no key is one by itself."""
    run: list[_Cell] = []
    for cell in cells:
        if cell.base.isdigit() and not method.digits:
            yield from ([run, [cell]] if run else [[cell]])
            run = []
        else:
            run.append(cell)
    if run:
        yield run


def _presses(run: list[_Cell], method: InputMethod) -> list[_Press]:
    """The keys that show as marks in a run."""
    last, presses = len(run) - 1, []
    for at, cell in enumerate(run):
        if cell.shape:
            presses.append(_Press(cell.shape, at, last))
        if cell.tone:
            first = at
            while first and _is_vowel(run[first - 1], method):  # it moves to a later vowel
                first -= 1
            presses.append(_Press(cell.tone, first, last))
    return presses


def _lost(run: list[_Cell], method: InputMethod) -> Iterator[_Press]:
    """The one key that may have left no trace in a run: pressed twice, or replaced by another."""
    of_a = {letters["A"] for letters in method.shapes.values() if letters.get("A")}
    for at, cell in enumerate(run):
        earlier = [place for place in range(at) if _takes(run[place], cell.base, method)]
        if earlier:
            yield _Press(cell.base, earlier[0], at - 1)
        if cell.base == "W" and method is TELEX:  # WW
            yield _Press("W", at, at)
    for at, cell in enumerate(run):
        if cell.tone:
            for key in method.tones:
                if key != cell.tone:
                    yield _Press(key, at, len(run) - 1)
        if cell.shape and cell.base == "A":
            for key in sorted(of_a - {cell.shape}):
                yield _Press(key, at, len(run) - 1)


def _takes(cell: _Cell, key: str, method: InputMethod) -> bool:
    """Whether a key would have put a mark on this sign."""
    if key in method.tones:
        return _is_vowel(cell, method)
    return any(letters.get(cell.base) == key for letters in method.shapes.values())


def _is_vowel(cell: _Cell, method: InputMethod) -> bool:
    return cell.base in _VOWELS or (cell.base == "W" and method is TELEX)


def _orders(run: list[_Cell], presses: list[_Press]) -> list[str]:
    """The key sequences of a run, those first in which keys are pressed right behind their letters, or at its end."""
    bases = [cell.base for cell in run]
    if not presses:
        return ["".join(bases)]
    distances: dict[str, int] = {}
    places = itertools.product(*(range(press.first, press.last + 1) for press in presses))
    for chosen in itertools.islice(places, _MOST_OF_RUN):
        far = sum(min(at - press.first, press.last - at) for at, press in zip(chosen, presses, strict=True))
        for order in itertools.permutations(range(len(presses))) if len(presses) < 4 else [tuple(range(len(presses)))]:
            behind: dict[int, str] = {}
            for one in order:
                behind[chosen[one]] = behind.get(chosen[one], "") + presses[one].key
            keys = "".join(base + behind.get(at, "") for at, base in enumerate(bases))
            distances[keys] = min(far, distances.get(keys, far))
    return sorted(distances, key=lambda keys: distances[keys])


def _joined(runs: list[list[str]]) -> Iterator[str]:
    """One sequence of every run, those first whose likeliest are taken together."""
    ranked = [list(enumerate(run)) for run in runs]
    several = itertools.islice(itertools.product(*ranked), _MOST_OF_RUN)
    for chosen in sorted(several, key=lambda chosen: sum(rank for rank, _keys in chosen)):
        yield "".join(keys for _rank, keys in chosen).translate(crockford.ALIKE)
