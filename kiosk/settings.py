"""The desk's settings: where its state lives and how patient it is.

Read once, never changed while running.
"""

from __future__ import annotations

import configparser
import contextlib
import logging
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from models.storage.database import Database, open_once

log = logging.getLogger(__name__)
#: Days an acknowledged entry is kept, so that a restored centre can be refilled.
KEEP_DAYS = 180
#: Under this the warning of 20 s would stand longer than the draft it warns about.
SHORTEST_IDLE = 30


@dataclass(frozen=True)
class Settings:
    """The desk's settings. `idle_seconds` is how long an untouched rating waits before it is sealed as partial;
    `leave_command` and `network_command` are what the staff page's buttons start on this machine
    (`kiosk.web.host_commands`); `hosts` are further names by which the desk may be called
    (`kiosk.web.allowed_hosts`)."""

    instance: Path
    idle_seconds: int = 60
    heartbeat_seconds: int = 900
    version: str = "1.0.0"
    leave_command: str = ""
    network_command: str = ""
    hosts: tuple[str, ...] = ()

    @property
    def free_mb(self) -> int:
        """Free space where the store lies, in MiB."""
        return shutil.disk_usage(self.instance).free >> 20

    @property
    def store_file(self) -> Path:
        """The file of the desk's own store; beside it stand its log and its index of that."""
        return self.instance / "kiosk.sqlite"

    @property
    def database_url(self) -> str:
        """The desk's own store."""
        return f"sqlite:///{self.store_file.as_posix()}"

    def database(self) -> Database:
        """The desk's own store, opened once in this process."""
        return open_once(self.database_url)

    @property
    def key_file(self) -> Path:
        """The device's private key; it never leaves this machine."""
        return self.instance / "kiosk.key"

    @property
    def page_key_file(self) -> Path:
        """The secret by which the server knows the pages it drew."""
        return self.instance / "kiosk.pages"

    @classmethod
    def load(cls, instance: Path | None = None) -> Settings:
        """The settings of an instance folder (by default the one in force); `kiosk.cfg` there ([kiosk] idle_seconds,
        heartbeat_seconds, leave_command, network_command, hosts) is optional."""
        folder = instance or instance_folder()
        with contextlib.suppress(OSError):  # a disk that does not let it be made: whoever needs it says so
            folder.mkdir(parents=True, exist_ok=True)
        config = configparser.ConfigParser(interpolation=None)
        try:
            config.read(folder / "kiosk.cfg", encoding="utf-8")
        except (configparser.Error, UnicodeDecodeError, OSError) as error:  # a start does not end for it
            log.error("kiosk.cfg cannot be read, the usual settings hold: %s", " ".join(str(error).split())[:200])
            config.clear()
        section = config["kiosk"] if config.has_section("kiosk") else {}
        return cls(
            folder,
            idle_seconds=max(SHORTEST_IDLE, _number(section, "idle_seconds", cls.idle_seconds)),
            heartbeat_seconds=_number(section, "heartbeat_seconds", cls.heartbeat_seconds),
            leave_command=section.get("leave_command", ""),
            network_command=section.get("network_command", ""),
            hosts=tuple(section.get("hosts", "").replace(",", " ").split()),
        )


def _number(section: Mapping[str, str], name: str, usual: int) -> int:
    """A whole number of the configuration, or the usual one where something else stands."""
    try:
        return int(section.get(name, usual))
    except ValueError:
        log.error("kiosk.cfg: %s is no whole number, %s holds", name, usual)
        return usual


def instance_folder() -> Path:
    """Where all state lives: `HAILONG_INSTANCE`, else `instance/` beside the code."""
    named = os.environ.get("HAILONG_INSTANCE")
    return Path(named).resolve() if named else Path(__file__).resolve().parents[1] / "instance"
