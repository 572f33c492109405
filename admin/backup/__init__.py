"""Backup and restore of a centre: its store, keys, recordings, papers and configuration in one folder.

A backup is a folder (0700) with `manifest.json`, the store (`store.db`, or `store.pgdump` of pg_dump's custom
format) and what lies in the instance (`instance/`). It is written under another name, read again, and takes its own
name last: a folder with a manifest is a whole backup. A restore goes into an empty place, which stays marked as
unfinished until it is whole. Knows no web.
"""

from __future__ import annotations

from admin.error_catalogue.command_errors import BACKUPS
from models.errors import CodedError

#: The store in a backup, by the kind of database.
STORES = {"sqlite": "store.db", "postgresql": "store.pgdump"}
#: The folder in a backup that holds what lies in the instance.
FILES = "instance"
#: What stands behind a name as long as it is not whole.
PARTIAL = ".partial"


class BackupRefused(CodedError):
    """No backup, or no restore; nothing is left half done."""

    table = BACKUPS
