"""Forms of the centre: signing in, and choosing a password.

Their messages come from the project's catalogue; their token is checked before any view runs.
"""

from __future__ import annotations

from typing import Any

from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired, Length

from translations import FormMessages, lazy


class Form(FlaskForm):  # type: ignore[misc]
    """A form that speaks the reader's language."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        """Where messages come from."""

        def get_translations(self, form: Any) -> FormMessages:
            """The project's catalogue."""
            return FormMessages()


class SignInForm(Form):
    """Who wants to come in. What is left out is an error of its own, not a failed try."""

    email = StringField(
        lazy("E-mail address"),
        [InputRequired(lazy("Please enter your e-mail address.")), Length(max=120, message=lazy("That is too long."))],
    )
    password = PasswordField(
        lazy("Password"),
        [InputRequired(lazy("Please enter your password.")), Length(max=512, message=lazy("That is too long."))],
    )


class NewPasswordForm(Form):
    """A password chosen behind a one-time link."""

    password = PasswordField(
        lazy("New password"),
        [InputRequired(lazy("Please enter a password.")), Length(max=512, message=lazy("That is too long."))],
    )
