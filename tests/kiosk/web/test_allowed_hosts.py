"""Allowed hosts: a desk's own names and addresses in figures; a name of somebody else's is refused."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from kiosk import create_app
from kiosk.settings import Settings
from kiosk.web import allowed_hosts
from tests.fixtures.paired_desk import count_open_drafts, make_paired_app, read_hidden_fields

MACHINE = socket.gethostname()


@pytest.mark.parametrize(
    "host",
    ["localhost", "localhost:8001", "127.0.0.1:8001", "[::1]:8001", "192.168.1.10:8001", "[fe80::1]", "quay.localhost",
     MACHINE, f"{MACHINE.upper()}:8001", f"{MACHINE.partition('.')[0]}.local", "QUAY-3.lan:8001", "quay-3.lan."],
)  # fmt: skip
def test_its_own_names_are_answered(host: str) -> None:
    assert allowed_hosts.is_allowed_host(host, allowed_hosts.list_own_names(["quay-3.lan"]))


@pytest.mark.parametrize(
    "host",
    ["attacker.example", "attacker.example:8001", "127.0.0.1.attacker.example", "localhost.attacker.example", "",
     "xlocalhost", "quay-3.lan.attacker.example", "[attacker.example]:8001", "2130706433.example"],
)  # fmt: skip
def test_other_names_are_refused(host: str) -> None:
    assert not allowed_hosts.is_allowed_host(host, allowed_hosts.list_own_names(["quay-3.lan"]))


def test_a_page_under_another_name_reads_and_sends_nothing(tmp_path: Path) -> None:
    app = make_paired_app(tmp_path)
    client = app.test_client()
    own = read_hidden_fields(client.get("/").get_data(as_text=True))
    page = client.get("/", headers={"Host": "attacker.example:8001"})
    assert page.status_code == 421 and 'name="id"' not in page.get_data(as_text=True)
    assert "HL-421" in page.get_data(as_text=True) and page.headers["Content-Security-Policy"]
    sent = client.post("/rate", data={**own, "score": 5}, headers={"Host": "attacker.example"})
    assert sent.status_code == 421 and count_open_drafts(app) == 0
    assert client.get("/healthz", headers={"Host": "attacker.example"}).status_code == 421
    said = client.get("/", headers={"Host": "attacker.example", "Accept": "application/json"})
    assert said.get_json()["error"]["code"] == "wrong_host"
    assert client.post("/rate", data={**own, "score": 5}, headers={"Host": "192.168.1.10:8001"}).status_code == 303


def test_a_name_that_is_listed_is_answered(tmp_path: Path) -> None:
    (tmp_path / "kiosk.cfg").write_text("[kiosk]\nhosts = quay-3.lan, may-quay\n", encoding="utf-8")
    client = create_app(Settings.load(tmp_path)).test_client()
    for host, status in {"quay-3.lan": 200, "may-quay:8001": 200, "quay-4.lan": 421}.items():
        assert client.get("/healthz", headers={"Host": host}).status_code == status


@pytest.mark.parametrize(
    ("host", "open_to_all"),
    [("127.0.0.1", False), ("127.1.2.3", False), ("localhost", False), ("::1", False), ("0.0.0.0", True),
     ("192.168.1.10", True), ("::", True)],
)  # fmt: skip
def test_serving_the_network_is_said_in_one_line(host: str, open_to_all: bool) -> None:
    said = allowed_hosts.describe_exposure(host, 8001)
    assert (said is not None) == open_to_all
    assert said is None or ("8001" in said and "\n" not in said)
