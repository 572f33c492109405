"""The programs that tests and bench may start, and the tier that each belongs to.

`base` is on every machine that can run the suite at all; `suite` comes with its packages and wheels, `system` with what
`check --system` installs (`system_packages`). The architecture tests read from the source which programs are started,
and `guards` watches the running tests: nothing else is.
"""

from __future__ import annotations

import os
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.system_packages import PACKAGES

ROOT = Path(__file__).resolve().parents[1]

#: Debian's minimal installation: dash, bash, coreutils, libc-bin, mount, util-linux.
BASE = {
    "sh", "dash", "bash", "basename", "chmod", "true", "ldconfig", "mount", "setpriv", "uname", "unshare",
}  # fmt: skip
#: What Python wheels bring (their PostgreSQL; $HAILONG_PG_BIN may name a Debian one).
WHEELS = {"initdb", "postgres", "pg_dump", "pg_restore"}
#: What a test asks for in vain: no machine has it.
NOWHERE = {"no-such-program-here"}
TIERS: dict[str, str] = {
    **dict.fromkeys(BASE | NOWHERE, "base"),
    **dict.fromkeys(WHEELS, "suite"),
    **{mark: tier for tier, packages in PACKAGES.items() for marks in packages.values() for mark in marks},
}
#: Programs that become, or start, the one named behind their options → options that take a value of their own.
STARTERS: dict[str, set[str]] = {"unshare": set(), "setpriv": set(), "env": set(), "strace": {"-e", "-o"}}


def tier(program: str) -> str | None:
    """The tier of a program's name, or None: not in the table."""
    return TIERS.get(program)


def allowed(module: str) -> set[str]:
    """The tiers whose programs a module (its path in the project) may start. The bench may ask for those of the system,
    and says what it left out where there are none."""
    suite = {"base", "suite"}
    return suite | {"system"} if module.startswith(("tests/system/", "bench/")) else suite


def started(event: str, arguments: tuple[Any, ...]) -> Iterator[str]:
    """The programs, other than ours, that an audit event of Python is about to start."""
    if event == "os.system":
        yield "a line for a shell"
    elif event in ("subprocess.Popen", "os.exec", "os.posix_spawn", "os.spawn"):
        path, words = arguments[1:3] if event == "os.spawn" else arguments[:2]
        if isinstance(words, (str, bytes, os.PathLike)):
            words = [words]
        yield from _foreign([path, *list(words)[1:]])


def _foreign(words: Sequence[Any]) -> Iterator[str]:
    """What stands behind a starter is started too."""
    starter = before = ""
    for number, word in enumerate(map(os.fsdecode, words)):
        option = number and (word.startswith("-") or before in STARTERS.get(starter, ()))
        before = word
        if option:
            continue
        if not ours(word):
            yield Path(word).name
        starter = Path(word).name
        if starter not in STARTERS:
            return


def ours(program: str) -> bool:
    """Whether a program is Python, or lies in the checkout, among its packages, or where tests put what they make."""
    if Path(program).name.startswith("python") or program == sys.executable:
        return True
    places = (ROOT, Path(sysconfig.get_path("purelib")), Path(tempfile.gettempdir()))
    return os.path.isabs(program) and any(Path(program).is_relative_to(place) for place in places)
