"""Errors of the address of the centre's store (`DATABASE_URL`): why it is none."""

from __future__ import annotations

from models.errors import ErrorKind, ErrorTable
from translations import lazy

#: The words stand in brackets behind the sentence of what follows from it (`admin.cli.failures`).
STORE_ADDRESS = ErrorTable(
    "the address of the centre's store",
    ErrorKind("bad_store_url.scheme", lazy("“name://” is missing at its beginning, or its port is no number")),
    ErrorKind("bad_store_url.port", lazy("there is no port %(port)s; ports are numbers from 1 to 65535")),
    ErrorKind("bad_store_url.engine", lazy("%(engine)s:// is not supported")),
    ErrorKind("bad_store_url.more", lazy("behind sqlite:/// stands only the path of a file")),
    ErrorKind(
        "bad_store_url.memory", lazy("a store in memory is gone when the program stops; write the path of a file")
    ),
    ErrorKind("bad_store_url.relative", lazy("the path must be a whole one, such as sqlite:///%(path)s")),
    ErrorKind("bad_store_url.folder", lazy("%(path)s is a folder, not a file")),
    ErrorKind("bad_store_url.no_folder", lazy("there is no folder %(path)s")),
)
