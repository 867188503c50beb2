"""Lockstep on trio: a clock that can be held, and the steps that move it."""

import base64
import math
import time

import trio
import trio.testing

from . import lines
from .lines import answer, fault, refuse
from .memory import Memory

BEGINNING = 65536.0  # What time it is when a session begins. A clock of trio never begins at 0, and libraries count on it.
USUAL_CAPACITY = 256 << 10  # What a session's connection holds if it is not told: a window.


class HeldClock(trio.abc.Clock):
    """The clock of the machine, until it is held."""

    held = None  # What time it is, while it is held.
    due = math.inf  # When the next timer goes off, as of the last time that all tasks waited.

    def start_clock(self):
        pass

    def current_time(self):
        return time.perf_counter() if self.held is None else self.held

    def deadline_to_sleep_time(self, deadline):
        if self.held is None:
            return deadline - time.perf_counter()
        # trio asks this whenever all tasks wait, about the first deadline that there is.
        self.due = deadline
        return 0 if deadline <= self.held else 999999999

    def now_ns(self):
        return round((self.held - BEGINNING) * 1e9)


class Lockstep:
    """The sessions whose time stands still between two steps."""

    def __init__(self, clock):
        self.clock, self.heard = clock, 0
        self.ends = {}  # The transports of the sessions there are, by name.

    async def connect(self, name, settings):
        self.ends[name] = Memory(settings.get("socket_buffer") or USUAL_CAPACITY)
        return self.ends[name], {}

    async def take(self, request, server):
        """Carries out a request, and lets everything run that can run without time passing."""
        if not self.ends:
            self.clock.held = BEGINNING
            be_repeatable()
        if request["op"] == "step":
            await self.step(request)
            return
        server.take(request)
        await trio.testing.wait_all_tasks_blocked()
        if request["op"] == "end":
            # The library may take its time to close.
            while not server.is_ended(request.get("session")) and self.clock.due < math.inf:
                await self.pass_time(math.inf)
        for name in [name for name in self.ends if server.is_ended(name)]:
            del self.ends[name]
        if not self.ends:
            self.clock.held = None

    async def step(self, request):
        end = self.ends.get(request.get("session"))
        if not end:
            refuse(request, fault("there is no such session in lockstep"))
            return
        end.put(base64.b64decode(request.get("deliver") or ""), request.get("segment"))
        if request.get("end"):
            end.end_input(request["end"])
        await trio.testing.wait_all_tasks_blocked()
        end.room = math.inf if request.get("room") is None else request["room"]
        until = request.get("until_ns") or 0
        while self.clock.now_ns() < until and not self.is_news():
            await self.pass_time(BEGINNING + until / 1e9)
        out = end.take(None if end.room == math.inf else end.room)
        end.room -= len(out)
        if out:
            await trio.testing.wait_all_tasks_blocked()
        told = {"now_ns": self.clock.now_ns()}
        if out:
            told["out"] = base64.b64encode(out).decode()
        if end.out:
            told["left"] = len(end.out)
        elif end.has_ended():
            told["end"], end.is_told = "eof", True
        answer(request, lambda: told)
        self.heard = lines.said

    async def pass_time(self, until):
        """Lets time pass to the next timer, or to `until` if that is sooner."""
        # The sum of two times is not exact to the last bit: a timer that is off by less than half a nanosecond is due.
        self.clock.held = self.clock.due if self.clock.due <= until + 5e-10 else until
        await trio.testing.wait_all_tasks_blocked()

    def is_news(self):
        return lines.said != self.heard or any(end.is_news() for end in self.ends.values())


def be_repeatable():
    """Has trio order tasks the same way every time, as it does for Hypothesis, which can ask for it by no other name."""
    trio._core._run._ALLOW_DETERMINISTIC_SCHEDULING = True
    trio._core._run._r.seed(0)
