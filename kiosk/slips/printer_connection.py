"""The line to a printer: a socket or a device, on which nothing waits longer than it was given.

Both ways at once: what the printer says is read while it is written to, so that neither waits for the other.
"""

from __future__ import annotations

import contextlib
import os
import re
import selectors
import socket
import stat
import struct
import sys
import time

if sys.platform == "win32":
    DEVICES = False
else:
    import fcntl
    import termios
    import tty

    #: Whether devices can be opened without waiting for them.
    DEVICES = True
    #: What a serial line's speed is called here → bits a second.
    _SPEEDS = {getattr(termios, name): int(name[1:]) for name in dir(termios) if re.fullmatch(r"B\d+", name)}

_TCP = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9][A-Za-z0-9.-]*):(?P<port>\d{2,5})")
#: No more than so many bytes stand between this machine and the printer: what was handed over was taken, or nearly so.
_AHEAD = 16_384
_PIECE = 4_096


class PrinterGone(OSError):
    """The other end broke the line off; what stood between may be lost."""


def parse_network_address(printer: str) -> tuple[str, int] | None:
    """Host and port of `host:9100`; None for a device."""
    match = _TCP.fullmatch(printer)
    return (match["host"].strip("[]"), int(match["port"])) if match else None


class PrinterConnection:
    """An open line. `hears`: the printer can answer on it; `closed`: it said that it takes and says no more; `rate`:
    the most bytes a second that it carries, where it is a slow one. Every `until` is a moment of `time.monotonic()`."""

    def __init__(self, file: int, line: socket.socket | None, *, hears: bool, rate: float | None = None) -> None:
        self._file, self._socket, self.hears, self.closed, self.rate = file, line, hears, False, rate

    @classmethod
    def open(cls, printer: str, seconds: float) -> PrinterConnection:
        """The line to `host:9100`, or to a device. OSError; nothing is made at a path where no device is."""
        address = parse_network_address(printer)
        if address is not None:
            try:
                line = socket.create_connection(address, seconds)
            except (OverflowError, ValueError) as error:  # no such port, no such name
                raise OSError(str(error)) from error
            line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _AHEAD)
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            line.setblocking(False)
            return cls(line.fileno(), line, hears=True)
        return _device(printer)

    def write(self, data: bytes, until: float, heard: bytearray) -> int:
        """Hand over `data`, putting what the printer says meanwhile into `heard`; returns how much of it was handed
        over when the time ended, or when the printer closed. Raises `PrinterGone`."""
        done, view = 0, memoryview(data)
        while done < len(data) and not self.closed:
            ready = self._wait(selectors.EVENT_WRITE | self._reading, until)
            if ready & selectors.EVENT_READ:
                heard += self._read()
            if ready & selectors.EVENT_WRITE and not self.closed:
                done += self._write(view[done : done + _PIECE])
            if not ready:
                break
        return done

    def read(self, until: float) -> bytes:
        """What the printer says next; nothing when the time ended, or when it closed."""
        ready = self._reading and self._wait(selectors.EVENT_READ, until)
        return self._read() if ready else b""

    def settle(self, until: float) -> bool:
        """Whether the other end has taken everything that was handed over, when the time ends at the latest. Raises
        `PrinterGone` where it was broken off meanwhile."""
        while (left := self._left()) and time.monotonic() < until:
            time.sleep(0.01)
        error = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) if self._socket is not None else 0
        if error:
            raise PrinterGone(error, os.strerror(error))
        return not left

    def finish(self) -> None:
        """Say that nothing more comes."""
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_WR)

    def drop(self) -> None:
        """Close at once: what stands between here and the printer is thrown away, so that it prints no rest later."""
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif DEVICES:
            with contextlib.suppress(OSError, termios.error):
                termios.tcflush(self._file, termios.TCOFLUSH)
        self.close()

    def close(self) -> None:
        """Close; what was handed over goes its way."""
        if self._socket is not None:
            self._socket.close()
        else:
            with contextlib.suppress(OSError):
                os.close(self._file)

    @property
    def _reading(self) -> int:
        return selectors.EVENT_READ if self.hears and not self.closed else 0

    def _wait(self, events: int, until: float) -> int:
        """What is ready, or 0 when the time ended."""
        left = until - time.monotonic()
        if left <= 0:
            return 0
        with _selector() as ready:
            ready.register(self._file, events)
            return next((mask for _key, mask in ready.select(left)), 0)

    def _read(self) -> bytes:
        try:
            raw = self._socket.recv(_PIECE) if self._socket is not None else os.read(self._file, _PIECE)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise PrinterGone(error.errno, error.strerror) from error
        if not raw:
            if self._socket is None:
                self.hears = False  # a device that has nothing to say
            else:
                self.closed = True
        return raw

    def _write(self, piece: memoryview) -> int:
        try:
            return self._socket.send(piece) if self._socket is not None else os.write(self._file, piece)
        except BlockingIOError:
            return 0
        except OSError as error:
            raise PrinterGone(error.errno, error.strerror) from error

    def _left(self) -> int:
        """Bytes that were handed over and not taken yet, as far as this system says."""
        if not DEVICES:
            return 0
        try:
            return int(struct.unpack("i", fcntl.ioctl(self._file, termios.TIOCOUTQ, b"\0" * 4))[0])
        except OSError:
            return 0


def _selector() -> selectors.BaseSelector:
    """One that also knows devices and files, where the system has it."""
    best: type[selectors.BaseSelector] = getattr(selectors, "PollSelector", selectors.SelectSelector)
    return best()


def _device(printer: str) -> PrinterConnection:
    """The line to a device, which is never waited for. One that cannot answer is written to alone."""
    if not DEVICES:
        raise OSError("devices of this system are written to in a thread")
    try:
        kind = os.stat(printer).st_mode
    except ValueError as error:
        raise OSError(str(error)) from error
    never = os.O_NONBLOCK | os.O_NOCTTY
    hears, file = stat.S_ISCHR(kind), -1
    if hears:
        try:
            file = os.open(printer, os.O_RDWR | never)
        except PermissionError:
            hears = False
    if file < 0:
        file = os.open(printer, os.O_WRONLY | never)
    rate = None
    if os.isatty(file):
        tty.setraw(file)  # a line feed in a picture is a row of dots, and what the printer says is not echoed to it
        rate = _SPEEDS.get(termios.tcgetattr(file)[5], 9_600) / 12
    return PrinterConnection(file, None, hears=hears, rate=rate)
