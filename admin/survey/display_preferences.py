"""The reading of the phone's pages: language, size of letters, contrast, as the address names them.

Whoever opens the page next without these names reads it in Vietnamese, in normal letters: nothing of it is kept in a
cookie. `carry_preferences` puts the choices into every address of the survey, so that they last for the whole walk.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from flask import g, has_request_context, request

from translations import DEFAULT

SIZES = ("small", "normal", "large")
CONTRASTS = ("normal", "high")
#: What a form says in `act` when it is only to be drawn again, for another reader's choices.
LOOK = "look"
#: What an address may carry along into the same page for another reader: more than any page of ours names.
_MOST_NAMES = 8
_LONGEST_VALUE = 200


@dataclass(frozen=True)
class DisplayPreferences:
    """A language code, one of `SIZES`, one of `CONTRASTS`."""

    lang: str = DEFAULT
    size: str = "normal"
    contrast: str = "normal"

    @classmethod
    def of(cls, query: Mapping[str, str], offered: Collection[str]) -> DisplayPreferences:
        """The choices named in an address; what it does not name, or what is not offered, is the default."""
        lang, size, contrast = query.get("lang", ""), query.get("size", ""), query.get("contrast", "")
        return cls(
            lang if lang in offered else DEFAULT,
            size if size in SIZES else "normal",
            contrast if contrast in CONTRASTS else "normal",
        )

    def query(self, **changes: str) -> dict[str, str]:
        """What an address must name for these choices after `changes`; defaults need no mention."""
        preferences = replace(self, **changes)
        values = {"lang": preferences.lang, "size": preferences.size, "contrast": preferences.contrast}
        return {name: value for name, value in values.items() if value != getattr(_PLAIN, name)}


    @property
    def classes(self) -> str:
        """What the style sheet knows of it; empty for the default."""
        return " ".join(f"{name}-{value}" for name, value in self.query().items() if name != "lang")


_PLAIN = DisplayPreferences()


def current_preferences() -> DisplayPreferences:
    """The choices of this request; the default where none were settled."""
    preferences: DisplayPreferences = g.get("reading", _PLAIN) if has_request_context() else _PLAIN
    return preferences


def carry_preferences(_endpoint: str, values: dict[str, Any]) -> None:
    """Put the choices of this request into an address that is being built and does not say otherwise."""
    for name, value in current_preferences().query().items():
        values.setdefault(name, value)


def is_redraw_only() -> bool:
    """Whether the form that was sent is only to be drawn again: it sends nothing, whatever stands in it."""
    return request.method == "POST" and request.form.get("act") == LOOK


def current_address() -> str:
    """The address of this request, without what chat programs and the like have hung on in great length."""
    short = [(name, value) for name, value in request.args.items() if len(name) + len(value) <= _LONGEST_VALUE]
    path = "/" + quote((request.script_root + request.path).lstrip("/"), safe="/:@!$&'()*+,;=-._~")
    return path + ("?" + urlencode(short[:_MOST_NAMES]) if short else "")


def same_page_address(address: str, **changes: str) -> str:
    """`address` of a page, for this reader after `changes`."""
    path, _mark, query = address.partition("?")
    preference_names = DisplayPreferences.__dataclass_fields__
    parameters = [(name, value) for name, value in parse_qsl(query) if name not in preference_names]
    new_query = urlencode([*parameters, *current_preferences().query(**changes).items()])
    return f"{path}?{new_query}" if new_query else path
