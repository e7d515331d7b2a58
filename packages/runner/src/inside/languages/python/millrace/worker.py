"""The worker: reads one step after the other, runs it, and tells how it ended."""

import linecache
import os
import sys
import threading
import types

from . import errors
from .channel import Channel, json_text
from .output import LogStream, plain_stream
from .step import Step

_CHANNEL_FD = 3


def serve(memory_bytes=None):
    """Runs steps until the other side is gone."""
    if memory_bytes:
        _limit_memory(memory_bytes)
    worker = Worker(Channel(_CHANNEL_FD))
    worker.install()
    while True:
        message = worker.channel.read()
        if message is None:
            os._exit(0)
        worker.run(message)


def _limit_memory(memory_bytes):
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    most = memory_bytes if hard == resource.RLIM_INFINITY else min(memory_bytes, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))


class Worker:
    def __init__(self, channel):
        self.channel = channel
        self._stdout = LogStream("stdout", 1, channel)
        self._stderr = LogStream("stderr", 2, channel)
        self._base_env = dict(os.environ)
        self._home = os.getcwd()
        self._sources = {}
        self._compiled = {}
        self._path = list(sys.path)

    def install(self):
        sys.argv = [""]
        os.register_at_fork(after_in_child=self._leave_to_child)

    def _leave_to_child(self):
        self.channel.forget()
        sys.stdout, sys.stderr = plain_stream(1), plain_stream(2)

    def run(self, message):
        """Runs one step and tells its end."""
        pid = os.getpid()
        self._prepare(message)
        end = {"op": "end"}
        returned = None
        try:
            try:
                self.channel.open()
                value = self._call(message)
                returned = None if value is None else json_text(value, "The return value")
            finally:
                self._flush()
        except SystemExit as error:
            if error.code not in (None, 0):
                end["error"] = errors.describe(error)
        except BaseException as error:
            end["error"] = errors.describe(error)
        if os.getpid() != pid:
            os._exit(0)
        self.channel.close()
        end["threads"] = [thread.name for thread in threading.enumerate() if thread is not threading.main_thread()]
        text = json_text(end, "The end")
        self.channel.write(text if returned is None else f'{text[:-1]},"value":{returned}}}')

    def _prepare(self, message):
        env = {**self._base_env, **message["env"]}
        if dict(os.environ) != env:
            os.environ.clear()
            os.environ.update(env)
        os.chdir(self._home)
        sys.path[:] = self._path
        sys.stdout, sys.stderr = self._stdout, self._stderr

    def _call(self, message):
        code = self._compile(message)
        step = Step(message, self.channel)
        self._offer_helpers(step)
        module = types.ModuleType("__main__")
        module.__file__ = code.co_filename
        sys.modules["__main__"] = module
        exec(code, module.__dict__)
        handler = module.__dict__.get("handler")
        if not callable(handler):
            return None
        value = handler(step)
        if hasattr(value, "__await__"):
            import asyncio

            return asyncio.run(_awaited(value))
        return value

    def _compile(self, message):
        """Each step's code is sent once, and compiled once if it compiles."""
        key = message["code"]
        self._sources[key] = source = message.get("source") or self._sources.get(key, "")
        filename = f"{message['name']}.py"
        if key not in self._compiled:
            linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
            errors.check_packages(source)
            self._compiled[key] = compile(source, filename, "exec", dont_inherit=True)
        return self._compiled[key]

    def _offer_helpers(self, step):
        from pipedream import script_helpers

        script_helpers.steps = step.steps
        script_helpers.export = step.export

    def _flush(self):
        for stream in (sys.stdout, sys.stderr, self._stdout, self._stderr):
            try:
                stream.flush()
            except Exception:
                pass


async def _awaited(value):
    return await value
