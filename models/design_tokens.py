"""Design tokens: every colour, typeface and space of the project, once.

Style sheets receive them as custom properties (`/tokens.css`), drawings and papers as Python values. A test refuses
a colour written anywhere else. The picture behind them is blue-and-white pottery: ivory glaze, cobalt line.
"""

from __future__ import annotations

COLOURS = {
    "ivory-0": "#FFFEFB",  # cards, fields
    "ivory-1": "#FAF7EF",  # page
    "ivory-2": "#F1ECDF",  # sunken, locked
    "ink": "#14223B",  # text
    "ink-2": "#414C63",  # secondary text
    "line": "#DAD2C1",  # hairlines only
    "line-2": "#857C69",  # control borders
    "lam": "#1E4C9A",  # action, chart lines
    "lam-d": "#173A78",  # headings, pressed
    "lam-t": "#E6ECF6",  # selected
    "lam-t2": "#C9D7EE",  # interval band
    "lam-m": "#7C98CC",  # the second of three channels in a bar
    "gold": "#FFB81C",  # focus, always with ink
    "son": "#9C2116",  # error, overdue
    "son-d": "#7A170E",
    "son-t": "#FBE9E2",
    "amber": "#6E4200",  # attention
    "amber-t": "#FFF1D0",
    "ngoc": "#0D5257",  # fine, done
    "ngoc-t": "#E2F1EE",
    "dat": "#B4501F",  # "lower" in charts
    "night": "#12244A",  # sleep, sign-in
    "night-2": "#0C1A37",
    "night-text": "#D5DFF1",
    "night-line": "#4A6DB0",
    "s1": "#7C2413",  # the five answers
    "s2": "#CE7446",
    "s3": "#EADFC2",
    "s4": "#86C6BE",
    "s5": "#156C77",
    "chart-mid": "#7A8295",  # "not distinguishable"
    "white": "#FFFFFF",
    "black": "#000000",
}

TYPE = {
    "sans": 'system-ui,"Segoe UI",Roboto,"Noto Sans","Helvetica Neue",Arial,sans-serif',
    "serif": 'ui-serif,"Noto Serif",Cambria,"Times New Roman",serif',
}

#: Black and white first: what papers are drawn with.
PRINT = {
    "ink": "#000000",
    "paper": "#FFFFFF",
    "light": "#C4C4C4",  # answer 4: 23 % grey
    "dark": "#5C5C5C",  # answer 5: 64 % grey
    "stamp": "#EBEBEB",  # 8 % black at most: text under it stays readable
    "rule": "#7F7F7F",
}


def css() -> str:
    """The tokens as a style sheet of custom properties; it needs no change between languages or sizes."""
    lines = [f"--{name}:{value};" for name, value in (COLOURS | TYPE).items()]
    return ":root{" + "".join(lines) + "}\n"


def colour(name: str) -> str:
    """The value of a colour token; KeyError for an unknown name."""
    return COLOURS[name]
