"""A withheld headline: its number of answers follows from no rate over its dossiers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from admin.reports import snapshot
from admin.statistics import queries
from models.tables.agency import DossierMonth
from tests.fixtures import tally_rows
from tests.fixtures.centre_scene import CentreScene, open_centre

BOTH, OCTOBER = ("2026-09", "2026-10"), ("2026-10",)
PERIOD = "2026-09..2026-10"


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CentreScene]:
    """A ward whose number is withheld over two months, because of a commune of 3 in the first, or that followed from
    the province's. Its dossiers are known of the second month alone, where nothing is withheld: a rate of both months
    would tell that 40 of the second answered, beside a headline that says nothing."""
    with open_centre(tmp_path_factory.mktemp("withheld"), filled=False) as scene:
        with scene.database.write() as session:
            for month in BOTH:
                tally_rows.add_answers(session, "SNV", (2, 4, 6, 60, 50), channel="qr", month=month)
                tally_rows.add_answers(session, "HL", (1, 1, 3, 20, 15), channel="qr", month=month)
            tally_rows.add_answers(session, "YM", (0, 0, 0, 2, 1), channel="qr", month="2026-09")
            for item in "ABCD":
                tally_rows.add_answers(session, "SNV", (0, 0, 8, 0, 32), item=item, channel="qr")
            tally_rows.add_answers(session, "SNV", (0, 0, 2, 0, 1), item="E", channel="qr")
            for key, received in (("SNV", 1000), ("HL", 160)):
                session.add(DossierMonth(agency_key=key, month="2026-10", received=received, closed=80, overdue=2))
        yield scene


def test_what_is_withheld_and_what_is_not(scene: CentreScene) -> None:
    with scene.database.read() as session:
        assert queries.read_figure(session, {"HL"}, BOTH, "short").shown == "withheld"
        assert queries.read_figure(session, {"HL"}, OCTOBER, "short").shown == "full"
        october = queries.build_index_document(session, "HL", "2026-10")
        assert (october["n"], october["response_rate"]["value"]) == (40, "25.00")


def test_no_rate_is_told_in_any_shape(scene: CentreScene) -> None:
    with scene.database.read() as session:
        document = queries.build_index_document(session, "HL", PERIOD)
        assert (document["n"], document["response_rate"]["value"]) == (None, None)
        frozen = snapshot.freeze_figures(session, "HL", PERIOD, revision=1, code="X", target=None, practice=False)
        assert (frozen["n"], frozen["response_rate"]["value"]) == (None, None)
    for locale in ("vi", "en"):
        page = scene.text(f"/agencies/HL?period={PERIOD}&lang={locale}")
        assert "25,0%" not in page and "25.0%" not in page
        for path in ("/agencies/HL.csv", "/agencies/HL/slips.csv"):
            lines = scene.text(f"{path}?period={PERIOD}&lang={locale}").splitlines()
            others = [line for line in lines if not any(month in line for month in ("October", "10/2026", "Tháng 10"))]
            assert len(others) > 1 and not any("25.00" in line or "25,00" in line for line in others), path


def test_a_method_that_withholds_the_number_withholds_the_rate(scene: CentreScene) -> None:
    """Of three answers to one factor nothing may follow: another method's document says neither n nor the rate."""
    with scene.database.read() as session:
        own = queries.build_index_document(session, "SNV", "2026-10")
        other = queries.build_index_document(session, "SNV", "2026-10", method="top2.mean_of_factors")
    assert (own["n"], own["response_rate"]["value"]) == (122, "12.20")
    assert (other["n"], other["response_rate"]["value"]) == (None, None)
