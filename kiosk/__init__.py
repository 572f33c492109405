"""The desk: a light Flask app beside a tablet that takes ratings with or without a network.

The journey inside: `rate` (the tap), `tell` (what one may add), `farewell` (the thanks) → `drafts` (durable at the
first tap) → `sealing`, `ledger` (one entry) → `sync` (to the centre). Nothing here knows the centre's code; both know
`models`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask

if TYPE_CHECKING:
    from kiosk.settings import Settings

#: The most a page of the tablet can need; a longer body is refused before it is read.
MAX_REQUEST = 64 * 1024


def create_app(settings: Settings) -> Flask:
    """The tablet's pages over the store in `settings.instance`; the store is created or migrated first."""
    import translations
    from kiosk import (
        errors,
        farewell,
        headers,
        health,
        hosts,
        notes,
        officer,
        packed,
        pages,
        prompts,
        rate,
        sleep,
        slip_door,
        staffpage,
        starting,
        tell,
    )
    from models import clock, keys, migrate
    from models.base import KIOSK
    from models.database import Database

    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = MAX_REQUEST
    app.config["SECRET_KEY"] = keys.secret_file(settings.page_key_file).hex()
    database = Database(settings.database_url)
    migrate.upgrade(database, KIOSK)
    app.extensions.update(database=database, settings=settings, clock=clock.now)
    translations.install(app.jinja_env)
    pages.install(app)
    hosts.install(app, settings.hosts)
    packed.install(app)
    headers.install(app)
    errors.install(app)
    for part in (rate, tell, notes, farewell, sleep, prompts, starting, staffpage, officer, slip_door, health):
        app.register_blueprint(part.blueprint)
    return app
