"""The parts of a request at the tablet: the desk's store, its settings and both clocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import current_app

from models.clock import Moment
from models.storage.database import Database

if TYPE_CHECKING:
    from kiosk.settings import Settings

def current_database() -> Database:
    """The tablet's store."""
    database: Database = current_app.extensions["database"]
    return database


def current_settings() -> Settings:
    """What the desk is set up with."""
    settings: Settings = current_app.extensions["settings"]
    return settings


def current_moment() -> Moment:
    """Both clocks, read now; tests put a clock of their own there."""
    moment: Moment = current_app.extensions["clock"]()
    return moment
