"""The button of somebody else at a page of the one before.

The rating that stood there is sealed, and theirs is another one.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from tests.fixtures.citizen import Citizen, read_waiting_sidecars
from tests.fixtures.paired_desk import (
    count_open_drafts,
    leave_alone,
    make_paired_app,
    read_hidden_fields,
    read_payloads,
)


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    return make_paired_app(tmp_path / "desk", follow_up=True, typing=True, factors=True)


@pytest.fixture
def first(app: Flask) -> Citizen:
    """Somebody who tapped a face, ticked a topic, and is gone."""
    someone = Citizen(app, "?lang=en&size=large")
    someone.tap(2)
    someone.topics("wait", act="look")
    return someone


def came(someone: Citizen, **fields: object) -> str:
    """Another person presses "Someone else?" on the page that stands there; the page they get."""
    return someone.send(f"/rate/{someone.id}/next", **fields).text


def test_what_the_one_before_said_is_sealed_with_the_topics_on_the_page(app: Flask, first: Citizen) -> None:
    came(first, act="ticks", topic=["wait", "fair"])
    (p,) = read_payloads(app)
    assert (p["answers"], p["state"], p["topics"]) == ([["overall", 2]], "complete", ["wait", "fair"])
    assert "f" not in read_waiting_sidecars(app) and count_open_drafts(app) == 0
    assert first.client.get(f"/rate/{first.id}/thanks").location == "/"  # no code, for nobody would copy it


def test_fresh_faces_of_the_first_language_begin_a_rating_of_its_own(app: Flask, first: Citizen) -> None:
    page = came(first, act="ticks", topic=["wait"])
    assert page.count('class="bowl"') == 5 and '<html lang="vi" class="size-normal' in page
    before, known = first.id, read_hidden_fields(page)
    assert known["id"] != before
    first.send("/rate", score="5", **known)
    first.topics(act="skip")
    assert [(p["answers"], p["state"], p.get("topics")) for p in read_payloads(app)] == [
        ([["overall", 2]], "complete", ["wait"]), ([["overall", 5]], "complete", None)
    ]  # fmt: skip


def test_topics_that_were_unticked_on_the_page_are_not_kept(app: Flask, first: Citizen) -> None:
    came(first, act="ticks")
    assert "topics" not in read_payloads(app)[0]


@pytest.mark.parametrize("page", ["factor/A", "comment"])
def test_on_a_page_without_topics_those_kept_before_stay_and_nothing_that_stands_on_it_is_added(
    app: Flask, first: Citizen, page: str
) -> None:
    first.open(f"/rate/{first.id}/{page}")
    came(first, act="", score="5", text="lời của ai")
    (p,) = read_payloads(app)
    assert (p["answers"], p["state"], p["topics"]) == ([["overall", 2]], "complete", ["wait"])
    assert "lời" not in str(p)


def test_pressed_twice_is_one_rating(app: Flask, first: Citizen) -> None:
    came(first, act="ticks", topic=["wait"])
    first.client.post(f"/rate/{first.id}/next", data={"seal": first.seal, "act": "ticks"})
    leave_alone(app)
    assert [p["topics"] for p in read_payloads(app)] == [["wait"]]


def test_asking_for_the_address_changes_nothing(app: Flask, first: Citizen) -> None:
    assert first.client.get(f"/rate/{first.id}/next").status_code == 405
    assert count_open_drafts(app) == 1 and read_payloads(app) == []


def test_a_tap_that_was_taken_back_is_not_made_a_rating(app: Flask, first: Citizen) -> None:
    first.send(f"/rate/{first.id}/undo")
    page = came(first, act="ticks", topic=["wait"])
    assert page.count('class="bowl"') == 5
    assert [p["state"] for p in read_payloads(app)] == ["withdrawn"]
