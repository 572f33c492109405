"""Files of released words: the rows of the pages, as CSV for offices and JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from admin.comments.comment_queries import Comment, QuestionCounts
from admin.instruments.companion_questions import ProvinceQuestions
from admin.presentation import csv_file
from models.reference.localized_text import LocalText
from translations import current_locale
from translations import gettext as _

#: What things are called: agencies or topics by key.
Names = Mapping[str, LocalText]
MIMETYPES = {"csv": "text/csv", "json": "application/json"}


def write_comments_file(comments: Iterable[Comment], kind: str, agencies: Names, topics: Names) -> bytes:
    """The comments as a file of this kind (`csv`, `json`), in the order they come in."""
    if kind == "csv":
        return csv_file.encode_csv(_comment_cells(comments, agencies, topics))
    return _document("comments", [
        {**_place(one.agency, one.week, one.month, agencies), "topics": list(one.topics), "text": one.text,
         **({"level": "low"} if one.low else {})}
        for one in comments
    ])  # fmt: skip


def write_province_answers_file(
    rows: Iterable[QuestionCounts], kind: str, agencies: Names, questions: ProvinceQuestions
) -> bytes:
    """How the questions for the province were answered, as a file of this kind."""
    if kind == "csv":
        return csv_file.encode_csv(_answer_cells(rows, agencies, questions))
    return _document("answers", [
        {**_place(one.agency, one.week, one.month, agencies), "question": one.question,
         "counts": {str(value): n for value, n in sorted(one.counts.items())}}
        for one in rows
    ])  # fmt: skip


def describe_week(week: str, month: str) -> str:
    """tuần 44/2026, or the month where no week is known."""
    if week:
        return _("week %(week)s/%(year)s", week=int(week[6:]), year=week[:4])
    return f"{int(month[5:])}/{month[:4]}" if month else ""


def translated_name(names: Names, key: str) -> str:
    """What something is called in the reader's language; its key where nobody knows."""
    return names[key].text(current_locale()) if key in names else key


def describe_choice(questions: ProvinceQuestions, question: str, value: int) -> str:
    """The words of an answer to a question for the province."""
    texts = [text for one in questions.questions if one.id == question for at, text in one.choices if at == value]
    return texts[0].text(current_locale()) if texts else str(value)


def describe_question(questions: ProvinceQuestions, question: str) -> str:
    """The words of a question for the province."""
    texts = [one.text for one in questions.questions if one.id == question]
    return texts[0].text(current_locale()) if texts else question


def _comment_cells(comments: Iterable[Comment], agencies: Names, topics: Names) -> Iterator[list[str]]:
    yield [_("Agency"), _("Topics"), _("Comment"), _("Week"), _("Level")]
    for one in comments:
        about = "; ".join(translated_name(topics, topic) for topic in one.topics)
        low = _("low rating") if one.low else ""
        yield [translated_name(agencies, one.agency), about, one.text, describe_week(one.week, one.month), low]


def _answer_cells(rows: Iterable[QuestionCounts], agencies: Names, questions: ProvinceQuestions) -> Iterator[list[str]]:
    yield [_("Agency"), _("Week"), _("Question"), _("Answer"), _("Number")]
    for one in rows:
        for value, n in sorted(one.counts.items()):
            yield [
                translated_name(agencies, one.agency),
                describe_week(one.week, one.month),
                describe_question(questions, one.question),
                describe_choice(questions, one.question, value),
                str(n),
            ]


def _place(agency: str, week: str, month: str, agencies: Names) -> dict[str, str]:
    name = agencies[agency].text("vi") if agency in agencies else ""
    return {"agency": agency, "agency_name": name, **({"week": week} if week else {"month": month})}


def _document(name: str, rows: list[dict[str, Any]]) -> bytes:
    return json.dumps({name: rows}, ensure_ascii=False, indent=1).encode()
