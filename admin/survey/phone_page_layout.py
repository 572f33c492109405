"""The layout of the pages on a citizen's phone: the reader's choices, what the slip says, and drawing."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from flask import g, render_template, request, url_for

from admin.auth.permissions import PublicBlueprint
from admin.languages import availability
from admin.slips.slip_proof import PosterDesk, ProvedSlip
from admin.survey import display_preferences
from admin.survey.display_preferences import DisplayPreferences
from admin.survey.phone_request import database, now_ms
from models.clock import MINUTE_MS, local_day
from models.reference.localized_text import LocalText
from translations import DEFAULT, OWN_NAMES, current_locale, formats, set_locale
from translations import gettext as _

blueprint = PublicBlueprint("survey", __name__, own_refusals=True)
blueprint.url_defaults(display_preferences.carry_preferences)










@blueprint.app_template_filter("local")
def localize_text(text: LocalText) -> str:
    """A text of the questionnaire in the current language."""
    return text.text(current_locale())


@blueprint.before_request
def apply_display_preferences() -> None:
    """Read as the address says, as far as citizens are offered it; else Vietnamese, in normal letters."""
    with database().read() as session:
        offered = availability.list_offered_languages(session)
    apply_named_preferences(offered)


def apply_named_preferences(offered: Sequence[tuple[str, str]]) -> None:
    """Read this request as its address says; `offered`: the languages there are, as (code, own name)."""
    g.offered = offered
    g.reading = DisplayPreferences.of(request.args, dict(offered))
    set_locale(g.reading.lang)


def apply_preferences_without_store() -> None:
    """Read this request as its address says where the store cannot be asked: in the product's own languages."""
    apply_named_preferences([(code, OWN_NAMES[code]) for code in (DEFAULT, availability.SHIPPED)])


@dataclass(frozen=True)
class AnswerWay:
    """The address an answer is given at: behind a slip's token, or behind a desk's poster. `key` stands in addresses
    and is what forms are sealed for."""

    proved: ProvedSlip | PosterDesk
    pages: dict[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The slip's token, or the poster's desk."""
        return self.proved.token if isinstance(self.proved, ProvedSlip) else self.proved.desk.code

    @property
    def is_slip(self) -> bool:
        """Whether a slip was proved."""
        return isinstance(self.proved, ProvedSlip)

    def to(self, name: str, **values: Any) -> str:
        """The address of one of its pages (`faces`, `more`, `sent` …), for the same reader."""
        endpoint = f"survey.{name}" if self.is_slip else f"survey.poster_{name}"
        return url_for(endpoint, token=self.key, **values)


#: Names of so many characters stand whole above the faces, on the narrowest screen and in wide letters too.
_SURELY_WHOLE = {"agency_name": 24, "procedure_name": 42, "desk_name": 16}


def localize_path(path: str) -> str:
    """A path of ours for this reader."""
    return display_preferences.same_page_address(path)


def describe_slip(proved: ProvedSlip | PosterDesk) -> dict[str, Any]:
    """What the citizen holds in the hand, in words. No dossier code. `long`: a name may be cut where it stands."""
    day = ""
    if isinstance(proved, ProvedSlip):
        if proved.validity.made_ms is not None:
            day = formats.day(datetime.date.fromisoformat(local_day(proved.validity.made_ms)))
    names = {
        "agency_name": localized_name(proved.agency),
        "procedure_name": localized_name(proved.procedure),
        "desk_name": localized_name(proved.desk),
    }
    return {
        **names,
        "day": day,
        "last_two": proved.last_two if isinstance(proved, ProvedSlip) else "",
        "long": any(len(names[name]) > most for name, most in _SURELY_WHOLE.items()),
    }


def localized_name(row: Any) -> str:
    """The name of an agency, a desk or a procedure in the reader's language."""
    return (current_locale() != DEFAULT and row.name_en) or row.name_vi if row else ""












@dataclass(frozen=True)
class Deadline:
    """Until when something is taken: the time on a clock in Vietnam, its day, and whether it is over."""

    time: str
    day: str
    over: bool


def make_deadline(ms: int) -> Deadline:
    """Until when something is taken that ends at `ms` (since 1970, UTC): the whole minute before."""
    return Deadline(formats.time_of_day(ms), formats.day_of(ms), over=now_ms() >= ms // MINUTE_MS * MINUTE_MS)


def telephone_link(line: str) -> str:
    """A telephone number as an address takes it."""
    return "".join(sign for sign in line if sign in "+0123456789")






def bad_score_message() -> str:
    """What to say when a touch was none of the five."""
    return _("That touch was not understood; nothing was sent. Please touch one face again.")


def draw_phone_page(
    template: str,
    proved: ProvedSlip | PosterDesk | None,
    *,
    page_url: str | None = None,
    choosable: bool = True,
    **values: Any,
) -> str:
    """A page, with what stands on the citizen's paper. `page_url`: where it is drawn again for another reader's choices
    (else this request's own address); `choosable`: whether it can be."""
    address = page_url if page_url is not None else display_preferences.current_address()
    return render_template(
        f"survey/{template}.html",
        context=describe_slip(proved) if proved else None,
        reading=display_preferences.current_preferences(),
        languages=g.get("offered", ()),
        same_page=partial(display_preferences.same_page_address, address) if choosable else None,
        look=display_preferences.LOOK,
        url_for=url_for,  # not the one that remembers addresses: these differ from reader to reader
        **values,
    )
