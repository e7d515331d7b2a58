"""A data store as steps see it: a dict whose records live on the server."""

from .channel import json_text

ABSENT = object()


class DataStore:
    """Every access asks the server. Changing a value that was read changes nothing: store it again."""

    def __init__(self, store, channel):
        self._store = store
        self._channel = channel

    def _call(self, method, **params):
        message = {"op": "call", "method": f"dataStore.{method}", "params": {"store": self._store, **params}}
        return self._channel.ask(message)

    def _pages(self, method, field):
        after = None
        while True:
            page = self._call(method, after=after)
            yield from page[field]
            after = page.get("next")
            if after is None:
                return

    def get(self, key, default=None):
        found = self._call("get", key=_key(key))
        return found["value"] if found["found"] else default

    def __getitem__(self, key):
        value = self.get(key, ABSENT)
        if value is ABSENT:
            raise TypeError(f"the data store has no record {key!r}")
        return value

    def __contains__(self, key):
        return self._call("has", key=_key(key))

    def __setitem__(self, key, value):
        self.set(key, value)

    def set(self, key, value, ttl=None):
        """Stores a value; `ttl` is in seconds, None means for good."""
        self._call("set", key=_key(key), value=_value(key, value), ttlSeconds=_seconds(ttl))

    def set_ttl(self, key, ttl=None):
        """Changes when a record expires; None means never. Returns whether there is such a record."""
        return self._call("setTtl", key=_key(key), ttlSeconds=_seconds(ttl))

    def __delitem__(self, key):
        self._call("delete", key=_key(key))

    def keys(self):
        return self._pages("keys", "keys")

    def values(self):
        return (value for _, value in self.items())

    def items(self):
        return ((key, value) for key, value in self._pages("entries", "entries"))

    def __iter__(self):
        return self.keys()

    def __len__(self):
        return sum(1 for _ in self.keys())

    def __bool__(self):
        return True

    def clear(self):
        self._call("clear")

    def incr(self, key, by=1):
        """Adds to a number, which starts at 0, in one step. Returns the new number."""
        if isinstance(by, bool) or not isinstance(by, (int, float)):
            raise TypeError("incr() takes a number")
        return self._call("increment", key=_key(key), by=by)

    def compare_and_set(self, key, expected=ABSENT, value=ABSENT):
        """Stores `value` if what is stored equals `expected`; leaving either out stands for no record."""
        params = {"expected": expected, "value": value}
        given = {name: _value(key, item) for name, item in params.items() if item is not ABSENT}
        return self._call("compareAndSet", key=_key(key), **given)


def _key(key):
    return key if isinstance(key, str) else str(key)


def _value(key, value):
    if value is not None and not isinstance(value, (str, int, float)):
        json_text(value, f"The record {key!r}")
    return value


def _seconds(ttl):
    if ttl is None:
        return None
    if isinstance(ttl, bool) or not isinstance(ttl, (int, float)) or not ttl > 0:
        raise TypeError("ttl is a number of seconds above 0")
    return ttl
