"""The base of the centre's commands: opening the store, printing a result, ending with one sentence."""

from __future__ import annotations

import json
import sys
from typing import Any, NoReturn

import click

import translations
from admin.settings import Settings
from models import clock
from models.migrations import migrate
from models.storage.database import Database
from models.tables.declarative_base import CENTRAL


def fail(code: str, message: str) -> NoReturn:
    """End the command with exit code 1, a stable code and one sentence."""
    click.echo(f"{code}: {message}", err=True)
    sys.exit(1)


def opened() -> tuple[Database, Settings]:
    """The central store, which must be at the present schema, and the settings."""
    settings = Settings.load()
    translations.look(settings.instance / "languages")
    database = settings.database()
    try:
        at = migrate.current(database)
    except Exception as error:  # whatever the driver says, the reader needs one sentence
        fail("no_store", f"Chưa mở được kho dữ liệu ({type(error).__name__}). Kiểm tra DATABASE_URL.")
    if at != migrate.HEADS[CENTRAL]:
        fail("not_upgraded", "Kho dữ liệu chưa có hoặc chưa đúng phiên bản. Chạy: hailong admin upgrade")
    return database, settings


def now_ms() -> int:
    """The centre's clock, ms since 1970 (UTC)."""
    return clock.now().t


def say(value: dict[str, Any], as_json: bool) -> None:
    """Print a result: one JSON document, or a line a field."""
    if as_json:
        click.echo(json.dumps(value, ensure_ascii=False))
        return
    width = max(len(name) for name in value)
    for name, inner in value.items():
        shown = json.dumps(inner, ensure_ascii=False) if isinstance(inner, (dict, list)) else inner
        click.echo(f"{name:<{width}}  {'' if shown is None else shown}")
