"""Addresses as people pass them on: what a sentence, a chat or a line break did to them, undone.

`/r/<token>`, `/n/<token>`, `/d/<desk>`, `/c/<code>`, `/v/<code>` and `/m` are printed, sent by message, copied and
typed: with a full stop or a bracket behind them, `%20`, what cannot be seen, two slashes, a line break in the middle, a
whole sentence glued on. What is found is proved afterwards like any other; nothing is believed here.
"""

from __future__ import annotations

import html
import itertools
import re
import unicodedata
from urllib.parse import unquote

from models.protocol import follow_up_code, note_token, slip, slip_typed_code

#: What may follow a slip's token once the result was received (`admin.slips.slip_proof.RECEIVED`).
_RECEIVED = ".result"
_LENGTHS = {"r": slip.LENGTH, "n": note_token.LENGTH}
#: The pages behind an answer's first one.
_PAGES = {"r": frozenset({"more", "sent", "again", "long", "mine", "words"}), "d": frozenset({"more", "sent", "words"})}
#: The seal that stands for a typed code in addresses (`admin.slips.typed_codes`).
_SEALED = re.compile(r"[0-9A-Z]{16}(?:\.[0-9]{1,10})(?:\.[a-z0-9\-]{1,24})?\.[0-9a-f]{32}(?:\.result)?", re.ASCII)
_BASE32 = re.compile(r"[A-Z2-7]+")
#: Where an address begins to be one of ours: behind a host, and where only the end of it was copied.
_ADDRESS = re.compile(r"(?:^|[/.\w])/+([rndcv])/+", re.IGNORECASE)
_END_OF_ONE = re.compile(r"(?<![^\W_])([rnc])/+", re.IGNORECASE)
#: What e-mail puts before every line of a letter that is answered.
_QUOTED = re.compile(r"\n[>\s]+")
#: What keyboards make of a hyphen.
_DASHES = re.compile("[\u2010-\u2015\u2212]")
#: Longer than any address of ours with what programs hang on.
_LONGEST = 4_000
#: What programs hang on to follow people by.
_TRACKERS = frozenset({"fbclid", "gclid", "zarsrc", "zalo", "mibextid", "igshid", "msclkid", "dclid", "_ga"})


def repair_path(path: str) -> str | None:
    """The path that an asked one was meant to be, in small letters where case says nothing; None where it is none of a
    citizen's. The same for every path that is right already."""
    parts = [part for part in _shown(path).split("/") if part.strip()]
    kind = _word(parts[0]) if parts else ""
    if kind == "m":
        return "/m"
    if kind not in "rndcv" or len(kind) != 1:
        return _whole(path)
    value = _value(kind, parts[1]) if len(parts) > 1 else ""
    if kind in "cv" and not _trimmed(value):
        return f"/{kind}/"
    if not value:
        return None
    after = _word(parts[2]) if len(parts) > 2 else ""
    return f"/{kind}/{value}" + (f"/{after}" if after in _PAGES.get(kind, ()) else "")


def find_path(text: str) -> str | None:
    """The path of an address that stands somewhere in a text, such as one that was pasted where a code is asked for;
    None where there is none, or where a code is what the text says. A whole address comes before what only looks like
    the beginning of one (`12/c/2026`), also where it stands in the address of a program that leads there."""
    whole = _whole(text)
    if whole is not None or follow_up_code.list_possible_codes(text) or slip_typed_code.list_possible_readings(text):
        return whole
    visible_text = _shown(text)
    match = _ADDRESS.search(visible_text.split("?")[0])
    return repair_path(_from(visible_text, match)) if match else None


def _whole(text: str) -> str | None:
    """The path of the first whole address of a slip, a private page or a code in a text; else of a token that stands
    there alone."""
    visible_text = _shown(text)
    for match in itertools.chain(_ADDRESS.finditer(visible_text), _END_OF_ONE.finditer(visible_text)):
        kind, rest = match[1].lower(), _from(visible_text, match)
        value = _value(kind, rest.split("/", 2)[2])
        if kind in _LENGTHS and _is_whole(kind, value.partition("/")[0]):
            return repair_path(rest)
        if kind == "c" and follow_up_code.read_typed_code(value):
            return f"/c/{follow_up_code.read_typed_code(value)}"
        if kind == "v" and follow_up_code.read_typed_code(value):  # of the same shape
            return repair_path(rest)
    alone = _trimmed(re.sub(r"[\s\-=]", "", _QUOTED.sub("", visible_text))).upper()
    token = _BASE32.fullmatch(alone) is not None
    return next((f"/{kind}/{alone}" for kind, length in _LENGTHS.items() if token and len(alone) == length), None)


def _from(visible_text: str, match: re.Match[str]) -> str:
    """The path that begins where an address was found, up to its question mark."""
    return f"/{match[1].lower()}/" + visible_text[match.end() :].split("?")[0]


def _is_whole(kind: str, value: str) -> bool:
    token = value.removesuffix(_RECEIVED)
    sealed = kind == "r" and _SEALED.fullmatch(value) is not None
    return sealed or (len(token) == _LENGTHS[kind] and _BASE32.fullmatch(token) is not None)


def is_cut(kind: str, token: str) -> bool:
    """Whether this is the beginning of a token that was cut off: `kind` is the letter before it, `r` or `n`."""
    return len(token) < _LENGTHS[kind] and _BASE32.fullmatch(token.strip().upper()) is not None


def is_tracker(name: str) -> bool:
    """Whether a field of an address was hung on by a program, to follow people by."""
    return name.lower() in _TRACKERS or name.lower().startswith("utm_")


def _shown(text: str) -> str:
    """A text as it was meant to be read: escapes resolved, nothing in it that cannot be seen."""
    text = text[:_LONGEST]
    for _round in range(2):  # what was escaped is sometimes escaped again
        text = unquote(text)
    text = unicodedata.normalize("NFKC", html.unescape(text))
    return "".join(sign for sign in text if unicodedata.category(sign) not in ("Cf", "Cc") or sign in "\n\r\t")


def _trimmed(text: str) -> str:
    """Without what stands around it that is neither letter nor digit."""
    return re.sub(r"^[\W_]+|[\W_]+$", "", text)


def _word(text: str) -> str:
    """The first word of a text, in small letters."""
    match = re.search(r"[^\W_]+", text)
    return match[0].lower() if match else ""


def _value(kind: str, text: str) -> str:
    if kind == "c":
        return re.sub(r"\s+", " ", text).strip()
    if kind in "dv":
        return _trimmed(_DASHES.sub("-", text))
    text = _QUOTED.sub("", text)
    joined = re.sub(r"[\s\-=]", "", text)
    sealed = _SEALED.search(re.sub(r"\s", "", text)) if kind == "r" else None
    if sealed is not None:
        return sealed[0]
    letters = _BASE32.search(joined.upper())
    if letters is None or len(letters[0]) < _LENGTHS[kind]:
        return _trimmed(joined)
    end = letters.start() + _LENGTHS[kind]
    received = kind == "r" and joined[end:].lower().startswith(_RECEIVED)
    return letters[0][: _LENGTHS[kind]] + (_RECEIVED if received else "")
