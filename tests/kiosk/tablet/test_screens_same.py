"""Screens after a tap: equal for every score, byte for byte, so that nobody can tell what was pressed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask

from tests.fixtures.citizen import Citizen
from tests.fixtures.paired_desk import make_paired_app

CHOICES = ["", "?lang=en&size=large&contrast=high"]


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    return make_paired_app(tmp_path / "desk", follow_up=True, typing=True, factors=True)


def everything_shown(app: Flask, score: int, query: str) -> str:
    """All that the tablet shows after a tap with this score, without what names the response or is drawn by chance."""
    someone = Citizen(app, query)
    someone.tap(score)
    drawings = [someone.client.get(f"/rate/{someone.id}/note.svg")]
    someone.topics("wait", act="look")
    someone.topics("wait", "fair", act="look")
    someone.write("Chờ lâu")
    someone.topics(act="write")
    someone.send(f"/rate/{someone.id}/comment", act="erase")
    someone.send(f"/rate/{someone.id}/undo")
    someone.tap(score)
    someone.topics("wait")
    assert someone.path.endswith("/factor/A")
    someone.tap(score)
    someone.send(someone.path, act="back")
    for _ in "ABCDE":
        someone.tap(score)
    code = someone.code()
    assert code and someone.path.endswith("/thanks")
    someone.open("/" + query)
    shown = someone.replies[1:-1] + drawings
    text = "\n".join(f"{r.request.path}\n{r.status_code}\n{r.headers}\n{r.text}" for r in shown)
    for name, secret in {"ID": someone.id, "SEAL": someone.seal, "CODE": code}.items():
        text = text.replace(secret, name).replace(" ".join(secret), name)
    text = text.replace(" ".join(code[at : at + 4] for at in (0, 4, 8)), "CODE")
    text = re.sub(r"(?m)^(?:ETag|Content-Length): .*$", "", text)
    return re.sub(r'<path d="M[^"]*z"/>', "DRAWN", text)


@pytest.mark.parametrize("query", CHOICES, ids=["plain", "en-large-contrast"])
def test_every_page_after_the_tap_is_the_same_for_every_score(app: Flask, query: str) -> None:
    shown = [everything_shown(app, score, query) for score in (1, 2, 3, 4, 5)]
    assert len(set(shown)) == 1
    for page in ("topics", "comment", "again", "factor/E", "thanks"):
        assert f"/rate/ID/{page}" in shown[0]
    assert "DRAWN" in shown[0]


def test_the_comparison_would_see_a_difference(app: Flask) -> None:
    assert everything_shown(app, 1, "") != everything_shown(app, 1, "?size=large")
