"""Frames to and from the program that started us: u32le length, then JSON."""

import json
import os
import threading

_encode = json.JSONEncoder(allow_nan=False, ensure_ascii=False, separators=(",", ":")).encode
_encode_ascii = json.JSONEncoder(allow_nan=False, separators=(",", ":")).encode
_decode = json.JSONDecoder().decode


class StepError(RuntimeError):
    """What was asked for was refused."""


# What the other side calls its errors, in terms of Python.
_CLASSES = {"TypeError": TypeError, "RangeError": ValueError}


class Channel:
    """One conversation on a socket. Whoever asks waits for the answer; others wait for their turn."""

    def __init__(self, fd):
        os.set_inheritable(fd, False)
        self._fd = fd
        self._reader = open(fd, "rb", buffering=65536, closefd=False)
        self._turn = threading.Lock()
        self._writing = threading.Lock()
        self.is_open = False

    def read(self):
        """The next message, as parsed; None when the other side is gone."""
        head = self._reader.read(4)
        if len(head) < 4:
            return None
        return _decode(self._reader.read(int.from_bytes(head, "little")).decode())

    def write(self, text):
        try:
            body = text.encode()
        except UnicodeEncodeError:
            # A lone surrogate has no UTF-8 form, but an escape.
            body = _encode_ascii(_decode(text)).encode()
        frame = memoryview(len(body).to_bytes(4, "little") + body)
        with self._writing:
            while frame:
                frame = frame[os.write(self._fd, frame) :]

    def tell(self, message):
        self.write(_encode(message))

    def ask(self, message):
        """Sends and waits for the answer. Raises what the other side refused it with."""
        text = _encode(message)
        with self._turn:
            if not self.is_open:
                raise StepError("the step has ended: wait for what still runs before you return")
            self.write(text)
            answer = self.read()
        if answer is None:
            os._exit(0)
        if "error" not in answer:
            return answer.get("result")
        error = answer["error"]
        refused = _CLASSES.get(error["name"], StepError)(error["message"])
        if isinstance(refused, StepError):
            refused.millrace_name = error["name"]
        refused.millrace_ref = error["ref"]
        raise refused

    def open(self):
        self.is_open = True

    def close(self):
        """Waits for who is speaking, and lets nobody ask any more."""
        with self._turn:
            self.is_open = False

    def forget(self):
        """In a forked child: the conversation is not ours."""
        self.is_open = False
        os.close(self._fd)


def json_text(value, what):
    """JSON text of a value. Raises TypeError saying what it was for."""
    try:
        return _encode(value)
    except RecursionError:
        raise TypeError(f"{what} cannot be JSON: it is nested too deeply") from None
    except (TypeError, ValueError) as error:
        raise TypeError(f"{what} cannot be JSON: {error}") from None
