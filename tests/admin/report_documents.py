"""Frozen figures documents as the centre issues them, and ways to look at the paper drawn from one."""

from __future__ import annotations

from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image

from admin.pdf import fonts
from admin.reports.document import monthly_report

MM = 72 / 25.4
LONG_NAME = (
    "Ban Quản lý các khu kinh tế, khu công nghiệp và Trung tâm Phục vụ hành chính công đặc biệt khu vực phía Nam tỉnh "
    "Ninh Bình"
)


def rows(*counts: list[int] | None) -> list[dict[str, Any]]:
    """The rows overall, A … E with their index from the counts; None is a row below 30 answers."""
    return [
        {"id": id, "n": sum(c), "counts": c, "index": f"{100 * (c[3] + c[4]) / sum(c):.2f}"}
        if c else {"id": id, "n": None, "counts": None, "index": None}
        for id, c in zip(("overall", "A", "B", "C", "D", "E"), counts, strict=True)
    ]


PROVINCE: dict[str, Any] = {
    "v": 1, "scope": "province",
    "agency": {"key": "ninh-binh", "kind": "province", "name": {"vi": "Tỉnh Ninh Bình", "en": "Ninh Binh"}},
    "period": {"id": "2026-10", "kind": "month"}, "instrument": {"id": "short", "version": 1},
    "method": "top2.overall",
    "paper": {
        "superior": "UBND tỉnh Ninh Bình", "issuer_lines": ["Sở Nội vụ"], "abbr": "BC-SNV", "place": "Ninh Bình",
        "signer_lines": ["Giám đốc"], "recipients": ["UBND tỉnh (để báo cáo)", "Các sở, ban, ngành", "Lưu: VT"],
        "body_name": "Sở Nội vụ", "plan_issuer": "Ủy ban nhân dân tỉnh Ninh Bình",
    },
    "n": 48216, "share": [41659, 48216], "index": "86.40", "interval": ["86.09", "86.70"], "shown": "full",
    "response_rate": {"value": "22.50", "denominator": 214293},
    "channels": [
        {"id": "kiosk", "n": 34000, "index": "86.90", "interval": ["86.50", "87.30"]},
        {"id": "qr", "n": 14216, "index": "85.20", "interval": ["84.60", "85.80"]},
    ],
    "channel_gap": "1.70",
    "dossiers": {"received": 203580, "closed": 198764, "on_time": 192405, "on_time_rate": "96.80"},
    "previous": {"period": "2026-09", "index": "85.20", "difference": "1.20", "beyond_error": True},
    "province": None, "target": "90.00",
    "rows": rows(
        [1085, 1567, 3905, 25217, 16442], [120, 280, 710, 5340, 3550], [250, 480, 860, 5170, 3240],
        [130, 270, 640, 4950, 4010], [240, 440, 750, 5120, 3450], [240, 500, 1280, 5290, 2690],
    ),
    "agencies": {"total": 171, "enough": 157, "few": 10, "none": 4, "higher": 15, "lower": 19, "undecided": 123},
    "procedures": None,
    "by_outcome": {"counted": 48216, "superseded": 312, "contested": 15, "declined": 1204, "withdrawn": 88},
    "practice": False, "code": "9F3C-A71E-04BD", "revision": 1,
}
WARD: dict[str, Any] = PROVINCE | {
    "scope": "agency",
    "agency": {"key": "hoa-lu", "kind": "ward", "name": {"vi": "Phường Hoa Lư", "en": "Hoa Lu Ward"}},
    "paper": {
        "superior": None, "issuer_lines": ["Ủy ban nhân dân", "Phường Hoa Lư"], "abbr": "BC-UBND", "place": "Hoa Lư",
        "signer_lines": ["TM. Ủy ban nhân dân", "Chủ tịch"],
        "recipients": ["UBND tỉnh; Sở Nội vụ (để báo cáo)", "Thường trực HĐND phường", "Lưu: VT"],
        "body_name": "Ủy ban nhân dân phường Hoa Lư", "plan_issuer": "Ủy ban nhân dân tỉnh Ninh Bình",
    },
    "n": 1204, "share": [1061, 1204], "index": "88.12", "interval": ["86.17", "89.83"],
    "response_rate": {"value": "31.20", "denominator": 3859},
    "channels": [
        {"id": "kiosk", "n": 800, "index": "88.75", "interval": ["86.40", "90.70"]},
        {"id": "qr", "n": 404, "index": "86.88", "interval": ["83.20", "89.80"]},
    ],
    "channel_gap": "1.87",
    "dossiers": {"received": 3667, "closed": 3540, "on_time": 3381, "on_time_rate": "95.51"},
    "previous": {"period": "2026-09", "index": "86.44", "difference": "1.68", "beyond_error": False},
    "province": {"index": "87.31", "verdict": "undecided"}, "target": None,
    "rows": rows(
        [24, 31, 88, 608, 453], [12, 21, 65, 521, 381], [26, 40, 78, 508, 348], [8, 18, 51, 480, 443],
        [31, 50, 80, 506, 333], None,
    ),
    "agencies": None,
    "procedures": {
        "enough": 7, "total": 8,
        "lowest": {"name": {"vi": "Cấp Giấy chứng nhận quyền sử dụng đất"}, "index": "72.92", "n": 96},
    },
    "by_outcome": {"counted": 1204, "superseded": 9, "contested": 0, "declined": 31, "withdrawn": 4},
}
N_ONLY: dict[str, Any] = WARD | {
    "n": 12, "shown": "n_only", "share": None, "index": None, "interval": None, "channels": [], "channel_gap": None,
    "previous": None, "province": None, "rows": rows(*[None] * 6),
    "response_rate": {"value": "3.10", "denominator": 387},
    "procedures": {"enough": 0, "total": 8, "lowest": None},
}
UNDER_5: dict[str, Any] = N_ONLY | {"n": 3, "shown": "under_5"}
ZERO: dict[str, Any] = N_ONLY | {
    "n": 0, "shown": "under_5", "dossiers": None, "response_rate": {"value": None, "denominator": None},
    "by_outcome": {},
}
LONG: dict[str, Any] = WARD | {"paper": WARD["paper"] | {"issuer_lines": [LONG_NAME], "body_name": LONG_NAME}}
#: A paper with everything that may stand on it.
WHOLE: dict[str, Any] = PROVINCE | {
    "versions": [1, 2], "method_version": 1, "partial": 341,
    "gap": {"difference": "1.70", "interval": ["0.98", "2.43"],
            "paired": {"n": 900, "difference": "4.20", "interval": ["2.10", "6.30"]}},
    "second": {"excluded": 37, "index": "86.45", "interval": ["86.14", "86.75"], "open_flags": 3},
    "province_alone": [{"id": "N5", "n": 9120, "share": "3.41"}, {"id": "N6", "n": 9088, "share": "1.22"}],
}  # fmt: skip
ONE_SHEET = {
    "whole": WHOLE,
    "province": PROVINCE, "ward": WARD, "n_only": N_ONLY, "under_5": UNDER_5, "zero": ZERO, "long": LONG,
    "no_dossiers": PROVINCE | {"dossiers": None, "response_rate": {"value": None, "denominator": None}},
    "unhappy": WARD | {"rows": rows([400, 300, 200, 204, 100], *[[40, 30, 20, 5, 5]] * 4, None), "target": "92.50"},
}


def words(pdf: bytes) -> str:
    """All text of a paper in reading order, with single spaces."""
    with pypdfium2.PdfDocument(pdf) as document:
        text = " ".join(page.get_textpage().get_text_range() for page in document)
    return " ".join(text.replace("\ufffe", "").split())


def picture(pdf: bytes, page: int = 0, dpi: int = 100) -> Image.Image:
    with pypdfium2.PdfDocument(pdf) as document:
        return document[page].render(scale=dpi / 72).to_pil().convert("RGB")


def place(pdf: bytes, text: str, page: int = 0) -> tuple[float, float, float, float]:
    """Where a text stands: left, bottom, right, top in points from the lower left corner of the sheet."""
    with pypdfium2.PdfDocument(pdf) as document:
        layer = document[page].get_textpage()
        found = layer.search(text, match_case=True).get_next()
        assert found, f"{text!r} is not on the page"
        boxes = [layer.get_charbox(i, loose=False) for i in range(found[0], found[0] + found[1])]
        return min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes)


def level_lines(pdf: bytes) -> list[tuple[float, float, float]]:
    """The level rules of page 1: left end, right end, height."""
    with pypdfium2.PdfDocument(pdf) as document:
        bounds = [o.get_bounds() for o in document[0].get_objects(filter=[pdfium.FPDF_PAGEOBJ_PATH])]
    return [(left, right, (low + high) / 2) for left, low, right, high in bounds if high - low < 3 < right - left]


def rendered(doc: dict[str, Any], faces: fonts.FontFamily, **options: Any) -> bytes:
    return monthly_report.draw(doc, fonts=faces, **options)
