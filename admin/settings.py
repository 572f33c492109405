"""The centre's settings: its store, its public address, its province. Read once at start."""

from __future__ import annotations

import configparser
import io
import ipaddress
import os
import urllib.parse
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path

from admin.error_catalogue.any_command_errors import ANY_COMMAND, SETTINGS
from models import version
from models.errors import CodedError
from models.storage import whole_file
from models.storage.database import Database, check_store_place, checked_url, find_store_file, open_once
from models.tables import (  # noqa: F401  (all tables are known)
    agency,
    centre_key,
    desk_store,
    device,
    ledger_entry,
    released_words,
    response,
    slip_record,
    staff_account,
    tally,
)
from translations import gettext
from translations.terminal.system_errors import system_reason

#: The file that stands in an instance folder as long as a backup is being restored into it.
UNFINISHED = "restore.unfinished"
MAX_IDLE_SECONDS = 86_400
#: A proxy on this machine is believed; another one is listed.
HERE = frozenset({"127.0.0.1", "::1"})


class UnfinishedRestore(CodedError):
    """A backup was being restored here and did not come to its end: nothing is opened."""

    table = ANY_COMMAND


class BadSettings(CodedError):
    """The centre cannot start with its settings: the folder, or `admin.cfg`. No sentence holds a secret."""

    table = SETTINGS


@dataclass(frozen=True)
class Settings:
    """The centre's settings. `public_url` is what stands in QR codes; `fonts` a folder with Times New Roman, if any;
    `phone` the feedback line printed on slips; `target` the province's goal in percent, or None; `pg_bin` the folder
    of PostgreSQL's own programs, where the usual places are not meant; `proxies` the addresses of the servers before
    this one that say in `X-Forwarded-For` whom they ask for."""

    instance: Path
    database_url: str = field(repr=False)  # may hold a password
    public_url: str = "http://127.0.0.1:8000"
    fonts: Path | None = None
    phone: str = ""
    target: str | None = None
    idle_seconds: int = 60
    version: str = field(default_factory=version)
    max_request: int = 2 << 20
    pg_bin: Path | None = None
    proxies: frozenset[str] = HERE

    def database(self) -> Database:
        """The store, opened once in this process. Raises `BadStoreUrl`, and `UnfinishedRestore` while a restore that
        was cut off stands here."""
        if (self.instance / UNFINISHED).exists():
            raise UnfinishedRestore("restore_unfinished")
        check_store_place(self.database_url)
        return open_once(self.database_url)

    @property
    def store_file(self) -> Path | None:
        """The file of the store, or None where it is not a file. Raises `BadStoreUrl`."""
        return find_store_file(checked_url(self.database_url))

    @classmethod
    def load(cls, instance: Path | None = None) -> Settings:
        """The settings of an instance folder (by default the one in force): `admin.cfg` there, section [admin];
        `DATABASE_URL` in the environment names the store. Raises `BadSettings`."""
        folder = instance or instance_folder()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            if folder.exists():
                raise BadSettings("bad_instance.no_folder", folder=folder) from error
            raise BadSettings("bad_instance.not_made", folder=folder, why=system_reason(error)) from error
        section = _section(folder / "admin.cfg")
        url = os.environ.get("DATABASE_URL") or section.get("database_url") or ""
        fonts = section.get("fonts") or ""
        pg_bin = os.environ.get("HAILONG_PG_BIN") or section.get("pg_bin") or ""
        return cls(
            instance=folder,
            database_url=url or f"sqlite:///{(folder / 'admin.sqlite').as_posix()}",
            public_url=_address(section.get("public_url") or cls.public_url),
            fonts=Path(fonts) if fonts else None,
            phone=section.get("phone") or "",
            target=_percent(section.get("target") or ""),
            idle_seconds=_seconds(section.get("idle_seconds") or str(cls.idle_seconds)),
            pg_bin=Path(pg_bin) if pg_bin else None,
            proxies=_addresses(section["proxies"]) if "proxies" in section else HERE,
        )

    def save(self, **values: str) -> None:
        """Write values into `admin.cfg`, keeping the others. Takes effect at the next start."""
        path = self.instance / "admin.cfg"
        config = _config(path)
        if not config.has_section("admin"):
            config.add_section("admin")
        config["admin"].update(values)
        text = io.StringIO()
        config.write(text)
        whole_file.write_file(path, text.getvalue().encode())


def instance_folder() -> Path:
    """Where all state lives: `HAILONG_INSTANCE`, else `instance/` beside the code."""
    folder = os.environ.get("HAILONG_INSTANCE")
    return Path(folder).resolve() if folder else Path(__file__).resolve().parents[1] / "instance"


def _config(path: Path) -> configparser.ConfigParser:
    """What stands in `admin.cfg`; nothing where there is none."""
    config = configparser.ConfigParser(interpolation=None)
    try:
        if path.exists():  # what is there and cannot be read must not pass for what is not there
            config.read_string(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise _wrong(gettext("it cannot be read (%(why)s)", why=system_reason(error))) from error
    except UnicodeDecodeError as error:
        raise _wrong(gettext("its text is not UTF-8; save it as UTF-8")) from error
    except configparser.Error as error:
        line = getattr(error, "lineno", None) or next((line for line, _ in getattr(error, "errors", ())), 1)
        raise _wrong(gettext(
            "line %(line)s is not of the form; write [admin], then «name = value» on a line each", line=line
        )) from None
    return config


def _section(path: Path) -> dict[str, str]:
    config = _config(path)
    return dict(config["admin"]) if config.has_section("admin") else {}


def _address(text: str) -> str:
    """The public address without a slash at its end: paths are written behind it."""
    try:
        parts = urllib.parse.urlsplit(text)
        right = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        right = False
    if not right or parts.query or parts.fragment or parts.username or not text.isprintable() or " " in text:
        raise _wrong(gettext(
            "public_url must be an address that citizens can open, like https://hailong.tinh.gov.vn"
        ))
    return text.rstrip("/")


def _percent(text: str) -> str | None:
    """The goal in per cent; None where none is set."""
    try:
        right = not text or 0 <= Decimal(text) <= 100
    except InvalidOperation:
        right = False
    if not right:
        raise _wrong(gettext("target must be a number from 0 to 100, like 90 or 92.5"))
    return text or None


def _seconds(text: str) -> int:
    """After how many seconds an untouched rating is sealed, never under half a minute."""
    if not (text.isascii() and text.isdecimal() and len(text) < 7 and int(text) <= MAX_IDLE_SECONDS):
        raise _wrong(gettext(
            "idle_seconds must be a whole number from 30 to %(most)s (seconds)", most=MAX_IDLE_SECONDS
        ))
    return max(30, int(text))


def _addresses(text: str) -> frozenset[str]:
    """Addresses in their one spelling, parted by commas or blanks; none at all may be meant."""
    try:
        return frozenset(str(ipaddress.ip_address(one)) for one in text.replace(",", " ").split())
    except ValueError:
        raise _wrong(gettext("proxies must be IP addresses with commas between them, like 10.0.0.5, ::1")) from None


def _wrong(reason: str) -> BadSettings:
    return BadSettings("bad_settings", what=reason)
