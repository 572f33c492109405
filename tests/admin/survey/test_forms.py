"""Forms of the phone: sealed for one slip and one response; nothing believed that was not offered."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from admin.instruments import companion_questions
from admin.survey.forms import LONGEST_COMMENT, FaceForm, PageForm, make_page_form, plain_text
from admin.survey.question_page_steps import Step, list_steps
from models.reference import instrument
from models.vocabulary import Stage

DATA = Path(__file__).resolve().parents[3] / "admin" / "instruments" / "data" / "short-1.json"
QUESTIONS = instrument.parse(json.loads(DATA.read_text(encoding="utf-8")))
ID = "1" * 32


@pytest.fixture
def app() -> Iterator[Flask]:
    app = Flask("phone")
    app.secret_key = "secret"
    yield app


def seal(app: Flask, token: str = "T", id: str = ID) -> str:
    with app.test_request_context("/"):
        return str(FaceForm(token, id).seal.current_token)


def posted(app: Flask, step: Step, **fields: Any) -> PageForm:
    with app.test_request_context("/", method="POST", data={"id": ID, "seal": seal(app), **fields}):
        form = make_page_form(QUESTIONS, step, "T", ID)
        form.validate()
        return form


TOPICS, FACTORS, LAST = list_steps(QUESTIONS, companion_questions.read_province_questions(), None)


def test_a_seal_fits_one_slip_and_one_response(app: Flask) -> None:
    for token, id, good in (("T", ID, True), ("U", ID, False), ("T", "2" * 32, False)):
        with app.test_request_context("/", method="POST", data={"id": ID, "seal": seal(app, token, id), "score": "3"}):
            form = FaceForm("T", ID)
            assert form.validate() is good and form.genuine is good


@pytest.mark.parametrize("score", ["", "0", "6", "2 ", "٣", "3.0"])
def test_only_the_five_scores_are_taken(app: Flask, score: str) -> None:
    with app.test_request_context("/", method="POST", data={"id": ID, "seal": seal(app), "score": score}):
        form = FaceForm("T", ID)
        assert not form.validate() and form.genuine


def test_answers_are_kept_only_where_given(app: Flask) -> None:
    form = posted(app, FACTORS, A="5", C="0", N5="1", topic=["wait"], comment="x")
    assert form.errors == {} and form.filled.answers == {"A": 5, "C": 0}
    assert (form.filled.topics, form.filled.comment, form.filled.province) == (None, None, None)
    assert posted(app, TOPICS, topic=["fair", "nonsense", "wait"], A="5").filled.topics == ("wait", "fair")
    assert posted(app, LAST, N5="0", N6="2", WHO="").filled.province == {"N5": 0, "N6": 2}


@pytest.mark.parametrize("value", ["6", "-1", "x", "5 "])
def test_a_factor_score_that_was_not_offered_is_refused(app: Flask, value: str) -> None:
    assert "B" in posted(app, FACTORS, B=value).errors


@pytest.mark.parametrize(("act", "stops"), [("stop", True), ("send", False), ("back", False), ("", False)])
def test_stopping_is_said(app: Flask, act: str, stops: bool) -> None:
    assert posted(app, TOPICS, act=act).stops is stops


def test_a_comment_is_cleaned_and_never_cut(app: Flask) -> None:
    assert posted(app, LAST, comment="Cha\u0300o\r\n\x00b\x07").filled.comment == plain_text("Chào\nb") == "Chào\nb"
    assert posted(app, LAST, comment=" \n ").filled.comment is None
    assert "comment" not in posted(app, LAST, comment="ữ" * LONGEST_COMMENT).errors
    long = posted(app, LAST, comment="ữ" * (LONGEST_COMMENT + 1))
    assert "comment" in long.errors and long.genuine and "1.000" in long.errors["comment"][0]


def test_pages_follow_from_the_questionnaire() -> None:
    assert [(step.number, step.of, step.last) for step in (TOPICS, FACTORS, LAST)] == [
        (2, 4, False), (3, 4, False), (4, 4, True),
    ]  # fmt: skip
    assert TOPICS.topics and len(FACTORS.items) == 5 and LAST.comment and LAST.province
    document = json.loads((DATA.parent / "sipas23-1.json").read_text(encoding="utf-8"))
    questionnaire = companion_questions.name_place_of_service(instrument.parse(document), "ward")
    at = {Stage.RESULT: "ABCDE", Stage.REFUSAL: "ABCDE", Stage.SUBMISSION: "ABCE", None: "ABCE"}
    for stage, factors in at.items():
        walk = list_steps(questionnaire, None, stage)
        assert "".join(step.factor for step in walk) == factors and walk[0].number == 1 and walk[-1].last
        assert not any(step.topics or step.comment or step.province for step in walk)
    assert sum(len(step.items) for step in list_steps(questionnaire, None, Stage.RESULT)) == 16


@pytest.mark.parametrize("kind", ["ward", "commune", "department", "service_centre", "no such kind"])
def test_the_place_is_named_by_its_name_there(kind: str) -> None:
    document = json.loads((DATA.parent / "sipas23-1.json").read_text(encoding="utf-8"))
    texts = [text[lang] for item in companion_questions.name_place_of_service(instrument.parse(document), kind).items
             for text in (item.text, item.name) for lang in ("vi", "en")]  # fmt: skip
    centre = kind in ("ward", "commune", "service_centre")
    assert not any("{" in text for text in texts) and all(text[:1].isupper() for text in texts)
    assert any("Trung tâm Phục vụ hành chính công" in text for text in texts) == centre
    assert any("Bộ phận Một cửa" in text for text in texts) != centre
