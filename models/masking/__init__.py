"""Masking of what could name a person in a citizen's own words, before they are stored anywhere.

ID cards, telephones, account numbers and e-mail addresses become •••, however they are written: with spaces, dots or
dashes between, in other scripts' digits, with letters that look like digits, with invisible characters, said in words
("không chín một hai…", "a còng gmail chấm com"). Dates, times, fees, numbers of laws and lists of small numbers stay.

The text is folded character by character (no marks, no capitals, digits as 0-9), so that a place in the folded text is
a place in the text. `email` looks around every at-sign; numbers are found here, by one walk over the tokens.
Both look no further than a bounded stretch: time grows with the length of the text and with nothing else.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field

from models.masking import email
from models.masking.word_lists import AFTER_PURPOSE, BETWEEN, COUNTED, DIGITS, PLACES, PURPOSES, SHORTEST

VIETNAMESE_IS_DATA = "the letters of the words that are looked for"

MASK = "•••"
#: From so many digits on a number may name somebody: a telephone without its zero, an old ID card.
LONG = 9
#: So many digits said as words in a row are no accident.
SPOKEN = 6
#: Words between two parts of one number; and how far a purpose ("tài khoản") reaches, unlikely words counting double.
MOST_BETWEEN, REACH = 3, 6
#: A text no longer than this is gone over until nothing more is found; a longer one, longer than any comment, once.
PASTE = 1 << 11
#: An invisible character, after folding.
NOTHING = "\u200b"
_TWINS = str.maketrans("оοіӏ", "ooii")  # letters of other alphabets that look like Latin ones

Span = tuple[int, int]


def mask_text(text: str) -> str:
    """`text` in NFC with everything that could name a person as •••; never longer than it was. Masking a text of up to
    `PASTE` characters twice changes nothing more."""
    plain = unicodedata.normalize("NFC", text)
    once = len(plain) > PASTE
    while spans := find_personal_spans(
        plain
    ):  # what is masked may uncover its neighbour; each time something is gone, so it ends
        plain = unicodedata.normalize("NFC", _replaced(plain, spans))
        if once:
            break
    return plain


def find_personal_spans(plain: str) -> list[Span]:
    """Where `plain` (in NFC) names somebody: from (inclusive) to (exclusive), in order, none touching another's."""
    folded = plain.translate(_FOLD)
    # two characters behind an at-sign name nobody, and a mask may not be longer than what it covers
    spans = [span for span in email.find_addresses(folded, plain) if span[1] - span[0] >= len(MASK)]
    return sorted([*spans, *_Walk(_replaced(folded, spans, same_length=True)).numbers()])


def _replaced(text: str, spans: list[Span], *, same_length: bool = False) -> str:
    """The text with masks in place of what was found."""
    parts, last = [], 0
    for start, end in spans:
        parts += [text[last:start], MASK[0] * (end - start) if same_length else MASK]
        last = end
    return "".join([*parts, text[last:]])


class _Fold(dict[int, str]):
    """Each character as one character; filled as characters are met."""

    def __missing__(self, code: int) -> str:
        folded = self[code] = _folded(chr(code))
        return folded


def _folded(character: str) -> str:
    category = unicodedata.category(character)
    if category in ("Cf", "Mn", "Me"):
        return NOTHING
    if category == "Pd":
        return "-"
    value = unicodedata.numeric(character, -1)
    if value in range(10):
        return str(int(value))
    bare = unicodedata.normalize("NFKD", character.casefold())
    letters = "".join(c for c in bare if not unicodedata.combining(c)).translate(_TWINS).replace("đ", "d")
    return letters if len(letters) == 1 else character if not letters[:1].isalpha() else letters[0]


_FOLD = _Fold()

_DAY, _MONTH, _YEAR = r"(?:0?[1-9]|[12][0-9]|3[01])", r"(?:0?[1-9]|1[0-2])", r"(?:19|20)[0-9]{2}"
_ALONE, _OVER = r"(?<![0-9])(?<![0-9][./,:-])", r"(?![./:-]?[0-9])"
#: Where a space parts from other numbers too, unless a time of day follows.
_FREE, _ENDS = r"(?<![0-9] )", r"(?! ?[0-9]+(?![0-9:h]))"
_UNIT = r"(?:dong|vnd|d|₫|usd|m2|met|ha|trieu|nghin|ngan(?! hang)|ty|ti|tr|k)(?![a-z0-9])"
#: Numbers that say what they are: they stay, and end whatever number stands before them.
_PLAIN = "|".join(
    (
        rf"{_ALONE}{_DAY} ?/ ?{_MONTH} ?/ ?{_YEAR}{_OVER}",
        rf"{_ALONE}{_FREE}{_DAY} ?(?P<in_day>[.-]) ?{_MONTH} ?(?P=in_day) ?{_YEAR}{_OVER}{_ENDS}",
        rf"{_ALONE}{_DAY}/{_MONTH}/[0-9]{{2}}{_OVER}",
        rf"{_ALONE}{_FREE}{_YEAR}(?P<in_iso>[/-]){_MONTH}(?P=in_iso){_DAY}{_OVER}{_ENDS}",
        rf"{_ALONE}{_MONTH} ?/ ?{_YEAR}{_OVER}|{_ALONE}{_FREE}{_MONTH} ?- ?{_YEAR}{_OVER}{_ENDS}",
        rf"{_ALONE}[0-9]{{1,5}}/{_YEAR}{_OVER}",
        rf"{_ALONE}(?:[01]?[0-9]|2[0-4]):[0-5][0-9](?::[0-5][0-9])?{_OVER}",
        rf"{_ALONE}{_FREE}[012]?[0-9][.][0-5][05] ?- ?[012]?[0-9][.][0-5][05]{_OVER}{_ENDS}",
        rf"{_ALONE}{_FREE}[1-9][.][0-9]{{6}}(?:[.]000[.]00[.]00(?:[.]h[0-9]{{2}})?)?{_OVER}{_ENDS}",  # a procedure
        rf"{_ALONE}{_FREE}[1-9][0-9]{{0,2}}(?:[.,][0-9]{{3}}){{0,3}}[.,][0-9]00(?![.,]?[0-9]){_ENDS}",  # a round sum
        rf"{_ALONE}[1-9][0-9]{{0,2}}(?:[., ][0-9]{{3}}){{1,4}}(?:,[0-9]{{1,2}})? ?{_UNIT}",
        rf"{_ALONE}[1-9][0-9]{{3,11}} ?{_UNIT}",
    )
)
_TOKEN = re.compile(
    rf"(?P<wall>•{{2,}})|(?P<plain>(?=[0-9])(?:{_PLAIN}))"
    r"|(?P<passport>(?<![a-z])[a-z][0-9]{7,8}(?![a-z0-9]))"
    r"|(?P<twin>(?<![a-z0-9])(?=[0-9oilsbzgq]{0,3}[0-9])[0-9oilsbzgq]{2,40}(?![a-z0-9]))"
    rf"|(?P<digits>[0-9](?:{NOTHING}*[0-9])*)|(?P<word>[^\W\d_]+)|(?P<rest>[^\w•]+|.)",
    re.DOTALL,
)
_AS_DIGITS = str.maketrans("oilsbzgq", "01158299")
_WEAK = frozenset(" \t\n\r\f\v\u2028\u2029\u0085" + NOTHING + ".-_·/\\|()[]{}+*~'’‘`\"“”#=…•^")
_LOOSE = frozenset(",;:&、，")
#: What makes an "o" the zero a number begins with.
_BEGUN = re.compile(rf"[ .-]{{1,2}}(?:[0-9]|(?:{'|'.join(DIGITS)})(?![a-z]))")
#: Words a number can begin with; words and pairs of words that say what a number is for.
_STARTS = frozenset(DIGITS) | {"muoi"}
_PURPOSE = {word: kind for kind, words in PURPOSES.items() for word in words}
_SECONDS = frozenset(pair.split()[-1] for pair in _PURPOSE if " " in pair)
_SAYING = _SECONDS | COUNTED | frozenset(_PURPOSE)
_COMPLETE = re.compile(r"0(?:[0-9]{9}|[0-9]{11})\Z|84[0-9]{9}\Z")


@dataclass
class _Part:
    """A part of a number: digits, or the word `word` that says one (`digits`) or its place (`digits` empty)."""

    start: int
    end: int
    digits: str
    word: str = ""


@dataclass
class _Walk:
    """The walk over a folded text. `parts` is the number that may be going on; `loose`: something stronger than a space
    or a dot lies between its parts (`loosened`: after the last one); `purpose` is what was said a number is for, `far`
    how long ago."""

    text: str
    parts: list[_Part] = field(default_factory=list)
    loose: bool = False
    loosened: bool = False
    between: int = 0
    purpose: str | None = None
    far: int = 0
    before: str = ""
    counted: bool = False

    def numbers(self) -> Iterator[Span]:
        """Every number to mask, in order."""
        for token in _TOKEN.finditer(self.text):
            kind, text = token.lastgroup, token[0]
            if kind == "word" and text not in _STARTS and not self.parts:  # most of any text
                if self.purpose is None and text not in _SAYING:
                    self.before, self.counted = text, False
                else:
                    self._note(text)
                continue
            if kind == "rest" and self.purpose is None and not self.parts:
                continue
            start, end = token.span()
            if kind == "rest":
                yield from self._rest(text)
            elif kind == "word":
                yield from self._word(text, start, end)
            elif kind == "digits":
                yield from self._digits(text.replace(NOTHING, ""), start, end)
            elif kind == "twin":
                digits = sum(c.isdigit() for c in text)
                if digits * 2 >= len(text):
                    yield from self._digits(text.translate(_AS_DIGITS), start, end)
                else:
                    yield from self._apart(text, start)
            else:
                yield from self._close()
                self.purpose = None
                if kind == "passport":
                    yield start, end
        yield from self._close()

    def _apart(self, text: str, start: int) -> Iterator[Span]:
        """A token of letters and digits that is no number as a whole."""
        for piece in re.finditer(r"[0-9]+|[a-z]+", text):
            place = start + piece.start(), start + piece.end()
            yield from (self._digits if piece[0].isdigit() else self._word)(piece[0], *place)

    def _rest(self, text: str) -> Iterator[Span]:
        """What stands between: it joins, joins loosely, or ends a number."""
        kinds = set(text)
        strange = kinds - _WEAK - _LOOSE
        if any(unicodedata.category(c) != "So" for c in strange):
            yield from self._close()
            if kinds & {"!", "?"}:
                self.purpose = None
        elif sum(c not in " \t\n" and c != NOTHING for c in text) > REACH:
            yield from self._close()
        elif kinds & _LOOSE:
            self.loosened = True

    def _digits(self, digits: str, start: int, end: int) -> Iterator[Span]:
        if self.parts and self.parts[-1].word == "nam" and re.fullmatch(_YEAR, digits):
            self.parts.pop()  # "năm 2026" is a year
            yield from self._close()
        if _COMPLETE.match(digits):
            yield from self._close()
            yield _from_sign(self.text, start), _to_visible(self.text, end)
            self.purpose = None
            return
        self._add(_Part(start, end, digits))

    def _word(self, word: str, start: int, end: int) -> Iterator[Span]:
        last = self.parts[-1].word if self.parts else ""
        if word in DIGITS and (word != "o" or self.parts or _BEGUN.match(self.text, end)):
            self._add(_Part(start, end, DIGITS[word], word))
        elif word == "muoi" or word in PLACES and last and not (word in ("le", "linh") and last != "tram"):
            self._add(_Part(start, end, "", word))
        elif self.parts and word in BETWEEN and self.between < MOST_BETWEEN:
            self.between += 1
            self.loosened = True
            self.before = word
        else:
            yield from self._close(word)
            self._note(word)

    def _add(self, part: _Part) -> None:
        self.loose = bool(self.parts) and (self.loose or self.loosened)
        self.loosened, self.between = False, 0
        self.parts.append(part)

    def _note(self, word: str) -> None:
        """Remember what a word says of the number that may follow."""
        purpose = _PURPOSE.get(word) or word in _SECONDS and _PURPOSE.get(f"{self.before} {word}") or None
        if purpose:
            self.purpose, self.far = purpose, 0
        elif self.purpose is not None:
            self.far += 1 if word in AFTER_PURPOSE else 2
            if self.far > REACH:
                self.purpose = None
        self.before, self.counted = word, word in COUNTED

    def _close(self, following: str = "") -> Iterator[Span]:
        """End the number that was going on; yields its place if it is to be masked."""
        parts, self.parts = self.parts, []
        counted, self.counted = self.counted, False
        loose, self.loose, self.loosened, self.between = self.loose, False, False, 0
        if not parts:
            return
        purpose = "account" if following in PURPOSES["account"] else self.purpose
        digits = _value(parts)
        if len(digits) >= SHORTEST["account"]:
            self.purpose = None
        if _names(parts, digits, purpose, loose, counted):
            parts = _trimmed(parts)
            yield _from_sign(self.text, parts[0].start), _to_visible(self.text, parts[-1].end)


def _names(parts: list[_Part], digits: str, purpose: str | None, loose: bool, counted: bool) -> bool:
    """Whether a number could name somebody."""
    if len(digits) < (SHORTEST[purpose] if purpose else LONG):
        return False
    chunks = [part.digits for part in parts if not part.word]
    spoken = len(parts) - len(chunks)
    public = "".join(chunks)
    if public[:4] in ("1800", "1900") and len(public) in (8, 10) and spoken < 3 and purpose in (None, "phone"):
        return False
    if not spoken and (_counted_up(chunks) or all(re.fullmatch(_YEAR, chunk) for chunk in chunks)):
        return False
    if spoken >= SPOKEN or purpose is not None or any(len(chunk) >= LONG for chunk in chunks):
        return True
    if digits[0] == "0" or digits.startswith("84") and len(digits) in (11, 12):
        return not (loose and counted)
    return not loose


def _counted_up(chunks: list[str]) -> bool:
    """Whether these are numbers one after the other: 12, 13, 14, 15."""
    values = [int(chunk) for chunk in chunks if len(chunk) < LONG]
    return len(values) == len(chunks) > 2 and all(b - a == 1 for a, b in zip(values, values[1:], strict=False))


def _value(parts: list[_Part]) -> str:
    """The digits of a number; "hai mươi ba" are two, "ba trăm lẻ năm" three."""
    digits = []
    for place, part in enumerate(parts):
        before = place > 0 and parts[place - 1].word in DIGITS
        after = place + 1 < len(parts) and parts[place + 1].word in (*DIGITS, "le", "linh")
        match part.word:
            case "muoi" | "chuc":
                digits.append(("" if after else "0") if before else ("1" if after else "10"))
            case "tram":
                digits.append("" if after or parts[place + 1 : place + 2] and parts[place + 1].word == "muoi" else "00")
            case "le" | "linh":
                digits.append("0")
            case _:
                digits.append(part.digits)
    return "".join(digits)


def _trimmed(parts: list[_Part]) -> list[_Part]:
    """The number without a short neighbour that is none of it: "quầy 3 0912 345 678", "0912 345 678 không"."""
    if _COMPLETE.match(_value(parts)):
        return parts
    for start, end in ((0, 1), (1, 0), (0, 2), (2, 0), (1, 1)):
        rest, cut = parts[start : len(parts) - end], [*parts[:start], *parts[len(parts) - end :]]
        if any(part.word for part in rest) or not _COMPLETE.match(_value(rest)):
            continue
        if all(part.word or len(part.digits) < 3 <= len(rest[0].digits) for part in cut):
            return rest
    return parts


def _from_sign(text: str, start: int) -> int:
    """Where a number begins with the plus or the bracket before it."""
    while start and text[start - 1] in "+(":
        start -= 1
    return start


def _to_visible(text: str, end: int) -> int:
    """Where a number ends with the invisible characters behind it."""
    while text[end : end + 1] == NOTHING:
        end += 1
    return end
