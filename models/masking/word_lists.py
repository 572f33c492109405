"""The vocabulary of `masking`: Vietnamese and English words for digits, at-signs and purposes.

A purpose is what a number is for. All words stand without marks and capitals, as `masking` reads them.
"""

from __future__ import annotations

#: word → the digit it says. Many mean something else too ("nam" is five, year and south): only long runs count.
DIGITS = {
    "khong": "0", "ko": "0", "o": "0", "mot": "1", "hai": "2", "ba": "3", "bon": "4", "tu": "4", "nam": "5", "lam": "5",
    "nham": "5", "sau": "6", "bay": "7", "tam": "8", "chin": "9", "zero": "0", "oh": "0", "one": "1", "two": "2",
    "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9",
}  # fmt: skip
#: Words inside a number that stand for a place: ten(s), hundred, "and".
PLACES = frozenset({"muoi", "chuc", "tram", "le", "linh"})
#: Words people put between the parts of one number.
BETWEEN = frozenset(
    "cham phay gach ngang duoi cach trong dau roi xong tiep theo den toi sang va la so cuoi dot dash space con doan "
    "khuc kep nhe nha a u do day".split()
)

#: What a number is for, if the word before says so: kind → words (or two words).
PURPOSES = {
    "account": frozenset(
        "stk tk taikhoan account acc bank vcb vietcombank agribank bidv techcombank tcb mb mbbank vietinbank sacombank "
        "acb tpbank vpbank momo zalopay viettelpay msb shb hdbank".split()
    )
    | {"tai khoan", "ngan hang", "so tk", "the atm"},
    "phone": frozenset("sdt dt dtdd dthoai tel phone mobile call hotline zalo alo viber didong goi".split())
    | {"dien thoai", "di dong", "lien he", "lien lac", "nhan tin", "so may"},
    "id": frozenset("cccd cmnd cmt cmtnd cancuoc passport mst bhxh bhyt cmnn".split())
    | {"can cuoc", "chung minh", "minh thu", "cong dan", "ho chieu", "dinh danh", "so thue", "id card"},
}
#: So many digits are masked when the purpose is known; without one it takes `masking.LONG`.
SHORTEST = {"account": 6, "phone": 7, "id": 8}
#: Words that may stand between a purpose and its number.
AFTER_PURPOSE = frozenset(
    "la so cua toi em minh anh chi nay ten va hoac bo me chong vo con gia dinh nha rieng ca nhan ban duoi day sau theo "
    "ong ba nhan tin qua vao cho lai may me nguoi is my no number at on thu dan cong thoai hang khoan atm".split()
)
#: Words before lists of small numbers that are no telephone: days, articles, desks.
COUNTED = frozenset("ngay thang dieu khoan muc quay phong thua lan thu tuan quy buoi gio tang cua diem trang".split())

#: Who keeps people's mail.
MAIL = frozenset(
    "gmail gmai gmal yahoo ymail hotmail outlook icloud live msn proton protonmail zoho mail zing".split()
)
#: Last parts of addresses.
ENDS = frozenset("com vn net org edu gov info biz me co io".split())
#: Words said for a dot, a dash, an underscore inside an address.
JOINTS = frozenset("cham dot gach duoi ngang underscore dash phay".split())
