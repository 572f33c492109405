"""Alarms over all agencies, and the paired gap: few false alarms, real changes found, intervals hold."""

from __future__ import annotations

import random

import pytest

from admin.statistics import change_detection, channel_gap


def month(rng: random.Random, before: float, now: float, n: int) -> tuple[tuple[int, int], tuple[int, int]]:
    return ((sum(rng.random() < now for _ in range(n)), n), (sum(rng.random() < before for _ in range(3 * n)), 3 * n))


def test_when_nothing_changed_a_province_is_rarely_alarmed() -> None:
    rng, alarmed, months = random.Random("calm"), 0, 300
    for _ in range(months):
        moves = {str(k): month(rng, share, share, 60) for k, share in ((k, 0.6 + 0.35 * k / 60) for k in range(60))}
        alarmed += bool(change_detection.detect_changes(moves))
    assert alarmed / months <= 0.08


def test_without_that_control_every_month_has_alarms() -> None:
    rng = random.Random("calm")
    moves = {str(k): month(rng, 0.85, 0.85, 60) for k in range(144)}
    assert sum(change_detection.chance_of_difference(*move) < 0.05 for move in moves.values()) >= 3


def test_a_real_change_is_found_among_many_that_did_not() -> None:
    rng, found, false = random.Random("change"), 0, 0
    for _ in range(100):
        moves = {f"calm{k}": month(rng, 0.85, 0.85, 80) for k in range(50)}
        moves |= {f"down{k}": month(rng, 0.9, 0.6, 80) for k in range(5)}
        raised = change_detection.detect_changes(moves)
        found += sum(alarm.key.startswith("down") and alarm.direction == "lower" for alarm in raised)
        false += sum(alarm.key.startswith("calm") for alarm in raised)
        assert [alarm.p for alarm in raised] == sorted(alarm.p for alarm in raised)
    assert found >= 480 and false <= 0.08 * found


def test_few_answers_raise_nothing() -> None:
    assert change_detection.detect_changes({"few": ((0, 29), (200, 200)), "new": ((0, 200), (29, 29))}) == []
    assert change_detection.chance_of_difference((30, 30), (90, 90)) == 1.0


@pytest.mark.parametrize(
    ("pairs", "low", "high"),
    [
        ((36, 12, 2, 0), "0.0569", "0.3404"),  # Newcombe 1998, paired data: method 10, no correlation left
        ((20, 12, 2, 16), "0.0562", "0.3292"),  # by hand: phi = (296 - 25) / sqrt(354816) = 0.455
    ],
    ids=str,
)
def test_the_interval_of_pairs(pairs: tuple[int, int, int, int], low: str, high: str) -> None:
    both, first, second, neither = pairs
    found = channel_gap.compute_paired_gap(
        {(True, True): both, (True, False): first, (False, True): second, (False, False): neither}
    )
    assert found is not None and found.pairs == 50 and found.difference == 20
    assert [f"{float(end) / 100:.4f}" for end in found.interval] == [low, high]


def test_pairs_hold_the_truth() -> None:
    rng, hits, draws = random.Random("pairs"), 0, 1500
    for _ in range(draws):
        pairs: dict[tuple[bool, bool], int] = {}
        for _ in range(80):
            at_desk = rng.random() < 0.9
            later = rng.random() < (0.85 if at_desk else 0.35)  # 80 % later: a gap of 10 points
            pairs[at_desk, later] = pairs.get((at_desk, later), 0) + 1
        found = channel_gap.compute_paired_gap(pairs)
        assert found is not None
        hits += found.interval[0] <= 10 <= found.interval[1]
    assert 0.93 <= hits / draws <= 0.985
    assert channel_gap.compute_paired_gap({}) is None
