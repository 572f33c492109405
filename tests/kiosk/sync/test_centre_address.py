"""The centre's address as it is typed: TLS to every other machine, and what was mistyped is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from kiosk.cli import cli
from kiosk.sync import centre_address
from kiosk.sync.centre_address import BadAddress


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("https://hailong.tinh.gov.vn", "https://hailong.tinh.gov.vn"), ("HTTPS://Hailong.Tinh.gov.vn/", None),
        (" https://10.1.2.3:8443 ", "https://10.1.2.3:8443"), ("https://[2001:db8::1]:8443", None),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"), ("http://localhost:8000/", "http://localhost:8000"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)  # fmt: skip
def test_addresses_that_are_taken(typed: str, kept: str | None) -> None:
    assert centre_address.check_address(typed) == (kept or typed.lower().rstrip("/"))


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("hailong.tinh.gov.vn:8000", "bad_address"), ("127.0.0.1:8000", "bad_address"), ("localhost", "bad_address"),
        ("//hailong.tinh.gov.vn", "bad_address"), ("ftp://hailong.tinh.gov.vn", "bad_address"), ("", "bad_address"),
        ("https://", "bad_address"), ("https://ten:mk@hailong.tinh.gov.vn", "bad_address"),
        ("https://hailong.tinh.gov.vn/desks/HL-Q3", "bad_address"), ("https://hailong.tinh.gov.vn?a=1", "bad_address"),
        ("https://hailong.tinh.gov.vn#a", "bad_address"), ("https://hailong.tinh.gov.vn:99999", "bad_address"),
        ("https://hailong.tinh.gov.vn:abc", "bad_address"), ("https://hailong.tinh.gov.vn:0", "bad_address"),
        ("https://[::1", "bad_address"), ("https://a b", "bad_address"), ("https://-a.vn", "bad_address"),
        ("https://" + "a" * 64 + ".vn", "bad_address"), ("https://999.1.1.1", "bad_address"),
        ("https://\udcff.vn", "bad_address"), ("https://tỉnh.vn", "bad_address"),
        ("http://hailong.tinh.gov.vn", "plain_http"), ("http://10.0.0.5:8000", "plain_http"),
        ("http://localhost.tinh.gov.vn", "plain_http"), ("http://127.0.0.1.tinh.vn", "plain_http"),
    ],
    ids=str.__repr__,
)  # fmt: skip
def test_addresses_that_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: str, code: str
) -> None:
    monkeypatch.setenv("HAILONG_INSTANCE", str(tmp_path / "desk"))
    result = CliRunner().invoke(cli, ["enrol", "--", typed, "ABCD-EFGH"])
    assert result.exit_code == 1 and result.stderr.startswith(f"{code}: ") and len(result.stderr.splitlines()) == 1
    assert not (tmp_path / "desk").exists()  # no key was made, nobody was asked


def test_a_closed_network_may_be_plain() -> None:
    assert centre_address.check_address("http://10.0.0.5:8000", plain_http=True) == "http://10.0.0.5:8000"
    with pytest.raises(BadAddress):
        centre_address.check_address("10.0.0.5:8000", plain_http=True)
