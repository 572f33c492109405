"""The spare copy: what a desk needs to go on without its store, in a file of its own beside it.

The words of the screens, the PIN's hash and the certificate, as the store held them last: a desk whose store is damaged
goes on asking the same question in the same words, and the lines of the old store can still be proved. Written when one
of them changes, whole or not at all, readable to its owner alone like the store; it holds no answer.
"""

from __future__ import annotations

import hashlib
import json
import logging
from dataclasses import asdict, dataclass, field
from pathlib import Path

from kiosk.desk import reference, state
from models.storage import whole_file
from models.storage.row_reading import Reader, read_value

log = logging.getLogger(__name__)
#: The file's name in the instance folder.
NAME = "kiosk.copy"


@dataclass(frozen=True)
class IdentityCopy:
    """What was known last: the reference document, empty if none was; the PIN's hash, empty if there was none; the
    identity by its stored names (`kiosk.desk.state.IDENTITY`), empty before pairing."""

    document: str = ""
    pin_hash: str = ""
    identity: dict[str, str] = field(default_factory=dict)


def write_identity_copy(session: Reader, folder: Path) -> None:
    """Bring the copy in `folder` up to what the store says now. A disk that does not take it changes nothing else."""
    state_row = state.read_state(session)
    document: bytes = read_value(session, "SELECT document FROM reference WHERE slot = 1") or b""
    copy = IdentityCopy(document.decode(), state_row.pin_hash, state.identity_texts(state_row))
    if copy == IdentityCopy():
        return
    body = json.dumps(asdict(copy), ensure_ascii=False, sort_keys=True).encode()
    raw = hashlib.sha256(body).hexdigest().encode() + b"\n" + body
    path = folder / NAME
    try:
        if path.exists() and path.read_bytes() == raw:
            return
        whole_file.write_file(path, raw, 0o600)
    except OSError as error:
        log.warning("the spare copy was not written: %s", error)


def read_identity_copy(path: Path) -> IdentityCopy | None:
    """The copy in the file at `path`; None when there is none, or when it is damaged."""
    try:
        digest, _, body = path.read_bytes().partition(b"\n")
        if hashlib.sha256(body).hexdigest().encode() != digest:
            return None
        copy = IdentityCopy(**json.loads(body))
        if copy.document:
            reference.parse_reference(copy.document.encode())
    except (OSError, ValueError, TypeError):
        return None
    return copy
