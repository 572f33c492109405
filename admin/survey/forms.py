"""The forms of the phone page behind a slip: one face, then what the citizen may add.

Each is sealed for one slip and one response id (see `models.pageseal`): a phone that refuses cookies loses nothing, and
nobody can make another person's browser send an answer.
"""

from __future__ import annotations

import unicodedata
from typing import Any, cast

from flask_wtf import FlaskForm
from wtforms import Field, HiddenField, SelectMultipleField, StringField, TextAreaField
from wtforms.csrf.core import CSRF
from wtforms.validators import AnyOf, Optional, ValidationError

from models import pageseal
from models.instrument import Instrument
from models.vocabulary import NOT_APPLICABLE, SCORES
from translations import FormMessages
from translations import gettext as _
from translations.formats import number

#: Longest comment, in characters; its sidecar must stay under `models.sidecar.MAX_BYTES`.
LONGEST_COMMENT = 1000


def subject(token: str, id: str) -> str:
    """What a phone page is sealed for: the slip's token (or the typed code, or a poster's desk) and the response id."""
    return f"{token}\n{id}"


class PageSeal(CSRF):  # type: ignore[misc]
    """WTForms' way in for the seal: the hidden field `seal` holds the seal of the form's subject."""

    def setup_form(self, form: Any) -> list[tuple[str, Any]]:
        self.key: bytes | str = form.meta.csrf_secret or ""
        self.subject: str = form.subject
        return cast(list[tuple[str, Any]], super().setup_form(form))

    def generate_csrf_token(self, csrf_token_field: Field) -> str:
        return pageseal.make(self.key, self.subject)

    def validate_csrf_token(self, form: Any, field: Field) -> None:
        if not pageseal.holds(self.key, self.subject, str(field.data or "")):
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
        self.subject = subject(token, id)
        super().__init__(**{"data": {"id": id}, **values})

    @property
    def genuine(self) -> bool:
        """Whether the seal of a validated form held; without it nothing in the form may be believed."""
        return "seal" not in self.errors


class FaceForm(SealedForm):
    """One face: exactly one of the characters 1 to 5."""

    score = StringField(validators=[AnyOf([str(score) for score in SCORES])])


class MoreForm(SealedForm):
    """What may be added after the face. `act`: `send` or `skip`. Made by `more_form`, which adds the factor items."""

    topic = SelectMultipleField(choices=[], validate_choice=False)
    comment = TextAreaField()
    act = StringField(default="send")
    instrument: Instrument

    @property
    def topics(self) -> tuple[str, ...]:
        """The chosen topics that the instrument knows, in its order; none when the citizen chose to add nothing."""
        chosen = self.topic.data or []
        return () if self.skipped else tuple(t.id for t in self.instrument.topics if t.id in chosen)

    @property
    def answers(self) -> dict[str, int]:
        """Item id → score (`NOT_APPLICABLE` for "don't know") of the factor items that were answered."""
        if self.skipped:
            return {}
        given = {item.id: self[item.id].data for item in self.instrument.factor_items}
        return {id: int(value) for id, value in given.items() if value}

    @property
    def text(self) -> str | None:
        """The comment in NFC, with plain line ends and without control characters; None when there is none."""
        plain = unicodedata.normalize("NFC", self.comment.data or "").replace("\r\n", "\n")
        text = "".join(c for c in plain if c == "\n" or unicodedata.category(c) not in ("Cc", "Cs")).strip()
        return text if text and not self.skipped else None

    def validate_comment(self, field: Field) -> None:
        """Too long a comment is handed back to be shortened, never cut."""
        if len(self.text or "") > LONGEST_COMMENT:
            raise ValidationError(_("Please shorten this to %(n)s characters.", n=number(LONGEST_COMMENT)))

    @property
    def skipped(self) -> bool:
        """Whether the citizen chose to add nothing."""
        return bool(self.act.data == "skip")


def more_form(instrument: Instrument, token: str, id: str, **values: Any) -> MoreForm:
    """The second form for this questionnaire: one optional choice per factor item, nothing preselected."""
    scores = [str(score) for score, _text in instrument.scale]
    fields: dict[str, Any] = {"instrument": instrument}
    for item in instrument.factor_items:
        allowed = scores + [str(NOT_APPLICABLE)] if item.not_applicable else scores
        fields[item.id] = StringField(validators=[Optional(), AnyOf(allowed)])
    made: MoreForm = type("MoreFormOf", (MoreForm,), fields)(token, id, **values)
    return made
