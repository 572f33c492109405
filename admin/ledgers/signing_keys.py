"""The signing keys of the centre and its recorders, and the key that carried files are sealed to.

The centre's own key signs receipts and certificates.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from admin.settings import Settings
from models.keys import SigningKey, secret_file, signing_key
from models.protocol import slip
from models.protocol.sealed_file import Box

WEB = slip.CENTRE_ID
IMPORT = "c-import"


@dataclass(frozen=True)
class Centre:
    """Everything secret the centre holds. `key` signs for the centre; `recorder_keys` sign the centre's own ledgers."""

    key: SigningKey
    recorder_keys: dict[str, SigningKey]
    page_key: str
    public_url: str
    box: Box
    instance: Path

    @property
    def public(self) -> str:
        """The public key (hex) that devices pin and slips are meant for."""
        return self.key.public


def load(settings: Settings) -> Centre:
    """The centre's keys from the instance folder; made at the first call."""
    folder = settings.instance
    return Centre(
        key=signing_key(folder / "centre.key"),
        recorder_keys={name: signing_key(folder / f"{name}.key") for name in (WEB, IMPORT)},
        page_key=secret_file(folder / "centre.pages").hex(),
        public_url=settings.public_url,
        box=box(settings),
        instance=folder,
    )


def box(settings: Settings) -> Box:
    """The key that files carried by hand are sealed to; made at the first call. Desks learn its public half with their
    reference data."""
    return Box(secret_file(settings.instance / "centre.box"))
