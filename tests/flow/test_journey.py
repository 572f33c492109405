"""The journey of a rating: taps at the desk, a network in trouble, the centre counting each once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from admin.reports import rendering
from models.tables.response import Response
from tests.fixtures import desk_state_rows
from tests.fixtures.centre_and_desk import AGENCY, Centre, Desk, FaultyTransport, pair_centre_and_desk


@pytest.fixture
def scene(tmp_path: Path, store_url: str) -> Iterator[tuple[Centre, Desk]]:
    with pair_centre_and_desk(tmp_path, store_url) as both:
        yield both


def counted(centre: Centre) -> list[int]:
    with centre.database.read() as session:
        return sorted(
            score or 0 for score in session.scalars(select(Response.score).where(Response.outcome == "counted"))
        )


@pytest.mark.starts_at("2026-10-14T09:00:00")  # all in the month of one report
def test_fifty_taps_while_the_centre_is_down_are_counted_exactly_once(scene: tuple[Centre, Desk]) -> None:
    centre, desk = scene
    centre.stop()
    scores = [1 + (7 * i) % 5 for i in range(50)]
    for i, score in enumerate(scores):
        if i % 2:
            desk.rate(score, "wait")
        else:
            desk.tap(score)  # walks away after one tap
    assert desk.sync(url=centre.url).state == "offline"
    desk.ahead += 61_000
    centre.start()
    outcome = desk.sync(url=centre.url)
    assert (outcome.state, outcome.waiting) == ("ok", 0)
    assert counted(centre) == sorted(scores)
    document = centre.index()
    top2 = sum(score >= 4 for score in scores)
    assert document["n"] == 50
    assert document["index"] == f"{100 * top2 / 50:.2f}"
    assert document["distribution"] == {str(s): scores.count(s) for s in range(1, 6)}
    made = rendering.write_report_pdf(centre.database, centre.settings, AGENCY, "2026-10", centre.now().t, preview=True)
    text = "".join(page.extract_text() for page in PdfReader(made["pdf"]).pages)
    assert made["n"] == 50 and f"{100 * top2 / 50:.1f}".replace(".", ",") + "%" in text


@pytest.mark.parametrize("trouble", ["deaf", "twice", "lost", "cut", "portal"])
def test_trouble_on_the_wire_changes_no_total(scene: tuple[Centre, Desk], trouble: str) -> None:
    centre, desk = scene
    scores = [5, 4, 1, 3, 2, 4]
    for score in scores:
        desk.rate(score)
    transport = FaultyTransport(centre.url, iter([trouble, trouble]))
    for _ in range(4):
        desk.sync(transport)
    assert counted(centre) == sorted(scores)
    with desk.database.read() as session:
        facts = desk_state_rows.read_texts(session)
    assert facts["state"] == "active" and facts.get("conflicts", "0") == "0"
    assert desk.sync(url=centre.url).waiting == 0
    assert centre.index()["n"] == len(scores)


def test_undone_and_declined_are_sealed_and_shown_but_never_in_n(scene: tuple[Centre, Desk]) -> None:
    centre, desk = scene
    desk.rate(5)
    id = desk.tap(1)
    page = desk.client.get(f"/rate/{id}/topics").get_data(as_text=True)
    form = page[page.rindex("<form", 0, page.index(f"/rate/{id}/undo")) :]
    assert desk.client.post(f"/rate/{id}/undo", data=desk.fields(form)).status_code == 303
    fields = desk.fields(desk.client.get("/").get_data(as_text=True))
    assert desk.client.post("/decline", data=fields).status_code == 303
    desk.sync(url=centre.url)
    document = centre.index()
    assert document["n"] == 1
    assert document["by_outcome"]["reasons"] == {"declined": 1, "withdrawn": 1}


def test_the_agency_and_the_province_see_the_same_answers(scene: tuple[Centre, Desk]) -> None:
    centre, desk = scene
    for score in (4, 5, 2):
        desk.rate(score)
    desk.sync(url=centre.url)
    assert centre.index(AGENCY)["n"] == centre.index("NB")["n"] == 3
