"""The centre: one Flask app with a folder for each capability.

The journey inside: `sync` (witness: accepts entries) and `survey` (the phone page) → `responses` (counted, or not, with
a reason) → `figures` (tallies and indices) → `dashboard`, `agencies`, `reports`. Nothing here knows the desk's code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask

if TYPE_CHECKING:
    from admin.settings import Settings


def create_app(settings: Settings) -> Flask:
    """The centre's pages and device traffic over the store named in the settings, which must be migrated."""
    import translations
    from admin import access, centre, errors, headers, pages
    from admin.agencies import desk_views as desks
    from admin.agencies import legal_views as legal
    from admin.agencies import views as agencies
    from admin.announce import views as announce
    from admin.dashboard import views as dashboard
    from admin.devices import views as devices
    from admin.languages import views as languages
    from admin.open_data import views as open_data
    from admin.ranking import views as ranking
    from admin.reports import views as reports
    from admin.slips import views as slips
    from admin.staff import views as staff
    from admin.survey import views as survey
    from admin.sync import views as sync
    from models import clock

    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = settings.max_request
    app.extensions.update(
        database=settings.database(), settings=settings, clock=clock.now, centre=centre.load(settings)
    )
    app.config["SECRET_KEY"] = app.extensions["centre"].page_key
    https = settings.public_url.startswith("https://")
    translations.look(settings.instance / "languages")
    translations.install(app.jinja_env)
    pages.install(app)
    access.install(app, https=https)
    headers.install(app, https=https)
    errors.install(app)
    for part in (
        sync, survey, announce, open_data, staff, dashboard, agencies, ranking, desks, legal, slips, devices, reports,
        languages,
    ):  # fmt: skip
        app.register_blueprint(part.blueprint)
    return app
