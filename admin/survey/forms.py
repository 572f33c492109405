"""The forms of the phone page behind a slip: one face, then what the citizen may add.

Each is sealed for one slip and one response id (see `models.protocol.form_seal`): a phone that refuses cookies loses
nothing, and nobody can make another person's browser send an answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from flask_wtf import FlaskForm
from wtforms import Field, HiddenField, SelectMultipleField, StringField, TextAreaField
from wtforms.csrf.core import CSRF
from wtforms.validators import AnyOf, Optional, ValidationError

from admin.survey.question_page_steps import FilledPage, Step
from models.protocol import form_seal
from models.reference.instrument import Instrument
from models.reference.localized_text import clean_typed_text
from models.tables.response import PhoneDraft
from models.vocabulary import NOT_APPLICABLE, SCORES
from translations import FormMessages
from translations import gettext as _
from translations.formats import number

#: Longest comment, in characters; its sidecar must stay under `models.protocol.sidecar.MAX_BYTES`.
LONGEST_COMMENT = 1000


def seal_subject(token: str, id: str) -> str:
    """What a phone page is sealed for: the slip's token (or the typed code, or a poster's desk) and the response id."""
    return f"{token}\n{id}"


class PageSeal(CSRF):  # type: ignore[misc]
    """WTForms' way in for the seal: the hidden field `seal` holds the seal of the form's subject."""

    def setup_form(self, form: Any) -> list[tuple[str, Any]]:
        self.key: bytes | str = form.meta.csrf_secret or ""
        self.subject: str = form.subject
        return cast(list[tuple[str, Any]], super().setup_form(form))

    def generate_csrf_token(self, csrf_token_field: Field) -> str:
        return form_seal.make_seal(self.key, self.subject)

    def validate_csrf_token(self, form: Any, field: Field) -> None:
        if not form_seal.is_valid_seal(self.key, self.subject, str(field.data or "")):
            raise ValidationError("page_too_old")


class SealedForm(FlaskForm):  # type: ignore[misc]
    """A form for one slip and one response id. `id` travels in a hidden field, beside the seal."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        csrf = True
        csrf_class = PageSeal
        csrf_context = None
        csrf_field_name = "seal"

        def get_translations(self, form: Any) -> FormMessages:
            return FormMessages()

    id = HiddenField()

    def __init__(self, token: str, id: str, **values: Any) -> None:
        self.subject = seal_subject(token, id)
        super().__init__(**{"data": {"id": id}, **values})

    @property
    def genuine(self) -> bool:
        """Whether the seal of a validated form held; without it nothing in the form may be believed."""
        return "seal" not in self.errors


class FaceForm(SealedForm):
    """One face: exactly one of the characters 1 to 5. `other`: for another person than the one who answered in this
    browser before."""

    score = StringField(validators=[AnyOf([str(score) for score in SCORES])])

    def __init__(self, token: str, id: str, *, other: bool = False, **values: Any) -> None:
        super().__init__(f"{token}\nother" if other else token, id, **values)


class PageForm(SealedForm):
    """One of the pages after the face; made by `make_page_form`, which adds what the page asks. `act`: `send`, `back`,
    `stop` (end here; what stands on this page is not taken), `look` (only draw it again for another reader).
    `shown`: the mark of what stood on it when it was drawn (`question_pages.page_fingerprint`)."""

    act = StringField(default="send")
    shown = HiddenField()
    step: Step
    asked: Instrument

    @property
    def stops(self) -> bool:
        """Whether the citizen chose to end here."""
        return bool(self.act.data == "stop")

    @property
    def filled(self) -> FilledPage:
        """What was given, as far as it was offered and is no error."""
        chosen = (self["topic"].data or []) if self.step.topics else []
        return FilledPage(
            answers=self._chosen(item.id for item in self.step.items),
            topics=tuple(t.id for t in self.asked.topics if t.id in chosen) if self.step.topics else None,
            comment=plain_text(self["comment"].data) if self.step.comment else None,
            province=self._chosen(question.id for question in self.step.province.questions)
            if self.step.province
            else None,
        )

    def _chosen(self, ids: Iterable[str]) -> dict[str, int]:
        return {id: int(self[id].data) for id in ids if self[id].data and not self[id].errors}


def plain_text(text: str | None) -> str | None:
    """Words as they are kept (`models.reference.localized_text.clean_typed_text`); None when there are none."""
    return clean_typed_text(text or "") or None


def check_comment_length(form: SealedForm, field: Field) -> None:
    """Too long a text is handed back to be shortened, never cut."""
    if len(plain_text(field.data) or "") > LONGEST_COMMENT:
        raise ValidationError(_("Please shorten this to %(n)s characters.", n=number(LONGEST_COMMENT)))


def make_page_form(
    questionnaire: Instrument, step: Step, token: str, id: str, *, words: bool = False, **values: Any
) -> PageForm:
    """The form of one page: every choice optional, nothing preselected. `words`: with one's own words in any case."""
    scores = [str(score) for score, _text in questionnaire.scale]
    fields: dict[str, Any] = {"asked": questionnaire, "step": step}
    if step.topics:
        fields["topic"] = SelectMultipleField(choices=[], validate_choice=False)
    for item in step.items:
        allowed = scores + [str(NOT_APPLICABLE)] if item.not_applicable else scores
        fields[item.id] = StringField(validators=[Optional(), AnyOf(allowed)])
    if step.comment or words:
        fields["comment"] = TextAreaField(validators=[check_comment_length])
    for question in step.province.questions if step.province else ():
        offered = [str(value) for value, _text in question.choices]
        fields[question.id] = StringField(validators=[Optional(), AnyOf(offered)])
    form: PageForm = type("PageFormOf", (PageForm,), fields)(token, id, **values)
    return form


def make_kept_form(questionnaire: Instrument, step: Step, token: str, draft: PhoneDraft) -> PageForm:
    """The same form with what was sent of it before."""
    values = {"id": draft.response_id, "topic": list(draft.topics), "comment": draft.comment}
    values |= {id: str(value) for id, value in (draft.answers | draft.province).items()}
    return make_page_form(questionnaire, step, token, draft.response_id, formdata=None, data=values)


class NoteForm(SealedForm):
    """The private page of one answer of a tablet: words, and nothing else."""

    comment = TextAreaField(validators=[check_comment_length])

    def validate_comment(self, field: Field) -> None:
        """Nothing is sent without a word."""
        if plain_text(field.data) is None:
            raise ValidationError(_("Please write something, or just close this page."))
