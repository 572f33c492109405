"""Errors that devices at desks are answered with: pairing, and what they send."""

from __future__ import annotations

from models.errors import ErrorKind, ErrorTable
from translations import lazy

PAIRING = ErrorTable(
    "POST /api/v1/enrol, shown by hailong kiosk enrol",
    ErrorKind("bad_request", lazy("The request to pair cannot be read. Run the command enrol again."), 400),
    ErrorKind(
        "bad_code",
        lazy("The pairing code is wrong or was used. The machine is not paired; ask for a new one."),
        404,
    ),
    ErrorKind("device_withdrawn", lazy("This device was withdrawn or reported lost. Ask for a new pairing code."), 403),
    ErrorKind(
        "code_expired",
        lazy("The pairing code has expired (15 minutes). The machine is not paired; ask for a new one."),
        410,
    ),
    ErrorKind(
        "not_approved",
        lazy("The machine waits for the province to approve its key. Once that is done, run the command enrol "
             "again."),
        409,
    ),
    ErrorKind(
        "too_many_codes",
        lazy("There were too many wrong codes today. Check the code, or call the province."),
        429,
    ),
)

SYNC = ErrorTable(
    "addresses under /api/v1 for devices",
    ErrorKind("no_browsers", "This address is for devices.", 403),
    ErrorKind("unknown_device.certificate", "This centre does not know the device; it must show its certificate.", 401),
    ErrorKind("unknown_device", "This centre does not know the device.", 401),
    ErrorKind("no_desk", "The device stands at no desk.", 404),
    ErrorKind("no_recording", "The device's reference data name no such recording.", 404),
    ErrorKind("bad_envelope", "The request cannot be read.", 400),
    ErrorKind("ledger_closed", "The device was paired again; this key is no longer in use.", 403),
    ErrorKind("disk_full", "The centre's store took nothing; send again later.", 503),
    ErrorKind("read_only", "The centre's store took nothing; send again later.", 503),
    ErrorKind("store_busy", "The centre's store took nothing; send again later.", 503),
    ErrorKind("store_damaged", "The centre's store took nothing; send again later.", 503),
    ErrorKind("no_store", "The centre's store took nothing; send again later.", 503),
    ErrorKind("bad_store_url", "The centre's store took nothing; send again later.", 503),
    ErrorKind("store_failed", "The centre's store took nothing; send again later.", 503),
    ErrorKind("store_newer", "The centre's store took nothing; send again later.", 503),
    ErrorKind("other_store", "The centre's store took nothing; send again later.", 503),
)

#: Of a batch that cannot be taken as it came; the reason is that of `models.protocol.wire`.
BATCHES = ErrorTable(
    "POST /api/v1/sync, of a batch that cannot be read",
    ErrorKind("no_digest", "%(reason)s", 400),
    ErrorKind("bad_digest", "%(reason)s", 400),
    ErrorKind("truncated", "%(reason)s", 400),
    ErrorKind("too_large", "%(reason)s", 413),
    ErrorKind("bad_envelope", "%(reason)s", 400),
    ErrorKind("bad_range", "%(reason)s", 400),
    ErrorKind("too_many_openings", "%(reason)s", 413),
    ErrorKind("bad_line", "%(reason)s", 400),
    ErrorKind("bad_entry", "%(reason)s", 400),
    ErrorKind("bad_hash", "%(reason)s", 400),
    ErrorKind("bad_head", "%(reason)s", 400),
    ErrorKind("bad_signature", "%(reason)s", 400),
)
