"""The shim protocol of yamux-conform. There is nothing to fill in here: that is in shim.py."""

import json
import os
import platform
import socket
import struct
import sys
import threading
import traceback
import zlib


class No(Exception):
    """What is answered instead of `ok`: its key, and its fields."""


def failure(error_class, native):
    """The library said no: a class of the protocol's list, and the library's own words."""
    return No("err", {"class": error_class, "native": str(native)})


def unsupported(reason):
    return No("unsupported", {"reason": reason})


def fault(message):
    return No("fault", {"message": message})


OF_SESSION = ["close_session", "count_streams", "go_away", "ping"]
OF_STREAM = ["close", "half_close", "reset"]
ACTIONS = ["accept", "drop", "open", "read", "set_deadline", "write", *OF_SESSION, *OF_STREAM]
SETTINGS = ["accept_backlog", "close_resets", "connection_write_timeout_us", "keep_alive_interval_us",
            "max_window", "socket_buffer", "stream_close_timeout_us", "stream_open_timeout_us"]
OFF_AT_ZERO = ["keep_alive_interval_us", "stream_close_timeout_us", "stream_open_timeout_us"]
MISSING = "this shim does not have it yet"
LATER = object()  # What a request returns that is answered by a thread of its own.
MOST_BYTES = 1 << 28  # Bounds the one buffer that a call needs.
output = threading.Lock()
sessions = {}  # By name; None while a session is made or ended.


def say(**line):
    with output:
        print(json.dumps(line), flush=True)


def answer(request, work):
    """Does the work, and answers with what comes of it."""
    try:
        told = work()
        if told is not LATER:
            say(id=request["id"], ok=told or {})
    except Exception as error:
        key, fields = as_no(error).args
        say(id=request["id"], **{key: fields})


def as_no(error):
    """Whatever was raised, as an answer. What is no `No` comes from the library, and has no class yet."""
    if isinstance(error, No):
        return error
    traceback.print_exc()
    return failure("unclassified", repr(error))


def needed(request, field, kind=str):
    if type(request.get(field)) is not kind or (kind is int and not 0 <= request[field] <= MOST_BYTES):
        raise fault(f"{field!r} is missing or wrong")
    return request[field]


class Session:
    def __init__(self, name, yamux):
        self.name, self.yamux, self.streams, self.last, self.threads = name, yamux, {}, {}, []

    def begin(self, request, work, kind=None):
        """Makes a call, after the one of the same kind that was asked for before it."""
        before = self.last.get(kind) if kind else None
        thread = threading.Thread(target=lambda: (before and before.join(), answer(request, work)), daemon=True)
        self.last[kind], self.threads = thread, [one for one in self.threads if one.is_alive()] + [thread]
        thread.start()
        return LATER

    def watch(self):
        say(event="session_end", session=self.name, **self.yamux.wait().args[1])

    def end(self):
        self.yamux.end()
        for thread in self.threads:
            thread.join()
        del sessions[self.name]

    def label(self, label, ask):
        try:
            self.streams[label] = ask()
        except BaseException:
            del self.streams[label]
            raise
        return {"stream_number": self.streams[label].number}

    def act(self, request, op):
        if op in OF_SESSION:
            told = (lambda count: {"streams": count}) if op == "count_streams" else (lambda nothing: {})
            return self.begin(request, lambda: told(getattr(self.yamux, op)()))
        label = needed(request, "stream")
        if op in ("open", "accept"):
            if label in self.streams:
                raise fault("the label is taken")
            self.streams[label] = None
            return self.begin(request, lambda: self.label(label, getattr(self.yamux, op)), op)
        stream = self.streams.get(label)
        if not stream:
            raise fault(f"there is no stream {label!r}")
        if op in OF_STREAM:
            return self.begin(request, getattr(stream, op))
        if op == "drop":
            del self.streams[label]
            return {}
        if op == "set_deadline":
            return stream.set_deadline(request)
        if op == "read" and request.get("to_end") is True:
            size, times = needed({"chunk": 65536, **request}, "chunk", int), None
        else:
            size, times = needed(request, "bytes", int), needed({"times": 1, **request}, "times", int)
        return self.begin(request, lambda: transfer(stream, request, op, size, times), (op, label))


def transfer(stream, request, op, size, times):
    done = {"bytes": 0, **({"crc32": 0} if op == "read" else {})}
    try:
        (read if op == "read" else write)(stream, request, size, times, done)
    except Exception as error:
        no = as_no(error)
        if no.args[0] == "err":
            no.args[1].update(done)
        raise no from error
    return done


def write(stream, request, size, times, done):
    for _ in range(times):
        left = pattern(request.get("seed") or 0, (request.get("offset") or 0) + done["bytes"], size)
        while True:
            took = stream.write(left)
            left, done["bytes"] = left[took:], done["bytes"] + took
            if done["bytes"] < size * times:
                say(event="progress", of=request["id"], bytes=done["bytes"])
            if not left:
                break


def read(stream, request, size, times, done):
    total = None if times is None else size * times
    while done["bytes"] != total:
        got = stream.read(size if times is None else size - done["bytes"] % size)
        if not got and times is None:
            return
        if not got:
            raise failure("eof", "the end of the stream")
        done["bytes"], done["crc32"] = done["bytes"] + len(got), zlib.crc32(got, done["crc32"])
        if done["bytes"] != total:
            say(event="progress", of=request["id"], bytes=done["bytes"])


def pattern(seed, offset, count):
    """The payload pattern. All words at once, each in 64 bits of one long number: so it takes no loop of Python."""
    words, step, mask = (offset % 4 + count + 3) // 4, 0x9E3779B9, 0xFFFFFFFF
    first = (seed + offset // 4 * step) & mask
    every = int.from_bytes(struct.pack("<Q", mask) * words, "little")
    x = int.from_bytes(struct.pack(f"<{words}Q", *range(first, first + words * step, step)), "little") & every
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B), (16, 1)):
        x = ((x ^ x >> shift) & every) * factor & every
    halves = memoryview(x.to_bytes(8 * words, "little")).cast("I")
    return halves[::2].tobytes()[offset % 4:offset % 4 + count]


def begin_session(request, library):
    name, side = needed(request, "session"), needed(request, "side")
    host, _, port = needed(request, "dial").rpartition(":")
    if side not in ("client", "server") or not port.isdigit() or request.get("clock", "live") != "live":
        raise fault("the side, the address or the clock is wrong")
    settings = {}
    for key, value in (request.get("settings") or {}).items():
        if value is None or value is False:
            continue  # It asks for nothing.
        if key in library.SETTINGS:
            settings[key] = value
        elif not (value == 0 and key in OFF_AT_ZERO):
            raise unsupported(f"setting {key!r}: {MISSING if key in SETTINGS else 'there is no such setting'}")
    if name in sessions:
        raise fault("there is such a session already")
    sessions[name] = None

    def dial():
        try:
            connection = socket.create_connection((host.strip("[]"), int(port)))
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            session = Session(name, library(connection, side, settings))
        except BaseException as error:
            del sessions[name]
            raise fault(f"cannot dial: {error}") if isinstance(error, OSError) else error
        session.threads.append(threading.current_thread())
        sessions[name] = session
        say(id=request["id"], ok={"local": "%s:%d" % connection.getsockname()[:2]})
        session.watch()
        return LATER

    threading.Thread(target=answer, args=(request, dial), daemon=True).start()
    return LATER


def carry_out(request, library):
    op = request["op"]
    if op == "hello":
        if 1 not in (request.get("protocols") or []):
            raise unsupported("this shim speaks protocol 1")
        made = {"name": library.NAME, "library": library.LIBRARY, "version": library.VERSION}
        missing = [one for one in ACTIONS + SETTINGS if one not in library.ACTIONS + library.SETTINGS]
        return {"protocol": 1, "implementation": {**made, "language": "Python " + platform.python_version()},
                "sides": ["client", "server"], "clocks": ["live"],
                "actions": library.ACTIONS, "settings": library.SETTINGS, "habits": library.HABITS,
                "unsupported": [{"name": one, "reason": MISSING} for one in missing]}
    if op == "session":
        return begin_session(request, library)
    if op == "bye":
        return {}
    if op != "end" and op not in library.ACTIONS:
        raise unsupported(MISSING if op in ACTIONS else f"there is no operation {op!r}")
    session = sessions.get(needed(request, "session"))
    if not session:
        raise fault(f"there is no session {request['session']!r}")
    if op != "end":
        return session.act(request, op)
    sessions[session.name] = None
    threading.Thread(target=answer, args=(request, session.end), daemon=True).start()
    return LATER


def serve(library):
    """Serves the harness until `bye` or the end of stdin."""
    for line in sys.stdin.buffer:
        try:
            request = json.loads(line)
            if type(request["id"]) is not int or type(request["op"]) is not str:
                raise TypeError("no id or no op")
        except (ValueError, TypeError, KeyError) as error:
            say(event="fault", message=f"not a request: {error!r}")
            continue
        answer(request, lambda: carry_out(request, library))
        if request["op"] == "bye":
            break
    os._exit(0)  # Calls that wait are given up with the process.
