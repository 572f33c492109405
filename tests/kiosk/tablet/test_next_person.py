"""The next person at the tablet: a page that is sent ends what others left open.

One that is only drawn does not. What the one before said, chose and was given is then nobody's to see, by no address.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask

from kiosk.rating import idle_sweep
from models import clock
from models.clock import Moment
from models.ids import new_id
from models.protocol import form_seal
from tests.fixtures.citizen import Citizen
from tests.fixtures.paired_desk import count_open_drafts, leave_alone, make_paired_app, read_payloads

#: The parts of the app whose pages are a citizen's.
CITIZENS = ("rate", "tell", "farewell")
#: Something that every form takes.
SAID = {"score": "4", "act": "look", "topic": ["wait"], "text": "lời", "ms": "900"}
EVERY_POST = {
    "/rate", "/rate/<id>/stay", "/rate/<id>/undo", "/decline", "/rate/<id>/topics", "/rate/<id>/factor/<item>",
    "/rate/<id>/comment", "/rate/<id>/next", "/rate/<id>/done",
}  # fmt: skip


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    return make_paired_app(tmp_path / "desk", follow_up=True, typing=True, factors=True)


def at(app: Flask, rule: str, id: str) -> str:
    return rule.replace("<id>", id).replace("<item>", "A")


def send(app: Flask, rule: str, id: str, seal: str | None = None) -> int:
    """Send the form of a page that was drawn for response `id`; the status of the answer."""
    made = form_seal.make_seal(app.config["SECRET_KEY"], id)
    data = {**SAID, "id": id, "seal": made if seal is None else seal}
    return app.test_client(use_cookies=False).post(at(app, rule, id), data=data).status_code


def pages(app: Flask, someone: Citizen) -> set[str]:
    """Where the pages of somebody's rating lead now."""
    steps = ("topics", "again", "factor/A", "comment", "thanks")
    return {str(someone.client.get(f"/rate/{someone.id}/{step}").location) for step in steps}


def test_every_form_of_the_citizens_pages_is_known_here(app: Flask) -> None:
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint.partition(".")[0] in CITIZENS]
    assert {rule.rule for rule in rules if "POST" in (rule.methods or ())} == EVERY_POST


@pytest.mark.parametrize("rule", sorted(EVERY_POST))
def test_what_another_page_sends_seals_what_was_left(app: Flask, rule: str) -> None:
    someone = Citizen(app)
    someone.tap(2)
    someone.topics("wait")  # and on to the further questions, where it is left
    send(app, rule, new_id())
    left = [p for p in read_payloads(app) if p["answers"] == [["overall", 2]]]
    assert [(p["state"], p["topics"]) for p in left] == [("partial", ["wait"])]
    assert pages(app, someone) == {"/"}
    assert someone.client.get(f"/rate/{someone.id}/note.svg").status_code == 404


@pytest.mark.parametrize("rule", sorted(EVERY_POST))
def test_a_page_without_a_seal_that_holds_ends_nothing(app: Flask, rule: str) -> None:
    someone = Citizen(app)
    someone.tap(2)
    for seal in ("", "0" * 32):
        assert send(app, rule, new_id(), seal) == 400
    assert count_open_drafts(app) == 1 and read_payloads(app) == []


@pytest.mark.parametrize("rule", sorted(EVERY_POST - {"/rate/<id>/done"}))
def test_what_is_sent_again_of_a_rating_that_is_over_ends_nobodys(app: Flask, rule: str) -> None:
    """A reply was lost and the tablet repeats itself, or a second tab says that somebody is still there."""
    first = Citizen(app)
    first.tap(5)
    first.topics(act="skip")
    someone = Citizen(app)
    someone.tap(2)
    send(app, rule, first.id)
    assert count_open_drafts(app) == 1 and [p["answers"] for p in read_payloads(app)] == [[["overall", 5]]]


def test_the_page_that_is_sent_keeps_its_own_rating(app: Flask) -> None:
    someone = Citizen(app)
    someone.tap(2)
    someone.topics("wait", act="look")
    someone.send(f"/rate/{someone.id}/stay")
    assert count_open_drafts(app) == 1 and read_payloads(app) == []


@pytest.mark.parametrize("rule", sorted(EVERY_POST))
def test_the_code_of_the_one_before_is_not_shown_to_the_next(app: Flask, rule: str) -> None:
    someone = Citizen(app)
    someone.tap(2)
    someone.topics("wait")
    someone.send(someone.path, act="skip")
    page = someone.path
    assert someone.code() and 'class="number"' in someone.open(page).text
    send(app, rule, new_id())
    assert someone.client.get(page).location == "/"


def test_the_next_persons_tap_is_the_next_persons(app: Flask) -> None:
    """Who comes while the page of the one before is gone back to the faces by itself."""
    first, second = Citizen(app), Citizen(app)
    first.tap(1)
    first.topics(act="look")
    second.tap(5)
    second.topics(act="skip")
    assert [(p["answers"], p["state"]) for p in read_payloads(app)] == [
        ([["overall", 1]], "partial"), ([["overall", 5]], "complete")
    ]  # fmt: skip


def test_back_leads_the_next_person_to_faces_in_nobody_s_choices(app: Flask) -> None:
    first = Citizen(app, "?lang=en&size=large&contrast=high")
    first.tap(1)
    first.topics(act="skip")
    for step in ("topics", "again", "factor/A", "comment", "thanks"):
        page = first.client.get(f"/rate/{first.id}/{step}?lang=en&size=large&contrast=high")
        assert (page.status_code, page.location) == (303, "/"), step


def test_a_touch_on_faces_that_were_used_and_sent_is_not_thanked_for(app: Flask) -> None:
    """A browser's Back may show them as they stood; whoever touches them is the next person."""
    for sent_again in (1, 5):
        first = Citizen(app)
        first.tap(1)
        faces = {"id": first.id, "seal": first.seal}
        assert first.client.post("/rate", data={**faces, "score": 5}).location == f"/rate/{first.id}/topics"  # twice
        first.topics(act="skip")
        before = read_payloads(app)
        page = first.client.post("/rate", data={**faces, "score": sent_again})
        assert page.status_code == 400 and "chạm" in page.text and 'name="score"' in page.text
        assert first.id not in page.text and read_payloads(app) == before


def moved(app: Flask, seconds: float) -> None:
    now = clock.now()
    app.extensions["clock"] = lambda: Moment(now.t + int(seconds * 1000), now.mono + int(seconds * 1000))


def test_after_the_time_a_screen_stands_its_pages_are_drawn_for_nobody(app: Flask) -> None:
    """However long the sweep takes to come by."""
    someone = Citizen(app)
    someone.tap(2)
    someone.topics("wait", act="look")
    moved(app, 59)
    assert pages(app, someone) != {"/"}
    moved(app, 61)
    assert pages(app, someone) == {"/"} and count_open_drafts(app) == 1


@pytest.mark.parametrize("step", ["factor/A", "again"])
def test_another_language_is_a_sign_of_life(app: Flask, step: str) -> None:
    """Without script too: the choices of a page in hand are buttons of its form."""
    someone = Citizen(app)
    someone.tap(2)
    someone.topics() if step == "factor/A" else someone.send(f"/rate/{someone.id}/undo")
    assert someone.path == f"/rate/{someone.id}/{step}"
    english = re.search(r'<button form="answer" formaction="([^"]+lang=en[^"]*)" name="act" value="look"', someone.page)
    assert english
    moved(app, 40)
    someone.send(english[1].replace("&amp;", "&"), act="look")
    assert someone.path == f"/rate/{someone.id}/{step}" and '<html lang="en"' in someone.page
    moved(app, 80)
    assert left_alone_now(app) == 0 and someone.client.get(someone.path).status_code == 200
    moved(app, 101)
    assert left_alone_now(app) == 1


def left_alone_now(app: Flask) -> int:
    """The sweep comes by at the app's own moment."""
    return idle_sweep.sweep_once(app.extensions["database"], app.extensions["clock"], app.extensions["settings"])


def test_a_rating_left_alone_is_sealed_once(app: Flask) -> None:
    someone = Citizen(app)
    someone.tap(2)
    assert left_alone_now(app) == 0
    assert leave_alone(app) == 1 and leave_alone(app) == 0
    assert [p["state"] for p in read_payloads(app)] == ["partial"]
