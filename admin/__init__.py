"""The centre: one Flask app with a folder for each capability.

The journey inside: `sync` (device traffic) hands batches to the witness of `ledgers`, `survey` is the phone page; then
`responses` (counted, or not, with a reason) → `statistics` (tallies and indices) → `dashboard`, `agencies`, `reports`.
Nothing here knows the desk's code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from admin.settings import Settings

#: What is written here only staff see (`translations.maintenance.catalogues`).
READ_BY_CITIZENS = False


def create_app(settings: Settings) -> Flask:
    """The centre's pages and device traffic over the store named in the settings, which must be migrated."""
    from flask import Flask

    import translations
    from admin.agencies import indicator_views as indicators
    from admin.agencies import views as agencies
    from admin.api.open_data import views as open_data
    from admin.api.slips import views as slip_api
    from admin.auth import permissions
    from admin.comments import views as comments
    from admin.dashboard import views as dashboard
    from admin.desks import views as desks
    from admin.devices import views as devices
    from admin.languages import views as languages
    from admin.ledgers import signing_keys
    from admin.ranking import views as ranking
    from admin.reports import views as reports
    from admin.sign_in import views as staff
    from admin.slip_usage import views as slip_usage
    from admin.survey import slip_views as survey
    from admin.survey.refusal_counts import RefusalCounts
    from admin.sync import views as sync
    from admin.web import clock_guard, compression, errors, page_layout, security_headers
    from models import clock

    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = settings.max_request
    app.extensions.update(
        database=settings.database(),
        settings=settings,
        clock=clock.now,
        centre=signing_keys.load_centre_keys(settings),
        refused_pages=RefusalCounts(),
    )
    app.config["SECRET_KEY"] = app.extensions["centre"].page_key
    https = settings.public_url.startswith("https://")
    translations.find_languages(settings.instance / "languages")
    translations.install_in_jinja(app.jinja_env)
    page_layout.install_page_layout(app)
    errors.install_error_pages(app)
    permissions.install_permissions(app, https=https)
    clock_guard.install_clock_guard(app)
    security_headers.install_security_headers(app, https=https)
    compression.install_compression(app)
    for part in (
        sync, survey, slip_api, open_data, staff, dashboard, agencies, ranking, desks, indicators, slip_usage,
        devices, reports, languages, comments,
    ):  # fmt: skip
        app.register_blueprint(part.blueprint)
    return app
