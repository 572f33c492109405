"""The demo: reference data of a sample province, and the simulator of its desks and phones.

Invented answers go through the same bytes, checks, receipts and projection as real ones. Reference data: the 145
agencies of Ninh Bình province as of 1 July 2025 (names and codes of QĐ 19/2025/QĐ-TTg) and a list of common procedures.
"""

from pathlib import Path

HERE = Path(__file__).resolve().parent
AGENCIES = HERE / "agencies.csv"
PROCEDURES = HERE / "procedures.csv"
