"""The sample province and the simulator: invented answers through the same bytes, checks, receipts and projection.

Reference data: the 145 agencies of Ninh Bình province as of 1 July 2025 (names and codes of QĐ 19/2025/QĐ-TTg) and a
list of common procedures.
"""

from pathlib import Path

HERE = Path(__file__).resolve().parent
AGENCIES = HERE / "agencies.csv"
PROCEDURES = HERE / "procedures.csv"
