"""Errors of the desk's commands, but for those of pairing, slips and what is carried by hand."""

from __future__ import annotations

from models.errors import CodedError, ErrorKind, ErrorTable
from translations import lazy

#: What befell the store or the machine, by the code of its `models.storage.store_faults.StoreFault`. What became of the
#: ratings only `hailong kiosk status` can tell.
STORE = ErrorTable(
    "hailong kiosk, any command: the store or the machine",
    ErrorKind("disk_full", lazy("The disk is full; nothing was half written. Free some room and run it again.")),
    ErrorKind(
        "read_only",
        lazy("This disk or folder cannot be written to; nothing was half written. Check who may write there and the "
             "disk, then run it again."),
    ),
    ErrorKind(
        "store_busy",
        lazy("The device's store is busy; nothing was half written. Run it again in a few minutes."),
    ),
    ErrorKind(
        "store_damaged",
        lazy("The device's store file is damaged; this command does not touch it. Start hailong kiosk serve again: the "
             "machine sets the damaged file aside and goes on taking ratings."),
    ),
    ErrorKind(
        "store_newer",
        lazy("A newer version of the program made this store; nothing has changed. Install that version."),
    ),
    ErrorKind(
        "other_store",
        lazy("The store file is not this device's store; nothing has changed. Check the data folder."),
    ),
    ErrorKind(
        "no_store", lazy("The device's store could not be opened; nothing has changed. Check the data folder.")
    ),
    ErrorKind(
        "bad_store_url", lazy("The device's store could not be opened; nothing has changed. Check the data folder.")
    ),
    ErrorKind("store_failed", lazy("The machine reports a fault; the command stopped, nothing was half written.")),
)  # fmt: skip

_KEY = lazy("The key file kiosk.key is missing or damaged; the machine cannot send, nor print QR slips. Put the key "
            "file back, or tell the province.")  # fmt: skip
ANY_COMMAND = ErrorTable(
    "hailong kiosk, any command",
    ErrorKind("not_paired", lazy("This device is not paired yet. Run: hailong kiosk enrol URL CODE")),
    ErrorKind(
        "store_set_aside",
        lazy("The machine's store was damaged and has been set aside (%(name)s); new ratings are kept on this machine. "
             "Pair it again: hailong kiosk enrol URL CODE; get the old store's ratings: hailong kiosk salvage"),
    ),
    ErrorKind("bad_settings", lazy("%(what)s. Nothing has changed yet; mend it and run it again.")),
    ErrorKind("key_missing", _KEY),
    ErrorKind("key_damaged", _KEY),
    ErrorKind("key_other", _KEY),
)  # fmt: skip

STATUS = ErrorTable(
    "hailong kiosk status",
    ErrorKind(
        "store_older",
        lazy("An older version of the program made this store; its ratings stand in it and nothing has changed. Start "
             "hailong kiosk serve again: it brings the store up to date, then ask for the status again."),
    ),
)  # fmt: skip

SERVE = ErrorTable(
    "hailong kiosk serve",
    ErrorKind("already_serving", lazy("Another process serves this device. Stop that process first.")),
    ErrorKind(
        "port_in_use",
        lazy("Another program uses port %(port)s at %(host)s. Nothing has changed yet. Stop that program, or choose "
             "another port: --port N"),
    ),
    ErrorKind(
        "port_refused",
        lazy("This account may not open port %(port)s. Nothing has changed yet. Choose a port of 1024 or above: "
             "--port N"),
    ),
    ErrorKind(
        "bad_host",
        lazy("This machine has no address %(host)s. Nothing has changed yet. Use 127.0.0.1 (this machine alone), "
             "0.0.0.0 (the LAN) or an address of this machine: --host"),
    ),
)  # fmt: skip

_NOT_TAKEN = lazy("The centre has not taken this machine's ratings yet. %(staying)s")
_CLOSED = lazy("The centre takes no more ratings from this ledger. %(staying)s Erase nothing on this machine, call the "
               "province's support (HL-422).")  # fmt: skip
SYNC = ErrorTable(
    "hailong kiosk sync",
    ErrorKind(
        "serve_syncs", lazy("%(engine)s lets one process write; serve is the sender. This command is not needed.")
    ),
    ErrorKind("failed", lazy("This sending stopped halfway. %(staying)s")),
    ErrorKind("offline", lazy("The centre has not been reached yet. %(staying)s")),
    ErrorKind("not_paired", _NOT_TAKEN),
    ErrorKind("stopped", _NOT_TAKEN),
    ErrorKind("refused", _NOT_TAKEN),
    ErrorKind("damaged", _NOT_TAKEN),
    ErrorKind("key_missing", _NOT_TAKEN),
    ErrorKind("key_damaged", _NOT_TAKEN),
    ErrorKind("key_other", _NOT_TAKEN),
)  # fmt: skip
SYNC_CLOSED = ErrorTable(
    "hailong kiosk sync, of a ledger of which the centre takes no more",
    ErrorKind("forked", _CLOSED),
    ErrorKind("stopped", _CLOSED),
)

DRILL = ErrorTable(
    "hailong kiosk drill",
    ErrorKind(
        "already_serving",
        lazy("This machine is serving. Stop the service hailong-kiosk first, and start it again after the rehearsal."),
    ),
    ErrorKind(
        "not_serving",
        lazy("The desk's server does not run yet. Run: hailong kiosk serve (or use --rehearse)"),
    ),
    ErrorKind("nothing_under_way", lazy("No rehearsal is under way. Begin one: hailong kiosk drill")),
    ErrorKind(
        "no_access",
        lazy("The desk's data cannot be opened. Please run it under the service's account: sudo -u hailong …"),
    ),
)

PIN = ErrorTable(
    "hailong kiosk pin",
    ErrorKind("pin_length", lazy("A PIN has 6 to 12 digits. The old PIN still holds.")),
    ErrorKind(
        "pin_guessable",
        lazy("This PIN is too easy to guess (repeated digits, or a run). The old PIN still holds; choose another one."),
    ),
)

BUNDLE = ErrorTable(
    "hailong kiosk bundle",
    ErrorKind(
        "bundle_needs_checkout",
        lazy("This command runs in the folder of the source (with setup.cfg), not at a desk."),
    ),
    ErrorKind("bundle_not_resolved", lazy("The packages that are needed are not known; no bundle was made.")),
    ErrorKind("bundle_not_made", lazy("This step failed; check the network and run it again. %(output)s")),
)


class BadSettings(CodedError, ValueError):
    """The settings cannot be used; `what` names the file or variable and what is wrong with it."""

    table = ANY_COMMAND


class BadPin(CodedError, ValueError):
    """Not a PIN this desk takes."""

    table = PIN


class KeyUnusable(CodedError, OSError):
    """The key file cannot be used: `key_missing`, `key_damaged`, or `key_other` (not the certificate's key)."""

    table = ANY_COMMAND


class BundleNotMade(CodedError):
    """No bundle was made."""

    table = BUNDLE
