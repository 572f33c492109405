"""Joined answers: which belong to one transaction, which of them counts, and who stands beside it.

Answers on one slip belong together, and answers about the same stage of one dossier at one agency, by its keyed
reference: a dossier that two agencies serve is two steps, each counted for its own, and no desk says anything about
another agency's. Of tablet and phone the phone's counts, of several browsers the lowest, of several on the tablet the
first by its corrected time.

What was accepted under the first rules keeps what it had there: these answers are settled among themselves as they
were then, over all agencies and by the time as claimed, and those that did not count never count again; those that did
stand against the newer ones. Everything here follows from the answers alone, not from their order; knows no store.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from admin.responses import paired_answers
from admin.responses.field_authority import FIRST
from admin.responses.paired_answers import PHONE
from models.protocol import slip_name
from models.tables.response import Response
from models.vocabulary import NOT_APPLICABLE, Channel, CountOutcome

#: What stands among the fields passed over (`Response.ignored`) where a tie was not believed, or joins too much.
TIE = "tie"


@dataclass(frozen=True, slots=True)
class TransactionMember:
    """An answer that could count, the name it is tied by (a slip, or its own), and the references of that name."""

    response: Response
    key: str
    references: frozenset[str] = frozenset()

    @property
    def paper(self) -> str:
        """The device of the slip it came on, or that it was given at."""
        return slip_name.parse_device(self.key) or self.response.device_id

    @property
    def steps(self) -> set[tuple[str, str]]:
        """The steps it is about: (reference, stage)."""
        stage = self.response.stage
        return {(reference, stage) for reference in self.references} if stage else set()


@dataclass(frozen=True, slots=True)
class DecidedAnswer:
    """What becomes of an answer: its outcome, the score that belongs beside it, and the devices of the papers that a
    reference joined it with (None: only its own)."""

    outcome: CountOutcome
    later_score: int | None = None
    joined: tuple[str, ...] | None = None


def decide_outcomes(
    members: Collection[TransactionMember], first: Collection[TransactionMember] | None = None
) -> dict[str, DecidedAnswer]:
    """Response id → what becomes of it, for answers of which each may belong to any other. `first`: those under the
    first rules with all that they hang together with, where `members` are not all of them."""
    old = [member for member in members if member.response.rule == FIRST]
    before = _first_rules(old if first is None else list(first))
    decisions = {member.response.id: before[member.response.id] for member in old}
    for together in _components(members, newer_rule_names):
        for group in _by_questionnaire(together):
            if any(member.response.rule != FIRST for member in group):
                decisions |= _settle(group, before)
    return decisions


def _first_rules(members: Sequence[TransactionMember]) -> dict[str, DecidedAnswer]:
    """What the first rules made of their answers."""
    decisions: dict[str, DecidedAnswer] = {}
    for together in _components(members, first_rule_names):
        for group in _by_questionnaire(together):
            responses = [member.response for member in group]
            outcome = _outcomes(responses, _claimed)
            later = paired_answers.later_scores(responses, outcome, _claimed)
            decisions |= {id: DecidedAnswer(outcome[id], later[id]) for id in outcome}
    return decisions


def _settle(group: Sequence[TransactionMember], before: Mapping[str, DecidedAnswer]) -> dict[str, DecidedAnswer]:
    """The answers of one transaction to one questionnaire: whoever did not count before stays as it was."""
    responses = [member.response for member in group]
    still_counted = [r for r in responses if r.id not in before or before[r.id].outcome is CountOutcome.COUNTED]
    outcome = {r.id: before[r.id].outcome for r in responses if r.id in before} | _outcomes(still_counted, _corrected)
    first = {r.id for r in responses if r.id in before and r.channel == Channel.KIOSK.value}
    holders = {id for id in first if before[id].later_score is not None or before[id].outcome is CountOutcome.COUNTED}
    pairable = [r for r in responses if r.id not in first - holders]
    later = dict.fromkeys(first - holders) | paired_answers.later_scores(pairable, outcome, _corrected)
    devices = tuple(sorted({member.paper for member in group}))
    return {r.id: DecidedAnswer(outcome[r.id], later[r.id], devices if len(devices) > 1 else None) for r in responses}


def _by_questionnaire(members: Iterable[TransactionMember]) -> list[list[TransactionMember]]:
    """The long form that a citizen adds on the same slip stands beside the short one."""
    groups: dict[str, list[TransactionMember]] = {}
    for member in members:
        groups.setdefault(member.response.instrument, []).append(member)
    return list(groups.values())


def first_rule_names(member: TransactionMember) -> Iterable[Any]:
    """The same under the first rules: over all agencies."""
    return [member.key, *member.steps]


def find_step_agency(answer: Response) -> str:
    """The agency whose step an answer (or a row with its columns) is about: no desk says anything about another's."""
    return answer.agency_key


def newer_rule_names(member: TransactionMember) -> Iterable[Any]:
    """What an answer has in common with those it belongs to: its name and its steps at its agency. Phones on one slip
    stay one transaction, wherever its desk belongs by now; whatever else is joined is of one agency."""
    common: list[Any] = [(find_step_agency(member.response), name) for name in (member.key, *member.steps)]
    return [*common, member.key] if member.response.channel in PHONE else common


def _components(
    members: Collection[TransactionMember], names: Callable[[TransactionMember], Iterable[Any]]
) -> list[list[TransactionMember]]:
    """The members that hang together by any name they have in common."""
    by_name: dict[Any, list[TransactionMember]] = {}
    for member in members:
        for name in names(member):
            by_name.setdefault(name, []).append(member)
    components: list[list[TransactionMember]] = []
    seen_ids: set[str] = set()
    for first in members:
        if first.response.id in seen_ids:
            continue
        seen_ids.add(first.response.id)
        together = [first]
        for member in together:  # grows while it is walked
            for name in names(member):
                for other in by_name.pop(name, ()):
                    if other.response.id not in seen_ids:
                        seen_ids.add(other.response.id)
                        together.append(other)
        components.append(together)
    return components


def _claimed(response: Response) -> tuple[Any, ...]:
    return (response.claimed_ms, response.id)


def _corrected(response: Response) -> tuple[Any, ...]:
    return (response.at_ms, response.device_id, response.epoch, response.seq, response.id)


def _outcomes(group: Sequence[Response], order: Callable[[Response], tuple[Any, ...]]) -> dict[str, CountOutcome]:
    """Response id → outcome: one of them counts."""
    phone = [(satisfaction_level(r), *order(r), r) for r in group if r.channel in PHONE]
    desk = [(*order(r), r) for r in group if r.channel not in PHONE]
    if not group:
        return {}
    counts = min(phone or desk, key=lambda ranked: ranked[:-1])[-1].id
    outcomes: dict[str, CountOutcome] = {}
    for response in group:
        beaten = CountOutcome.CONTESTED if response.channel in PHONE else CountOutcome.SUPERSEDED
        outcomes[response.id] = CountOutcome.COUNTED if response.id == counts else beaten
    return outcomes


def satisfaction_level(response: Response) -> Fraction:
    """How satisfied an answer is, for choosing the lowest: its overall score, or the mean of its items (1 to 5) where
    the questionnaire has no overall question."""
    if response.score is not None:
        return Fraction(response.score)
    scores = [score for score in response.answers.values() if score != NOT_APPLICABLE]
    return Fraction(sum(scores), len(scores)) if scores else Fraction(9)
