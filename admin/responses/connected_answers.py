"""Connected answers: those that may belong to one transaction with others, looked up.

Whatever hangs together by the names of `joined_answers` is walked wave by wave, for all that is asked at once, and
within one agency's own step: what a desk says leads to no other agency's answers. Papers and references alone are
walked; answers are read of what is settled.

References are said by desks, so what they join has bounds. Links (the answers about one stage on one paper) are
admitted in the order they came in, and from where more would hang together than one dossier can have each further one
is passed over (`Connected.passed_over`): its answers stand for themselves, and nothing that was joined before is
parted. However what came in is cut into pieces, the same are joined. Decides nothing, writes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from sqlalchemy import ColumnElement, Select, String, and_, func, select
from sqlalchemy import cast as sql_cast
from sqlalchemy.orm import Session

from admin.responses import transaction_rules
from admin.responses.field_authority import FIRST
from admin.responses.paired_answers import PHONE
from admin.responses.transaction_rules import TIE, TransactionMember
from models.tables.response import Response, Tie
from models.tables.slip_record import SlipReference
from models.vocabulary import CountOutcome

#: How many values stand in one statement; drivers take some ten thousand.
AT_ONCE = 500
#: Papers (and answers of tablets that name a dossier) that references join into one transaction. A dossier's step has
#: two or three.
MOST = 10
#: Papers and steps of what was joined when the bound was another; more than that is not settled any more.
MOST_BEFORE, MOST_STEPS = 50, 400
#: Answers kept under one name: those of a slip, whose browsers and tablets have bounds of their own.
MOST_ON_ONE = 1000

_COULD_COUNT = Response.outcome != CountOutcome.NOT_COUNTED.value
_TIED = and_(Tie.response_id == Response.id, _COULD_COUNT)
_OF_PHONE = Response.channel.in_(sorted(PHONE))
_PASSED_OVER = func.coalesce(sql_cast(Response.ignored, String), "").like(f'%"{TIE}"%')
#: An agency has many answers and a reference few: the database is not to begin with the agency's.
_BY_NO_INDEX = Response.agency_key.concat("")
#: What decides about an answer, and what is decided.
_COLUMNS = (
    Response.id, Response.rule, Response.agency_key, Response.decider_key, Response.month, Response.device_id,
    Response.epoch, Response.seq, Response.channel, Response.instrument, Response.stage, Response.score,
    Response.answers, Response.at_ms, Response.claimed_ms, Response.outcome, Response.later_score, Response.joined,
    Response.ignored,
)  # fmt: skip

#: A paper with the answers of one agency on it: (agency, name).
Paper = tuple[str, str]
#: The answers about one stage (or none) on one paper.
Link = tuple[Paper, str | None]


@dataclass(frozen=True, slots=True)
class Arrival:
    """A name (the key of a `Tie`) under which something came in just now: the answers `ids`, or the references of a
    slip that was answered before (no ids)."""

    key: str
    ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ConnectedAnswers:
    """The `members` to be settled, whole transactions; the answers under the `first` rules with all that these hang
    together with; the ids of answers whose references were `passed_over` now, and names that `lost` theirs with it."""

    members: Sequence[TransactionMember]
    first: Sequence[TransactionMember]
    passed_over: frozenset[str]
    lost: frozenset[str]


def find_connected_answers(
    session: Session, keys: Collection[str], arrivals: Sequence[Arrival] = ()
) -> ConnectedAnswers:
    """What hangs together with the answers kept under `keys` (of a `Tie`). What is not counted belongs to nothing.
    `arrivals`: what came in under these keys just now, in that order, and was not settled yet."""
    requested = _RequestedAnswers(session, keys, arrivals)
    walk = _Walk(session, requested)
    walk.go(requested.keys)
    if requested.old:  # what these had may change, and with it what others had that they were joined with then
        old = _members(session, requested.old, _references(session, requested.old), Response.rule == FIRST)
        walk.go({member.key for member in _under_first_rules(session, old)} - requested.keys)
    beyond, crowded = walk.admit(), walk.crowded() & {_paper(row) for row in requested.rows}
    beyond |= {_link(row) for row in requested.rows if _paper(row) in crowded}
    parted = walk.closed | crowded
    kept_keys = {row.key for row in requested.rows if _paper(row) not in parted}
    members = walk.settled(crowded)
    return ConnectedAnswers(
        [replace(one, references=frozenset()) if _link_of(one) in beyond else one for one in members],
        _under_first_rules(session, [member for member in members if member.response.rule == FIRST]),
        frozenset(row.id for row in requested.rows if _link(row) in beyond and row.rule != FIRST),
        frozenset({row.key for row in requested.rows} - kept_keys - requested.old),
    )


class _RequestedAnswers:
    """The answers that are asked for, by their links: those that are new, in the order they came in, and those that
    were passed over before."""

    def __init__(self, session: Session, keys: Collection[str], arrivals: Sequence[Arrival]) -> None:
        self.keys = set(keys)
        self.rows = [row for some in _lots(sorted(keys)) for row in _tied(session, some, Response.id, Response.rule)]
        self.old = {row.key for row in self.rows if row.rule == FIRST}
        self.passed: set[Link] = {_link(row) for row in self.rows if row.passed}
        self.new: dict[Link, None] = {}
        of_key: dict[str, list[Any]] = {}
        for row in sorted(self.rows, key=lambda row: (row.stage or "", row.id)):
            of_key.setdefault(row.key, []).append(row)
        fresh = {id for one in arrivals for id in one.ids}
        before = {_link(row) for row in self.rows if row.id not in fresh}
        for one in arrivals:
            for row in of_key.get(one.key, ()):
                link = _link(row)
                came = link not in before if one.ids else row.id not in fresh
                if came and link not in self.passed and (not one.ids or row.id in one.ids):
                    self.new.setdefault(link)
        others = self.passed | self.new.keys()
        #: papers of which something is joined, as far as they name anything
        self.joined: set[Paper] = {_paper(row) for row in self.rows if row.stage and _link(row) not in others}


class _Walk:
    """A walk over what answers have in common under the newest rules. Names that one link has hang together; each
    such set of names knows how many papers and steps it has, and whether it leads to what was asked for. What is new
    brings nothing together until it is admitted."""

    def __init__(self, session: Session, requested: _RequestedAnswers) -> None:
        self.session, self._asked = session, requested
        self._new: dict[Link, list[Any]] = {link: [] for link in requested.new}
        #: name → its references, of all that were met
        self.references: dict[str, set[str]] = {}
        #: papers of which nothing is joined, since their first link was passed over
        self.closed: set[Paper] = set()
        self._looked: set[str] = set()
        self._over: dict[Any, Any] = {}
        self._papers: dict[Any, int] = {}
        self._steps: dict[Any, int] = {}
        self._seeds: set[Any] = set()
        self._crowds: set[Any] = set()
        self._ahead: set[tuple[str, tuple[str, str]]] = set()
        #: step → how many of the new links are about it
        self._of_new: Counter[Any] = Counter()
        self._settled: set[Any] = set()

    def go(self, keys: Collection[str]) -> None:
        """Walk from these names until nothing new is met."""
        names_to_follow = set(keys)
        self._look(names_to_follow)
        papers = {name for name in self._over if _is_paper(name) and name[1] in names_to_follow}  # also met before
        self._settled |= papers
        self._seeds |= {self._set(name) for name in papers}
        self._seeds |= {self._set(name) for names in self._new.values() for name in names}
        while names := self._beyond():
            self._look(names)

    def admit(self) -> set[Link]:
        """Bring together what is new with what it names, one link after the other; returns the links that are passed
        over: those for which too much would hang together then, all others of such a paper, unless one of it is joined
        already, and what came to a link that was passed over before."""
        beyond = set(self._asked.passed)
        joined = set(self._asked.joined)
        self.closed = {paper for paper, _stage in beyond} - joined
        for (paper, stage), names in self._new.items():
            sets = {self._set(name) for name in names}
            papers, steps = sum(self._papers[one] for one in sets), sum(self._steps[one] for one in sets)
            leads_on = any(_is_step(name) for name in names)
            fits = not sets & self._crowds and papers <= MOST and steps <= MOST_STEPS
            if stage and paper in self.closed or leads_on and not fits:
                beyond.add((paper, stage))
                if paper not in joined:
                    self.closed.add(paper)
                continue
            self._hang_together(names)
            if leads_on:
                joined.add(paper)
        return beyond

    def settled(self, crowded: Collection[Paper]) -> list[TransactionMember]:
        """The answers that hang together with what was asked for, and those of these `crowded` papers."""
        roots = {self._set(name) for name in self._settled} - self._crowds
        papers = {name for name in self._over if _is_paper(name) and self._set(name) in roots} | set(crowded)
        members = _members(self.session, {key for _place, key in papers}, self.references)
        return [one for one in members if _link_of(one)[0] in papers]

    def crowded(self) -> set[Paper]:
        """The papers that too much hangs together with."""
        return {name for name in self._over if _is_paper(name) and self._set(name) in self._crowds}

    def _set(self, name: Any) -> Any:
        """The set that a name is in, by the one that stands for it."""
        while (over := self._over[name]) != name:
            self._over[name] = name = self._over[over]
        return name

    def _look(self, names: Collection[str]) -> None:
        """Take up the links of names that were not looked up before."""
        fresh = sorted(set(names) - self._looked)
        self._looked |= set(fresh)
        for some in _lots(fresh):
            self.references |= _references(self.session, some)
            others = [name for name in some if name not in self._asked.keys]
            requested_keys = set(some) & self._asked.keys
            for row in (*(one for one in self._asked.rows if one.key in requested_keys), *_tied(self.session, others)):
                self._take(row)

    def _take(self, row: Any) -> None:
        link, place = _link(row), transaction_rules.find_step_agency(row)
        papers: list[Any] = [link[0], *([row.key] if row.of_phone else [])]
        steps: list[Any] = []
        if row.stage and not row.passed and link not in self._asked.passed:
            steps = [(place, (reference, row.stage)) for reference in sorted(self.references.get(row.key, ()))]
        if link not in self._new:
            self._hang_together([*papers, *steps])
            return
        self._hang_together(papers)
        for step in steps:
            self._hang_together([step])
            self._of_new[step] += step not in self._new[link]
        self._new[link] += [name for name in (*papers, *steps) if name not in self._new[link]]

    def _hang_together(self, names: Sequence[Any]) -> None:
        one = None
        for name in names:
            if name not in self._over:
                self._over[name] = name
                self._steps[name], self._papers[name] = int(_is_step(name)), int(_is_paper(name))
                if _is_step(name):
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
            for marks in (self._seeds, self._crowds):
                if other in marks:
                    marks.add(one)
        if one is not None and (self._papers[one] > MOST_BEFORE or self._steps[one] > MOST_STEPS):
            self._crowds.add(one)

    def _beyond(self) -> set[str]:
        """The names of papers about the steps that were met: of one agency, about one stage of one dossier. A step that
        has as many as can be admitted is not walked for what is new."""
        walked = {one for one in self._ahead if self._set(one) in self._seeds and self._set(one) not in self._crowds}
        self._ahead -= walked
        about: dict[tuple[str, str], list[str]] = {}
        for agency, (reference, stage) in sorted(walked):
            about.setdefault((agency, stage), []).append(reference)
        names: set[str] = set()
        for (agency, stage), references in about.items():
            own = (_BY_NO_INDEX == agency, Response.stage == stage, ~_PASSED_OVER)
            for some in _lots(references):
                papers = func.count(SlipReference.name.distinct())
                many = select(SlipReference.reference, papers).group_by(SlipReference.reference).having(papers >= MOST)
                heaps = set()
                for reference, n in self.session.execute(_about(many, some, *own)):
                    step = (agency, (reference, stage))
                    bare = not self._papers[self._set(step)]  # only what is new leads here
                    if n - self._of_new[step] >= (MOST if bare else MOST_BEFORE + 1):
                        heaps.add(reference)
                        self._crowds.add(self._set(step))
                few = [reference for reference in some if reference not in heaps]
                names |= set(self.session.scalars(_about(select(SlipReference.name).distinct(), few, *own)))
        return names


def _paper(row: Any) -> Paper:
    return (transaction_rules.find_step_agency(row), row.key)


def _link(row: Any) -> Link:
    return (_paper(row), row.stage)


def _link_of(member: TransactionMember) -> Link:
    return ((transaction_rules.find_step_agency(member.response), member.key), member.response.stage)


def _is_paper(name: Any) -> bool:
    """Whether a name is a paper's, with the agency of the answers on it."""
    return isinstance(name, tuple) and not _is_step(name)


def _is_step(name: Any) -> bool:
    """Whether a name is a step of a dossier at an agency."""
    return isinstance(name, tuple) and isinstance(name[1], tuple)


def _under_first_rules(session: Session, members: Sequence[TransactionMember]) -> list[TransactionMember]:
    """The answers under the first rules that hang together with these, over all agencies. Nothing is added to them any
    more, so they have no bounds."""
    members_by_id = {member.response.id: member for member in members}
    old, searched_names, known_steps, fresh = Response.rule == FIRST, set[str](), set[tuple[str, str]](), list(members)
    while fresh:
        names = {member.key for member in fresh} - searched_names
        steps = {step for member in fresh for step in member.steps} - known_steps
        known_steps |= steps
        for stage in sorted({stage for _reference, stage in steps}):
            references = sorted(reference for reference, other in steps if other == stage)
            for some in _lots(references):
                about = _about(select(SlipReference.name).distinct(), some, Response.stage == stage, old)
                names |= set(session.scalars(about)) - searched_names
        searched_names |= names
        by_name = _references(session, names)
        fresh = [member for member in _members(session, names, by_name, old) if member.response.id not in members_by_id]
        members_by_id |= {member.response.id: member for member in fresh}
    return list(members_by_id.values())


def _about(
    statement: Select[*tuple[Any, ...]], references: Collection[str], *of: ColumnElement[bool]
) -> Select[*tuple[Any, ...]]:
    """The statement for the answers whose paper, or who themselves, have one of these references."""
    joined = statement.select_from(SlipReference).join(Tie, Tie.key == SlipReference.name).join(Response, _TIED)
    return joined.where(SlipReference.reference.in_(references), *of)


def _references(session: Session, names: Collection[str]) -> dict[str, set[str]]:
    """What these names are known to belong to; all of them, with nothing too."""
    references: dict[str, set[str]] = {name: set() for name in names}
    for some in _lots(sorted(names)):
        rows = select(SlipReference.name, SlipReference.reference).where(SlipReference.name.in_(some))
        for name, reference in session.execute(rows):
            references[name].add(reference)
    return references


def _tied(session: Session, names: Sequence[str], *columns: Any) -> list[Any]:
    """What links have that are kept under these names, and each answer's `columns`. Of a name that far too many are
    kept under, nothing."""
    if not names:
        return []
    many = select(Tie.key).where(Tie.key.in_(names)).group_by(Tie.key).having(func.count() > MOST_ON_ONE)
    heaps = set(session.scalars(many))
    rows = (
        select(
            Tie.key, Response.agency_key, Response.stage, _OF_PHONE.label("of_phone"), _PASSED_OVER.label("passed"),
            *columns,
        )
        .join(Response, _TIED)
        .where(Tie.key.in_([name for name in names if name not in heaps]))
    )  # fmt: skip
    return list(session.execute(rows if columns else rows.distinct()))


def _members(
    session: Session, names: Collection[str], references: Mapping[str, Collection[str]], *of: ColumnElement[bool]
) -> list[TransactionMember]:
    """The answers kept under these names that could count. What was passed over of one is no part of it."""
    members: list[TransactionMember] = []
    for some in _lots(sorted(names)):
        tied = select(*_COLUMNS, Tie.key).join(Tie, _TIED).where(Tie.key.in_(some), *of)
        for row in session.execute(tied):
            answer = cast(Response, row)  # its columns alone: nothing is written to it
            own_references = () if TIE in (row.ignored or ()) else references.get(row.key, ())
            members.append(TransactionMember(answer, row.key, frozenset(own_references)))
    return members


def _lots(values: Sequence[str]) -> Iterator[Sequence[str]]:
    return (values[first : first + AT_ONCE] for first in range(0, len(values), AT_ONCE))


def list_member_agencies(members: Iterable[TransactionMember]) -> set[str]:
    """Whose answers these are."""
    return {member.response.agency_key for member in members}
