"""Calls that block: each has a thread of its own, and waits there."""

import socket
import sys
import threading

from .lines import leave, parse
from .server import Server


class Task:
    """Work that has been begun."""

    def __init__(self, work):
        self.thread = threading.Thread(target=lambda: to_the_end(work()), daemon=True)
        self.thread.start()

    def is_over(self):
        return not self.thread.is_alive()

    async def over(self):
        self.thread.join()


class Gate:
    """What is waited for until it is open."""

    def __init__(self):
        self.event = threading.Event()

    def open(self):
        self.event.set()

    async def passed(self):
        self.event.wait()


def to_the_end(work):
    """Runs a coroutine in which everything blocks, so that nothing is ever awaited."""
    try:
        work.send(None)
    except StopIteration:
        return
    raise RuntimeError("a call has waited that was to block")


class Threads:
    """How a library that blocks is called."""

    start, Gate = Task, Gate

    @staticmethod
    async def call(work, *arguments):
        return work(*arguments)

    @staticmethod
    def giving_up(_deadline_us):
        """A call that blocks cannot be given up."""

    @staticmethod
    async def dial(host, port, _settings):
        connection = socket.create_connection((host, port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection, {"local": "%s:%d" % connection.getsockname()[:2]}


def serve(library):
    """Serves the harness until `bye` or the end of stdin."""
    server = Server(library, Threads)
    for line in sys.stdin.buffer:
        request = parse(line)
        if request:
            server.take(request)
        if request and request["op"] == "bye":
            break
    leave()
