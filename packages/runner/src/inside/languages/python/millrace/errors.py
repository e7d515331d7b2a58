"""Tells users about their errors in terms of their own code: our frames do not show."""

import os
import re

_OWN_DIR = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_MAX_CHAIN = 10


def describe(error):
    """Name, message and traceback of an exception, as plain data."""
    import traceback

    told = traceback.TracebackException.from_exception(error)
    _hide_own(told, 0)
    return {
        "name": getattr(error, "millrace_name", None) or type(error).__name__,
        "message": _message(error),
        "stack": "".join(told.format()).rstrip("\n"),
        "ref": getattr(error, "millrace_ref", None),
    }


def _hide_own(told, depth):
    import traceback

    if told is None or depth > _MAX_CHAIN:
        return
    users = [frame for frame in told.stack if not frame.filename.startswith((_OWN_DIR, "<frozen"))]
    told.stack = traceback.StackSummary.from_list(users)
    for linked in (told.__cause__, told.__context__, *(getattr(told, "exceptions", None) or [])):
        _hide_own(linked, depth + 1)


def _message(error):
    try:
        text = str(error)
    except Exception:
        text = "an exception that cannot be read"
    if isinstance(error, SystemExit):
        return f"sys.exit({text}) ended the step"
    if isinstance(error, ModuleNotFoundError) and error.name and "." not in error.name:
        return f"{text}. {missing_package(error.name)}"
    return text or type(error).__name__


def missing_package(name):
    return (
        f'The package "{name}" is not installed: steps have the standard library of Python, and what is installed '
        "for the python3 of the machine that runs them."
    )


_ADD_PACKAGE = re.compile(r"^\s*#\s*pipedream\s+add-package\s+(.+?)\s*$", re.MULTILINE)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def check_packages(source):
    """Raises ModuleNotFoundError for a package that a comment `# pipedream add-package …` asks for and that is not there."""
    if "add-package" not in source:
        return
    from importlib import metadata

    for wanted in _ADD_PACKAGE.findall(source):
        name = _NAME.match(wanted)
        if name is None:
            continue
        try:
            metadata.version(name.group())
        except metadata.PackageNotFoundError:
            raise ModuleNotFoundError(missing_package(name.group())) from None
