"""The layout of the tablet's pages: the reader's choices, the reference data and one template.

The choices (language, size of letters, contrast) live in the address and nowhere else, so they end with the person:
the address `/` is always the default again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from flask import Flask, current_app, g, has_request_context, render_template, request, url_for
from markupsafe import Markup, escape

from kiosk.desk import practice, reference
from kiosk.web.request_context import current_database, current_moment
from models.protocol import follow_up_code
from models.reference.localized_text import LocalText
from models.storage import store_faults
from translations import DEFAULT, current_locale, known_locale, set_locale

if TYPE_CHECKING:
    pass

_TOGETHER = re.compile(r"\bHL-[0-9A-Z]+|\bhailong kiosk [a-z]+")
SIZES = ("small", "normal", "large")
CONTRASTS = ("normal", "high")


@dataclass(frozen=True)
class DisplayChoices:
    """How this person reads: a language code, one of `SIZES`, one of `CONTRASTS`."""

    lang: str = DEFAULT
    size: str = "normal"
    contrast: str = "normal"

    @classmethod
    def of(cls, query: Mapping[str, str], offered: Callable[[str], bool]) -> DisplayChoices:
        """The choices named in an address; whatever it does not name, or names wrongly, is the default. A language
        other than the default is taken if `is_language_offered` says so."""
        lang, size, contrast = query.get("lang") or DEFAULT, query.get("size", ""), query.get("contrast", "")
        return cls(
            lang if lang == DEFAULT or offered(lang) else DEFAULT,
            size if size in SIZES else "normal",
            contrast if contrast in CONTRASTS else "normal",
        )

    def query(self, **changes: str) -> dict[str, str]:
        """What an address must name for these choices, after `changes`; defaults are left out."""
        choices = replace(self, **changes)
        pairs = {"lang": choices.lang, "size": choices.size, "contrast": choices.contrast}
        plain = DisplayChoices()
        return {name: value for name, value in pairs.items() if value != getattr(plain, name)}


def read_display_choices() -> DisplayChoices:
    """The choices of the present request."""
    return g.reading if has_request_context() and "reading" in g else DisplayChoices()








def is_practising() -> bool:
    """Whether this is practice now: then every page says so at its top."""
    with current_database().read() as session:
        return practice.is_practice(session, current_moment())


def page_url(endpoint: str, **values: Any) -> str:
    """The address of a page, with the reader's choices carried along."""
    carried: dict[str, Any] = {**values, **read_display_choices().query()}
    return url_for(endpoint, **carried)


def render_page(template: str, desk: reference.Reference | None, **context: Any) -> str:
    """The HTML of `template` for this reader. `desk` is None where it is unknown or must not be asked for."""
    return render_template(template, desk=desk, reading=read_display_choices(), to=page_url, **context)


def list_offered_languages(desk: reference.Reference) -> list[tuple[str, str]]:
    """The languages this desk offers, as (code, own name): what the centre confirmed and this machine has words for."""
    return [(code, name) for code, name in desk.languages if known_locale(code) == code]


def localize_text(text: LocalText) -> str:
    """A text of the reference data in the current language, or in Vietnamese where it has none."""
    return text.text(current_locale())


def localize_markup(text: LocalText) -> Markup:
    """The same for a place where markup may stand: a text in another language than the page's says which it is."""
    markup = escape(localize_text(text))
    foreign = next((code for code in ("vi", *text) if text.get(code) == localize_text(text)), None)
    if current_locale() in text or foreign is None:
        return markup
    return Markup('<span lang="{}">{}</span>').format(foreign, markup)


def forbid_line_breaks(text: str) -> Markup:
    """`text`, in which no line ends inside a code that is read out (HL-422) or a command that is typed."""
    return Markup(_TOGETHER.sub(r'<span class="whole">\g<0></span>', str(escape(text))))


def is_language_offered(code: str) -> bool:
    """Whether this desk offers the language. A store that cannot be read hinders no error page."""
    if not current_app.extensions["gate"].ready:
        return known_locale(code) == code
    try:
        with current_database().read() as session:
            desk = reference.read_reference(session)  # its words come with it
    except store_faults.FAILURES:
        desk = None
    return known_locale(code) == code and (desk is None or code in dict(desk.languages))


def install_layout(app: Flask) -> None:
    """Let every request of `app` speak its reader's language, and give templates the filters `local`, `words`,
    `unbroken` and `groups` (a code in fours), the list `languages(desk)` and the question `practising()`."""
    app.add_template_filter(localize_text, "local")
    app.add_template_filter(localize_markup, "words")
    app.add_template_filter(forbid_line_breaks, "unbroken")
    app.add_template_filter(follow_up_code.group_code, "groups")
    app.add_template_global(list_offered_languages, "languages")
    app.add_template_global(is_practising, "practising")

    @app.before_request
    def settle() -> None:
        g.reading = DisplayChoices.of(request.args, is_language_offered)
        set_locale(g.reading.lang)
