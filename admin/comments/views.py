"""Views of what citizens wrote, and of what they told the province alone; each with its file.

A page only reads. A file is asked for by POST, since who took one with them is kept in the audit log.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby

from flask import Blueprint, abort, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from admin.auth import permissions
from admin.auth.permissions import ISSUERS, guarded
from admin.comments import export, reading
from admin.comments.reading import Line, Wanted
from admin.instruments import companion_questions, store
from admin.presentation import period_words
from admin.statistics.tallies import agency_tree
from admin.web import layout
from models.reference.localized_text import LocalText
from models.tables.staff_account import AuditRow
from models.vocabulary import Role
from translations import gettext as _

blueprint = Blueprint("comments", __name__)
_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])\Z")


@blueprint.get("/comments")
@guarded(*ISSUERS)
def overview() -> ResponseReturnValue:
    """The comments that were released, the newest week first, by chance within it."""
    with layout.database().read() as session:
        wanted = _wanted(session, request.args)
        n = reading.count(session, wanted)
        number = _number(n)
        return layout.draw(
            session, "comments/comments.html", found=reading.page(session, wanted, number), n=n, number=number,
            pages=_pages(n), agencies=_names(session), topics=_topics(session), week_words=export.week_words,
            alone=wanted.alone, choices=_offered(session), asked=_asked(request.args), month_words=period_words.period,
            per_page=reading.PAGE,
        )  # fmt: skip


@blueprint.post("/comments/export")
@guarded(*ISSUERS)
def export_comments() -> ResponseReturnValue:
    """All comments that the page would show, as a file."""
    kind = _kind()
    with layout.database().read() as session:
        wanted = _wanted(session, request.form)
    _note("comments_exported", kind)
    with layout.database().read() as session:
        body = export.comments(reading.every(session, wanted), kind, _names(session), _topics(session))
    return layout.attachment(body, export.MIMETYPES[kind], f"hailong-gop-y.{kind}")


@blueprint.get("/comments/province")
@guarded(Role.PROVINCE)
def questions() -> ResponseReturnValue:
    """How the questions for the province alone were answered, by week and agency."""
    with layout.database().read() as session:
        wanted = _of_province(session, request.args)
        weeks = list(_weeks(reading.lines(session, wanted)))
        n = len(weeks)
        number = _number(n)
        asked = companion_questions.for_province()
        return layout.draw(
            session, "comments/questions.html", found=weeks[(number - 1) * reading.PAGE : number * reading.PAGE],
            n=n, number=number, pages=_pages(n), agencies=_names(session), questions=asked.questions,
            week_words=export.week_words, choices=_offered(session, asked=True), asked=_asked(request.args),
            month_words=period_words.period, topics={}, alone=True,
        )  # fmt: skip


@blueprint.post("/comments/province/export")
@guarded(Role.PROVINCE)
def export_questions() -> ResponseReturnValue:
    """All of these answers, as a file."""
    kind = _kind()
    with layout.database().read() as session:
        wanted = _of_province(session, request.form)
    _note("province_answers_exported", kind)
    with layout.database().read() as session:
        asked = companion_questions.for_province()
        body = export.answers(reading.lines(session, wanted), kind, _names(session), asked)
    return layout.attachment(body, export.MIMETYPES[kind], f"hailong-tra-loi-cho-tinh.{kind}")


def _wanted(session: Session, said: MultiDict[str, str]) -> Wanted:
    """What is asked for, within what the reader may see; an agency outside of that has no such page (404)."""
    keys, alone = _reader(session)
    if key := said.get("agency", ""):
        if key not in permissions.scope(session):
            abort(404)
        keys = agency_tree.scope_keys(session, key)
    month, topic = said.get("month", ""), said.get("topic", "")
    if month and not _MONTH.match(month):
        abort(404)
    return Wanted(keys, alone, month, month, topic[:40])


def _of_province(session: Session, said: MultiDict[str, str]) -> Wanted:
    """The same for what is for the province alone: nobody answers for a part of it."""
    wanted = _wanted(session, said)
    if not wanted.alone:
        abort(404)
    return wanted


def _reader(session: Session) -> tuple[frozenset[str] | None, bool]:
    """Whose words the reader may read (None: all), and whether also those for the province alone."""
    person, keys = permissions.signed_in(), permissions.scope(session)
    alone = person.role == Role.PROVINCE and agency_tree.parents(session).get(person.agency_key, "") is None
    return (None if alone else keys), alone


def _offered(session: Session, *, asked: bool = False) -> reading.Choices:
    keys, alone = _reader(session)
    return reading.choices(session, keys, alone, asked=asked)


def _asked(said: MultiDict[str, str]) -> dict[str, str]:
    return {name: said[name] for name in ("agency", "month", "topic") if said.get(name)}


def _weeks(found: Iterator[Line]) -> Iterator[tuple[Line, dict[str, dict[int, int]]]]:
    """A line an agency and week: any of its lines, and the counts by question."""
    for _of, some in groupby(found, key=lambda one: (one.month, one.week, one.agency)):
        lines = list(some)
        yield lines[0], {line.question: line.counts for line in lines}


def _number(n: int) -> int:
    """The page that is asked for; one behind the last is the last."""
    return max(1, min(request.args.get("page", 1, type=int), _pages(n)))


def _pages(n: int) -> int:
    return -(-n // reading.PAGE) or 1


def _kind() -> str:
    kind = request.form.get("kind", "")
    if kind not in export.MIMETYPES:
        abort(400)
    return kind


def _note(action: str, kind: str) -> None:
    """Keep who takes a file with them, before it is made."""
    said = " ".join([kind, *(f"{name}={value}" for name, value in _asked(request.form).items())])
    who, now_ms = permissions.signed_in().email, layout.now_ms()
    with layout.database().write() as session:
        session.add(AuditRow(at_ms=now_ms, who=who[:120], action=action, subject=said[:200]))


def _names(session: Session) -> dict[str, LocalText]:
    known = {key: layout.name_of(agency) for key, agency in agency_tree.agencies_by_key(session).items()}
    return {**known, "": LocalText({"vi": _("unknown agency"), "en": _("unknown agency")})}


def _topics(session: Session) -> dict[str, LocalText]:
    """Topics by id, as the questionnaire of today names them."""
    try:
        return {topic.id: topic.text for topic in store.current(session, "short").topics}
    except KeyError:
        return {}
