"""The centre's settings: its store, its public address, its province. Read once at start."""

from __future__ import annotations

import configparser
import os
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import make_url

from models.storage.database import Database, checked_url, open_once
from models.tables import (  # noqa: F401  (all tables are known)
    agency,
    desk_store,
    device,
    ledger_entry,
    registered_key,
    response,
    slip_record,
    staff_account,
    tally,
)

#: The file that stands in an instance folder as long as a backup is being restored into it.
UNFINISHED = "restore.unfinished"


class UnfinishedRestore(Exception):
    """A backup was being restored here and did not come to its end: nothing is opened."""


@dataclass(frozen=True)
class Settings:
    """The centre's settings. `public_url` is what stands in QR codes; `fonts` a folder with Times New Roman, if any;
    `phone` the feedback line printed on slips; `target` the province's goal in percent, or None; `pg_bin` the folder
    of PostgreSQL's own programs, where the usual places are not meant."""

    instance: Path
    database_url: str
    public_url: str = "http://127.0.0.1:8000"
    fonts: Path | None = None
    phone: str = ""
    target: str | None = None
    idle_seconds: int = 60
    version: str = "1.0.0"
    max_request: int = 2 << 20
    pg_bin: Path | None = None

    def database(self) -> Database:
        """The store, opened once in this process. Raises `BadStoreUrl`, and `UnfinishedRestore` while a restore that
        was cut off stands here."""
        if (self.instance / UNFINISHED).exists():
            raise UnfinishedRestore(f"{UNFINISHED}: run the restore again")
        return open_once(self.database_url)

    @property
    def store_file(self) -> Path | None:
        """The file of the store, or None where it is not a file. Raises `BadStoreUrl`."""
        url = make_url(checked_url(self.database_url))
        on_disk = url.drivername == "sqlite" and url.database not in (None, "", ":memory:")
        return Path(url.database or "") if on_disk else None

    @classmethod
    def load(cls, instance: Path | None = None) -> Settings:
        """The settings of an instance folder (by default the one in force): `admin.cfg` there, section [admin];
        `DATABASE_URL` in the environment names the store."""
        folder = instance or instance_folder()
        folder.mkdir(parents=True, exist_ok=True)
        config = configparser.ConfigParser(interpolation=None)
        config.read(folder / "admin.cfg", encoding="utf-8")
        section = config["admin"] if config.has_section("admin") else {}
        url = os.environ.get("DATABASE_URL") or section.get("database_url") or ""
        fonts = section.get("fonts") or ""
        pg_bin = os.environ.get("HAILONG_PG_BIN") or section.get("pg_bin") or ""
        return cls(
            instance=folder,
            database_url=url or f"sqlite:///{(folder / 'admin.sqlite').as_posix()}",
            public_url=section.get("public_url") or cls.public_url,
            fonts=Path(fonts) if fonts else None,
            phone=section.get("phone") or "",
            target=section.get("target") or None,
            idle_seconds=max(30, int(section.get("idle_seconds") or cls.idle_seconds)),
            pg_bin=Path(pg_bin) if pg_bin else None,
        )

    def save(self, **values: str) -> None:
        """Write values into `admin.cfg`, keeping the others. Takes effect at the next start."""
        path = self.instance / "admin.cfg"
        config = configparser.ConfigParser(interpolation=None)
        config.read(path, encoding="utf-8")
        if not config.has_section("admin"):
            config.add_section("admin")
        config["admin"].update(values)
        draft = path.with_suffix(".cfg.new")
        with draft.open("w", encoding="utf-8") as f:
            config.write(f)
        os.replace(draft, path)


def instance_folder() -> Path:
    """Where all state lives: `HAILONG_INSTANCE`, else `instance/` beside the code."""
    named = os.environ.get("HAILONG_INSTANCE")
    return Path(named).resolve() if named else Path(__file__).resolve().parents[1] / "instance"
