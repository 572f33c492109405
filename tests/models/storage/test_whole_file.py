"""Files as wholes: what is no file stands as it stood, whoever asked for a file of its name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from models.storage import whole_file


@pytest.mark.parametrize("kind", ["pipe", "device", "folder"])
def test_what_is_no_file_is_not_replaced(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "asked"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/full")
    else:
        path.mkdir()
    before = (os.lstat(path).st_mode, os.lstat(path).st_ino)
    with pytest.raises(OSError) as raised:
        whole_file.write_file(path, b"bytes")
    assert raised.value.filename == str(path)
    assert (os.lstat(path).st_mode, os.lstat(path).st_ino) == before and os.listdir(tmp_path) == ["asked"]


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "asked"
    path.write_bytes(b"what was there before")
    whole_file.write_file(path, b"bytes")
    assert path.read_bytes() == b"bytes" and os.listdir(tmp_path) == ["asked"]
