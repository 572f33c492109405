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
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk.error_catalogue.command_errors import BadSettings as BadSettings
from models import version
from translations import gettext as _

if TYPE_CHECKING:
    from models.storage.database import Database

log = logging.getLogger(__name__)
#: Days an acknowledged entry is kept, so that a restored centre can be refilled.
KEEP_DAYS = 180
#: Under this the warning of 20 s would stand longer than the draft it warns about.
SHORTEST_IDLE = 30

#: Widths of a thermal printer's roll (mm).
ROLLS = ("80", "58")
#: A longer wait than a day is a slip of the finger (seconds).
LONGEST_WAIT = 86_400


@dataclass(frozen=True)
class Settings:
    """The desk's settings. `idle_seconds` is how long an untouched rating waits before it is sealed as partial;
    `leave_command` and `network_command` are what the staff page's buttons start on this machine
    (`kiosk.web.machine_commands`); `hosts` are further names by which the desk may be called
    (`kiosk.web.allowed_hosts`); `printer` is the thermal printer of the officer's page (`/dev/usb/lp0`, `LPT1`,
    `host:9100`; "" for none), `printer_paper` the width of its roll in mm."""

    instance: Path
    idle_seconds: int = 60
    heartbeat_seconds: int = 900
    version: str = field(default_factory=version)
    leave_command: str = ""
    network_command: str = ""
    hosts: tuple[str, ...] = ()
    printer: str = ""
    printer_paper: str = "80"

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
        from models.storage.database import open_once

        return open_once(self.database_url)

    @property
    def serving_file(self) -> Path:
        """The lock's file, held while the tablet's pages are served (`models.storage.process_lock`)."""
        return self.instance / "kiosk.serving"

    @property
    def key_file(self) -> Path:
        """The device's private key; it never leaves this machine."""
        return self.instance / "kiosk.key"

    @property
    def page_key_file(self) -> Path:
        """The secret by which the server knows the pages it drew."""
        return self.instance / "kiosk.pages"

    @classmethod
    def load(cls, instance: Path | None = None, *, strict: bool = False) -> Settings:
        """The settings of an instance folder (by default the one in force); `kiosk.cfg` there ([kiosk] idle_seconds,
        heartbeat_seconds, leave_command, network_command, hosts, printer, printer_paper) is optional. What cannot be
        used is logged and the usual holds, for no start ends with it; `strict`: it is raised as `BadSettings`."""
        folder = instance or instance_folder()
        with contextlib.suppress(OSError):  # a disk that does not let it be made: whoever needs it says so
            folder.mkdir(parents=True, exist_ok=True)
        wrong: list[str] = []
        if folder.exists() and not folder.is_dir():
            wrong.append(_("HAILONG_INSTANCE = %(folder)s: this is a file, not a folder", folder=repr(str(folder))))
        section = _section(folder / "kiosk.cfg", wrong)
        idle = _seconds(section, "idle_seconds", cls.idle_seconds, wrong)
        heartbeat = _seconds(section, "heartbeat_seconds", cls.heartbeat_seconds, wrong)
        paper = section.get("printer_paper", cls.printer_paper).strip()
        if paper not in ROLLS:
            wrong.append(_("kiosk.cfg, [kiosk] printer_paper = %(value)s: must be %(first)s or %(second)s",
                           value=repr(paper[:40]), first=ROLLS[0], second=ROLLS[1]))  # fmt: skip
            paper = cls.printer_paper
        if wrong and strict:
            raise BadSettings("bad_settings", what=wrong[0])
        for sentence in wrong:
            log.error("the usual settings hold: %s", sentence)
        return cls(
            folder,
            idle_seconds=max(SHORTEST_IDLE, idle),
            heartbeat_seconds=heartbeat,
            leave_command=section.get("leave_command", ""),
            network_command=section.get("network_command", ""),
            printer=section.get("printer", "").strip(),
            printer_paper=paper,
            hosts=tuple(section.get("hosts", "").replace(",", " ").split()),
        )


def _section(path: Path, wrong: list[str]) -> Mapping[str, str]:
    """The section `[kiosk]` of a file, in UTF-8; empty without the file, or where it cannot be used (then `wrong`)."""
    config = configparser.ConfigParser(interpolation=None)
    try:
        config.read_string(path.read_text(encoding="utf-8-sig"), source=path.name)
        return config["kiosk"] if config.has_section("kiosk") else {}
    except (FileNotFoundError, NotADirectoryError):  # no such folder: whoever needs it says so
        pass
    except UnicodeDecodeError:
        wrong.append(_("%(file)s is not UTF-8: save the file again as UTF-8", file=path.name))
    except configparser.Error as error:
        line = getattr(error, "lineno", None) or next((row for row, _text in getattr(error, "errors", ())), "?")
        wrong.append(_("%(file)s, line %(line)s: it must begin with [kiosk], and then say in each line: name = value",
                       file=path.name, line=line))  # fmt: skip
    except OSError as error:
        wrong.append(_("%(file)s cannot be read (%(reason)s)", file=path.name, reason=error.strerror))
    return {}


def _seconds(section: Mapping[str, str], name: str, usual: int, wrong: list[str]) -> int:
    """A time of the settings in whole seconds, or the usual one where something else stands (then `wrong`)."""
    text = section.get(name, str(usual)).strip()
    if text.isascii() and text.isdecimal() and len(text) < 9 and 0 < int(text) <= LONGEST_WAIT:
        return int(text)
    wrong.append(_("kiosk.cfg, [kiosk] %(name)s = %(value)s: must be a whole number of seconds, from 1 to %(most)s",
                   name=name, value=repr(text[:40]), most=LONGEST_WAIT))  # fmt: skip
    return usual


def instance_folder() -> Path:
    """Where all state lives: `HAILONG_INSTANCE`, else `instance/` beside the code."""
    folder = os.environ.get("HAILONG_INSTANCE")
    return Path(folder).resolve() if folder else Path(__file__).resolve().parents[1] / "instance"
