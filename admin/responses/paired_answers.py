"""Paired answers: one transaction rated at the desk and later on a phone, which then counts.

The tie between the two is erased when its window ends, so the later score is kept on the desk's answer: enough to say
how far people speak differently in front of the desk, and nothing that leads back to the phone's answer. Called where
a transaction is settled; knows no store.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from models.tables.response import Response
from models.vocabulary import Channel, CountOutcome

PHONE = (Channel.QR.value, Channel.CODE.value)


def later_scores(
    members: Iterable[Response], outcomes: Mapping[str, CountOutcome], order: Callable[[Response], tuple[Any, ...]]
) -> dict[str, int | None]:
    """Response id → the score (1 to 5) that belongs beside it, for the answers of one transaction with their outcomes.

    It stands on the tablet's earliest answer alone (by `order`) and is that of the phone's answer that counts; None on
    all others, and in a questionnaire without an overall question. Depends on the answers alone, not on their order.
    """
    scores: dict[str, int | None] = {}
    groups: dict[str, list[Response]] = {}
    for response in members:
        scores[response.id] = None
        groups.setdefault(response.instrument, []).append(response)
    for group in groups.values():
        later = [r.score for r in group if r.channel in PHONE and outcomes[r.id] is CountOutcome.COUNTED]
        desk = sorted((r for r in group if r.channel == Channel.KIOSK.value), key=order)
        if desk and later and desk[0].score is not None:
            scores[desk[0].id] = later[0]
    return scores
