"""Host commands for what a browser cannot do: leaving kiosk mode, opening the network settings.

These commands of this machine are set in `kiosk.cfg` ([kiosk] leave_command, network_command), run detached and without
a shell, and only for a browser on this very machine: on a tablet across the room they would act on the wrong screen.
"""

from __future__ import annotations

import ipaddress
import logging
import os
import shlex
import subprocess
import threading

log = logging.getLogger(__name__)


def is_local_address(address: str | None) -> bool:
    """Whether a request from `address` comes from this machine."""
    try:
        return address is not None and ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def split_command(command: str) -> list[str]:
    """A command line as program and arguments: quotes hold words together, nothing else is special; on Windows a
    backslash is a part of a path."""
    if os.name == "nt":
        return [word.strip('"') for word in shlex.split(command, posix=False)]
    return shlex.split(command)


def start_command(command: str) -> bool:
    """Start `command` and do not wait for it; whether it could be started."""
    try:
        program = split_command(command)
        if not program:
            return False
        if os.name == "nt":
            running = subprocess.Popen(program, stdin=subprocess.DEVNULL, creationflags=0x00000208)  # detached
        else:
            running = subprocess.Popen(
                program, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                start_new_session=True,
            )  # fmt: skip
    except (OSError, ValueError) as error:
        log.error("local command not started: %s", type(error).__name__)
        return False
    threading.Thread(target=running.wait, daemon=True).start()  # it is taken note of when it ends
    return True
