"""The base of the desk's commands: opening the store, printing a result, ending with one sentence."""

from __future__ import annotations

import json
import sys
from typing import Any, NoReturn

import click

from kiosk.settings import Settings
from models.migrations import migrate
from models.storage.database import Database
from models.tables.declarative_base import KIOSK

NOT_PAIRED = "not_paired", "Thiết bị chưa được ghép. Chạy: hailong kiosk enrol URL MÃ"


def fail(code: str, message: str) -> NoReturn:
    """End the command with exit code 1, a stable code and one sentence."""
    click.echo(f"{code}: {message}", err=True)
    sys.exit(1)


def opened() -> tuple[Database, Settings]:
    """The desk's store, created or migrated, and its settings."""
    settings = Settings.load()
    database = Database(settings.database_url)
    migrate.upgrade(database, KIOSK)
    return database, settings


def say(value: dict[str, Any], as_json: bool) -> None:
    """Print a result: one JSON document, or a line a field."""
    if as_json:
        click.echo(json.dumps(value, ensure_ascii=False))
    else:
        width = max(len(name) for name in value)
        for name, inner in value.items():
            click.echo(f"{name:<{width}}  {inner if not isinstance(inner, dict) else json.dumps(inner)}")
