"""The centre: one Flask app with a folder for each capability.

The journey inside: `sync` (witness: accepts entries) and `survey` (the phone page) → `responses` (counted, or not, with a
reason) → `figures` (tallies and indices) → `dashboard`, `agencies`, `reports`. Nothing here knows the desk's code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask

if TYPE_CHECKING:
    from admin.settings import Settings


def create_app(settings: Settings) -> Flask:
    """The centre's pages and device traffic over the store named in the settings, which must be migrated."""
    import translations
    from admin import centre
    from admin.survey import views as survey
    from admin.sync import views as sync
    from models import clock

    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = settings.max_request
    app.extensions.update(
        database=settings.database(), settings=settings, clock=clock.now, centre=centre.load(settings)
    )
    app.config["SECRET_KEY"] = app.extensions["centre"].page_key
    translations.install(app.jinja_env)
    app.register_blueprint(sync.blueprint)
    app.register_blueprint(survey.blueprint)
    return app
