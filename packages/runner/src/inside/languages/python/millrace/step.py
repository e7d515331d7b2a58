"""`pd`: what the handler of a step is given."""

import base64

from .channel import json_text
from .data_store import DataStore


class Flow:
    """What is asked here is done when the step has ended."""

    def __init__(self, channel):
        self._channel = channel

    def _ask(self, call, *args):
        return self._channel.ask({"op": "flow", "call": call, "args": list(args)})

    def exit(self, reason=None):
        return self._ask("exit", reason)

    def delay(self, ms, context=None):
        return self._ask("delay", ms, context)

    def suspend(self, ms=None, context=None):
        return self._ask("suspend", ms, context)

    def rerun(self, ms, context=None, max_retries=None):
        json_text(context, "The context of a rerun")
        return self._ask("rerun", ms, context, max_retries)

    def trigger(self, workflow_id, event=None, opts=None):
        return self._ask("trigger", workflow_id, event, opts)

    def refresh_timeout(self):
        return self._ask("refreshTimeout")


class Send:
    """Each call is checked now, and delivered when the run has ended. Takes a dict, keywords, or both."""

    def __init__(self, channel):
        self._channel = channel

    def _send(self, kind, payload, channel=None):
        json_text(payload, f"What send.{kind} is given")
        self._channel.ask({"op": "send", "kind": kind, "payload": payload, "channel": channel})

    def http(self, request=None, **fields):
        self._send("http", {**(request or {}), **_given(fields)})

    def email(self, subject=None, text=None, html=None, **fields):
        mail = subject if isinstance(subject, dict) else {"subject": subject}
        self._send("email", _given({**mail, "text": text or mail.get("text"), "html": html or mail.get("html"), **fields}))

    def emit(self, event=None, channel=None, raw_event=None):
        self._send("emit", raw_event if event is None else event, channel)

    def sse(self, channel=None, payload=None):
        message = channel if isinstance(channel, dict) else {"channel": channel, "payload": payload}
        self._send("sse", message)

    def s3(self, bucket=None, prefix=None, payload=None):
        whole = bucket if isinstance(bucket, dict) else {"bucket": bucket, "prefix": prefix, "payload": payload}
        self._send("s3", whole)


class Step:
    """One run of one step."""

    def __init__(self, message, channel):
        self._channel = channel
        self.steps = message["steps"]
        self.context = message["context"]
        self.inputs = {name: _input(given, channel) for name, given in message["inputs"].items()}
        self.flow = Flow(channel)
        self.send = Send(channel)

    def export(self, name, value):
        """Exports a value under a name, beside the return value."""
        json_text(value, f'The export "{name}"')
        self._channel.ask({"op": "export", "name": name, "value": value})

    def respond(self, response=None, **fields):
        """Answers the HTTP request that started the run; the first call counts."""
        given = {**(response or {}), **fields}
        body = given.pop("body", None)
        if hasattr(body, "read"):
            body = body.read()
        is_binary = isinstance(body, (bytes, bytearray, memoryview))
        message = {
            "op": "respond",
            "response": given,
            "body": base64.b64encode(body).decode() if is_binary else body,
            "isBase64": is_binary,
        }
        json_text(message, "The response")
        self._channel.ask(message)


def _input(given, channel):
    kind, value = given
    return DataStore(value, channel) if kind == "store" else value


def _given(fields):
    return {name: value for name, value in fields.items() if value is not None}
