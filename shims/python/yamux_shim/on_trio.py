"""Calls that are awaited, on trio: each is a task of its own."""

import os
import sys

import trio

from .held import HeldClock, Lockstep
from .lines import failure, leave, parse
from .server import Server


class Task:
    """Work that has been begun."""

    def __init__(self, nursery, work):
        self.done = trio.Event()
        nursery.start_soon(self.run, work)

    async def run(self, work):
        await work()
        self.done.set()

    def is_over(self):
        return self.done.is_set()

    async def over(self):
        await self.done.wait()


class Gate:
    """What is waited for until it is open."""

    def __init__(self):
        self.event = trio.Event()

    def open(self):
        self.event.set()

    async def passed(self):
        await self.event.wait()


class GivingUp:
    """What gives up a call, which then leaves its cancel scope."""

    def __init__(self, deadline_us):
        self.deadline = float("inf") if deadline_us is None else trio.current_time() + deadline_us / 1e6
        self.scope, self.is_given_up = None, False

    def give_up(self):
        self.is_given_up = True
        if self.scope:
            self.scope.cancel()

    async def call(self, work, *arguments):
        with trio.CancelScope(deadline=self.deadline) as self.scope:
            if self.is_given_up:
                self.scope.cancel()
            return await work(*arguments)
        raise failure("cancelled" if self.is_given_up else "deadline", "the cancel scope was left")


class Tasks:
    """How a library on trio is called."""

    Gate = Gate

    def __init__(self, nursery):
        self.nursery = nursery

    def start(self, work):
        return Task(self.nursery, work)

    @staticmethod
    async def call(work, *arguments):
        return await work(*arguments)

    @staticmethod
    def giving_up(deadline_us):
        return GivingUp(deadline_us)

    @staticmethod
    async def dial(host, port, settings):
        family = trio.socket.AF_INET6 if ":" in host else trio.socket.AF_INET
        connection = trio.socket.socket(family)
        for side in (trio.socket.SO_SNDBUF, trio.socket.SO_RCVBUF):
            if settings.get("socket_buffer"):
                connection.setsockopt(trio.socket.SOL_SOCKET, side, settings["socket_buffer"])
        try:
            await connection.connect((host, port))
        except OSError:
            connection.close()
            raise
        # It sets TCP_NODELAY.
        return trio.SocketStream(connection), {"local": "%s:%d" % connection.getsockname()[:2]}


class Stdin:
    """What the harness says. Not read by a thread, which would hardly have its turn beside a library that is busy."""

    def __init__(self):
        self.number, self.rest = sys.stdin.fileno(), b""

    async def line(self, is_held):
        """The next line; nothing at the end. In lockstep nothing may go on meanwhile: the whole program waits."""
        while b"\n" not in self.rest:
            try:
                if not is_held:
                    await trio.lowlevel.wait_readable(self.number)
            except PermissionError:
                pass  # A file has all that it will ever have.
            if not (more := os.read(self.number, 1 << 20)):
                line, self.rest = self.rest, b""
                return line
            self.rest += more
        line, end, self.rest = self.rest.partition(b"\n")
        return line + end


def serve(library):
    """Serves the harness until `bye` or the end of stdin."""
    clock = HeldClock()
    trio.run(take_all, library, clock, clock=clock)


async def take_all(library, clock):
    async with trio.open_nursery() as nursery:
        lockstep = Lockstep(clock)
        server = Server(library, Tasks(nursery), lockstep)
        stdin = Stdin()
        while line := await stdin.line(lockstep.ends):
            request = parse(line)
            if request is None:
                continue
            if lockstep.ends or request.get("clock") == "lockstep":
                await lockstep.take(request, server)
            else:
                server.take(request)
            if request["op"] == "bye":
                break
        leave()
