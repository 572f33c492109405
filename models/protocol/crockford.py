"""Crockford's base32: the alphabet of every code that people type, and what a typed one means.

Lower case, full-width signs, dashes, dots, spaces and quotes of every kind, what cannot be seen, a leading "Mã phiếu:"
and the letters that are read for digits (O for 0; I and L for 1) change nothing; nor does a whole message around it.
"""

from __future__ import annotations

import unicodedata
from itertools import groupby

VIETNAMESE_IS_DATA = "letters that stand for others in a typed code"

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
#: Codes are printed in groups of so many.
GROUP = 4
#: Longer than any code with words around it; what stands behind that is not looked at.
LONGEST = 300
#: Words that people copy or type before a code, without marks.
WORDS = frozenset(
    "BA BAO CAO CHECK CODE CUA CUU DANH DOI FOLLOW FOLLOWUP GIA IS KIEM LA MA MY ONG PHIEU QR REPORT SLIP SO THE THEO"
    " TOI TRA UP VERIFY YOUR".split()
)
#: Letters that are read for digits.
ALIKE = str.maketrans("OIL", "011")
_STROKED = str.maketrans("Đđ", "Dd")


def read_typed_code(text: str, length: int, signs: str = ALPHABET) -> str | None:
    """The code of `length` characters that was typed; None if it cannot be one. `signs`: those of the alphabet that
    such codes have. Marks of Vietnamese letters are never dropped here: they stand for keys
    (`models.protocol.vietnamese_typing`)."""
    for parts in split_typed_text(text):
        joined = "".join(parts)
        code = joined.translate(ALIKE)
        if len(code) == length and set(code) <= set(signs):
            return code
    return _in_a_sentence(_pieces(text), length, set(signs))


def _in_a_sentence(pieces: list[str], length: int, signs: set[str]) -> str | None:
    """The one code that stands among other words as it is printed, in groups of four or whole, such as in a message
    that was pasted. None where there are several, or more groups than the code has: it may be another kind of code."""
    codes = [piece.translate(ALIKE) for piece in pieces]
    could = [len(code) in (GROUP, length) and set(code) <= signs for code in codes]
    runs, candidates = [list(run) for right, run in groupby(range(len(codes)), could.__getitem__) if right], set()
    for run in runs:
        whole = [codes[at] for at in run if len(codes[at]) == length]
        while len(run) * GROUP > length and (pieces[run[0]] in WORDS or pieces[run[-1]] in WORDS):
            run = run[1:] if pieces[run[0]] in WORDS else run[:-1]  # CODE and SLIP could be groups too
        joined = "".join(codes[at] for at in run)
        candidates.update(whole or ([joined] if len(joined) == length else []))
    return candidates.pop() if len(candidates) == 1 else None


def split_typed_text(text: str) -> list[list[str]]:
    """A typed text in capitals as the pieces it was typed in, letters with their marks: whole, and without the words
    before and after the code where there are any."""
    pieces = _pieces(text)
    first = next((at for at, piece in enumerate(pieces) if strip_marks(piece) not in WORDS), len(pieces))
    last = next((at for at, piece in enumerate(reversed(pieces)) if strip_marks(piece) not in WORDS), 0)
    ends = [pieces[: len(pieces) - cut] for cut in range(last + 1)]
    return [end[cut:] for end in ends for cut in range(min(first, len(end)) + 1)]


def canonical_code(code: str) -> str | None:
    """A code in its one spelling (capitals; O is 0, I and L are 1); None where a sign is none of the alphabet's."""
    code = code.translate(ALIKE)
    return code if set(code) <= set(ALPHABET) else None


def strip_marks(text: str) -> str:
    """Vietnamese letters without their marks: ĐỊA is DIA."""
    parts = unicodedata.normalize("NFD", text.translate(_STROKED))
    return "".join(sign for sign in parts if not unicodedata.combining(sign))


def _pieces(text: str) -> list[str]:
    """Runs of letters and digits, composed, in capitals. What cannot be seen (soft hyphens, zero-width signs) does not
    part them; everything else that is neither letter nor digit does."""
    visible_text = "".join(
        sign for sign in unicodedata.normalize("NFKC", text[:LONGEST]) if unicodedata.category(sign) not in ("Cf", "Mn")
    )
    spelled = "".join(sign if sign.isalnum() else " " for sign in visible_text).upper()
    return spelled.split()
