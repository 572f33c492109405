"""The signing keys of the centre and its recorders, the key of carried files, and two secrets.

The centre's own key signs receipts and certificates. All are read once, at start, and passed on; none is made here.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from admin.ledgers import centre_key_register
from admin.settings import Settings
from models import keys
from models.keys import SigningKey
from models.migrations import migrate
from models.protocol import slip
from models.protocol.sealed_file import CarriedFileKey
from models.tables.declarative_base import CENTRAL

WEB = slip.CENTRE_ID
IMPORT = "c-import"
#: The names of all key files of an instance folder.
FILES = centre_key_register.FILES


@dataclass(frozen=True)
class CentreKeys:
    """Everything secret the centre holds. `key` signs for the centre; `recorder_keys` sign the centre's own ledgers;
    the keys of typed codes follow from `codes`. `former`: public halves (hex) that were in force before."""

    key: SigningKey
    recorder_keys: dict[str, SigningKey]
    page_key: str
    codes: bytes
    public_url: str
    box: CarriedFileKey
    instance: Path
    former: tuple[str, ...] = ()

    @property
    def public(self) -> str:
        """The public key (hex) that devices pin and slips are meant for."""
        return self.key.public

    @property
    def publics(self) -> tuple[str, ...]:
        """The public keys (hex) that slips of today and of before a replacement are meant for."""
        return (self.public, *self.former)


def load_centre_keys(settings: Settings) -> CentreKeys:
    """The centre's keys from the instance folder, if they are those of the store. Makes none; raises `KeyRefused`."""
    database, folder = settings.database(), settings.instance
    if migrate.read_revision(database) != migrate.HEADS[CENTRAL]:
        raise centre_key_register.KeyRefused(centre_key_register.UNREGISTERED, FILES, folder)
    with database.read() as session:
        centre_key_register.check_key_files(centre_key_register.inspect_key_files(session, folder), folder)
        former = tuple(
            old_key.public for old_key in centre_key_register.list_former_keys(session, centre_key_register.CENTRE)
        )
    return read_key_files(folder, settings.public_url, former)


def read_key_files(folder: Path, public_url: str, former: tuple[str, ...] = ()) -> CentreKeys:
    """The keys that lie in `folder`, whosever they are: for whoever has compared them with the register."""
    secrets = {name: keys.read_secret(folder / name) for name in FILES}
    return CentreKeys(
        key=SigningKey(secrets[centre_key_register.CENTRE]),
        recorder_keys={device: SigningKey(secrets[file]) for device, file in centre_key_register.RECORDERS.items()},
        page_key=secrets[centre_key_register.PAGES].hex(),
        codes=secrets[centre_key_register.CODES],
        public_url=public_url,
        box=CarriedFileKey(secrets[centre_key_register.BOX]),
        instance=folder,
        former=former,
    )
