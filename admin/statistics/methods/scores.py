"""Score methods, which weigh every step of the scale: the mean score, and that of GOV.UK services.

The distribution always stands beside them: very different answers can have one mean.
"""

from __future__ import annotations

from fractions import Fraction

from admin.statistics.measures import intervals
from admin.statistics.measures.index import Answers, Counts, Measure, add_counts
from admin.statistics.measures.intervals import Interval
from admin.statistics.methods.method import WILSON_EFFECTIVE, Factors, Method
from admin.statistics.methods.top2 import OVERALL_ITEM
from models.vocabulary import SCORES


def mean_score(answers: Answers, factors: Factors) -> Measure:
    """The mean of the scores 1 to 5 on the overall question; without one, of all answers to all items."""
    counts, respondents = _scores(answers, factors)
    return _mean(counts, respondents, (1, 5))


def govuk(answers: Answers, factors: Factors) -> Measure:
    """The score from 0 to 100 in which the five steps weigh 0, 25, 50, 75 and 100."""
    counts, respondents = _scores(answers, factors)
    return _mean(counts, respondents, (0, 100))


def _scores(answers: Answers, factors: Factors) -> tuple[Counts, int]:
    """What is averaged, and how many persons gave it."""
    overall = answers.item(OVERALL_ITEM)
    if any(overall):
        return overall, sum(overall)
    items = [answers.item(item) for item in factors]
    return add_counts(items), max((sum(counts) for counts in items), default=0)


def _mean(counts: Counts, respondents: int, scale: tuple[int, int]) -> Measure:
    n = sum(counts)
    if n == 0:
        return Measure(0, 0, None, None, None, counts)
    low, high = scale
    steps = [Fraction(score - SCORES[0], SCORES[-1] - SCORES[0]) for score in SCORES]
    mean = sum((count * step for count, step in zip(counts, steps, strict=True)), Fraction(0)) / n
    square = sum((count * (step - mean) ** 2 for count, step in zip(counts, steps, strict=True)), Fraction(0))
    # For a mean of single answers the jackknife's variance is the sample variance over n. Where one person gave several
    # answers, they are taken as one person's worth.
    variance = float(square / (n - 1) / respondents) if n > 1 else 0.0
    ends = intervals.mean_interval(mean, variance, respondents)
    interval: Interval = (low + ends[0] * (high - low) / 100, low + ends[1] * (high - low) / 100)
    return Measure(respondents, respondents, None, low + mean * (high - low), interval, counts)


MEAN_SCORE = Method(
    id="mean_score",
    version=1,
    compute=mean_score,
    reads="scores",
    interval=WILSON_EFFECTIVE,
    scale=(1, 5),
)

GOVUK = Method(
    id="govuk",
    version=1,
    compute=govuk,
    reads="scores",
    interval=WILSON_EFFECTIVE,
)
