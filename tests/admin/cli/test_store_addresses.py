"""An address of the store that is none: what is wrong with it, in both languages, and no password."""

from __future__ import annotations

from pathlib import Path

import pytest

from admin.cli import failures
from models.storage.database import check_store_place, checked_url
from models.storage.store_faults import BadStoreUrl
from tests.fixtures.vietnamese_letters import VIETNAMESE
from translations import use_locale


@pytest.mark.parametrize(
    ("url", "vietnamese", "english"),
    [
        ("nowhere", "thiếu «tên://» ở đầu", "is missing at its beginning"),
        ("postgresql://u:secret@h:70000/d", "cổng 70000 không có", "there is no port 70000"),
        ("mysql://u:secret@h/d", "chưa hỗ trợ mysql://", "mysql:// is not supported"),
        ("sqlite://u:secret@h/d", "chỉ ghi đường dẫn của tệp", "only the path of a file"),
        ("sqlite://", "kho trong bộ nhớ mất khi dừng", "a store in memory is gone"),
        ("sqlite:///a.sqlite", "đường dẫn phải đầy đủ", "the path must be a whole one"),
        ("sqlite:///{folder}", "là một thư mục, không phải tệp", "is a folder, not a file"),
        ("sqlite:///{folder}/none/a", "không có thư mục", "there is no folder"),
    ],
)
def test_what_is_wrong_with_an_address(url: str, vietnamese: str, english: str, tmp_path: Path) -> None:
    with pytest.raises(BadStoreUrl) as refused:
        check_store_place(checked_url(url.replace("{folder}", tmp_path.as_posix())))
    for locale, words in (("vi", vietnamese), ("en", english)):
        with use_locale(locale):
            told = failures.describe_failure(refused.value)
        assert told is not None and told[0] == "bad_store_url"
        assert words in told[1] and "secret" not in told[1] + str(refused.value)
        assert locale == "vi" or not VIETNAMESE.search(told[1])
