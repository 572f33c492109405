"""Top-2 methods, which count 4 and 5 as satisfied: the practice of all published SIPAS figures.

Shares carry Wilson's interval. Means of several items carry Wilson's for the effective sample size, which a jackknife
over respondents tells: the index is computed once more without each respondent, which needs to know how many
respondents answered in which pattern.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from admin.statistics.measures import intervals
from admin.statistics.measures.index import Answers, Counts, Measure, add_counts, measure_top2
from admin.statistics.measures.intervals import Interval
from admin.statistics.methods.method import WILSON, WILSON_EFFECTIVE, Factors, Method

OVERALL_ITEM = "overall"
#: Item → the weight of its share in the index; the weights of rated items add up to 1.
Weights = Mapping[str, Fraction]


def overall(answers: Answers, factors: Factors) -> Measure:
    """The share of 4 and 5 among the answers to the overall question."""
    return measure_top2(answers.item(OVERALL_ITEM))


def mean_of_factors(answers: Answers, factors: Factors) -> Measure:
    """The mean of the factor indices, all factors weighing the same; a factor nobody rated is left out."""
    return _mean(answers, factors, _by_factor(answers, factors))


def mean_of_items(answers: Answers, factors: Factors) -> Measure:
    """The mean of the item indices, all items weighing the same; an item nobody rated is left out."""
    rated = [item for item in factors if any(answers.item(item))]
    return _mean(answers, factors, {item: Fraction(1, len(rated)) for item in rated})


def pooled(answers: Answers, factors: Factors) -> Measure:
    """The share of 4 and 5 among all answers to all items: items that were answered more often weigh more."""
    counts = add_counts(answers.item(item) for item in factors)
    n, satisfied = sum(counts), counts[3] + counts[4]
    if n == 0:
        return Measure(answers.counted, 0, None, None, None, counts)
    weights = {item: Fraction(sum(answers.item(item)), n) for item in factors if any(answers.item(item))}
    measure = _mean(answers, factors, weights)
    return Measure(measure.n, measure.base, None, Fraction(100 * satisfied, n), measure.interval, counts)


def all_top2(answers: Answers, factors: Factors) -> Measure:
    """The share of respondents who chose 4 or 5 on everything they answered ("hài lòng toàn diện")."""
    satisfied, others = answers.all_top2
    return measure_top2((0, 0, others, satisfied, 0))


def factor(answers: Answers, factors: Factors, name: str) -> Measure:
    """One factor: the mean of the indices of its items; it stands on its least answered item.

    A factor of a single item is a plain share.
    """
    owned = {item: owner for item, owner in factors.items() if owner == name}
    rated: list[Counts] = [answers.item(item) for item in owned if any(answers.item(item))]
    if len(rated) <= 1:
        return measure_top2(add_counts(rated))
    n = min(sum(counts) for counts in rated)
    measure = _mean(answers, owned, _by_factor(answers, owned))
    return Measure(n, n, None, measure.index, measure.interval, add_counts(rated))


def _by_factor(answers: Answers, factors: Factors) -> Weights:
    """The weight of each rated item when factors weigh the same, and items the same within their factor."""
    rated: dict[str, list[str]] = {}
    for item, owner in factors.items():
        if any(answers.item(item)):
            rated.setdefault(owner, []).append(item)
    return {item: Fraction(1, len(rated) * len(items)) for items in rated.values() for item in items}


def _mean(answers: Answers, factors: Factors, weights: Weights) -> Measure:
    counts = {item: answers.item(item) for item in factors}
    everything = add_counts(counts.values())
    base = max((sum(count) for count in counts.values()), default=0)
    if not weights:
        return Measure(answers.counted, base, None, None, None, everything)
    shares = {item: Fraction(counts[item][3] + counts[item][4], sum(counts[item])) for item in weights}
    index = sum((weights[item] * shares[item] for item in weights), Fraction(0))
    return Measure(answers.counted, base, None, 100 * index, _jackknife(answers, weights, index), everything)


def _jackknife(answers: Answers, weights: Weights, index: Fraction) -> Interval | None:
    """The interval of a weighted mean of items; None where the patterns of the answers are not known."""
    satisfied = dict.fromkeys(weights, 0)
    answer_counts = dict.fromkeys(weights, 0)
    respondents = 0
    item_patterns: list[tuple[list[tuple[str, bool]], int]] = []
    for pattern, n in answers.patterns.items():
        own = [(item, good) for item, good in pattern if item in weights]
        if own:
            item_patterns.append((own, n))
            respondents += n
            for item, good in own:
                answer_counts[item] += n
                satisfied[item] += n * good
    if any(answer_counts[item] != sum(answers.item(item)) for item in weights) or not respondents:
        return None  # answers without patterns, from before these were counted
    weight = {item: float(share) for item, share in weights.items()}
    share = {item: satisfied[item] / answer_counts[item] for item in weights}
    mean = float(index)
    moves: list[tuple[float, int]] = []
    for own, n in item_patterns:
        without = mean
        for item, good in own:
            if answer_counts[item] > 1:
                without += weight[item] * ((satisfied[item] - good) / (answer_counts[item] - 1) - share[item])
            else:  # without its only respondent an item leaves the mean
                without -= weight[item] * share[item]
        gone = {item for item, _good in own if answer_counts[item] == 1}
        if gone:
            left = sum(own_weight for item, own_weight in weight.items() if item not in gone)
            without = without / left if left else mean
        moves.append((without, n))
    centre = sum(value * n for value, n in moves) / respondents
    spread = sum(n * (value - centre) ** 2 for value, n in moves)
    return intervals.mean_interval(index, (respondents - 1) / respondents * spread, respondents)


OVERALL = Method(
    id="top2.overall",
    version=1,
    compute=overall,
    reads="overall",
    interval=WILSON,
)

MEAN_OF_FACTORS = Method(
    id="top2.mean_of_factors",
    version=1,
    compute=mean_of_factors,
    reads="items",
    interval=WILSON_EFFECTIVE,
)

MEAN_OF_ITEMS = Method(
    id="top2.mean_of_items",
    version=1,
    compute=mean_of_items,
    reads="items",
    interval=WILSON_EFFECTIVE,
)

POOLED = Method(
    id="top2.pooled",
    version=1,
    compute=pooled,
    reads="items",
    interval=WILSON_EFFECTIVE,
)

ALL_TOP2 = Method(
    id="respondent.all_top2",
    version=1,
    compute=all_top2,
    reads="all_top2",
    interval=WILSON,
)
