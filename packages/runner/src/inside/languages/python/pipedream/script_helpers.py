"""The older style of Python steps: `from pipedream.script_helpers import (steps, export)`."""

steps = {}


def export(name, value):
    """Replaced in each step by one that records."""
    raise RuntimeError("export() works in steps only")
