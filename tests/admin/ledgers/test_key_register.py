"""Keys that must not be made twice: registered once, refused when missing, replaced on purpose."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from admin.devices import pairing
from admin.ledgers import centre_key_register, centre_key_replacement, recorder, signing_keys, verification
from admin.ledgers.centre_key_register import FILES, KeyRefused
from admin.ledgers.signing_keys import IMPORT, WEB, CentreKeys
from admin.settings import Settings
from models.keys import SigningKey
from models.storage.database import Database
from models.tables.centre_key import RegisteredKey
from models.tables.device import Device, Epoch
from models.tables.staff_account import AuditRow
from tests.clock_seam import environment
from tests.fixtures import centre_keys
from tests.fixtures.ledger_writer import LedgerWriter

NOW = 1_795_226_400_000
DAY = 86_400_000
#: A process that does one thing with the keys of the instance folder it is given, and is killed at the commit.
KILLED = """
import os, signal, sys
from pathlib import Path
from sqlalchemy import event
from admin.ledgers import centre_key_register, centre_key_replacement
from models.storage.database import Database

database, folder = Database(sys.argv[1]), Path(sys.argv[2])
event.listen(database.engine, "commit", lambda connection: os.kill(os.getpid(), signal.SIGKILL))
{}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "instance"


@pytest.fixture
def ready(store_with_agencies: Database, folder: Path) -> Database:
    """A store, on both databases, with its keys registered."""
    assert sorted(centre_key_register.create_missing_keys(store_with_agencies, folder, NOW)) == sorted(FILES)
    return store_with_agencies


@pytest.fixture
def own(lone: Database, folder: Path) -> Database:
    """The same on one database alone."""
    centre_key_register.create_missing_keys(lone, folder, NOW)
    return lone


def load(database: Database, folder: Path) -> CentreKeys:
    return signing_keys.load_centre_keys(Settings(folder, database.url))


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def states(database: Database, folder: Path) -> dict[str, str]:
    with database.read() as session:
        return {one.name: one.state for one in centre_key_register.inspect_key_files(session, folder)}


def rows(database: Database) -> list[tuple[str, int, bool]]:
    with database.read() as session:
        found = session.scalars(select(RegisteredKey).order_by(RegisteredKey.name, RegisteredKey.number))
        return [(row.name, row.number, row.replaced_ms is None) for row in found]


def test_a_process_whose_key_is_not_the_one_in_force_is_refused(ready: Database, folder: Path) -> None:
    with ready.read() as session:
        public = session.scalars(
            select(RegisteredKey.public).where(RegisteredKey.name == centre_key_register.CENTRE)
        ).one()
        centre_key_register.confirm_key_in_force(session, centre_key_register.CENTRE, public, folder)
        with pytest.raises(KeyRefused):
            centre_key_register.confirm_key_in_force(session, centre_key_register.CENTRE, "0" * 64, folder)


def test_a_store_that_was_never_set_up_gives_no_keys(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(KeyRefused):
        signing_keys.load_centre_keys(Settings(folder, f"sqlite:///{tmp_path / 'new.sqlite'}"))
    assert not folder.exists()


def refused(act: Callable[[], Any]) -> tuple[str, tuple[str, ...]]:
    with pytest.raises(KeyRefused) as error:
        act()
    assert all(file in str(error.value) for file in error.value.files)
    return error.value.code, error.value.files


def test_they_are_made_and_registered_once(ready: Database, folder: Path) -> None:
    before = bytes_of(folder)
    assert centre_key_register.create_missing_keys(ready, folder, NOW + DAY) == []
    assert bytes_of(folder) == before and set(before) == set(FILES)
    assert rows(ready) == [(name, 1, True) for name in sorted(FILES)]
    assert set(states(ready, folder).values()) == {"ok"}
    with ready.read() as session:
        known = [row.public for row in session.scalars(select(RegisteredKey))]
        assert {row.since_ms for row in session.scalars(select(RegisteredKey))} == {NOW}
    assert load(ready, folder).public in known and len(set(known)) == len(FILES)
    assert not {secret.hex() for secret in before.values()} & set(known)  # no secret stands in the store


def test_many_at_once_make_and_register_the_same(store_with_agencies: Database, folder: Path) -> None:
    start = Barrier(4)

    def one(_: int) -> str:
        database = Database(store_with_agencies.url)
        start.wait()
        centre_key_register.create_missing_keys(database, folder, NOW)
        found = load(database, folder).public
        database.close()
        return found

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(one, range(4)))) == 1
    assert rows(store_with_agencies) == [(name, 1, True) for name in sorted(FILES)]


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_gone_is_named_and_nothing_is_made(own: Database, folder: Path, name: str) -> None:
    (folder / name).unlink()
    before = bytes_of(folder)
    for act in (lambda: load(own, folder), lambda: centre_key_register.create_missing_keys(own, folder, NOW)):
        assert refused(act) == ("key_missing", (name,))
    assert bytes_of(folder) == before and states(own, folder)[name] == "missing"


@pytest.mark.parametrize("name", FILES)
def test_another_centre_s_file_and_half_a_file_are_refused(
    own: Database, folder: Path, tmp_path: Path, name: str
) -> None:
    centre_keys.make_storeless_keys(tmp_path / "other")
    for content, code in (
        ((tmp_path / "other" / name).read_bytes(), "key_mismatch"), ((folder / name).read_bytes()[:31], "key_damaged"),
        (b"", "key_damaged"),
    ):  # fmt: skip
        (folder / name).write_bytes(content)
        for act in (lambda: load(own, folder), lambda: centre_key_register.create_missing_keys(own, folder, NOW)):
            assert refused(act) == (code, (name,))
        assert (folder / name).read_bytes() == content


def test_all_that_are_gone_are_named_together(own: Database, folder: Path) -> None:
    for name in FILES[1:3]:
        (folder / name).unlink()
    (folder / FILES[3]).write_bytes(b"x")
    assert refused(lambda: load(own, folder)) == ("key_missing", FILES[1:3])


def test_a_migrated_store_whose_keys_nobody_registered_wants_upgrade(lone: Database, folder: Path) -> None:
    centre_keys.make_storeless_keys(folder)
    assert refused(lambda: load(lone, folder)) == ("not_upgraded", FILES)
    assert rows(lone) == []
    assert (
        centre_key_register.create_missing_keys(lone, folder, NOW) == []
    )  # the first upgrade registers what lies there
    load(lone, folder)


def left_by_an_earlier_version(database: Database, keys: CentreKeys, *, synced: bool) -> None:
    """Epochs and entries, and no register."""
    with database.write() as session:
        for name in (WEB, IMPORT):
            recorder.lock_open_epoch(session, keys, name, NOW)
        writer = LedgerWriter(session, keys, "NB-14701-Q1", "NB-14701")
    if synced:
        writer.rate(5)
        assert writer.send(database, writer.batch())[0] == 200
        with database.write() as session:
            session.get_one(Device, writer.dev).simulated = False


def test_a_store_of_before_the_register_says_itself_which_keys_it_has(
    store_with_agencies: Database, keys: CentreKeys, folder: Path, tmp_path: Path
) -> None:
    left_by_an_earlier_version(store_with_agencies, keys, synced=True)
    folder.mkdir()
    assert refused(lambda: centre_key_register.create_missing_keys(store_with_agencies, folder, NOW)) == (
        "key_missing",
        FILES,
    )
    assert bytes_of(folder) == {}
    centre_keys.make_storeless_keys(folder)
    signing = (centre_key_register.CENTRE, *centre_key_register.RECORDERS.values())
    assert refused(lambda: centre_key_register.create_missing_keys(store_with_agencies, folder, NOW)) == (
        "key_mismatch",
        signing,
    )
    assert centre_key_register.create_missing_keys(store_with_agencies, keys.instance, NOW) == []
    assert load(store_with_agencies, keys.instance).public == keys.public


def test_a_store_that_no_desk_ever_met_may_lack_what_desks_learn(
    store_with_agencies: Database, keys: CentreKeys
) -> None:
    """The first version made the secret of typed codes when the first desk asked for it."""
    left_by_an_earlier_version(store_with_agencies, keys, synced=False)
    (keys.instance / centre_key_register.CODES).unlink()
    assert centre_key_register.create_missing_keys(store_with_agencies, keys.instance, NOW) == [
        centre_key_register.CODES
    ]


def replaced(
    database: Database, folder: Path, name: str, now_ms: int = NOW + DAY
) -> centre_key_replacement.ReplacedKey:
    return centre_key_replacement.replace_key(database, folder, name, now_ms, "test")


@pytest.mark.parametrize("name", FILES)
def test_a_replaced_key_is_another_one_and_the_old_file_is_kept(own: Database, folder: Path, name: str) -> None:
    old = bytes_of(folder)
    for number in (2, 3):  # twice within one second: the first is not overwritten
        done = replaced(own, folder, name)
        assert done.aside is not None and states(own, folder)[name] == "ok"
        assert [row for row in rows(own) if row[0] == name][-1] == (name, number, True)
    kept = {path: content for path, content in bytes_of(folder).items() if path not in FILES}
    assert len(kept) == 2 and old[name] in kept.values() and all(path.startswith(f"{name}.20") for path in kept)
    assert (folder / name).read_bytes() not in kept.values()
    if os.name == "posix":
        assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    with own.read() as session:
        known = centre_key_register.list_former_keys(session, name)
        audit = session.scalars(select(AuditRow).where(AuditRow.action == "key_replaced")).all()
    assert len(known) == 2 and known[0].until_ms == NOW + DAY
    assert [row.subject.split()[0] for row in audit] == [name] * 2 and {row.who for row in audit} == {"test"}
    load(own, folder)


def test_a_key_that_is_gone_is_replaced_and_only_the_centre_s_touches_devices(
    ready: Database, folder: Path
) -> None:
    keys = load(ready, folder)
    with ready.write() as session:
        writers = [LedgerWriter(session, keys, f"NB-14701-Q{n}", "NB-14701") for n in (1, 2)]
        session.get_one(Device, writers[0].dev).simulated = False
    for name in FILES:
        (folder / name).unlink()
    for name in FILES:
        done = replaced(ready, folder, name)
        assert done.aside is None
        assert done.devices == ((writers[0].dev,) if name == centre_key_register.CENTRE else ())
    with ready.read() as session:
        assert [session.get_one(Device, writer.dev).foreign_ms for writer in writers] == [NOW + DAY, None]
    new = load(ready, folder)
    assert new.public != keys.public and new.publics == (new.public, keys.public)
    with ready.read() as session:  # what the old key signed holds
        assert [one.wrong for one in verification.verify_ledgers(session, new.public)] == [[], []]
        stranger = SigningKey(bytes(32)).public
        assert all(
            one.wrong == [] for one in verification.verify_ledgers(session, stranger)
        )  # by the register's former key


def test_a_recorder_goes_on_in_a_new_epoch_that_verifies(ready: Database, folder: Path) -> None:
    keys = load(ready, folder)
    for name in (WEB, IMPORT):
        with ready.write() as session:
            recorder.append_entries(session, keys, name, [recorder.RecordedAnswer("a" * 32, {}, NOW, "hb")], NOW)
    replaced(ready, folder, centre_key_register.RECORDERS[IMPORT])
    new = load(ready, folder)
    for name in (WEB, IMPORT):
        with ready.write() as session:
            recorder.append_entries(
                session, new, name, [recorder.RecordedAnswer("b" * 32, {}, NOW + DAY, "hb")], NOW + DAY
            )
    with ready.read() as session:
        found = {(one.device, one.epoch): one for one in verification.verify_ledgers(session, new.public)}
        assert {place: one.last for place, one in found.items()} == {(WEB, 1): 2, (IMPORT, 1): 1, (IMPORT, 2): 1}
        assert all(one.wrong == [] and one.first_bad is None for one in found.values())
        assert session.get_one(Epoch, (IMPORT, 1)).state == "closed"


def test_a_process_that_started_before_begins_nothing_with_the_old_key(ready: Database, folder: Path) -> None:
    keys = load(ready, folder)
    with ready.write() as session:
        recorder.lock_open_epoch(session, keys, IMPORT, NOW)
    replaced(ready, folder, centre_key_register.RECORDERS[IMPORT])
    new = load(ready, folder)
    with ready.write() as session:
        recorder.lock_open_epoch(session, new, IMPORT, NOW + DAY)
    with ready.write() as session:
        assert refused(lambda: recorder.lock_open_epoch(session, keys, IMPORT, NOW + DAY))[0] == "key_mismatch"
        pairing.pair_simulated_device(
            session, "NB-14701-Q1", SigningKey(bytes(32)), NOW, keys
        )  # the centre's own is in force
    replaced(ready, folder, centre_key_register.CENTRE)

    def pair(session: Session) -> None:
        pairing.pair_simulated_device(session, "NB-14701-Q2", SigningKey(bytes(31) + b"1"), NOW, new)

    with ready.read() as session:
        assert refused(lambda: pair(session)) == ("key_mismatch", (centre_key_register.CENTRE,))


def test_a_replacement_that_the_store_cannot_keep_leaves_every_file(own: Database, folder: Path) -> None:
    before, of_store = bytes_of(folder), rows(own)

    def full(connection: object) -> None:
        raise OSError(28, "No space left on device")

    event.listen(own.engine, "commit", full)
    for name in FILES:
        with pytest.raises(OSError, match="No space"):
            replaced(own, folder, name)
    event.remove(own.engine, "commit", full)
    assert bytes_of(folder) == before and rows(own) == of_store
    load(own, folder)


@pytest.fixture
def killed(lone: Database, folder: Path) -> Iterator[Callable[[str], None]]:
    """Runs a line of Python that changes keys in a process of its own, which is killed at the store's commit."""

    def run(line: str) -> None:
        env = environment(PYTHONPATH=str(Path(__file__).parents[3]))
        done = subprocess.run([sys.executable, "-c", KILLED.format(line), lone.url, str(folder)], env=env)
        assert done.returncode == -signal.SIGKILL

    yield run


def test_killed_between_file_and_register_the_next_upgrade_registers_the_file(
    lone: Database, folder: Path, killed: Callable[[str], None]
) -> None:
    killed(f"centre_key_register.create_missing_keys(database, folder, {NOW})")
    before = bytes_of(folder)
    assert set(before) == set(FILES) and rows(lone) == []
    assert centre_key_register.create_missing_keys(lone, folder, NOW) == []
    assert bytes_of(folder) == before
    load(lone, folder)


def test_killed_within_a_replacement_the_old_key_is_kept_and_replacing_again_ends_it(
    own: Database, folder: Path, killed: Callable[[str], None]
) -> None:
    old = (folder / centre_key_register.CENTRE).read_bytes()
    killed(f"centre_key_replacement.replace_key(database, folder, 'centre.key', {NOW + DAY}, 'test')")
    assert states(own, folder)[centre_key_register.CENTRE] == "other" and refused(lambda: load(own, folder))[0]
    (aside,) = [path for path in folder.iterdir() if path.name.startswith("centre.key.")]
    assert aside.read_bytes() == old
    replaced(own, folder, centre_key_register.CENTRE)
    assert aside.read_bytes() == old and rows(own)[-1][1:] == (1, True)
    with own.read() as session:
        assert [
            known.public for known in centre_key_register.list_former_keys(session, centre_key_register.CENTRE)
        ] == [SigningKey(old).public]
    load(own, folder)

