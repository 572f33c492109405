"""Published and hand-computed figures of `figure_vectors.json`, recomputed by the project's functions."""

from __future__ import annotations

import datetime
import json
from collections import Counter
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from admin.statistics import methods, ranking
from admin.statistics.legal import q766, tt01
from admin.statistics.measures import intervals, population_estimates
from admin.statistics.measures.index import Answers, Counts, Pattern, measure_top2
from admin.statistics.methods.top2 import factor
from models.clock import local_day
from models.vocabulary import SCORES
from translations.formats import rounded

VECTORS: dict[str, Any] = json.loads((Path(__file__).parent / "figure_vectors.json").read_text(encoding="utf-8"))
SIPAS = VECTORS["sipas"]


def counts_of(answers: list[int]) -> Counts:
    """Counts of the scores 1 to 5 from a vector, which lists 5 to 1."""
    five, four, three, two, one = answers
    return one, two, three, four, five


def two(value: Fraction | Decimal | None) -> str | None:
    return None if value is None else str(rounded(value, 2))


def compute(method: str, answers: Answers, factors: dict[str, str]) -> Fraction | None:
    return methods.method(method).compute(answers, factors).index


def test_s1_items_factors_and_three_ways_to_an_index() -> None:
    vector = SIPAS["S1"]
    answers = Answers({item: counts_of(row) for item, row in vector["items"].items()}, {"counted": 100})
    factors = {item: item[0] for item in vector["items"]}
    assert {item: two(measure_top2(answers.item(item)).index) for item in factors} == vector["top2"]
    assert {name: two(factor(answers, factors, name).index) for name in "CDE"} == vector["factor_mean_of_items"]
    for name, expected in vector["factor_pooled"].items():
        owned = {item: owner for item, owner in factors.items() if owner == name}
        assert two(compute("top2.pooled", answers, owned)) == expected
    overall = {way: two(compute(f"top2.{way}", answers, factors)) for way in ("mean_of_factors", "mean_of_items")}
    assert overall | {"pooled": two(compute("top2.pooled", answers, factors))} == vector["overall"]


def respondents(rows: list[list[int | None]]) -> tuple[Answers, dict[str, str]]:
    """Rows of answers, one a person, as the tallies know them."""
    items = [f"I{number}" for number in range(len(rows[0]))]
    counts = {item: [0] * len(SCORES) for item in items}
    patterns: Counter[Pattern] = Counter()
    satisfied = [0, 0]
    for row in rows:
        answers = [(item, score) for item, score in zip(items, row, strict=True) if score is not None]
        for item, score in answers:
            counts[item][score - 1] += 1
        if answers:
            patterns[tuple((item, score >= 4) for item, score in answers)] += 1
            satisfied[any(score < 4 for _, score in answers)] += 1
    frozen = {item: (c[0], c[1], c[2], c[3], c[4]) for item, c in counts.items()}
    n = sum(patterns.values())
    return Answers(frozen, {"counted": n}, (satisfied[0], satisfied[1]), patterns), {item: "A" for item in items}


def test_s2_counts_respondents() -> None:
    vector = SIPAS["S2"]
    answers, factors = respondents(vector["responses"])
    assert [two(measure_top2(answers.item(item)).index) for item in factors] == vector["items"]
    assert two(compute("top2.pooled", answers, factors)) == vector["pooled"]
    assert answers.counted == vector["n_responses"]
    assert two(compute("respondent.all_top2", answers, factors)) == vector["all_top2_answered"]
    complete, _ = respondents([row for row in vector["responses"] if None not in row])
    assert two(compute("respondent.all_top2", complete, factors)) == vector["all_top2_complete"]
    mean = compute("mean_score", answers, factors)
    assert mean is not None and (two(mean), two((mean - 1) * 25)) == (vector["mean"], vector["mean_0_100"])
    assert two(compute("govuk", answers, factors)) == vector["mean_0_100"]


def test_s3_factors_and_items_weigh_differently() -> None:
    vector = SIPAS["S3"]
    answers: dict[str, Counts] = {}
    factors: dict[str, str] = {}
    for name, shares in vector["items"].items():
        for number, share in enumerate(shares):
            answers[f"{name}{number}"] = (0, 0, 100 - int(share), int(share), 0)
            factors[f"{name}{number}"] = name
    frozen = Answers(answers, {"counted": 100})
    assert {name: two(factor(frozen, factors, name).index) for name in vector["factors"]} == vector["factors"]
    assert two(compute("top2.mean_of_factors", frozen, factors)) == vector["mean_of_factors"]
    assert two(compute("top2.mean_of_items", frozen, factors)) == vector["mean_of_items"]


def test_the_nine_indicators_of_an_officer_and_a_unit() -> None:
    vectors = VECTORS["tt01"]
    indices = {number: tt01.compute_index(Counter(points)) for number, points in vectors["N1"]["points"].items()}
    assert {number: str(index) for number, index in indices.items()} == vectors["N1"]["index"]
    officer = tt01.compute_total({number: index for number, index in indices.items() if index is not None}, "officer")
    assert officer is not None and (str(officer.total), officer.band) == (vectors["N1"]["total"], vectors["N1"]["band"])
    assert officer.complete and tt01.band_name(officer.band, "officer") == "hoàn thành 100% nhiệm vụ"
    unit = {str(number): Decimal(index) for number, index in enumerate(vectors["N4"]["indices"], 1)}
    full = tt01.compute_total(unit, "unit")
    assert full is not None and (str(full.total), full.band, full.most) == (vectors["N4"]["total"], "tốt", 18)
    del unit["9"]
    part = tt01.compute_total(unit, "unit")
    assert part is not None and not part.complete
    assert (str(part.total), part.most) == (vectors["N4"]["without_9"], vectors["N4"]["max_without_9"])
    assert (part.band, str(part.rescaled)) == ("tốt", vectors["N4"]["rescaled"])
    assert tt01.find_band(part.rescaled, "unit") == "xuất sắc"


def test_indices_are_rounded_half_up_before_they_are_added() -> None:
    vectors = VECTORS["tt01"]
    for raw, expected in vectors["N2_round1"]:
        assert str(rounded(Fraction(raw), 1)) == expected
    raw = {str(number): Decimal(value) for number, value in enumerate(vectors["N6"]["raw"], 1)}
    total = tt01.compute_total(raw, "unit")
    assert total is not None and (str(total.total), total.band) == (vectors["N6"]["round_first"], "xuất sắc")
    last = rounded(sum(raw.values(), Decimal(0)), 1)
    assert (str(last), tt01.find_band(last, "unit")) == (vectors["N6"]["round_last"], "tốt")


@pytest.mark.parametrize(("points", "band"), VECTORS["tt01"]["N3_unit"])
def test_bands_of_units(points: str, band: str) -> None:
    assert tt01.find_band(Decimal(points), "unit") == band


@pytest.mark.parametrize(("points", "band"), VECTORS["tt01"]["N3_officer"])
def test_bands_of_officers(points: str, band: str) -> None:
    assert tt01.find_band(Decimal(points), "officer") == band


def test_points_that_do_not_exist_and_nothing_at_all() -> None:
    with pytest.raises(ValueError, match="0, 1 or 2"):
        tt01.compute_index({3: 1})
    assert tt01.compute_index({}) is None and tt01.compute_total({}, "unit") is None


@pytest.mark.parametrize("row", VECTORS["q766_5_4"], ids=lambda row: row["id"])
def test_q766(row: dict[str, Any]) -> None:
    indicator = q766.compute_indicator(row["n"], row["overdue"], row["bad"], row["both"])
    forms = [(None, None), (None, None)] if indicator is None else [
        (two(form.rate), two(form.points)) for form in (indicator.sum, indicator.union)
    ]  # fmt: skip
    assert [list(form) for form in forms] == [row["sum"], row["union"]]
    if "rated" in row:  # 98 % by this indicator, while only 60 % of those who answered are satisfied
        assert two(Fraction(100 * (row["rated"] - row["bad"]), row["rated"])) == row["rated_satisfied"]


def test_q766_refuses_numbers_that_contradict_each_other() -> None:
    for numbers in ((10, 3, 2, 3), (10, 8, 8, 0), (0, 1, 0, 0), (10, 1, 1, -1)):
        with pytest.raises(ValueError, match="of"):
            q766.compute_indicator(*numbers)


@pytest.mark.parametrize("row", VECTORS["govuk"], ids=lambda row: row["score"])
def test_the_score_of_gov_uk_on_published_months(row: dict[str, Any]) -> None:
    answers = Answers({"overall": counts_of(row["c"])}, {"counted": sum(row["c"])})
    score = compute("govuk", answers, {})
    assert two(score) == row["score"] and two(compute("top2.overall", answers, {})) == row["top2"]
    if "mean" in row:
        mean = compute("mean_score", answers, {})
        assert score is not None and mean is not None
        assert (str(rounded(mean, 3)), int(rounded(score, 0))) == (row["mean"], row["published"])


@pytest.mark.parametrize(("satisfied", "n", "low", "high"), VECTORS["wilson95"])
def test_wilson(satisfied: int, n: int, low: str, high: str) -> None:
    assert [two(end) for end in intervals.wilson_interval(satisfied, n)] == [low, high]


@pytest.mark.parametrize("row", VECTORS["newcombe95"], ids=str)
def test_newcombe(row: list[Any]) -> None:
    bounds = [str(rounded(end / 100, 4)) for end in intervals.newcombe_interval(*row[:4])]
    assert bounds == row[4:]


def test_rank_ranges() -> None:
    units = {
        key: (Fraction(100 * s, n), intervals.wilson_interval(s, n)) for key, (s, n) in VECTORS["rank"]["units"].items()
    }
    ranks = ranking.compute_ranks(units)
    assert {key: [rank.best, rank.worst] for key, rank in ranks.items()} == VECTORS["rank"]["interval"]
    assert ranks["S"].place == 1 and {rank.of for rank in ranks.values()} == {6}
    assert ranks["P"].place == ranks["Q"].place == 2 and ranks["R"].place == 4  # 95 % both: one place, the next is free


def test_roll_up_weighting_and_bounds() -> None:
    units = VECTORS["rollup"]["units"]
    assert two(population_estimates.pooled_index(units)) == VECTORS["rollup"]["pooled"]
    assert two(population_estimates.mean_of_agencies(units)) == VECTORS["rollup"]["mean"]
    strata = [population_estimates.Stratum(row["N"], row["n"], row["s"]) for row in VECTORS["weighting"]["strata"]]
    assert two(population_estimates.weighted_share(strata)) == VECTORS["weighting"]["weighted"]
    plain = population_estimates.pooled_index((stratum.satisfied, stratum.n) for stratum in strata)
    assert two(plain) == VECTORS["weighting"]["unweighted"]
    for row in VECTORS["bounds"]:
        ends = population_estimates.satisfaction_bounds(row["N"], row["n"], row["s"])
        assert ends is not None and [two(end) for end in ends] == [row["low"], row["high"]]
        assert two(Fraction(100 * row["n"], row["N"])) == row["rr"]
        assert two(Fraction(100 * row["s"], row["n"])) == row["obs"]
    assert (
        population_estimates.satisfaction_bounds(10, 11, 11) is None
        and population_estimates.satisfaction_bounds(0, 0, 0) is None
    )


@pytest.mark.parametrize(("instant", "month"), VECTORS["month_hcm"])
def test_months_end_at_midnight_in_ho_chi_minh_city(instant: str, month: str) -> None:
    moment = datetime.datetime.fromisoformat(instant)
    assert local_day(int(moment.timestamp() * 1000))[:7] == month
