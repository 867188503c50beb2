#!/usr/bin/env python3
"""A shim for yamux-conform. As it stands it speaks the protocol, and every call of the library is unsupported.

Fill in what is marked, list in `ACTIONS` and `SETTINGS` what you have filled in, and look now and then what
`yamux-conform shim check -- python3 shim.py` says. What each call must do is in `docs/writing-a-shim.md`.

A call may wait for as long as the library does: it has a thread of its own. (For a library on trio, take `serve` from
`yamux_shim.on_trio`: each call is a task then, and each method here `async`.) Where the library says no, raise
`failure(class, its own words)`; any other exception is told as `unclassified`, which fails every case.
"""

import socket

from yamux_shim import failure, unsupported
from yamux_shim.threads import serve


class Yamux:
    """FILL IN: a session of the library."""

    NAME = "my-yamux"
    LIBRARY = "the library as its registry calls it"
    VERSION = "the version that is really installed"  # FILL IN: ask importlib.metadata.version
    ACTIONS = []  # of yamux_shim.session.ACTIONS
    SETTINGS = []  # of yamux_shim.server.SETTINGS
    HABITS = []  # of "buffered_writes", "own_pings" and "polls"
    LACKS = {}  # FILL IN: what the library cannot have, each with the reason

    def __init__(self, connection, side, settings):
        """FILL IN: begin a session on the socket; `side` is "client" or "server". Raise unsupported for a wrong setting."""
        self.connection, self.is_closed = connection, False

    def wait(self):
        """FILL IN: wait until the session has ended, by the library's own signal, and return the failure that tells why."""
        try:
            while self.connection.recv(65536):
                pass
        except OSError as error:
            return failure("transport", error)
        return failure("session_shutdown" if self.is_closed else "eof", "the socket has ended")

    def end(self):
        """FILL IN: close the session, as the library's users do. What was written must reach the wire before."""
        self.is_closed = True
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # It has ended already.

    def open(self):
        """FILL IN: open a stream and return it as a Stream."""
        raise unsupported("not filled in")

    def accept(self):
        """FILL IN: wait for a stream of the peer and return it as a Stream."""
        raise unsupported("not filled in")

    def close_session(self):
        """FILL IN: end the session by the library's own call."""
        raise unsupported("not filled in")

    def count_streams(self):
        """FILL IN: return how many streams the library holds."""
        raise unsupported("not filled in")

    def go_away(self):
        """FILL IN: tell the peer to open no more streams."""
        raise unsupported("not filled in")

    def ping(self):
        """FILL IN: ping, and return when the pong is there."""
        raise unsupported("not filled in")


class Stream:
    """FILL IN: a stream of the library."""

    number = 0  # FILL IN: its number on the wire

    def read(self, most):
        """FILL IN: one read of the library, of at most so many bytes; no bytes are the end of the stream."""
        raise unsupported("not filled in")

    def write(self, payload):
        """FILL IN: one write of the library; return how many bytes it took."""
        raise unsupported("not filled in")

    def half_close(self):
        """FILL IN: "I will send no more, I go on reading"."""
        raise unsupported("not filled in")

    def close(self):
        """FILL IN: "I am done with this stream"."""
        raise unsupported("not filled in")

    def reset(self):
        """FILL IN: "abort this stream"."""
        raise unsupported("not filled in")

    def set_deadline(self, request):
        """FILL IN: set the library's own deadlines, at once; an absent `read_us` or `write_us` leaves it, None clears it."""
        raise unsupported("not filled in")


if __name__ == "__main__":
    serve(Yamux)
