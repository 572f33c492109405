"""Response rates: who is in one, and that one which does not apply prints nothing anywhere."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from fractions import Fraction

import pytest
from sqlalchemy.orm import Session

from admin.statistics import queries
from admin.statistics.queries import ResponseRate
from models.storage.database import Database
from models.tables.agency import DossierMonth
from tests.fixtures.centre_scene import CentreScene, find_form_token, open_centre
from tests.fixtures.report_documents import read_paper_text as words_of
from tests.fixtures.slip_rows import store_printed_slips
from tests.fixtures.tally_rows import add_answers

OCTOBER = ("2026-10",)
NONE_SAID = re.compile(r"ỷ lệ trả lời|esponse rate")


def dossiers(session: Session, received: int, agency: str = "HL", stage: str = "") -> None:
    session.add(DossierMonth(agency_key=agency, month="2026-10", stage=stage, received=received, closed=received,
                             overdue=0))  # fmt: skip


def rate(store: Database, agency: str = "HL") -> ResponseRate:
    with store.read() as session:
        return queries.compute_response_rate(session, queries.read_scope_keys(session, agency), OCTOBER, "short")


def test_guidance_and_paper_are_in_no_rate(database: Database) -> None:
    with database.write() as session:
        dossiers(session, 200)
        add_answers(session, "HL", (0, 0, 0, 0, 30), channel="kiosk", stage="submission")
        add_answers(session, "HL", (0, 0, 0, 0, 20), channel="qr", stage="result")
        add_answers(session, "HL", (0, 0, 0, 0, 60), channel="kiosk", stage="guidance")
        add_answers(session, "HL-CN", (0, 0, 0, 0, 10), channel="code", stage="guidance")
        add_answers(session, "HL", (0, 0, 0, 0, 40), channel="paper", stage="result")
        add_answers(session, "HL", (0, 0, 0, 0, 8), channel="paper", stage="guidance")
    assert rate(database) == ResponseRate(Fraction(25), 200)
    assert rate(database, "NB") == ResponseRate(Fraction(25), 200)


def test_dossiers_of_guidance_are_none(database: Database) -> None:
    with database.write() as session:
        for stage, received in (("submission", 100), ("result", 100), ("guidance", 700)):
            dossiers(session, received, stage=stage)
        add_answers(session, "HL", (0, 0, 0, 0, 50), stage="result")
        dossiers(session, 300, "YM", stage="guidance")
        add_answers(session, "YM", (0, 0, 0, 0, 50), stage="guidance")
    assert rate(database) == ResponseRate(Fraction(25), 200)
    assert rate(database, "YM") == ResponseRate(None, None)


@pytest.mark.parametrize(
    ("guidance", "on_paper", "told"), [(0, 0, True), (4, 0, False), (5, 0, True), (9, 4, False), (9, 5, True)]
)
def test_few_answers_for_guidance_do_not_follow_from_a_rate(
    database: Database, guidance: int, on_paper: int, told: bool
) -> None:
    with database.write() as session:
        dossiers(session, 200)
        add_answers(session, "HL", (0, 0, 0, 0, 50), stage="result")
        add_answers(session, "HL", (0, 0, 0, 0, guidance), stage="guidance")
        add_answers(session, "HL", (0, 0, 0, 0, on_paper), stage="guidance", channel="paper")
    assert rate(database).value == (Fraction(25) if told else None)


@pytest.mark.parametrize(("stage", "channel"), [("guidance", "kiosk"), ("guidance", "qr"), ("result", "paper")])
def test_where_nobody_answered_about_a_dossier_there_is_no_rate(database: Database, stage: str, channel: str) -> None:
    with database.write() as session:
        dossiers(session, 200)
        add_answers(session, "HL", (0, 0, 0, 0, 50), stage=stage, channel=channel)
    assert rate(database) == ResponseRate(None, 200)


def test_the_bounds_are_those_of_people_with_a_dossier(database: Database) -> None:
    with database.write() as session:
        dossiers(session, 1000)
        add_answers(session, "HL", (20, 0, 0, 0, 380), channel="qr")
        add_answers(session, "HL", (0, 0, 0, 0, 700), stage="guidance")
    with database.read() as session:
        keys = queries.read_scope_keys(session, "HL")
        bounds = queries.IndexFacts(session, keys, "2026-10", "short").bounds
    assert bounds is not None
    assert (bounds.low, bounds.high, bounds.n, bounds.dossiers) == (Fraction(38), Fraction(98), 400, 1000)


@pytest.mark.parametrize(
    ("guidance", "on_paper", "refusals", "told"), [(8, 0, 0, True), (8, 0, 1, False), (9, 4, 0, False), (9, 5, 0, True)]
)
def test_bounds_give_away_no_number_that_the_rate_withholds(
    database: Database, guidance: int, on_paper: int, refusals: int, told: bool
) -> None:
    with database.write() as session:
        dossiers(session, 200)
        add_answers(session, "HL", (0, 0, 0, 0, 50), stage="result")
        add_answers(session, "HL", (0, 0, 0, 0, refusals), stage="refusal")
        add_answers(session, "HL", (0, 0, 0, 0, guidance), stage="guidance")
        add_answers(session, "HL", (0, 0, 0, 0, on_paper), stage="guidance", channel="paper")
    with database.read() as session:
        keys = queries.read_scope_keys(session, "HL")
        bounds = queries.IndexFacts(session, keys, "2026-10", "short").bounds
    assert (bounds is not None, rate(database).value is not None) == (told, told)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CentreScene]:
    """The department answered at all stages; of the ward only guidance was rated, of the commune only papers, and of
    the finance department no dossier was ever counted."""
    with open_centre(tmp_path_factory.mktemp("rates")) as scene:
        with scene.database.write() as session:
            dossiers(session, 40)
            dossiers(session, 40, "YM")
            add_answers(session, "HL-CN", (0, 0, 0, 5, 95), stage="guidance")
            add_answers(session, "YM", (0, 0, 0, 5, 95), channel="paper")
            add_answers(session, "SNV", (0, 0, 0, 0, 900), stage="guidance")
            for name in ("HL-CN", "SNV"):
                store_printed_slips(session, 120, None, agency=name, stage="guidance")
            dossiers(session, 50, "HL-CN")
        yield scene


def issued(scene: CentreScene, agency: str) -> tuple[str, str]:
    """The paper of an agency's October, in words, and the page of its code."""
    client = scene.client("province@nb.vn")
    form = {"csrf_token": find_form_token(client, "/reports"), "agency": agency, "period": "2026-10"}
    address = client.post("/reports/issue", data=form).headers["Location"]
    return words_of(client.get(address).data), client.get(f"/v/{address.split('/')[2]}").text


@pytest.mark.parametrize("agency", ["HL-CN", "STC"])
@pytest.mark.parametrize("lang", ["vi", "en"])
def test_a_rate_that_does_not_apply_prints_nothing_anywhere(scene: CentreScene, agency: str, lang: str) -> None:
    for path in (f"/agencies/{agency}?period=2026-10", f"/agencies/{agency}/slips?period=2026-10"):
        page = scene.text(f"{path}&lang={lang}").split("<main")[1]
        assert not NONE_SAID.search(page), path
    file = scene.get(f"/agencies/{agency}.csv?period=2026-10&lang={lang}").data.decode("utf-8-sig")
    assert "100" in file and not NONE_SAID.search(file)


@pytest.mark.parametrize("agency", ["HL-CN", "STC"])
def test_it_is_null_in_documents_and_nowhere_on_paper(scene: CentreScene, agency: str) -> None:
    with scene.database.read() as session:
        assert queries.build_index_document(session, agency, "2026-10")["response_rate"]["value"] is None
    paper, proof = issued(scene, agency)
    assert "100" in paper and not NONE_SAID.search(paper) and not NONE_SAID.search(proof)


def test_guidance_makes_no_rate_above_all_dossiers_on_any_page(scene: CentreScene) -> None:
    """The department: 181 answers about 1 000 dossiers, and 900 of people who had none."""
    assert "tỷ lệ trả lời 18,1%" in scene.text("/agencies/SNV?period=2026-10").replace("\u00a0", "")
    rows = list(csv.reader(io.StringIO(scene.get("/agencies/SNV.csv?period=2026-10&lang=en").data.decode("utf-8-sig"))))
    assert [row for row in rows if row[0] == "Response rate"][0].count("18.10") == 1
    with scene.database.read() as session:
        document = queries.build_index_document(session, "SNV", "2026-10")
    assert document["response_rate"] == {"value": "18.10", "denominator": 1000}
    assert document["slip_coverage"]["value"] == "0.00", "nor are slips for guidance slips for dossiers"
    paper, proof = issued(scene, "SNV")
    assert "tỷ lệ trả lời 18,1%" in paper and "tỷ lệ trả lời 18,1%" in proof.replace("\u00a0", "")
