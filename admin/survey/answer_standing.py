"""The standing of an answer: how far it is, and what the address proves that it was asked by."""

from __future__ import annotations

from dataclasses import dataclass, replace

from flask import request
from sqlalchemy.orm import Session

from admin.instruments.companion_questions import ProvinceQuestions
from admin.survey import follow_up_lookup, own_answer_proof, phone_drafts, phone_request, question_page_steps
from admin.survey.forms import SealedForm
from admin.survey.own_answer_proof import BARE_MS, AnswerProof
from admin.survey.phone_page_layout import AnswerWay
from admin.survey.question_page_steps import Step
from models.reference.instrument import Instrument
from models.tables.response import PhoneDraft
from models.tables.response import Response as Recorded
from models.vocabulary import ResponseState, Stage

#: After every page.
_ALL = 99


@dataclass(frozen=True)
class AnswerStanding:
    """How far an answer is. `t`: when its face was touched (ms, UTC). `draft` is None before its first page (a long
    form) and when it is sealed, `response` before that; `later`: it goes to the province to be checked; `parent`: the
    short answer a long form belongs to; `alive`: words are still taken for it; `coded`:
    its thanks show a follow-up code. `proof`: what the address proves, None:
    nothing, so nothing of it is shown or changed."""

    way: AnswerWay
    questionnaire: Instrument
    walk: tuple[Step, ...]
    id: str
    t: int
    draft: PhoneDraft | None
    response: Recorded | None
    later: bool = False
    parent: str = ""
    alive: bool = True
    coded: bool = False
    proof: AnswerProof | None = None

    @property
    def open(self) -> bool:
        """Whether pages may still be sent."""
        return self.draft is not None

    @property
    def sealed(self) -> bool:
        """Whether it is recorded; what comes after that cannot change it."""
        return self.response is not None

    @property
    def left(self) -> bool:
        """Whether it was left alone and sealed as it was."""
        return self.response is not None and self.response.state == ResponseState.PARTIAL

    @property
    def short(self) -> str:
        """The id of the answer with the face: its own, or that of its `parent`."""
        return self.parent or self.id

    @property
    def proved_as(self) -> str:
        """What its addresses are proved for."""
        return f"long {self.parent}" if self.parent else self.id

    @property
    def k(self) -> str | None:
        """What stands in its addresses as proof."""
        return self.proof.text if self.proof is not None else None

    @property
    def first(self) -> int:
        """The first page that can be gone back to: what was sent before this tab came is not shown."""
        since = self.proof.since if self.proof is not None else 0
        return max(self.walk[0].number, min(since, self.walk[-1].number))

    def hidden(self, step: Step) -> bool:
        """Whether what was sent of a page is not shown in this tab."""
        return self.proof is None or step.number < self.proof.since

    def step(self) -> Step:
        """The page that is asked for, else the first that was not sent."""
        done = self.draft.step if self.draft is not None else 0
        step_number = request.args.get("step", type=int)
        number = max(self.first, min(self.walk[-1].number, step_number if step_number is not None else done + 1))
        return self.walk[number - self.walk[0].number]

    def to(self, step: int | None = None) -> str:
        """The address of one of its pages (None: the first that was not sent)."""
        return self.way.to("long" if self.parent else "more", id=self.short, step=step, k=self.k)

    def thanks(self) -> str:
        """The address of its thanks, with the proof of whoever has one."""
        return self.way.to("sent", id=self.short, k=self.short_k())

    def short_k(self) -> str | None:
        """What proves the answer with the face, where this one is proved."""
        return (
            own_answer_proof.make_own_answer_proof(self.way.key, self.short).text
            if self.proof is not None and self.parent
            else self.k
        )

    def proof_for(self, other: AnswerStanding) -> AnswerProof | None:
        """What proves that the long form beside this answer (or this answer itself) is this browser's. Whoever said
        that this one is theirs is not shown what was sent of the long form before."""
        if self.proof is None or other.proved_as == self.proved_as:
            return self.proof
        shows_earlier = self.proof.since and other.draft is not None
        return own_answer_proof.make_own_answer_proof(
            self.way.key, other.proved_as, other.draft.step + 1 if shows_earlier and other.draft else 0
        )

    def genuine(self) -> bool:
        """Whether the request carries a form that was drawn for this answer."""
        form = SealedForm(self.way.key, self.id)
        form.validate()
        return form.genuine

    def proved(self) -> AnswerStanding:
        """The same with what this request's address proves."""
        proof = own_answer_proof.read_answer_proof(self.way.key, self.proved_as)
        if proof is not None and proof.bare and (self.sealed or self.parent):
            proof = proof if phone_request.now_ms() - self.t <= BARE_MS else None
        return replace(self, proof=proof)

    def claimed(self) -> AnswerStanding:
        """The same for somebody who said that it is theirs: as far as it was sent before, nothing of it is shown."""
        since = self.draft.step + 1 if self.draft is not None else _ALL
        return replace(self, proof=own_answer_proof.make_own_answer_proof(self.way.key, self.id, since))


def load_answer_standing(
    session: Session,
    way: AnswerWay,
    questionnaire: Instrument,
    province: ProvinceQuestions | None,
    id: str,
    *,
    later: bool = False,
    alive: bool = True,
) -> AnswerStanding:
    """How far the answer `id` is."""
    draft, response = session.get(PhoneDraft, id), phone_drafts.find_sealed_response(session, id)
    stage: Stage | None = way.proved.stage
    return AnswerStanding(
        way,
        questionnaire,
        question_page_steps.list_steps(questionnaire, province, stage),
        id,
        t=draft.t if draft is not None else response.claimed_ms if response is not None else 0,
        draft=draft,
        response=response,
        later=later,
        alive=alive,
        coded=response is not None
        and follow_up_lookup.shows_follow_up_code(session, phone_request.centre().page_key, id),
    ).proved()
