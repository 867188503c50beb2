"""Requests about the process and its sessions."""

import functools
import platform

from .lines import answer, answer_later, fault, needed, refuse, say, unsupported
from .session import ACTIONS, Session

SETTINGS = ["accept_backlog", "close_resets", "connection_write_timeout_us", "keep_alive_interval_us",
            "max_frame_size", "max_streams", "max_window", "next_stream_id", "socket_buffer", "stream_close_timeout_us", "stream_open_timeout_us"]
OFF_AT_ZERO = ["keep_alive_interval_us", "stream_close_timeout_us", "stream_open_timeout_us"]
MISSING = "this shim does not have it yet"


class Server:
    """`tasks` is how calls are made, and `lockstep` where time stands still, if that can be had."""

    def __init__(self, library, tasks, lockstep=None):
        self.library, self.tasks, self.lockstep = library, tasks, lockstep
        self.sessions = {}  # By name; None while a session is made or ended.

    def take(self, request):
        answer(request, lambda: self.carry_out(request))

    def carry_out(self, request):
        """What is to be answered at once; None if an answer comes later."""
        library, op = self.library, request["op"]
        if op == "hello":
            return self.hello(request)
        if op == "session":
            return self.begin_session(request)
        if op == "bye":
            return {}
        if op != "end" and op not in library.ACTIONS:
            raise unsupported(self.lack(op) if op in ACTIONS else f"there is no operation {op!r}")
        session = self.sessions.get(needed(request, "session"))
        if not session:
            raise fault(f"there is no session {request['session']!r}")
        if op == "end":
            self.sessions[session.name] = None
            self.tasks.start(lambda: answer_later(request, lambda: self.end(session)))
            return None
        return session.act(request, op)

    def hello(self, request):
        library = self.library
        if 1 not in (request.get("protocols") or []):
            raise unsupported("this shim speaks protocol 1")
        made = {"name": library.NAME, "library": library.LIBRARY, "version": library.VERSION}
        missing = [one for one in ACTIONS + SETTINGS if one not in library.ACTIONS + library.SETTINGS]
        return {"protocol": 1, "implementation": {**made, "language": "Python " + platform.python_version()},
                "sides": ["client", "server"], "clocks": ["live"] + ["lockstep"] * bool(self.lockstep),
                "lockstep_pairs": bool(self.lockstep), "actions": library.ACTIONS,
                "abilities": getattr(library, "ABILITIES", []), "settings": library.SETTINGS,
                "habits": library.HABITS,
                "unsupported": [{"name": one, "reason": self.lack(one)} for one in missing]}

    def lack(self, name):
        return self.library.LACKS.get(name, MISSING)

    def settings(self, wanted):
        settings = {}
        for key, value in (wanted or {}).items():
            if value is None or value is False:
                continue  # It asks for nothing.
            if key in self.library.SETTINGS:
                settings[key] = value
            elif not (value == 0 and key in OFF_AT_ZERO):
                raise unsupported(self.lack(key) if key in SETTINGS else f"there is no setting {key!r}")
        return settings

    def begin_session(self, request):
        name, side, clock = needed(request, "session"), needed(request, "side"), request.get("clock", "live")
        settings = self.settings(request.get("settings"))
        if side not in ("client", "server"):
            raise fault("the side is wrong")
        if clock == "lockstep" and self.lockstep:
            connect = functools.partial(self.lockstep.connect, name, settings)
        elif clock == "live":
            host, _, port = needed(request, "dial").rpartition(":")
            if not port.isdigit():
                raise fault("the address is wrong")
            connect = functools.partial(self.tasks.dial, host.strip("[]"), int(port), settings)
        else:
            raise fault("the clock is wrong")
        if name in self.sessions:
            raise fault("there is such a session already")
        self.sessions[name] = None
        self.tasks.start(lambda: self.make(request, name, connect, side, settings))

    async def make(self, request, name, connect, side, settings):
        try:
            connection, told = await connect()
            yamux = self.library(connection, side, settings)
            if hasattr(yamux, "begin"):
                await yamux.begin(self.tasks.start)
        except Exception as error:
            del self.sessions[name]
            refuse(request, fault(f"cannot dial: {error}") if isinstance(error, OSError) else error)
            return
        self.sessions[name] = session = Session(name, yamux, self.tasks)
        say(id=request["id"], ok=told)
        session.announced.open()

    def is_ended(self, name):
        return name not in self.sessions

    async def end(self, session):
        await session.end()
        del self.sessions[session.name]
        return {}
