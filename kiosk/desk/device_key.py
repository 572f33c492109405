"""The device's key in use: never made anew while a certificate names it.

Enrolment alone makes a key. A desk whose key file is gone or damaged goes on taking taps; it can sign nothing, so
it neither sends nor makes slips, until the file is put back.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.orm import Session

from kiosk.desk import state
from kiosk.error_catalogue.command_errors import KeyUnusable as KeyUnusable
from models import keys
from models.keys import SigningKey
from models.protocol import entry_chain


def load_device_key(path: Path) -> SigningKey:
    """The key in the file at `path`. Raises `KeyUnusable`, and OSError where the disk does not give the file."""
    try:
        return SigningKey(keys.read_secret(path))
    except FileNotFoundError:
        raise KeyUnusable("key_missing") from None
    except keys.DamagedSecret:
        raise KeyUnusable("key_damaged") from None


def find_key_fault(session: Session, path: Path) -> str:
    """What is wrong with the key of a paired desk, as a code; empty when it is the certificate's. Remembered."""
    state_row = state.read_state(session)
    identity, fault = state_row.identity, ""
    if identity is not None:
        try:
            if load_device_key(path).public != entry_chain.parse_certificate(identity.certificate).vk:
                fault = "key_other"
        except KeyUnusable as error:
            fault = error.code
    if state_row.key_fault != fault:
        state.write_state(session, key_fault=fault)
    return fault
