"""The interval's name: a field of the method that page, list and paper read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from admin.pdf import fonts
from admin.statistics import methods
from admin.statistics.measures import intervals
from admin.statistics.measures.index import Answers, Pattern
from admin.statistics.methods.method import WILSON, WILSON_EFFECTIVE, Method
from models.tables.tally import TallyMonth
from tests.fixtures import tally_rows
from tests.fixtures.centre_scene import open_centre
from tests.fixtures.report_documents import WARD, read_paper_text, render_report

FACTORS = {"A1": "A", "A2": "A", "B1": "B"}
EFFECTIVE = {"vi": "Wilson với cỡ mẫu hiệu dụng (jackknife theo người trả lời)",
             "en": "Wilson for the effective sample size (jackknife over respondents)"}  # fmt: skip


@pytest.mark.parametrize("method", methods.METHODS.values(), ids=methods.METHODS)
def test_the_name_is_that_of_the_formula(method: Method) -> None:
    """A plain share carries Wilson's interval for the persons it counts; every other method one that goes by what the
    answers of one person have in common, and says so."""
    patterns: dict[Pattern, int] = {
        (("A1", True), ("A2", True), ("B1", True)): 60, (("A1", False), ("A2", False), ("B1", True)): 20,
        (("A1", False), ("A2", True), ("B1", False)): 20,
    }  # fmt: skip
    items = {"A1": (0, 0, 40, 60, 0), "A2": (0, 0, 20, 80, 0), "B1": (0, 0, 20, 80, 0), "overall": (0, 10, 10, 70, 10)}
    measure = method.compute(Answers(items, {"counted": 100}, (60, 40), patterns), FACTORS)
    assert measure.index is not None and measure.interval is not None
    low, high = method.scale
    share = (measure.index - low) / (high - low)
    satisfied = share * measure.n
    plain = satisfied == int(satisfied) and measure.interval == intervals.wilson_interval(int(satisfied), measure.n)
    assert method.interval is (WILSON if plain else WILSON_EFFECTIVE)
    assert plain is (method.id in ("top2.overall", "respondent.all_top2"))


@pytest.fixture(scope="module")
def faces() -> fonts.FontFamily:
    return fonts.find_font_family(None)


@pytest.mark.parametrize("instrument", ["short", "sipas23"])
@pytest.mark.parametrize("locale", ["vi", "en"])
def test_pages_and_the_list_say_it(tmp_path: Path, instrument: str, locale: str) -> None:
    with open_centre(tmp_path, filled=instrument == "short") as scene:
        if instrument == "sipas23":
            with scene.database.write() as session:
                for factor in "ABCDE":
                    tally_rows.add_answers(
                        session, "SNV", (0, 0, 4, 40, 10), item=f"SIPAS23-{factor}1", instrument="sipas23",
                        channel="paper", responses=factor == "A",
                    )  # fmt: skip
                assert session.query(TallyMonth).count()
        name = "Wilson" if instrument == "short" else EFFECTIVE[locale]
        words = {"vi": f"hoảng tin cậy 95%: {name}. Dưới 30 phiếu",
                 "en": f"confidence interval: {name}. Below 30 answers"}  # fmt: skip
        for path in ("/", "/agencies", "/agencies/SNV", "/ranking"):
            text = scene.client("province@nb.vn").get(f"{path}?lang={locale}&period=2026-10").text
            assert words[locale] in text, path


@pytest.mark.parametrize("method", methods.METHODS)
def test_the_paper_says_it(faces: fonts.FontFamily, method: str) -> None:
    name = EFFECTIVE["vi"] if methods.METHODS[method].interval is WILSON_EFFECTIVE else "Wilson"
    said = f"Khoảng tin cậy 95% theo phương pháp {name}, chưa gồm khả năng"
    assert said in read_paper_text(render_report(WARD | {"method": method}, faces))


@pytest.mark.parametrize("edition", [1, 2])
def test_a_paper_issued_before_keeps_its_sentence(faces: fonts.FontFamily, edition: int) -> None:
    paper = WARD | {"method": "top2.mean_of_factors", "edition": edition}
    assert "95% theo phương pháp Wilson, chưa gồm" in read_paper_text(render_report(paper, faces))
    english = re.sub(r"\s+", " ", read_paper_text(render_report(paper, faces, locale="en")))
    assert "interval by Wilson's method" in english
