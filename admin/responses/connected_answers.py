"""Connected answers: those that may belong to one transaction with others, looked up.

Whatever hangs together by the names of `joined_answers` is walked wave by wave, for all that is asked at once, and
within one agency's own step: what a desk says leads to no other agency's answers. References are said by desks, so
what they join has bounds: papers are joined in the order they came in, and from where more would hang together than
one dossier can have, the references of each further one are passed over (`Connected.crowded`), and it stands for
itself. However what came in is cut into pieces, the same are joined. Decides nothing, writes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session

from admin.responses import joined_answers
from admin.responses.authority import FIRST
from admin.responses.joined_answers import Member
from models.tables.response import Response, Tie
from models.tables.slip_record import SlipReference
from models.vocabulary import Outcome

#: How many values stand in one statement; drivers take some ten thousand.
AT_ONCE = 500
#: Papers and tablets' answers that references join into one transaction. A dossier's step has two or three.
MOST = 50
#: Steps that these name: a paper names one for each month whose key is in use.
MOST_STEPS = 8 * MOST
#: Answers kept under one name: those of a slip, whose browsers and tablets have bounds of their own.
MOST_ON_ONE = 1000

_COULD_COUNT = Response.outcome != Outcome.NOT_COUNTED.value
_TIED = and_(Tie.response_id == Response.id, _COULD_COUNT)
#: An agency has many answers and a reference few: the database is not to begin with the agency's.
_BY_NO_INDEX = Response.agency_key.concat("")
#: What decides about an answer, and what is decided.
_COLUMNS = (
    Response.id, Response.rule, Response.agency_key, Response.decider_key, Response.month, Response.device_id,
    Response.epoch, Response.seq, Response.channel, Response.instrument, Response.stage, Response.score,
    Response.answers, Response.at_ms, Response.claimed_ms, Response.outcome, Response.later_score, Response.joined,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Connected:
    """The `members` to be settled, whole transactions; the answers under the `first` rules with all that these hang
    together with; the names asked for that are too `crowded` to be joined by their references."""

    members: Sequence[Member]
    first: Sequence[Member]
    crowded: frozenset[str]


def begun(session: Session, keys: Collection[str]) -> set[str]:
    """Those of `keys` under which answers are kept that could count."""
    tied = select(Tie.key).distinct().join(Response, _TIED)
    return {key for some in _lots(sorted(keys)) for key in session.scalars(tied.where(Tie.key.in_(some)))}


def connected(session: Session, keys: Collection[str], new: Sequence[str] = ()) -> Connected:
    """What hangs together with the answers kept under `keys` (of a `Tie`). What is not counted belongs to nothing.
    `new`: those of `keys` that nothing was joined with by their references before, in the order they came in."""
    walk = _Walk(session, new)
    walk.go(keys)
    asked = set(keys)
    old = [member for member in walk.found.values() if member.key in asked and member.response.rule == FIRST]
    if old:  # what these had may change, and with it what others had that they were joined with then
        walk.go({member.key for member in _under_first_rules(session, old)} - asked)
    beyond = walk.admit()
    crowded = frozenset(member.key for member in walk.found.values() if walk.is_crowded(member)) & asked | beyond
    whole = [
        replace(member, references=frozenset()) if member.key in crowded else member
        for member in walk.seeded()
        if member.key in crowded or not walk.is_crowded(member)
    ]
    first = [walk.found[member.response.id] for member in whole if member.response.rule == FIRST]
    return Connected(whole, _under_first_rules(session, first), crowded)


class _Walk:
    """A walk over what answers have in common under the newest rules. Names that one answer has hang together; each
    such set of names knows how many papers and steps it has, and whether it leads to what was asked for. What is `new`
    brings nothing together until it is admitted."""

    def __init__(self, session: Session, new: Sequence[str]) -> None:
        self.session = session
        self._new: dict[str, list[Member]] = {key: [] for key in new}
        self.found: dict[str, Member] = {}
        self._looked: set[str] = set()
        self._over: dict[Any, Any] = {}
        self._papers: dict[Any, int] = {}
        self._steps: dict[Any, int] = {}
        self._seeds: set[Any] = set()
        self._crowds: set[Any] = set()
        self._ahead: set[tuple[str, tuple[str, str]]] = set()
        #: step → how many of the new names are about it
        self._of_new: Counter[Any] = Counter()

    def go(self, keys: Collection[str]) -> None:
        """Walk from these names until nothing new is met."""
        asked = set(keys)
        self._look(asked)
        self._of_new.clear()
        for members in self._new.values():
            self._of_new.update({name for member in members for name in _names(member) if _is_step(name)})
        for member in self.found.values():
            if member.key in asked:  # also what was met before, on the way from others
                apart = member.key in self._new
                self._seeds |= {self._set(name) for name in (_names(member) if apart else [self._one(member)])}
        while names := self._beyond():
            self._look(names)

    def admit(self) -> frozenset[str]:
        """Bring together what is new with what it names, one name after the other; returns those for which too much
        would hang together then, and which stand for themselves."""
        beyond: set[str] = set()
        for key, members in self._new.items():
            names = [name for member in members for name in _names(member)]
            sets = {self._set(name) for name in names}
            papers, steps = sum(self._papers[one] for one in sets), sum(self._steps[one] for one in sets)
            if sets & self._crowds or papers > MOST or steps > MOST_STEPS:
                beyond.add(key)
                names = [name for name in names if not _is_step(name)]
            self._hang_together(names)
        return frozenset(beyond)

    def seeded(self) -> list[Member]:
        """The members that hang together with what was asked for."""
        return [member for member in self.found.values() if self._leads(self._one(member))]

    def is_crowded(self, member: Member) -> bool:
        """Whether too much hangs together with it."""
        return self._set(self._one(member)) in self._crowds

    @staticmethod
    def _one(member: Member) -> Any:
        return (joined_answers.place(member), member.key)

    def _leads(self, name: Any) -> bool:
        return self._set(name) in self._seeds

    def _set(self, name: Any) -> Any:
        """The set that a name is in, by the one that stands for it."""
        while (over := self._over[name]) != name:
            self._over[name] = name = self._over[over]
        return name

    def _look(self, names: Collection[str]) -> None:
        """Take up the answers kept under names that were not looked up before. Of a name that far too many are kept
        under, none."""
        fresh = sorted(set(names) - self._looked)
        self._looked |= set(fresh)
        for some in _lots(fresh):
            many = select(Tie.key).where(Tie.key.in_(some)).group_by(Tie.key).having(func.count() > MOST_ON_ONE)
            heaps = set(self.session.scalars(many))
            for member in _members(self.session, [name for name in some if name not in heaps]):
                self.found[member.response.id] = member
                if member.key in self._new:
                    self._new[member.key].append(member)
                    for name in _names(member):
                        self._hang_together([name])
                else:
                    self._hang_together(_names(member))

    def _hang_together(self, names: Sequence[Any]) -> None:
        one = None
        for name in names:
            if name not in self._over:
                self._over[name] = name
                step = _is_step(name)
                self._steps[name], self._papers[name] = int(step), int(isinstance(name, tuple) and not step)
                if step:
                    self._ahead.add(name)
            other = self._set(name)
            if one is None or other == one:
                one = other
                continue
            if self._papers[one] + self._steps[one] < self._papers[other] + self._steps[other]:
                one, other = other, one
            self._over[other] = one
            self._papers[one] += self._papers.pop(other)
            self._steps[one] += self._steps.pop(other)
            for told in (self._seeds, self._crowds):
                if other in told:
                    told.add(one)
        if one is not None and (self._papers[one] > MOST or self._steps[one] > MOST_STEPS):
            self._crowds.add(one)

    def _beyond(self) -> set[str]:
        """The names of answers about the steps that were met: of one agency, about one stage of one dossier."""
        walked = {step for step in self._ahead if self._leads(step) and self._set(step) not in self._crowds}
        self._ahead -= walked
        about: dict[tuple[str, str], list[str]] = {}
        for agency, (reference, stage) in sorted(walked):
            about.setdefault((agency, stage), []).append(reference)
        names: set[str] = set()
        for (agency, stage), references in about.items():
            own = (_BY_NO_INDEX == agency, Response.stage == stage)
            for some in _lots(references):
                papers = func.count(SlipReference.name.distinct())
                many = select(SlipReference.reference, papers).group_by(SlipReference.reference).having(papers > MOST)
                heaps = {
                    reference
                    for reference, n in self.session.execute(_about(many, some, *own))
                    if n - self._of_new[agency, (reference, stage)] > MOST
                }
                self._crowds |= {self._set((agency, (reference, stage))) for reference in heaps}
                few = [reference for reference in some if reference not in heaps]
                names |= set(self.session.scalars(_about(select(SlipReference.name).distinct(), few, *own)))
        return names


def _names(member: Member) -> list[Any]:
    return list(joined_answers.newer_names(member))


def _is_step(name: Any) -> bool:
    """Whether an answer's name is a step of a dossier at an agency, and not a paper."""
    return isinstance(name, tuple) and isinstance(name[1], tuple)


def _under_first_rules(session: Session, members: Sequence[Member]) -> list[Member]:
    """The answers under the first rules that hang together with these, over all agencies. Nothing is added to them any
    more, so they have no bounds."""
    found = {member.response.id: member for member in members}
    old, looked, met, fresh = Response.rule == FIRST, set[str](), set[tuple[str, str]](), list(members)
    while fresh:
        names = {member.key for member in fresh} - looked
        steps = {step for member in fresh for step in member.steps} - met
        met |= steps
        for stage in sorted({stage for _reference, stage in steps}):
            references = sorted(reference for reference, other in steps if other == stage)
            for some in _lots(references):
                about = _about(select(SlipReference.name).distinct(), some, Response.stage == stage, old)
                names |= set(session.scalars(about)) - looked
        looked |= names
        fresh = [member for member in _members(session, names, old) if member.response.id not in found]
        found |= {member.response.id: member for member in fresh}
    return list(found.values())


def _about(statement: Select[Any], references: Collection[str], *of: ColumnElement[bool]) -> Select[Any]:
    """The statement for the answers whose paper, or who themselves, have one of these references."""
    joined = statement.select_from(SlipReference).join(Tie, Tie.key == SlipReference.name).join(Response, _TIED)
    return joined.where(SlipReference.reference.in_(references), *of)


def _members(session: Session, names: Collection[str], *of: ColumnElement[bool]) -> list[Member]:
    """The answers kept under these names that could count."""
    found: list[Member] = []
    for some in _lots(sorted(names)):
        told: dict[str, set[str]] = {}
        rows = select(SlipReference.name, SlipReference.reference).where(SlipReference.name.in_(some))
        for name, reference in session.execute(rows):
            told.setdefault(name, set()).add(reference)
        tied = select(*_COLUMNS, Tie.key).join(Tie, _TIED).where(Tie.key.in_(some), *of)
        for row in session.execute(tied):
            answer = cast(Response, row)  # its columns alone: nothing is written to it
            found.append(Member(answer, row.key, frozenset(told.get(row.key, ()))))
    return found


def _lots(values: Sequence[str]) -> Iterator[Sequence[str]]:
    return (values[first : first + AT_ONCE] for first in range(0, len(values), AT_ONCE))


def agencies(members: Iterable[Member]) -> set[str]:
    """Whose answers these are."""
    return {member.response.agency_key for member in members}
