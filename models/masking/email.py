"""E-mail addresses for masking: names at a keeper of mail, typed or said in words.

They stand around an at-sign or without one. Works on text folded as `masking` folds it; every look left or right is
over a bounded stretch.
"""

from __future__ import annotations

import re

from models.masking.word_lists import ENDS, JOINTS, MAIL

#: An invisible character, as `masking` folds it.
_NOTHING = "\u200b"
#: How far a name and a domain may reach.
_FAR = 160
_MOST_LETTERS = 60
_GAP = re.compile(rf"[\s()\[\]<>{{}}\"'{_NOTHING}]{{0,4}}")
_AT = re.compile(r"@|(?<![a-z0-9])(?:a[\s.-]{0,2}(?:cong|mooc|moc|vong)|at|cong)(?![a-z0-9])")
_SAID = "|".join(sorted(JOINTS))
_SAID_BACK = "|".join(sorted(word[::-1] for word in JOINTS))
_LEFT = re.compile(rf"[\w.+\-{_NOTHING}]{{1,64}}")
_LEFT_MORE = re.compile(rf"(?:[\s]{{1,2}}(?:(?:{_SAID_BACK})\s{{1,2}}){{1,2}}|\s{{0,2}}[._-]\s{{1,2}})[\w.+-]{{1,64}}")
_LEFT_LETTER = re.compile(r"\s{1,2}[a-z0-9](?!\w)")
_LEFT_WORD = re.compile(r"\s[\w.+-]{1,64}")
_END = "|".join(sorted(ENDS))
_RIGHT = re.compile(rf"[\w\-{_NOTHING}]{{1,63}}(?:\.[\w\-{_NOTHING}]{{1,63}}){{0,4}}")
_RIGHT_LETTERS = re.compile(r"(?:[a-z0-9.]\s{1,2}){4,40}[a-z0-9](?!\w)")
_RIGHT_MORE = re.compile(rf"(?:\s{{0,2}}[.,]\s{{0,2}}|\s{{1,2}}(?:{_SAID})\s{{1,2}}|\s)(?:{_END})(?!\w)")
_KEEPER = re.compile(
    r"(?<![a-z0-9])(?:gmail|yahoo|hotmail|outlook|icloud)"
    r"(?:\s?[.,]\s?|\s(?:cham|dot)\s|\s)com(?:\s?[.]\s?vn)?(?!\w)"
)
_NAMELIKE = re.compile(r"[a-z]{8,}\Z")
#: Keepers of mail whose name is no word of its own.
_SURE = MAIL - {"mail", "live", "zing", "proton", "me"}

Span = tuple[int, int]


def find_addresses(folded: str, plain: str) -> list[Span]:
    """Where addresses stand, in order and apart. `plain` is the text as it was typed."""
    spans: list[Span] = []
    for sign in _AT.finditer(folded):
        if spans and sign.start() < spans[-1][1]:
            continue
        span = _around(folded, sign)
        if span is not None:
            spans.append(span)
    together: list[Span] = []
    for start, end in sorted(spans + _without_sign(folded, plain)):
        if together and start < together[-1][1]:
            together[-1] = together[-1][0], max(end, together[-1][1])
        else:
            together.append((start, end))
    return together


def _around(folded: str, sign: re.Match[str]) -> Span | None:
    """The address around an at-sign or a word for it, or None."""
    back = folded[max(0, sign.start() - _FAR) : sign.start()][::-1]
    gap = _GAP.match(back)
    name = _LEFT.match(back, gap.end()) if gap else None
    if gap is None or name is None:
        return None
    gap_right = _GAP.match(folded, sign.end())
    if gap_right is None:
        return None
    spelled_out = _RIGHT_LETTERS.match(folded, gap_right.end())
    domain = spelled_out or _RIGHT.match(folded, gap_right.end())
    if domain is None:
        return None
    end = domain.end()
    while end - sign.end() < _FAR and (more := _RIGHT_MORE.match(folded, end)):
        end = more.end()
    domain_text = folded[gap_right.end() : end].replace(_NOTHING, "")
    domain_text = re.sub(r"\s", "", domain_text) if spelled_out else domain_text
    labels = re.findall(r"[a-z0-9-]+", domain_text)
    is_mail_host, ended = bool(labels) and labels[0] in MAIL, any(label in ENDS for label in labels[1:])
    start = sign.start() - _name_end(back, name)
    if sign[0] == "@":
        tight = gap.end() == 0 and gap_right.end() == sign.end()
        fits = is_mail_host or ended or tight and any(c.isalpha() for c in name[0] + domain[0])
    else:
        odd = any(c in "._0123456789" for c in name[0]) or start < sign.start() - name.end()
        spelled = not re.search(r"\.", domain_text)
        fits = bool(labels) and labels[0] in _SURE or ended and (is_mail_host or spelled or odd)
    return (start, end) if fits else None


def _name_end(back: str, name: re.Match[str]) -> int:
    """How far the name before an at-sign reaches, read backwards: said joints, single letters, digits after a word."""
    end, last = name.end(), name[0]
    for _ in range(_MOST_LETTERS):
        more = _LEFT_MORE.match(back, end)
        if more is None and len(last) == 1:
            more = _LEFT_LETTER.match(back, end)
        if more is None and last.isdigit():
            more = _LEFT_WORD.match(back, end)
        if more is None:
            break
        end, last = more.end(), more[0].strip()
    while end and not back[end - 1].isalnum():
        end -= 1
    return end


def _without_sign(folded: str, plain: str) -> list[Span]:
    """Addresses whose at-sign was left out: "nguyenvana.gmail.com", "lan1990 gmail com"."""
    spans = []
    for keeper in _KEEPER.finditer(folded):
        back = folded[max(0, keeper.start() - _FAR) : keeper.start()][::-1]
        name = re.match(r"([.\s]{1,2})([\w+.-]{3,64})", back)
        if name is None:
            continue
        start = keeper.start() - name.end()
        typed = plain[start : keeper.start() - len(name[1])]
        odd = any(c in "._0123456789" for c in name[2]) or "." in name[1]
        if odd or typed.isascii() and _NAMELIKE.match(typed.lower()):
            spans.append((start, keeper.end()))
    return spans
