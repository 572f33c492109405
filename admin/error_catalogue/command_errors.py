"""Errors that commands of the centre end with: backups, carried files, recordings, accounts, keys."""

from __future__ import annotations

from models.errors import ErrorKind, ErrorTable
from translations import lazy

BACKUPS = ErrorTable(
    "hailong admin backup, hailong admin restore",
    ErrorKind(
        "no_folder",
        lazy("There is no folder %(folder)s: the backup disk may not be mounted. Nothing was written; mount the"
             " disk or make the folder."),
    ),
    ErrorKind(
        "not_empty.backup",
        lazy("The folder %(folder)s is not empty and is not written over. Nothing was written; take a new name "
             "each time, by the day for instance."),
    ),
    ErrorKind(
        "mount_point",
        lazy("%(folder)s is the root of a disk. Nothing was written; name a new folder in it, "
             "%(folder)s/hailong for instance."),
    ),
    ErrorKind(
        "inside_instance",
        lazy("%(folder)s lies in the centre's data folder and would go with it. Nothing was written; choose "
             "another disk."),
    ),
    ErrorKind(
        "backup_running",
        lazy("Another backup is being written into %(folder)s. Nothing was written; wait for it to end."),
    ),
    ErrorKind(
        "nothing_to_back_up",
        lazy("There is no store here yet, so there is nothing to back up. Check HAILONG_INSTANCE and DATABASE_URL."),
    ),
    ErrorKind(
        "no_room",
        lazy("The disk of %(place)s has %(free)s MB left, %(needed)s MB are needed. Nothing has changed; make "
             "room or choose another disk."),
    ),
    ErrorKind(
        "pg_tools_missing",
        lazy("No pg_dump and pg_restore were found (%(place)s) for a PostgreSQL %(version)s server. Install the"
             " package postgresql-client-%(version)s (Debian) or PostgreSQL %(version)s itself; if they are "
             "elsewhere, write that folder into HAILONG_PG_BIN or pg_bin in admin.cfg, then run it again. The "
             "store has not changed."),
    ),
    ErrorKind(
        "pg_tools_old",
        lazy("The pg_dump and pg_restore found are version %(found)s, the server is PostgreSQL %(version)s. "
             "Install the package postgresql-client-%(version)s (Debian) or PostgreSQL %(version)s itself; if "
             "they are elsewhere, write that folder into HAILONG_PG_BIN or pg_bin in admin.cfg, then run it "
             "again. The store has not changed."),
    ),
    ErrorKind(
        "pg_dump_failed",
        lazy("pg_dump stopped: %(reason)s. No half copy is left, the store has not changed; mend it and run it "
             "again."),
    ),
    ErrorKind(
        "pg_restore_failed",
        lazy("pg_restore stopped: %(reason)s. Nothing is half written; mend it and run it again."),
    ),
    ErrorKind(
        "store_damaged",
        lazy("The store is damaged (%(reason)s). No half copy is left; keep all old backups, then run: hailong "
             "admin verify"),
    ),
    ErrorKind(
        "store_differs",
        lazy("The copy does not match the store in: %(tables)s. No half copy is left; check the disk and run it"
             " again."),
    ),
    ErrorKind(
        "file_damaged",
        lazy("The file %(file)s of the backup is damaged or missing. Nothing has changed; use another backup."),
    ),
    ErrorKind(
        "no_backup",
        lazy("%(folder)s is no whole backup (it has no manifest.json). Nothing has changed; choose the right "
             "folder."),
    ),
    ErrorKind("bad_manifest", lazy("manifest.json in %(folder)s is damaged. Nothing has changed; use another backup.")),
    ErrorKind(
        "newer_backup",
        lazy("The backup was written by a newer version of Hai Long. Nothing has changed; install that version "
             "and run it again."),
    ),
    ErrorKind(
        "other_database",
        lazy("The backup is of %(kind)s. Nothing has changed; let DATABASE_URL name an empty %(kind)s store and"
             " run it again."),
    ),
    ErrorKind(
        "not_empty",
        lazy("The place to restore to is not empty (%(found)s). Nothing has changed; use an empty "
             "HAILONG_INSTANCE folder and an empty store."),
    ),
    ErrorKind("restore_running", lazy("Another restore is running here. Nothing has changed; wait for it to end.")),
)

CARRIED_FILES = ErrorTable(
    "hailong admin ingest-file",
    ErrorKind(
        "not_carried",
        lazy("This file was not exported by a rating device. Nothing has changed; choose the right file."),
    ),
    ErrorKind(
        "damaged",
        lazy("The file is damaged or incomplete. Nothing has changed; the device keeps its answers until it has"
             " receipts, export them again."),
    ),
    ErrorKind(
        "too_large",
        lazy("The file holds more than is allowed. Nothing has changed; the device keeps its answers until it "
             "has receipts, export them again."),
    ),
    ErrorKind(
        "other_centre",
        lazy("This file is sealed for another centre. Nothing has changed; hand it in at the right centre."),
    ),
    ErrorKind(
        "unknown_device",
        lazy("The centre does not know this device. Nothing has changed; the device must be paired here."),
    ),
)

RECORDINGS = ErrorTable(
    "hailong admin prompts import",
    ErrorKind(
        "bad_name",
        lazy("%(file)s: a file is named <text>.<language>.mp3, .ogg or .wav, overall.vi.mp3 for instance. "
             "Nothing has changed."),
    ),
    ErrorKind("unknown_text", lazy("%(file)s: there is no such text; the texts: %(texts)s. Nothing has changed.")),
    ErrorKind(
        "unknown_language",
        lazy("%(file)s: there is no such language. See: hailong admin languages list. Nothing has changed."),
    ),
    ErrorKind(
        "twice",
        lazy("%(file)s: there is another file of this text and language; keep one. Nothing has changed."),
    ),
    ErrorKind("too_large", lazy("%(file)s: the file is larger than 2 MB. Nothing has changed.")),
    ErrorKind("not_sound", lazy("%(file)s: what is in it is not the sound its name says. Nothing has changed.")),
    ErrorKind("no_files", lazy("%(file)s: the folder has no sound files. Nothing has changed.")),
)

ACCOUNTS = ErrorTable(
    "hailong admin staff",
    ErrorKind("bad_email", lazy("Nothing has changed: %(email)s is no e-mail address, like ten@tinh.gov.vn.")),
    ErrorKind(
        "staff_exists",
        lazy("Nothing has changed: there is an account %(email)s already. For a link to a new password: hailong"
             " admin staff link %(email)s"),
    ),
    ErrorKind("password_short", lazy("Nothing has changed: a password needs %(shortest)s characters at least.")),
    ErrorKind("password_long", lazy("Nothing has changed: a password has %(longest)s characters at most.")),
    ErrorKind("password_common", lazy("Nothing has changed: the password is easily guessed. Choose other words.")),
    ErrorKind(
        "unknown_staff",
        lazy("Nothing has changed: there is no account %(email)s. See: hailong admin staff list"),
    ),
    ErrorKind("unknown_agency", lazy("Nothing has changed: there is no such agency. Look at the agency's key again.")),
    ErrorKind("unknown_role", lazy("Nothing has changed: there is no such role.")),
    ErrorKind(
        "staff_disabled",
        lazy("Nothing has changed: the account %(email)s is disabled. Enable it first: hailong admin staff "
             "enable %(email)s"),
    ),
    ErrorKind(
        "last_province",
        lazy("Nothing has changed: %(email)s is the last account of the province that can sign in; after that "
             "nobody could see the whole province. Add somebody else first, or run it again with --force."),
    ),
    ErrorKind(
        "link_used",
        lazy("The link was used already or is older than 3 days; the account is as it was. Ask for a new one: hailong "
             "admin staff link EMAIL"),
    ),
)

DEVICE_ACTS = ErrorTable(
    "hailong admin devices lost, revoke, suspend and resume",
    ErrorKind(
        "unknown_device",
        lazy("Nothing has changed: there is no device %(device)s. See: hailong admin devices list"),
    ),
    ErrorKind(
        "not_a_desk_device",
        lazy("Nothing has changed: %(device)s is a ledger of the centre itself, no device at a desk."),
    ),
    ErrorKind("wrong_state.new", lazy("Nothing has changed: the device %(device)s is not fully paired yet.")),
    ErrorKind(
        "wrong_state.pending",
        lazy("Nothing has changed: the key of the device %(device)s is not approved yet. See: hailong admin devices "
             "approve --help"),
    ),
    ErrorKind("wrong_state.active", lazy("Nothing has changed: the device %(device)s is in use.")),
    ErrorKind(
        "wrong_state.suspended",
        lazy("Nothing has changed: the device %(device)s is suspended. To resume: hailong admin devices resume "
             "%(device)s"),
    ),
    ErrorKind(
        "wrong_state.forked",
        lazy("Nothing has changed: the ledger of the device %(device)s has parted into two and must be looked at "
             "before it is used again."),
    ),
    ErrorKind(
        "wrong_state.lost",
        lazy("Nothing has changed: the device %(device)s was reported lost, the centre takes nothing from it. If it "
             "was found: hailong admin devices resume %(device)s"),
    ),
    ErrorKind(
        "wrong_state.revoked",
        lazy("Nothing has changed: the device %(device)s is revoked for good; its QR slips no longer work. If the "
             "desk needs another device: hailong admin devices enrol"),
    ),
)

API_KEYS = ErrorTable(
    "hailong admin apikeys",
    ErrorKind(
        "api_key_exists",
        lazy("There is a key named %(name)s already; take another name, or revoke the old key and then take a new "
             "name."),
    ),
    ErrorKind("api_key_unknown", lazy("There is no key named %(name)s. See: hailong admin apikeys list")),
)

FIGURES = ErrorTable(
    "hailong admin index and other commands of figures",
    ErrorKind(
        "unknown_agency",
        lazy("There is no such agency. Look its key up in the file that was imported (column key)."),
    ),
    ErrorKind("bad_period", lazy("A period is written like %(forms)s.")),
    ErrorKind(
        "unknown_method",
        lazy("There is no such method. Leave out --method to compute by the questionnaire's own."),
    ),
)

SIMULATIONS = ErrorTable(
    "hailong admin simulate",
    ErrorKind(
        "real_store",
        lazy("This store has real devices already; no figures may be invented here. Nothing has changed."),
    ),
    ErrorKind(
        "no_agencies",
        lazy("There are no agencies yet. Run first: hailong admin agencies import FILE. Nothing has changed."),
    ),
    ErrorKind(
        "no_procedures",
        lazy("There are no procedures yet. Run first: hailong admin procedures import FILE. Nothing has changed."),
    ),
    ErrorKind(
        "other_plan",
        lazy("This store was simulated with --agencies %(agencies)s --seed %(seed)s; use the same two numbers. "
             "If the agencies have changed since: simulate in a new store. Nothing has changed."),
    ),
    ErrorKind(
        "already_played",
        lazy("These agencies were simulated up to yesterday; run it again from tomorrow on. Nothing has changed."),
    ),
)

KEYS = ErrorTable(
    "the centre's keys, at every start and in commands",
    ErrorKind(
        "key_missing",
        lazy("The key file %(files)s is missing in %(folder)s. No answer and no key was changed or made. Copy "
             "the file there from a backup; if no backup has it: hailong admin keys replace %(first)s"),
    ),
    ErrorKind(
        "key_mismatch",
        lazy("The key file %(files)s in %(folder)s is not the key of this store. No answer and no key was "
             "changed. Copy the right file there from a backup of this store; if no backup has it: hailong "
             "admin keys replace %(first)s"),
    ),
    ErrorKind(
        "key_damaged",
        lazy("The key file %(files)s in %(folder)s is damaged. No answer and no key was changed. Copy the file "
             "again from a backup; if no backup has it: hailong admin keys replace %(first)s"),
    ),
    ErrorKind(
        "not_upgraded",
        lazy("The store has not registered the key %(files)s. No answer and no key was changed. Run: hailong "
             "admin upgrade"),
    ),
)
