"""Words for why an answer is not counted, and for the fields that are passed over."""

from __future__ import annotations

from collections.abc import Iterable

_REASONS = {
    "declined": "từ chối trả lời",
    "withdrawn": "đã rút lại",
    "drill": "phiếu diễn tập",
    "unknown_desk": "quầy của máy chưa có trong danh mục",
    "unknown_agency": "cơ quan chưa có trong danh mục",
    "unknown_instrument": "bộ câu hỏi chưa có trong hệ thống",
    "foreign_agency": "nói thay cơ quan hoặc quầy khác",
    "wrong_agency": "nêu cơ quan khác (quy tắc cũ)",
    "wrong_channel": "khai kênh không phải của mình",
    "no_answer": "không có câu trả lời tính được",
    "unknown_item": "có câu hỏi không thuộc bộ câu hỏi",
    "bad_score": "điểm ngoài thang đo",
    "bad_payload": "nội dung không đọc được",
    "bad_id": "mã phiếu không hợp lệ",
    "duplicate_id": "trùng mã với phiếu trước của cùng máy",
}
_FIELDS = {
    "agency": "cơ quan",
    "channel": "kênh",
    "procedure": "thủ tục",
    "stage": "bước của hồ sơ",
    "decider": "cơ quan giải quyết",
    "month": "tháng",
    "t": "giờ",
    "anchor": "mốc giờ",
    "tie": "mã của phiếu hẹn hoặc hồ sơ",
    "desk": "quầy",
}


def reason(code: str) -> str:
    """A reason of a response in words, with its code; the code alone where there are none."""
    return f"{_REASONS[code]} [{code}]" if code in _REASONS else code


def fields(names: Iterable[str]) -> str:
    """Fields that were passed over, in words, with their names."""
    return ", ".join(f"{_FIELDS[name]} [{name}]" if name in _FIELDS else name for name in names)
