"""The bundle, made and used for real: a desk installed, served and updated with the network cut off."""

from __future__ import annotations

import email.message
import hashlib
import importlib.metadata
import json
import os
import platform
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import wsgi
from kiosk.bundle import make
from models.migrations import migrate
from models.storage.database import Database
from models.tables.declarative_base import KIOSK
from tests.fixtures.paired_desk import make_paired_app, read_hidden_fields

ROOT = Path(__file__).parents[2]
AS_ROOT = os.geteuid() == 0
NOBODY = 65534
SYSTEM = {"aarch64": "linux-arm64"}.get(platform.machine(), "linux")
#: A Python that an ordinary user may run: root's own may lie where nobody else can look.
PYTHON = next(filter(None, (shutil.which("python3", path="/usr/bin"), getattr(sys, "_base_executable", None))))


def number(python: str) -> str:
    said = [python, "-I", "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    return subprocess.run(said, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A folder where an ordinary user may read and write."""
    with tempfile.TemporaryDirectory(prefix="hailong-") as name:
        Path(name).chmod(0o777)
        yield Path(name)


@pytest.fixture(scope="module")
def made(place: Path) -> dict[str, Any]:
    """What `hailong kiosk bundle` printed; needs the package index, as the setup does."""
    done = subprocess.run(
        [sys.executable, "-c", "import sys, wsgi; sys.exit(wsgi.main())", "kiosk", "bundle", str(place / "usb"),
         "--platform", SYSTEM, "--python", number(PYTHON), "--json"],
        cwd=ROOT, capture_output=True, text=True, env={**os.environ, "HAILONG_INSTANCE": str(place / "unused")},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert not (place / "unused").exists()
    return dict(json.loads(done.stdout))


@pytest.fixture(scope="module")
def bundle(made: dict[str, Any]) -> Path:
    return Path(made["path"])


def cut_off() -> list[str]:
    """What a command is put behind so that it has no network at all, as an ordinary user."""
    drop = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"] if AS_ROOT else []
    for unshare in (["unshare", "-n"], ["unshare", "-r", "-n"]):
        if shutil.which("unshare") and subprocess.run([*unshare, "true"], capture_output=True).returncode == 0:
            return [*unshare, *drop]
    return drop


def install(bundle: Path, place: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the installer without a network; a package index it asked for all the same would not be there."""
    nowhere = "http://127.0.0.1:9"
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(place), "LC_ALL": "C.UTF-8", "PYTHON": PYTHON, "PIP_INDEX_URL": nowhere,
        "http_proxy": nowhere, "https_proxy": nowhere,
    }  # fmt: skip
    return subprocess.run(
        [*cut_off(), "sh", str(bundle / "install.sh"), "--to", str(place / "app"), "--instance",
         str(place / "instance"), "--no-services", *options],
        capture_output=True, text=True, cwd="/", env=environment,
    )  # fmt: skip


@pytest.fixture(scope="module")
def desk(bundle: Path, place: Path) -> Path:
    """A machine on which the bundle was installed; its folder."""
    done = install(bundle, place)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"Hài Lòng {wsgi_version()}" in done.stdout and "waitress 3.0.2" in done.stdout
    return place


def wsgi_version() -> str:
    found = re.search(r"^version = (.+)$", (ROOT / "setup.cfg").read_text(encoding="utf-8"), re.MULTILINE)
    assert found is not None
    return found[1]


def hailong(place: Path, *arguments: str) -> list[str]:
    return [*cut_off(), str(place / "app" / "hailong"), *arguments]


def open_to_nobody(folder: Path) -> None:
    if AS_ROOT:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, NOBODY, NOBODY)


def test_the_network_is_cut_for_the_installer() -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        reach = f"import socket; socket.create_connection(('127.0.0.1', {listening.getsockname()[1]}), 3)"
        behind = cut_off()
        if "unshare" in behind:
            assert subprocess.run([*behind, PYTHON, "-I", "-c", reach], capture_output=True).returncode != 0
        assert subprocess.run([PYTHON, "-I", "-c", reach], capture_output=True).returncode == 0


def test_it_holds_what_a_desk_needs_as_it_was_tested_and_no_more(made: dict[str, Any], bundle: Path) -> None:
    pinned = dict(line.partition(";")[0].strip().split("==") for line in wsgi.requirements(["run"]))
    versions = made["versions"]
    for name, version in pinned.items():
        name = name.partition("[")[0]
        centre = name in ("psycopg", "reportlab", "gunicorn", "packaging", "openpyxl")
        assert (name in versions) != centre or name == "pysqlite3", name
        if name in versions and name != "fontpkg-be-vietnam-pro":  # its file and its pin write 1.2 differently
            assert versions[name] == version
    own = next((bundle / "wheels").glob("hailong-*.whl"))
    listing = subprocess.run([sys.executable, "-m", "zipfile", "-l", str(own)], capture_output=True, text=True).stdout
    assert "kiosk/cli/__init__.py" in listing and "kiosk/templates/faces.html" in listing and "admin/" not in listing
    assert ".dist-info/licenses/LICENSE" in listing  # the licence asks for its notice with every copy


def test_what_a_package_needs_only_there_comes_along() -> None:
    """Markers are read for the desk's system, whatever the machine that makes the bundle is."""
    names = [metadata for metadata in map(importlib.metadata.metadata, ("flask", "click", "qrcode", "sqlalchemy"))]
    own = email.message.Message()
    for line in wsgi.requirements(["setup", "run"]):
        own["Requires-Dist"] = line
    known = {"hailong": own, **{metadata["Name"].lower(): metadata for metadata in names}}
    linux = make.find_requirements(known, make.PLATFORMS["linux"], "3.13")
    windows = make.find_requirements(known, make.PLATFORMS["windows"], "3.13")
    assert set(windows) - set(linux) == {"colorama"} and linux["pysqlite3"] == "pysqlite3==0.6.1"
    assert {"jinja2", "pillow", "typing-extensions"} <= set(linux)
    assert "pysqlite3" not in make.find_requirements(known, make.PLATFORMS["linux"], "3.14")
    assert "pysqlite3" not in make.find_requirements(known, make.PLATFORMS["linux-arm64"], "3.13")
    assert "tzdata==2026.6" == linux["tzdata"] and linux["pip"].startswith("pip==")


def test_every_file_stands_under_its_sum(bundle: Path) -> None:
    lines = (bundle / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    sums = {name: value for value, name in (line.split("  ", 1) for line in lines)}
    files = {path.relative_to(bundle).as_posix(): path for path in bundle.rglob("*") if path.is_file()}
    del files["SHA256SUMS"]
    assert {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()} == sums


def test_scripts_units_and_policies_can_be_read(bundle: Path) -> None:
    for script in (bundle / "install.sh", bundle / "files" / "screen.sh"):
        for shell in filter(shutil.which, ("sh", "bash", "dash")):
            assert subprocess.run([shell, "-n", str(script)], capture_output=True, text=True).stderr == ""
    assert json.loads((bundle / "files" / "policies.json").read_text(encoding="utf-8"))["URLBlocklist"] == ["*"]
    places = {"@TO@": "/opt/hailong", "@INSTANCE@": "/var/lib/hailong", "@HOST@": "127.0.0.1", "@PORT@": "8001"}
    units = 0
    for path in [*bundle.glob("files/*.service"), *bundle.glob("files/*.timer")]:
        text = path.read_text(encoding="utf-8")
        for mark, value in places.items():
            text = text.replace(mark, value)
        units += 1
        assert "@" not in text.replace("@system-service", ""), path.name
    assert units == 4


def test_a_windows_script_is_marked_as_utf8_and_balanced() -> None:
    """PowerShell is not there to read them; what can be seen without it is seen: brackets and quotation marks."""
    for name in ("install.ps1", "screen.ps1"):
        text = (ROOT / "kiosk" / "bundle" / "files" / name).read_text(encoding="utf-8")
        code = re.sub(r"<#.*?#>", "", text, flags=re.DOTALL)
        code = re.sub(r"'[^'\n]*'|(?m:^\s*#.*$)", "", code)
        for opening, closing in ("()", "{}", "[]"):
            assert code.count(opening) == code.count(closing), (name, opening)
        assert re.sub(r'`"', "", code).count('"') % 2 == 0, name


class Serving:
    """The installed desk, serving."""

    def __init__(self, place: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.url = f"http://127.0.0.1:{probe.getsockname()[1]}"
        self._place = place

    def __enter__(self) -> Serving:
        drop = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if AS_ROOT else {}
        self._process = subprocess.Popen(
            [str(self._place / "app" / "hailong"), "kiosk", "serve", "--port", self.url.rpartition(":")[2]],
            cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env={"PATH": os.environ["PATH"]}, **drop,
        )  # type: ignore[call-overload]  # fmt: skip
        deadline = time.monotonic() + 30
        while self.watch() != 0:
            assert self._process.poll() is None and time.monotonic() < deadline
        return self

    def __exit__(self, *error: object) -> None:
        self._process.terminate()
        self._process.wait(10)

    def watch(self, seconds: str = "0.2") -> int:
        """What the watchdog says."""
        command = [PYTHON, "-I", str(self._place / "app" / "watch.py"), f"{self.url}/healthz", seconds]
        return subprocess.run(command, capture_output=True).returncode

    def get(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(self.url + path, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as answer:
            return answer.code, answer.read().decode()


def test_a_desk_that_is_not_paired_says_so_and_is_well(desk: Path) -> None:
    with Serving(desk) as serving:
        status, page = serving.get("/")
        assert status == 503 and "HL-503" in page and "chưa" in page
        status, health = serving.get("/healthz")
        assert status == 200 and json.loads(health)["paired"] is False
    assert serving.watch() == 1
    assert "http://127.0.0.1:8001" in (desk / "app" / "starting.html").read_text(encoding="utf-8")


def test_an_update_keeps_the_data_of_the_first_version(desk: Path, bundle: Path, tmp_path: Path) -> None:
    """A store as version 1 left it, one rating just tapped. The installer reads a copy; the first start migrates."""
    instance = desk / "instance"
    shutil.rmtree(instance)
    old_store(instance, tmp_path)
    open_to_nobody(instance)
    before = (desk / "app" / "current").resolve()
    done = install(bundle, desk)
    assert done.returncode == 0, done.stdout + done.stderr
    after = (desk / "app" / "current").resolve()
    assert after != before and before.is_dir()
    store = Database(f"sqlite:///{instance / 'kiosk.sqlite'}")
    assert migrate.read_revision(store) == "kiosk_0001"  # nothing was touched before the new version is in place
    store.close()
    open_to_nobody(instance)
    with Serving(desk) as serving:
        assert serving.get("/")[0] == 200
    status = subprocess.run(hailong(desk, "kiosk", "status", "--json"), capture_output=True, text=True, cwd="/")
    found = json.loads(status.stdout)
    assert (found["device"], found["waiting"], found["open"]) == ("d-0312", 3, 0), found
    store = Database(f"sqlite:///{instance / 'kiosk.sqlite'}")
    assert migrate.read_revision(store) == migrate.HEADS[KIOSK]
    store.close()


def old_store(instance: Path, scratch: Path) -> None:
    """A paired desk with two sealed ratings and an open one, in the first version's tables."""
    app = make_paired_app(scratch / "now")
    client = app.test_client()
    for score in (5, 1, 3):
        fields = read_hidden_fields(client.get("/").get_data(as_text=True))
        assert client.post("/rate", data={**fields, "score": score}).status_code == 303
    app.extensions["database"].close()
    instance.mkdir()
    old = Database(f"sqlite:///{instance / 'kiosk.sqlite'}")
    migrate.upgrade_store(old, KIOSK, "+1")
    assert migrate.read_revision(old) == "kiosk_0001"
    for name in ("kiosk.key", "kiosk.pages"):
        shutil.copy(scratch / "now" / name, instance)
    with old.engine.connect() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None
        raw.execute("ATTACH ? AS now", (str(scratch / "now" / "kiosk.sqlite"),))
        for table in ("desk_state", "reference", "entry", "draft"):
            columns = ", ".join(row[1] for row in raw.execute(f"PRAGMA main.table_info({table})"))
            raw.execute(f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM now.{table}")
        raw.execute("DETACH now")
    old.close()


def test_data_the_new_version_cannot_read_leave_the_old_one_in_place(desk: Path, bundle: Path) -> None:
    instance = desk / "instance"
    shutil.rmtree(instance)
    instance.mkdir()
    (instance / "kiosk.sqlite").write_bytes(b"not a store at all " * 400)
    open_to_nobody(instance)
    before = (desk / "app" / "current").resolve()
    done = install(bundle, desk)
    assert done.returncode == 1 and "store_unreadable: " in done.stderr
    assert (desk / "app" / "current").resolve() == before
    assert sorted(path.name for path in (desk / "app").glob("app-*")) == sorted(kept(desk))


def kept(desk: Path) -> list[str]:
    """The versions whose programs still run."""
    return [path.parents[1].name for path in (desk / "app").glob("app-*/bin/hailong")]


def test_a_damaged_bundle_changes_nothing(bundle: Path, place: Path) -> None:
    broken = place / "broken"
    shutil.copytree(bundle, broken)
    with open(broken / "files" / "screen.sh", "a", encoding="utf-8") as file:
        file.write("# cut while copyin")
    other = place / "other"
    done = install(broken, other)
    assert done.returncode == 1 and "bundle_damaged: " in done.stderr and not other.exists()


def test_a_machine_without_its_python_is_told_which_one(bundle: Path, place: Path) -> None:
    later = place / "later"
    shutil.copytree(bundle, later)
    lines = (later / "SHA256SUMS").read_text(encoding="utf-8").splitlines(keepends=True)
    (later / "PYTHONS").write_text("3.99\n", encoding="utf-8")
    (later / "SHA256SUMS").write_text("".join(line for line in lines if "PYTHONS" not in line), encoding="utf-8")
    other = place / "other"
    done = install(later, other)
    assert done.returncode == 1 and done.stderr.startswith("python_missing: ") and "3.99" in done.stderr
    assert not other.exists()


@pytest.mark.parametrize("options", [["--colour"], ["--port"], ["extra"]])
def test_wrong_usage_is_exit_code_2(bundle: Path, place: Path, options: list[str]) -> None:
    done = install(bundle, place / "other", *options)
    assert done.returncode == 2 and "--instance" in done.stderr
