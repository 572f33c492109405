"""The terminal's language: a variable names it, and help, usage errors and results follow it."""

from __future__ import annotations

import pytest

import translations
import wsgi
from translations.terminal import terminal_locale


@pytest.mark.parametrize(("named", "locale"), [(None, "vi"), ("", "vi"), ("en", "en"), (" en ", "en"), ("xx", "vi")])
def test_a_variable_names_the_language(named: str | None, locale: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HAILONG_LANGUAGE", raising=False)
    if named is not None:
        monkeypatch.setenv("HAILONG_LANGUAGE", named)
    assert terminal_locale() == locale


@pytest.mark.parametrize(
    ("named", "usage", "missing"),
    [("", "Cách dùng: hailong admin devices lost [TÙY_CHỌN] THIẾT_BỊ", "Lỗi: Thiếu đối số 'THIẾT_BỊ'."),
     ("en", "Usage: hailong admin devices lost [OPTIONS] DEVICE", "Error: Missing argument 'DEVICE'.")],
)  # fmt: skip
def test_the_command_line_speaks_it(
    named: str, usage: str, missing: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HAILONG_LANGUAGE", named)
    with translations.use_locale("vi"), pytest.raises(SystemExit) as ended:  # and afterwards the language before
        wsgi.main(["admin", "devices", "lost"])
    assert ended.value.code == 2
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == usage and lines[-1] == missing
