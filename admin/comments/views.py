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
from admin.comments import comment_queries, export
from admin.comments.comment_queries import CommentQuery, QuestionCounts
from admin.instruments import companion_questions, store
from admin.presentation import period_words
from admin.statistics.tallies import agency_tree
from admin.web import page_layout, request_context
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
    with request_context.database().read() as session:
        query = _parse_comment_query(session, request.args)
        n = comment_queries.count_comments(session, query)
        number = _number(n)
        return page_layout.draw_page(
            session,
            "comments/comments.html",
            found=comment_queries.read_comment_page(session, query, number),
            n=n,
            number=number,
            pages=_pages(n),
            agencies=_names(session),
            topics=_topics(session),
            week_words=export.describe_week,
            alone=query.alone,
            choices=_offered(session),
            asked=_parse_filters(request.args),
            month_words=period_words.describe_period,
            per_page=comment_queries.PAGE,
        )


@blueprint.post("/comments/export")
@guarded(*ISSUERS)
def export_comments() -> ResponseReturnValue:
    """All comments that the page would show, as a file."""
    kind = _kind()
    with request_context.database().read() as session:
        query = _parse_comment_query(session, request.form)
    _audit_export("comments_exported", kind)
    with request_context.database().read() as session:
        body = export.write_comments_file(
            comment_queries.read_all_comments(session, query), kind, _names(session), _topics(session)
        )
    return page_layout.file_response(body, export.MIMETYPES[kind], f"hailong-gop-y.{kind}")


@blueprint.get("/comments/province")
@guarded(Role.PROVINCE)
def questions() -> ResponseReturnValue:
    """How the questions for the province alone were answered, by week and agency."""
    with request_context.database().read() as session:
        query = _parse_province_query(session, request.args)
        weeks = list(_weeks(comment_queries.read_question_counts(session, query)))
        n = len(weeks)
        number = _number(n)
        province_questions = companion_questions.read_province_questions()
        return page_layout.draw_page(
            session,
            "comments/questions.html",
            found=weeks[(number - 1) * comment_queries.PAGE : number * comment_queries.PAGE],
            n=n,
            number=number,
            pages=_pages(n),
            agencies=_names(session),
            questions=province_questions.questions,
            week_words=export.describe_week,
            choices=_offered(session, of_questions=True),
            asked=_parse_filters(request.args),
            month_words=period_words.describe_period,
            topics={},
            alone=True,
        )


@blueprint.post("/comments/province/export")
@guarded(Role.PROVINCE)
def export_questions() -> ResponseReturnValue:
    """All of these answers, as a file."""
    kind = _kind()
    with request_context.database().read() as session:
        query = _parse_province_query(session, request.form)
    _audit_export("province_answers_exported", kind)
    with request_context.database().read() as session:
        province_questions = companion_questions.read_province_questions()
        body = export.write_province_answers_file(
            comment_queries.read_question_counts(session, query), kind, _names(session), province_questions
        )
    return page_layout.file_response(body, export.MIMETYPES[kind], f"hailong-tra-loi-cho-tinh.{kind}")


def _parse_comment_query(session: Session, parameters: MultiDict[str, str]) -> CommentQuery:
    """What is asked for, within what the reader may see; an agency outside of that has no such page (404)."""
    keys, alone = _reader_scope(session)
    if key := parameters.get("agency", ""):
        if key not in permissions.visible_agency_keys(session):
            abort(404)
        keys = agency_tree.read_scope_keys(session, key)
    month, topic = parameters.get("month", ""), parameters.get("topic", "")
    if month and not _MONTH.match(month):
        abort(404)
    return CommentQuery(keys, alone, month, month, topic[:40])


def _parse_province_query(session: Session, parameters: MultiDict[str, str]) -> CommentQuery:
    """The same for what is for the province alone: nobody answers for a part of it."""
    query = _parse_comment_query(session, parameters)
    if not query.alone:
        abort(404)
    return query


def _reader_scope(session: Session) -> tuple[frozenset[str] | None, bool]:
    """Whose words the reader may read (None: all), and whether also those for the province alone."""
    person, keys = permissions.require_person(), permissions.visible_agency_keys(session)
    alone = person.role == Role.PROVINCE and agency_tree.read_parents(session).get(person.agency_key, "") is None
    return (None if alone else keys), alone


def _offered(session: Session, *, of_questions: bool = False) -> comment_queries.FilterChoices:
    keys, alone = _reader_scope(session)
    return comment_queries.read_filter_choices(session, keys, alone, of_questions=of_questions)


def _parse_filters(parameters: MultiDict[str, str]) -> dict[str, str]:
    return {name: parameters[name] for name in ("agency", "month", "topic") if parameters.get(name)}


def _weeks(rows: Iterator[QuestionCounts]) -> Iterator[tuple[QuestionCounts, dict[str, dict[int, int]]]]:
    """A line an agency and week: any of its lines, and the counts by question."""
    for _of, some in groupby(rows, key=lambda one: (one.month, one.week, one.agency)):
        lines = list(some)
        yield lines[0], {line.question: line.counts for line in lines}


def _number(n: int) -> int:
    """The page that is asked for; one behind the last is the last."""
    return max(1, min(request.args.get("page", 1, type=int), _pages(n)))


def _pages(n: int) -> int:
    return -(-n // comment_queries.PAGE) or 1


def _kind() -> str:
    kind = request.form.get("kind", "")
    if kind not in export.MIMETYPES:
        abort(400)
    return kind


def _audit_export(action: str, kind: str) -> None:
    """Keep who takes a file with them, before it is made."""
    subject = " ".join([kind, *(f"{name}={value}" for name, value in _parse_filters(request.form).items())])
    who, now_ms = permissions.require_person().email, request_context.now_ms()
    with request_context.database().write() as session:
        session.add(AuditRow(at_ms=now_ms, who=who[:120], action=action, subject=subject[:200]))


def _names(session: Session) -> dict[str, LocalText]:
    names = {key: page_layout.agency_name(agency) for key, agency in agency_tree.read_agencies_by_key(session).items()}
    return {**names, "": LocalText({"vi": _("unknown agency"), "en": _("unknown agency")})}


def _topics(session: Session) -> dict[str, LocalText]:
    """Topics by id, as the questionnaire of today names them."""
    try:
        return {topic.id: topic.text for topic in store.read_current_instrument(session, "short").topics}
    except KeyError:
        return {}
