"""Errors of pairing a machine with a centre: the typed address, the code, the centre's answer."""

from __future__ import annotations

from models.errors import CodedError, ErrorKind, ErrorTable
from translations import lazy

PAIRING = ErrorTable(
    "hailong kiosk enrol",
    ErrorKind(
        "already_paired",
        lazy("This machine is paired already; nothing has changed. If the centre takes no more of its ratings: erase "
             "nothing on the machine, call the province's support."),
    ),
    ErrorKind(
        "bad_code",
        lazy("The pairing code is wrong. The machine is not paired; ask the centre for a new code and type it again."),
    ),
    ErrorKind(
        "no_network", lazy("The centre was not reached (%(reason)s). Check the network and try again.")
    ),
    ErrorKind(
        "no_centre",
        lazy("This address is not a Hài Lòng centre (HTTP %(status)s). Check the address and try again."),
    ),
    ErrorKind("bad_reply", lazy("The centre's reply is not valid. The machine is not paired; try again.")),
)  # fmt: skip

ADDRESS = ErrorTable(
    "hailong kiosk enrol: the address",
    ErrorKind("bad_address", lazy("%(what)s. Write it like: https://hailong.tinh.gov.vn")),
    ErrorKind(
        "plain_http",
        lazy("The address %(shown)s is not encrypted: somebody in between could pose as the centre. The machine is not "
             "paired; use https://. Only within a closed network of your own add --plain-http."),
    ),
)  # fmt: skip


class PairingFailed(CodedError):
    """Not paired; nothing was changed."""

    table = PAIRING


class RefusedByCentre(PairingFailed):
    """The centre refused, in its own words: its stable code and its sentence. Nothing was changed here."""

    def __init__(self, code: str, message: str) -> None:
        Exception.__init__(self, message)
        self.kind, self.code, self.values = ErrorKind(code, message), code, {}


class BadAddress(CodedError, ValueError):
    """Not an address to pair with. Nothing was asked or changed."""

    table = ADDRESS
