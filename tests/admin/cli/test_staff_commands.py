"""`hailong admin staff`: who may sign in, and what ends when they may no more; on both stores."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from admin.auth import accounts, sessions
from admin.auth.accounts import AccountError
from admin.cli import cli
from models.tables.staff_account import AuditRow, Staff, StaffSession
from tests.clock_seam import clock_at
from tests.fixtures.centre_scene import NOW, PASSWORD, CentreScene, find_form_token, open_centre

#: The ward's own page.
OWN = "/agencies/HL"
ONE, TWO, WARD = "province@nb.vn", "second@nb.vn", "ward@nb.vn"


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[CentreScene]:
    with open_centre(tmp_path, filled=False) as made:
        yield made


@pytest.fixture
def run(scene: CentreScene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("HAILONG_INSTANCE", str(tmp_path))

    def invoke(*words: str) -> Result:
        with clock_at("2026-11-21T09:00:00"):
            return CliRunner().invoke(cli, ["staff", *words], input="")

    return invoke


def sign_in(scene: CentreScene, email: str, password: str = PASSWORD) -> int:
    client = scene.client()
    form = {"email": email, "password": password, "csrf_token": find_form_token(client)}
    return client.post("/sign-in", data=form).status_code


def last(scene: CentreScene) -> tuple[str, str, str]:
    with scene.database.read() as session:
        row = session.query(AuditRow).order_by(AuditRow.number.desc()).first()
        assert row is not None
        return row.who, row.action, row.subject


def row_of(run: Callable[..., Result], email: str) -> dict[str, object]:
    result = run("list", "--json")
    assert result.exit_code == 0 and result.stdout.count("\n") == 1, result.output
    return next(row for row in json.loads(result.stdout) if row["email"] == email)


def test_all_are_listed_with_their_state_and_last_sign_in(scene: CentreScene, run: Callable[..., Result]) -> None:
    assert row_of(run, WARD) == {"email": WARD, "role": "agency", "agency": "HL", "state": "active",
                                 "last_sign_in": None}  # fmt: skip
    assert sign_in(scene, WARD) == 302
    assert row_of(run, WARD)["last_sign_in"] == "2026-11-21T09:00:00+07:00"
    assert run("add", "new@nb.vn", "--role", "editor", "--agency", "NB").exit_code == 0
    assert row_of(run, "new@nb.vn")["state"] == "waiting"
    assert run("disable", "new@nb.vn").exit_code == 0 and row_of(run, "new@nb.vn")["state"] == "disabled"
    lines = run("list").stdout.splitlines()
    assert len(lines) == 7 and "chưa đặt mật khẩu" not in lines[3] and "đã khóa" in "".join(lines)


def test_a_new_link_works_once_and_kills_the_one_before(scene: CentreScene, run: Callable[..., Result]) -> None:
    old, new = (run("link", WARD).stdout.strip() for _ in range(2))
    assert last(scene) == ("command", "staff_link", WARD)
    path = "/staff/link/"
    assert scene.client().get(path + old.rpartition("/")[2]).status_code == 404
    assert scene.client().get(path + new.rpartition("/")[2]).status_code == 200
    assert sign_in(scene, WARD) == 302  # until it is used the old password holds


def test_who_is_disabled_is_out_at_once_and_stays_out(scene: CentreScene, run: Callable[..., Result]) -> None:
    link = run("link", WARD).stdout.strip().rpartition("/")[2]
    assert scene.client().get(f"/staff/link/{link}").status_code == 200
    client = scene.client(WARD)
    assert client.get(OWN).status_code == 200
    done = run("disable", f" {WARD.upper()} ")
    assert done.exit_code == 0 and "đã khóa" in done.stdout and last(scene) == ("command", "staff_disabled", WARD)
    assert client.get(OWN).status_code == 302
    assert sign_in(scene, WARD) == 403 and scene.client().get(f"/staff/link/{link}").status_code == 404
    refused = run("link", WARD)
    assert refused.exit_code == 1 and refused.stderr.startswith("staff_disabled: ") and refused.stdout == ""
    with scene.database.read() as session:
        kept = session.get_one(Staff, WARD)
        assert kept.password and kept.agency_key == "HL" and session.query(StaffSession).count() == 0
    assert run("disable", WARD).exit_code == 0 and "từ trước" in run("disable", WARD).stdout
    assert run("enable", WARD).exit_code == 0 and last(scene) == ("command", "staff_enabled", WARD)
    assert sign_in(scene, WARD) == 302
    assert "không bị khóa" in run("enable", WARD).stdout


def test_a_session_that_is_still_there_opens_nothing_once_its_account_is_disabled(scene: CentreScene) -> None:
    client = scene.client(WARD)
    assert client.get(OWN).status_code == 200
    with scene.database.write() as session:
        session.get_one(Staff, WARD).disabled_ms = NOW
    assert client.get(OWN).status_code == 302
    with scene.database.write() as session, pytest.raises(AccountError) as refused:
        sessions.start_session(session, WARD, NOW)
    assert refused.value.code == "staff_disabled"


def test_the_last_account_of_the_province_stays_unless_it_is_forced(
    scene: CentreScene, run: Callable[..., Result]
) -> None:
    for words in (("disable", ONE), ("role", ONE, "--role", "agency"), ("role", ONE, "--role", "province", "--agency",
                  "HL")):  # fmt: skip
        refused = run(*words)
        assert refused.exit_code == 1 and refused.stderr.startswith("last_province: ") and "--force" in refused.stderr
    run("add", TWO, "--role", "province", "--agency", "NB")
    assert run("disable", ONE).exit_code == 1, "who never chose a password can give nobody back their way in"
    with scene.database.write() as session:
        session.get_one(Staff, TWO).password = session.get_one(Staff, ONE).password
    assert run("disable", ONE).exit_code == 0
    assert run("disable", TWO).exit_code == 1
    assert run("disable", TWO, "--force").exit_code == 0


def test_a_role_ends_the_sessions_and_is_checked_like_a_new_account(
    scene: CentreScene, run: Callable[..., Result]
) -> None:
    client = scene.client(WARD)
    assert client.get(OWN).status_code == 200
    done = run("role", WARD, "--role", "auditor", "--agency", "NB")
    assert done.exit_code == 0 and last(scene) == ("command", "staff_role", f"{WARD} agency HL > auditor NB")
    assert client.get(OWN).status_code == 302
    assert (row_of(run, WARD)["role"], row_of(run, WARD)["agency"]) == ("auditor", "NB")
    assert run("role", WARD, "--role", "desk").exit_code == 0 and row_of(run, WARD)["agency"] == "NB"
    assert "đã là như vậy" in run("role", WARD, "--role", "desk").stdout
    for words, code in (
        (("role", WARD, "--role", "desk", "--agency", "none"), "unknown_agency"),
        (("role", "nobody@nb.vn", "--role", "desk"), "unknown_staff"), (("disable", "nobody@nb.vn"), "unknown_staff"),
        (("enable", "nobody@nb.vn"), "unknown_staff"), (("link", "nobody@nb.vn"), "unknown_staff"),
    ):  # fmt: skip
        refused = run(*words)
        assert refused.exit_code == 1 and refused.stderr.startswith(f"{code}: ") and refused.stdout == "", words
    assert run("role", WARD, "--role", "king").exit_code == 2 and run("role", WARD).exit_code == 2


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_of_two_that_are_disabled_at_the_same_moment_one_stays(
    tmp_path: Path, kind: str, request: pytest.FixtureRequest
) -> None:
    url = None if kind == "sqlite" else request.getfixturevalue("postgres_store_url")
    with open_centre(tmp_path, filled=False, url=url) as scene:
        with scene.database.write() as session:
            accounts.add_account(session, TWO, "province", "NB", NOW)
            session.get_one(Staff, TWO).password = session.get_one(Staff, ONE).password
        gate, refused = threading.Barrier(2), []

        def disable(email: str) -> None:
            gate.wait()
            try:
                with scene.database.write() as session:
                    accounts.disable_account(session, email, NOW)
            except AccountError as error:
                refused.append(error.code)

        jobs = [threading.Thread(target=disable, args=(email,)) for email in (ONE, TWO)]
        for job in jobs:
            job.start()
        for job in jobs:
            job.join(60)
        assert refused == ["last_province"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("khong", "--agency", "NB"), "bad_email: Không có gì thay đổi: khong không phải địa chỉ thư điện tử"),
        ((WARD, "--agency", "NB"), f"đã có tài khoản {WARD}. Liên kết đặt mật khẩu mới: hailong admin staff link"),
        (("new@nb.vn", "--agency", "XX"), "unknown_agency: Không có gì thay đổi: không có cơ quan đó."),
        (("new@nb.vn", "--agency", "NB", "--password-stdin"), "password_short: Không có gì thay đổi: mật khẩu cần"),
    ],
)
def test_an_account_that_is_not_made_says_why_in_words(
    run: Callable[..., Result], words: tuple[str, ...], said: str
) -> None:
    refused = run("add", *words, "--role", "agency")
    assert refused.exit_code == 1 and said in refused.output, refused.output
    assert refused.output.count("\n") == 1 and "new@nb.vn" not in run("list").stdout
