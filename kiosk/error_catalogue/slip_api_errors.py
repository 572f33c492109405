"""Errors of the door for the one-stop software, which asks this machine for slips."""

from __future__ import annotations

from models.errors import CodedError, ErrorKind, ErrorTable
from translations import lazy

_NO_ROOM = lazy("The machine's disk is full or read-only. No slip was made; please free some room and ask again.")
_AGAIN = lazy("No slip can be made now. Please ask again with the same key.")
_KEY = lazy("The key file of this machine is missing or damaged. No slip was made; please call the province.")
SLIP_API = ErrorTable(
    "the desk's door for the one-stop software",
    ErrorKind("bad_request", lazy("The request must be one JSON object. No slip was made."), 400),
    ErrorKind("unauthorized", lazy("The secret of kiosk.slips is missing or wrong. No slip was made."), 401),
    ErrorKind("only_here", lazy("Only this machine may ask for slips here. No slip was made."), 403),
    ErrorKind("bad_field", lazy("A field is unknown or not a text: %(names)s. No slip was made."), 422),
    ErrorKind("bad_stage", lazy("Please choose a stage. No slip was made."), 422),
    ErrorKind("bad_paper", lazy("The paper must be 80, 58 or a5. No slip was made."), 422),
    ErrorKind("bad_key", lazy("The Idempotency-Key must be 1 to 80 plain signs. No slip was made."), 422),
    ErrorKind("key_reused", lazy("This Idempotency-Key came with another request. No slip was made."), 422),
    ErrorKind("unknown_procedure", lazy("That procedure is not in the centre's list. Nothing was changed."), 422),
    ErrorKind("bad_due", lazy("The day the result is due must be today or later. No slip was made."), 422),
    ErrorKind(
        "bad_dossier_code", lazy("The dossier code is in none of the known formats. No slip was made."), 422
    ),
    ErrorKind("not_installed", "", 503, lazy("This device is not set up yet")),
    ErrorKind(
        "store_set_aside",
        lazy("This machine's store was damaged and set aside. It must be paired again first. No slip was made."), 503,
    ),
    ErrorKind(
        "device_withdrawn",
        lazy("The centre takes nothing from this device: its slips would not work. No slip was made (HL-403)."), 503,
    ),
    ErrorKind(
        "damaged_secret", lazy("The file kiosk.slips is damaged: remove it, a new one is made. No slip was made."), 503
    ),
    ErrorKind("key_missing", _KEY, 503),
    ErrorKind("key_damaged", _KEY, 503),
    ErrorKind("key_other", _KEY, 503),
    ErrorKind("disk_full", _NO_ROOM, 507),
    ErrorKind("read_only", _NO_ROOM, 507),
    ErrorKind("store_busy", _AGAIN, 503),
    ErrorKind("store_damaged", _AGAIN, 503),
    ErrorKind("no_store", _AGAIN, 503),
    ErrorKind("store_failed", _AGAIN, 503),
)  # fmt: skip


class SlipRefused(CodedError):
    """The request is not answered with a slip."""

    table = SLIP_API
