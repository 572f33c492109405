"""Editions of the paper: what was issued keeps the words and the foot it was issued with.

The catalogue may find better words, and a paper must be the same bytes each time it is drawn. So a figures document
names its edition; a document that names none is of the first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: The edition of papers that are issued now.
PRESENT = 3

_METHOD = (
    "95%% confidence interval: %(interval)s; it does not cover that those who did not answer may think otherwise. "
    "Parts that would tell what fewer than 5 people answered are not listed."
)

#: Language → message → the words of the second edition, where they differ from today's.
_SECOND: dict[str, dict[str, str]] = {
    "vi": {
        _METHOD: "Khoảng tin cậy 95%% theo phương pháp Wilson, chưa gồm khả năng người không trả lời có ý kiến khác. "
        "Không công bố số liệu của nhóm dưới 5 người.",
    },
    "en": {
        _METHOD: "The interval is the 95%% interval by Wilson's method; it does not cover that those who did not "
        "answer may think otherwise. Parts that would tell what fewer than 5 people answered are not listed.",
    },
}
#: The same of the first, where they differ from the second's.
_FIRST: dict[str, dict[str, str]] = {
    "vi": {
        "Result of the case": "Kết quả, đúng hẹn",
        "Receiving and handling feedback": "Phản ánh, kiến nghị",
        "beyond the margin of error": "vượt sai số",
        "within the margin of error": "trong sai số",
        "The index is above the level of the whole province (%(index)s), beyond the margin of error.":
            "Chỉ số cao hơn mức chung toàn tỉnh (%(index)s), vượt sai số.",
        "The index is below the level of the whole province (%(index)s), beyond the margin of error.":
            "Chỉ số thấp hơn mức chung toàn tỉnh (%(index)s), vượt sai số.",
        _METHOD:
            "Khoảng tin cậy 95%% theo phương pháp Wilson, chưa gồm khả năng người không trả lời có ý kiến khác. "
            "Phần nào làm lộ ý kiến của dưới 5 người thì không nêu.",
        "Told to the province alone: %(parts)s.": "Riêng gửi tới tỉnh: %(parts)s.",
        "%(n)s replaced by another answer": "%(n)s phiếu được thay thế",
        "%(n)s with a code used twice": "%(n)s phiếu dùng lại mã",
        "%(n)s chose and took it back": "%(n)s lượt chọn rồi bỏ",
        "Being looked at again: %(count)s case.": "Đang xem xét %(count)s trường hợp.",
        "Being looked at again: %(count)s cases.": "Đang xem xét %(count)s trường hợp.",
    },
    "en": {
        "Result of the case": "Result, on time",
        "Receiving and handling feedback": "Complaints and proposals",
        "Being looked at again: %(count)s case.": "%(count)s case is being looked at.",
        "Being looked at again: %(count)s cases.": "%(count)s cases are being looked at.",
    },
}


def is_first(figures: Mapping[str, Any]) -> bool:
    """Whether a figures document is of the first edition."""
    return bool(figures.get("edition", 1) < 2)


def words(figures: Mapping[str, Any], locale: str) -> Mapping[str, str]:
    """The words of a figures document's edition that differ from the catalogue's, for `translations.use_words`."""
    if figures.get("edition", 1) >= PRESENT:
        return {}
    second = _SECOND.get(locale, {})
    return second | _FIRST.get(locale, {}) if is_first(figures) else second
