"""The phone's forms: sealed for one slip and one response; nothing believed that was not offered."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from admin.survey.forms import LONGEST_COMMENT, FaceForm, MoreForm, more_form
from models import instrument

DATA = Path(__file__).resolve().parents[2] / "admin" / "instruments" / "data" / "short-1.json"
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


def posted(app: Flask, **fields: Any) -> MoreForm:
    with app.test_request_context("/", method="POST", data={"id": ID, "seal": seal(app), **fields}):
        form = more_form(QUESTIONS, "T", ID)
        form.validate()
        return form


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
    form = posted(app, A="5", C="0", topic=["fair", "nonsense", "wait"])
    assert form.errors == {}
    assert form.answers == {"A": 5, "C": 0}
    assert form.topics == ("wait", "fair")


@pytest.mark.parametrize("value", ["6", "-1", "x", "5 "])
def test_a_factor_score_that_was_not_offered_is_refused(app: Flask, value: str) -> None:
    assert "B" in posted(app, B=value).errors


def test_a_comment_is_cleaned_and_never_cut(app: Flask) -> None:
    decomposed = "Cha\u0300o\r\n\x00b\x07"
    assert posted(app, comment=decomposed).text == "Chào\nb"
    assert posted(app, comment=" \n ").text is None
    assert "comment" not in posted(app, comment="ữ" * LONGEST_COMMENT).errors
    long = posted(app, comment="ữ" * (LONGEST_COMMENT + 1))
    assert "comment" in long.errors and long.genuine and "1.000" in long.errors["comment"][0]
