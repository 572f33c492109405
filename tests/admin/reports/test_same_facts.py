"""The same facts on the page, in its file, in the document and on the paper.

Few ones never by number where people read."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import pytest

from admin.reports.document.closing_notes import write_uncounted
from admin.reports.snapshot import freeze_figures
from admin.statistics.index_document import build_index_document
from admin.statistics.index_facts import IndexFacts
from models.tables.agency import DossierMonth
from tests.fixtures.centre_scene import CentreScene, open_centre
from tests.fixtures.report_documents import WARD
from tests.fixtures.tally_rows import add_answers, add_outcome, make_store
from translations import set_locale

#: What became of other answers: as it stands in the tallies, in the document, on the page, on the paper.
OUTCOMES = {
    "superseded": ("superseded", 3, "replaced by a later answer", "fewer than 5 replaced by another answer"),
    "contested": ("contested", 7, "code used again", "7 with a code used twice"),
    "declined": ("not_counted:declined", 4, "did not want to rate", "fewer than 5 did not want to rate"),
    "withdrawn": ("not_counted:withdrawn", 0, "chose and took it back", None),
}


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CentreScene]:
    with open_centre(tmp_path_factory.mktemp("same"), filled=False) as scene:
        with scene.database.write() as session:
            add_answers(session, "HL", (10, 0, 10, 40, 40), channel="kiosk")
            add_answers(session, "HL", (0, 0, 20, 30, 0), channel="qr")
            for outcome, n, _page, _paper in OUTCOMES.values():
                add_outcome(session, "HL", outcome, n)
            session.add(DossierMonth(agency_key="HL", month="2026-10", received=1000, closed=800, overdue=40))
        yield scene


def test_page_file_document_and_paper_agree(scene: CentreScene) -> None:
    page = scene.text("/agencies/HL?period=2026-10&lang=en")
    raw = scene.get("/agencies/HL.csv?period=2026-10&lang=en").get_data().decode("utf-8-sig")
    lines = [line for line in csv.reader(io.StringIO(raw)) if line]
    with scene.database.read() as session:
        document = build_index_document(session, "HL", "2026-10")
        paper = freeze_figures(
            session, "HL", "2026-10", revision=1, code="AAAA-BBBB-CCCC", target=None, practice=False
        )
    set_locale("en")
    sentence = write_uncounted(paper)

    assert (document["n"], document["index"], document["interval"]) == (paper["n"], paper["index"], paper["interval"])
    assert document["response_rate"] == paper["response_rate"] == {"value": "15.00", "denominator": 1000}
    assert document["channels"] == paper["channels"]
    whole = next(line for line in lines if line[0] == "Index" and line[2])
    assert whole[2:6] == ["150", document["index"], *document["interval"]]
    counts = {line[1]: line[2] for line in lines if line[0] == "Beside the index"}
    reasons = document["by_outcome"]["reasons"]
    for name, (_outcome, n, on_page, on_paper) in OUTCOMES.items():
        shown = str(n) if n == 0 or n >= 5 else "<5"
        assert document["by_outcome"].get(name, reasons.get(name, 0)) == n
        assert counts[on_page] == shown and on_page in page
        assert (on_paper or "@") in sentence or on_paper is None
        assert shown == str(n) or not any(f"{few} {(on_paper or '').removeprefix('fewer than 5 ')}" in sentence
                                          for few in range(1, 5))  # fmt: skip


@pytest.mark.parametrize("answers", [4, 12])
def test_below_thirty_answers_no_factor_that_was_answered_stands_on_the_paper(sqlite_url: str, answers: int) -> None:
    store = make_store(sqlite_url)
    with store.write() as session:
        add_answers(session, "HL", (0, 0, 0, 0, answers))
        add_answers(session, "HL", (0, 0, 0, 0, answers), item="A")
    with store.read() as session:
        facts = IndexFacts(session, {"HL"}, "2026-10", "short")
        paper = freeze_figures(
            session, "HL", "2026-10", revision=1, code="AAAA-BBBB-CCCC", target=None, practice=False
        )
    store.close()
    assert [figure.shown for _id, figure in facts.rows[1:]] == ["withheld", *["none"] * 4]
    assert "A" not in [row["id"] for row in paper["rows"]]


@pytest.mark.parametrize(("edition", "told"), [(4, True), (3, False)])
def test_a_few_unfinished_answers_are_told_from_the_fourth_edition_on(edition: int, told: bool) -> None:
    set_locale("en")
    figures = WARD | {"edition": edition, "partial": None, "shown": "full"}
    assert ("Fewer than 5 counted answers were not finished." in write_uncounted(figures)) is told
    assert "ewer than 5" not in write_uncounted(figures | {"shown": "withheld"})
