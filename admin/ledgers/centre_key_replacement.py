"""The replacement of a lost key: a new one in its place, the old file kept aside, the store told.

Everything happens in one transaction of the store; the file changes its place last, right before the commit. Whoever
is killed between finds a file that the register does not know yet: replacing again ends it. Knows no web.
"""

from __future__ import annotations

import contextlib
import datetime
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from admin.ledgers import centre_clock, centre_key_register
from models import clock, keys
from models.storage.database import Database
from models.tables.centre_key import RegisteredKey
from models.tables.device import Device
from models.tables.staff_account import AuditRow


@dataclass(frozen=True, slots=True)
class ReplacedKey:
    """A key with another one in its place: what the new one is known by (hex), the name under which the old file is
    kept (None: there was none), and the devices that have to be paired again."""

    name: str
    public: str
    aside: str | None
    devices: tuple[str, ...]


def list_pinned_devices(session: Session) -> list[str]:
    """The desks' devices that have pinned the centre's key and are in use."""
    return list(session.scalars(_PINNED.order_by(Device.id)))


_PINNED = select(Device.id).where(
    Device.state == "active", Device.simulated.is_(False), Device.desk_code.is_not(None), Device.foreign_ms.is_(None)
)


def replace_key(database: Database, folder: Path, name: str, now_ms: int, who: str) -> ReplacedKey:
    """Put a new key in the place of the file `name` (of `key_register.FILES`) in the instance `folder`.

    `now_ms`: the centre's clock (ms since 1970, UTC); `who` stands in the audit log. If the store cannot keep it, the
    files are as they were.
    """
    draft = folder / f".{name}.{os.getpid()}.{secrets.token_hex(4)}"
    keys.make_secret(draft)
    public = centre_key_register.derive_public_half(name, keys.read_secret(draft))
    with contextlib.ExitStack() as undo:
        undo.callback(draft.unlink, missing_ok=True)
        with database.write() as session:
            _register(session, name, public, now_ms)
            devices = list_pinned_devices(session) if name == centre_key_register.CENTRE else []
            session.execute(update(Device).where(Device.id.in_(devices)).values(foreign_ms=now_ms))
            session.add(AuditRow(at_ms=now_ms, who=who[:120], action="key_replaced", subject=f"{name} {public}"))
            session.flush()
            centre_clock.record_signed_time(session, now_ms)
            aside = _kept_aside(folder / name, now_ms)
            undo.callback(_put_back, folder / name, aside)
            os.replace(draft, folder / name)
            keys.flush_folder_names(folder)
        undo.pop_all()
    return ReplacedKey(name, public, aside.name if aside else None, tuple(devices))


def _register(session: Session, name: str, public: str, now_ms: int) -> None:
    of_name = select(RegisteredKey).where(RegisteredKey.name == name)
    old = session.scalars(of_name.where(RegisteredKey.replaced_ms.is_(None)).with_for_update()).first()
    number = session.scalar(select(func.max(RegisteredKey.number)).where(RegisteredKey.name == name)) or 0
    if old is not None:
        old.replaced_ms = now_ms
        session.flush()
    session.add(RegisteredKey(name=name, number=number + 1, public=public, since_ms=now_ms, replaced_ms=None))
    session.flush()


def _kept_aside(path: Path, now_ms: int) -> Path | None:
    """A second name for the file at `path`, with the day and the minute (Vietnam's time); None if there is no file."""
    if not path.exists():
        return None
    stamp = datetime.datetime.fromtimestamp(now_ms / 1000, clock.HCM).strftime("%Y%m%d-%H%M%S")
    for number in range(1, 1000):
        aside = path.with_name(f"{path.name}.{stamp}" + (f"-{number}" if number > 1 else ""))
        if aside.exists():
            continue
        try:
            os.link(path, aside)
        except FileExistsError:
            continue
        except OSError:  # a file system without hard links
            os.rename(path, aside)
        return aside
    raise FileExistsError(f"{path.name}.{stamp}")


def _put_back(path: Path, aside: Path | None) -> None:
    if aside is None:
        path.unlink(missing_ok=True)
    else:
        os.replace(aside, path)
        aside.unlink(missing_ok=True)  # two names of one file: nothing was replaced yet
    keys.flush_folder_names(path.parent)
