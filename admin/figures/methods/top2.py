"""Methods that count 4 and 5 as satisfied, the practice of all published SIPAS figures."""

from __future__ import annotations

from fractions import Fraction

from admin.figures.index import Answers, Counts, Measure, added, top2
from admin.figures.methods.method import Factors, Method
from models.localtext import LocalText

OVERALL_ITEM = "overall"


def overall(answers: Answers, factors: Factors) -> Measure:
    """The share of 4 and 5 among the answers to the overall question."""
    return top2(answers.item(OVERALL_ITEM))


def mean_of_factors(answers: Answers, factors: Factors) -> Measure:
    """The mean of the factor indices, all factors weighing the same; a factor nobody rated is left out."""
    terms = [factor(answers, factors, name).index for name in sorted(set(factors.values()))]
    rated = [term for term in terms if term is not None]
    items = [answers.item(item) for item in factors]
    index = sum(rated, Fraction(0)) / len(rated) if rated else None
    base = max((sum(counts) for counts in items), default=0)
    return Measure(answers.counted, base, None, index, None, added(items))


def factor(answers: Answers, factors: Factors, name: str) -> Measure:
    """One factor: the mean of the indices of its items; it stands on its least answered item.

    A factor of a single item is a plain share and has an interval.
    """
    owned: list[Counts] = [answers.item(item) for item, owner in factors.items() if owner == name]
    rated = [counts for counts in owned if any(counts)]
    if len(rated) <= 1:
        return top2(added(rated))
    shares = [Fraction(100 * (counts[3] + counts[4]), sum(counts)) for counts in rated]
    n = min(sum(counts) for counts in rated)
    return Measure(n, n, None, sum(shares, Fraction(0)) / len(shares), None, added(rated))


OVERALL = Method(
    id="top2.overall",
    version=1,
    name=LocalText({
        "vi": "Tỷ lệ phiếu chọn mức 4 hoặc 5 ở câu đánh giá chung",
        "en": "Share of answers choosing 4 or 5 to the overall question",
    }),
    source="Own question; 4 and 5 count as satisfied, as in the published results of one-stop desks. Interval: Wilson "
    "1927.",
    compute=overall,
    uses_factors=False,
)

MEAN_OF_FACTORS = Method(
    id="top2.mean_of_factors",
    version=1,
    name=LocalText({
        "vi": "Trung bình cộng tỷ lệ mức 4 và 5 của các yếu tố",
        "en": "Mean over the factors of the share of 4 and 5",
    }),
    source="Factors and questions of Quyết định 1001/QĐ-BNV (2023). The decision's own computing rule is not public; "
    "equal weights of items in a factor and of factors in the index are our reading of the published tables.",
    compute=mean_of_factors,
    uses_factors=True,
)
