"""The desk: a light Flask app beside a tablet that takes ratings with or without a network.

The journey inside: `faces` (the tap), `details` (what one may add), `thanks` (the thanks) → `drafts` (durable at the
first tap) → `sealing`, `ledger` (one entry) → `sync` (to the centre). Nothing here knows the centre's code; both know
`models`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from kiosk.boot import DeskStart
    from kiosk.settings import Settings

#: What is written here is shown to citizens too (`translations.maintenance.catalogues`).
READ_BY_CITIZENS = True

#: The most a page of the tablet can need; a longer body is refused before it is read.
MAX_REQUEST = 64 * 1024


def create_app(settings: Settings, start: DeskStart | None = None) -> Flask:
    """The tablet's pages over the store in `settings.instance`; the store is created or migrated first.

    `start` is what is to be done before the first tap; by default the store is opened and no more. It is tried here
    once; where the disk or the store does not let it be done, the pages say so and it is tried again
    (`kiosk.web.start_gate`)."""
    import secrets

    from flask import Flask

    import translations
    from kiosk import boot, health
    from kiosk.slips import api
    from kiosk.staff import officer_page, status_page
    from kiosk.tablet import details, faces, phone_note, recording_playback, sleep_screen, startup_page, thanks
    from kiosk.web import allowed_hosts, errors, page_layout, security_headers, start_gate, static_files
    from models import clock, keys

    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = MAX_REQUEST
    app.config["SECRET_KEY"] = secrets.token_hex(32)  # until the start finds or makes the one that outlives it
    database = settings.database()
    app.extensions.update(database=database, settings=settings, clock=clock.now)
    steps = start or boot.DeskStart(database, settings)

    def begin() -> None:
        settings.instance.mkdir(parents=True, exist_ok=True)
        boot.read_or_renew_secret(settings.page_key_file, keys.read_or_make_secret)
        app.config["SECRET_KEY"] = keys.read_or_make_secret(settings.page_key_file).hex()
        steps()

    translations.install_in_jinja(app.jinja_env)
    page_layout.install_layout(app)
    allowed_hosts.install_host_check(app, settings.hosts)
    static_files.install_static_files(app)
    security_headers.install_security_headers(app)
    gate = start_gate.StartGate(begin, steps.doubt, database, settings)
    start_gate.install_start_gate(app, gate)
    errors.install_error_answers(app, lambda error: start_gate.handle_store_failure(app, error))
    for part in (
        faces,
        details,
        phone_note,
        thanks,
        sleep_screen,
        recording_playback,
        startup_page,
        status_page,
        officer_page,
        api,
        health,
    ):
        app.register_blueprint(part.blueprint)
    gate.open()
    return app


def add_idle_sweep(app: Flask, every: float | None = None) -> Flask:
    """The app, with a thread of this process that seals what people left standing (`kiosk.rating.idle_sweep`), `every`
    so many seconds; setting `app.extensions["sweep_over"]` ends it."""
    import threading

    from kiosk.rating import idle_sweep
    from kiosk.web import start_gate

    database, settings, gate = (app.extensions[name] for name in ("database", "settings", "gate"))

    def work() -> None:
        if gate.ready:  # before that the start itself seals what was left
            idle_sweep.sweep_once(database, app.extensions["clock"], settings)

    def failed(error: BaseException) -> None:
        start_gate.handle_store_failure(app, error)

    over = app.extensions["sweep_over"] = threading.Event()
    pause = idle_sweep.EVERY_SECONDS if every is None else every
    threading.Thread(target=idle_sweep.run_for_ever, args=(work, failed, over, pause), daemon=True).start()
    return app
