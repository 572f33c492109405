"""The layout of the centre's pages: the frame around them, the menu, and the reader's language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Flask, Response, current_app, g, make_response, render_template, request, url_for
from flask import session as browser
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from admin.auth import permissions
from admin.auth.sessions import Person
from admin.error_catalogue.page_errors import PAGES
from admin.presentation import charts, period_words, phrases
from admin.web import health_check
from admin.web.request_context import read_page_clock
from models import design_tokens
from models.errors import ErrorKind
from models.reference.localized_text import LocalText
from models.tables.agency import Agency
from models.tables.staff_account import StoreMark
from models.vocabulary import Role
from translations import DEFAULT, OWN_NAMES, current_locale, lazy, set_locale, staff_locales

#: So many addresses are remembered before they are forgotten together.
MOST_ADDRESSES = 4096

ROLE_NAMES = {
    Role.PROVINCE: lazy("administrator of the province"),
    Role.AGENCY: lazy("administrator of the agency"),
    Role.DESK: lazy("desk"),
    Role.AUDITOR: lazy("auditor"),
    Role.EDITOR: lazy("editor of questionnaires"),
}
#: The pages in the header: endpoint, words, the roles that see it.
_NAVIGATION = (
    ("dashboard.home", lazy("Overview"), permissions.EVERY_ROLE),
    ("agencies.catalogue", lazy("Agencies"), permissions.EVERY_ROLE),
    ("ranking.ranks", lazy("Ranking"), permissions.EVERY_ROLE),
    ("comments.overview", lazy("Comments"), permissions.ISSUERS),
    ("devices.fleet", lazy("Devices"), permissions.READERS),
    ("reports.months", lazy("Reports"), permissions.READERS),
    ("languages.overview", lazy("Languages"), (Role.PROVINCE,)),
)
#: Those of them that only make sense to whoever answers for the whole province.
_WHOLE_PROVINCE = ("dashboard.home", "ranking.ranks")

blueprint = Blueprint("shell", __name__)


@dataclass(frozen=True)
class MenuEntry:
    """A page in the header."""

    address: str
    words: Any
    here: bool


@dataclass(frozen=True)
class ClockWarning:
    """Why nothing is taken while the centre's clock may lie: what is said, what the clock shows, and the newest time
    that was signed (both ms since 1970, UTC; None: nothing was)."""

    kind: ErrorKind
    shown_ms: int
    newest_ms: int | None


@dataclass(frozen=True)
class PageFrame:
    """What stands around every page. `practice`: the figures are invented; `province` and `agency` are names; `doubt`:
    why nothing is taken, where the centre's clock may lie."""

    practice: bool
    province: LocalText
    person: Person | None
    agency: LocalText
    role: Any
    entries: tuple[MenuEntry, ...]
    doubt: ClockWarning | None = None

    @property
    def initials(self) -> str:
        """Two letters for the plate beside the name of the agency: Sở Nội vụ → NV."""
        words = [word for word in self.agency.text(DEFAULT).split() if word[:1].isalpha()]
        return "".join(word[0] for word in words[-2:]).upper()


















def agency_name(agency: Agency) -> LocalText:
    """What an agency is called."""
    return LocalText({"vi": agency.name_vi, "en": agency.name_en})


def draw_page(session: Session, template: str, **context: Any) -> str:
    """The HTML of `template` inside the frame for whoever is signed in."""
    return render_template(template, frame=_frame(session), **context)


def draw_public_page(session: Session, template: str, **context: Any) -> str:
    """The same for whoever holds a paper: without the pages of staff, also where one of them is signed in."""
    return render_template(template, frame=_frame(session, anybody=True), **context)


def _frame(session: Session, *, anybody: bool = False) -> PageFrame:
    person = None if anybody else permissions.current_person()
    own_key = person.agency_key if person else None
    agencies = session.scalars(select(Agency).where(or_(Agency.parent_key.is_(None), Agency.key == own_key))).all()
    root = next((agency for agency in agencies if agency.parent_key is None), None)
    own = next((agency for agency in agencies if agency.key == own_key), None)
    part = (request.endpoint or "").partition(".")[0]
    entries = tuple(
        MenuEntry(url_for(endpoint), words, endpoint.partition(".")[0] == part)
        for endpoint, words, roles in _NAVIGATION
        if person is not None and person.role in roles and (endpoint not in _WHOLE_PROVINCE or own is root)
    )
    return PageFrame(
        practice=session.get(StoreMark, "practice") is not None,
        province=agency_name(root) if root else LocalText({}),
        person=person,
        agency=agency_name(own) if own else LocalText({}),
        role=ROLE_NAMES[Role(person.role)] if person else "",
        entries=entries,
        doubt=_doubt(session) if person else None,
    )


def _doubt(session: Session) -> ClockWarning | None:
    doubt = read_page_clock(session).doubt
    return ClockWarning(PAGES[doubt.code], doubt.now_ms, doubt.newest_ms) if doubt is not None else None


def cached_url_for(endpoint: str, **values: Any) -> str:
    """`url_for`, remembered: a page of the province leads to the same 144 agencies twice."""
    if "_external" in values or not all(isinstance(value, str | int | None) for value in values.values()):
        return url_for(endpoint, **values)
    address_cache: dict[Any, str] = current_app.extensions.setdefault("addresses", {})
    place = (request.script_root, request.blueprint, endpoint, *sorted(values.items()))
    if place not in address_cache:
        if len(address_cache) >= MOST_ADDRESSES:
            address_cache.clear()
        address_cache[place] = url_for(endpoint, **values)
    return address_cache[place]


def address_with_query(address: str) -> str:
    """Another address of this site with the present question behind it."""
    question = request.query_string.decode("ascii", "ignore")
    return f"{address}?{question}" if question else address


def file_response(body: bytes, mimetype: str, name: str) -> Response:
    """A file to keep, under a name of plain letters."""
    response = make_response(body)
    response.mimetype = mimetype
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response


def language_links() -> list[tuple[str, str, str, bool]]:
    """Each language with the address of this page in it: code, own name, address, whether it is the present one."""
    query = request.args.to_dict(flat=True) if request.method == "GET" else {}
    path = request.path if request.method == "GET" else "/"
    links = []
    for code in staff_locales():
        parameters = dict(query, lang=code)
        pairs = "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in parameters.items())
        links.append((code, OWN_NAMES[code], f"{path}?{pairs}", code == current_locale()))
    return links


def _quoted(text: str) -> str:
    from urllib.parse import quote

    return quote(text, safe="")


def _month_tick(month: str, with_year: bool) -> str:
    """A month under a trend: 10/25 at the ends, else its number."""
    return f"{int(month[5:])}/{month[2:4]}" if with_year else str(int(month[5:]))


@blueprint.get("/tokens.css")
@permissions.same_for_all
def tokens_css() -> Response:
    """The colours and typefaces as custom properties."""
    response = make_response(design_tokens.css())
    response.mimetype = "text/css"
    response.headers["Cache-Control"] = "no-cache"
    response.add_etag()
    response.make_conditional(request)
    return response


def install_page_layout(app: Flask) -> None:
    """Let every request of `app` speak its reader's language, and give templates what they all use."""
    app.register_blueprint(blueprint)
    health_check.install_health_check(app)
    app.add_template_filter(phrases.localize_text, "spoken")
    app.add_template_filter(phrases.describe_answers, "answers")
    app.add_template_filter(phrases.describe_count, "count")
    app.add_template_filter(phrases.describe_index, "index")
    app.add_template_filter(phrases.describe_interval, "interval")
    app.add_template_filter(phrases.explain_hidden_index, "why")
    app.add_template_filter(phrases.describe_verdict, "verdict")
    app.add_template_filter(phrases.describe_standing, "standing")
    app.add_template_filter(phrases.describe_time_ago, "ago")
    app.add_template_filter(phrases.describe_clock_offset, "seconds_off")
    app.add_template_filter(phrases.describe_disk_space, "space")
    app.add_template_filter(phrases.capitalize_first, "capitalize_first")
    app.add_template_filter(period_words.describe_period, "period_words")
    app.add_template_filter(phrases.describe_moment, "moment_of_day")
    app.add_template_filter(period_words.period_label, "period_label")
    app.add_template_filter(phrases.describe_day, "day_words")
    app.add_template_filter(_month_tick, "month_tick")
    app.add_template_filter(lambda place: f"{place:.2f}%", "pc")
    app.jinja_env.globals.update(
        language_links=language_links, version=app.extensions["settings"].version, frame=None,
        room=charts.ROOM_FOR_NUMBER, url_for=cached_url_for,
    )

    @app.before_request
    def speak() -> None:
        g.asked = request.args.get("lang")
        if permissions.find_public_blueprint(app, request.endpoint) or request.endpoint == permissions.STATIC:
            set_locale(None)
            return
        ours = staff_locales()
        if g.asked in ours and not permissions.is_marked(request.endpoint, "unattended"):
            browser["lang"] = g.asked
        chosen = g.asked if g.asked in ours else browser.get("lang")
        set_locale(chosen if chosen in ours else None)
