"""Forms of the tablet: what a tap and the pages after it may say, sealed for the page as drawn.

Each form is sealed for one response id (see `models.protocol.form_seal`), so it needs no cookie: the tablet's browser
may drop its cookies at any time and no tap is lost.
"""

from __future__ import annotations

from typing import Any, cast

from flask import request
from flask_wtf import FlaskForm
from wtforms import Field, HiddenField, SelectMultipleField, StringField
from wtforms.csrf.core import CSRF
from wtforms.validators import AnyOf, ValidationError

from models.clock import HOUR_MS
from models.protocol import form_seal
from models.vocabulary import NOT_APPLICABLE, SCORES
from translations import FormMessages

#: Longest believable time on one screen, in milliseconds: an hour.
LONGEST_LOOK = HOUR_MS


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
    """A form drawn for one subject, the response id. Its only hidden control besides its own is the seal."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        csrf = True
        csrf_class = PageSeal
        csrf_context = None
        csrf_field_name = "seal"

        def get_translations(self, form: Any) -> FormMessages:
            return FormMessages()

    ms = HiddenField()

    def __init__(self, subject: str, **values: Any) -> None:
        self.subject = subject
        if "formdata" not in values:  # Flask-WTF would also take JSON, of any shape, and files; no page here sends them
            values["formdata"] = request.form if request.method == "POST" else None
        super().__init__(**values)

    @property
    def screen_ms(self) -> int | None:
        """How long the screen was looked at, in milliseconds (0 … one hour); None without script or if unbelievable."""
        text = str(self.ms.data or "")
        if not (text.isascii() and text.isdecimal() and len(text) <= 9):
            return None
        return int(text) if int(text) <= LONGEST_LOOK else None


class FacesForm(SealedForm):
    """The faces, and the quiet refusal under them."""

    id = HiddenField()


class RateForm(FacesForm):
    """One tap on a face: exactly one of the characters 1 to 5."""

    score = StringField(validators=[AnyOf([str(score) for score in SCORES])])


class TopicsForm(SealedForm):
    """What the citizen wishes to say more about. `act`: `send`, `skip`, `write` (words, on this tablet), or `look`
    (draw the page again, ticks kept)."""

    topic = SelectMultipleField(validate_choice=False, choices=[])
    act = StringField(default="send")


class FactorForm(SealedForm):
    """One further question: a face, or 0 for "do not know". `act` instead: `back`, `skip` (send what there is), `look`
    (draw the page again)."""

    score = StringField()
    act = StringField()

    @property
    def one_score(self) -> int | None:
        """What was tapped, if it was exactly one of 0 to 5."""
        values = self.score.raw_data or []
        fits = len(values) == 1 and values[0] in [str(score) for score in (NOT_APPLICABLE, *SCORES)]
        return int(values[0]) if fits else None


class CommentForm(SealedForm):
    """Words typed on the tablet. `act`: `keep`, `skip` (back without them), `erase` (those kept before), `look`."""

    text = StringField()
    act = StringField(default="keep")
