"""`print` of a step: one log line each, however many lines it has."""

import io
import os
import threading

_MAX_CHARS = 8192


class LogStream(io.TextIOBase):
    """Takes the place of sys.stdout or sys.stderr."""

    encoding = "utf-8"
    errors = "strict"

    def __init__(self, name, fd, channel):
        self.name = f"<{name}>"
        self.mode = "w"
        self.buffer = io.BufferedWriter(io.FileIO(fd, "w", closefd=False))
        self._kind = name
        self._fd = fd
        self._channel = channel
        self._lock = threading.RLock()
        self._parts = []
        self._chars = 0

    def write(self, text):
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        with self._lock:
            self._parts.append(text)
            self._chars += len(text)
            if text.endswith("\n") or self._chars > _MAX_CHARS:
                self._send()
        return len(text)

    def _send(self):
        text = "".join(self._parts)
        self._parts = []
        self._chars = 0
        if text:
            self._channel.tell({"op": "log", "kind": self._kind, "text": text})

    def flush(self):
        with self._lock:
            self._send()
        self.buffer.flush()

    def fileno(self):
        return self._fd

    def isatty(self):
        return False

    def writable(self):
        return True


def plain_stream(fd):
    """What a forked child prints to: the same pipe, without frames."""
    return open(os.dup(fd), "w", buffering=1, encoding="utf-8", errors="replace")
