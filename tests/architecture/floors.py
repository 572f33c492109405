"""The floors of the house as data: which folder may import which.

A room is a folder right below a package, or a loose file of its root. `FLOORS` says on which floor each room stands;
a room that holds folders has floors of its own in `INSIDE`. Whatever stands on a floor imports only what lies below it,
also inside functions, by relative imports and by `import_module`. `floor_rules.py` has the rules.
"""

from __future__ import annotations

Floors = tuple[tuple[str, ...], ...]

#: From the ground up. Rooms of one floor do not know each other.
FLOORS: Floors = (
    ("models", "translations", "kiosk.qr_code"),
    ("admin.error_catalogue", "kiosk.error_catalogue"),
    ("kiosk.bundle", "kiosk.settings"),
    ("admin.settings", "admin.instruments", "admin.pdf", "admin.statistics", "kiosk.desk"),
    (
        "admin.auth", "admin.ledgers", "admin.presentation", "admin.recordings", "kiosk.auth", "kiosk.health",
        "kiosk.rating", "kiosk.web",
    ),
    (
        "admin.backup", "admin.responses", "admin.slips", "admin.web", "kiosk.boot", "kiosk.slips", "kiosk.sync",
        "kiosk.tablet",
    ),
    (
        "admin.comments", "admin.desks", "admin.devices", "admin.imports", "admin.languages", "admin.ranking",
        "admin.reports", "admin.sign_in", "kiosk.staff",
    ),
    (
        "admin.agencies", "admin.api", "admin.dashboard", "admin.slip_usage", "admin.survey", "admin.sync",
        "kiosk",
    ),
    ("admin", "admin.demo", "admin.jobs", "kiosk.drill"),
    ("admin.cli", "kiosk.cli"),
    ("wsgi",),
    ("bench",),
)  # fmt: skip

#: The floors inside rooms that hold folders: here a name means the folder's own files, not those of folders below it.
INSIDE: dict[str, Floors] = {
    "models": (
        ("models", "models.masking", "models.errors"),
        ("models.tables", "models.protocol", "models.reference"),
        ("models.storage",),
        ("models.migrations",),
        ("models.migrations.central.versions", "models.migrations.kiosk.versions"),
    ),
    "translations": (
        ("translations",), ("translations.terminal",), ("translations.maintenance",), ("translations.__main__",),
    ),
    "admin.statistics": (
        ("admin.statistics.measures",),
        ("admin.statistics.methods",),
        ("admin.statistics.tallies",),
        ("admin.statistics.disclosure", "admin.statistics.legal"),
        ("admin.statistics",),
    ),
    "admin.imports": (("admin.imports.tables",), ("admin.imports",)),
    "admin.reports": (("admin.reports.document",), ("admin.reports",)),
    "admin.api": (("admin.api",), ("admin.api.open_data",), ("admin.api.slips",)),
    "bench": (("bench",), ("bench.powercut", "bench.mutants"), ("bench.__main__",)),
}

#: Files that the root of a package may hold besides its `__init__.py`: five at most. A further one wants a folder.
LOOSE = {
    "admin": {"settings.py", "jobs.py"},
    "kiosk": {"settings.py", "boot.py", "health.py", "qr_code.py"},
    "models": {"clock.py", "design_tokens.py", "ids.py", "keys.py", "vocabulary.py"},
    "translations": {"__main__.py", "collation.py", "discovery.py", "formats.py", "loader.py"},
}
MOST_LOOSE = 5

#: Rooms that know no web framework.
NO_WEB = (
    "models",
    "translations",
    "admin.statistics",
    "admin.ledgers",
    "admin.responses",
    "admin.slips",
    "admin.error_catalogue",
    "admin.presentation",
    "admin.pdf",
    "admin.instruments",
    "admin.recordings",
    "admin.imports",
    "admin.demo",
    "admin.reports.document",
    "admin.backup",
    "kiosk.desk",
    "kiosk.rating",
    "kiosk.sync",
    "kiosk.bundle",
    "kiosk.error_catalogue",
    "kiosk.settings",
)

#: Where commands are written: only there is click known.
COMMANDS = ("admin.cli", "kiosk.cli", "translations.terminal")

#: What other rooms may import of a folder that decides alone: what may be shown is asked here and nowhere else.
ENTRANCES = {
    "admin.statistics.disclosure": (
        "admin.statistics.disclosure.visibility", "admin.statistics.disclosure.suppression_store",
    ),
}  # fmt: skip

#: File names that mean the same in every room. Any other name stands once; the two apps, which never see each other,
#: may have the same part at the same place (`kiosk/web/errors.py`, `admin/web/errors.py`).
IN_EVERY_ROOM = {"__init__.py", "__main__.py", "views.py", "forms.py", "store.py", "request.py"}
