"""A really full disk and a really read-only one under a centre: a true sentence, nothing left half."""

from __future__ import annotations

from pathlib import Path

from tests.fixtures import own_mounts

ROOT = Path(__file__).parents[3]


def test_a_full_and_a_read_only_disk_are_told_as_what_they_are(tmp_path: Path) -> None:
    found = own_mounts.run_with_own_mounts("bad_disk", tmp_path, tmp_path)
    for code, told in found["full"]:
        assert code == 1 and told.startswith("disk_full: ") and "DATABASE_URL" not in told, told
    assert found["agencies"] == 0 and found["left"] == []
    assert found["again"] == [0, ""]  # as soon as there is room
    for words, (code, told) in found["read_only"].items():
        assert code == 1 and told.startswith("read_only: ") and told.count("\n") == 1, (words, told)
