"""The yamux of py-libp2p behind the shim."""

import importlib.metadata
import os
import traceback

import stand_ins

stand_ins.install()

import trio
from libp2p.io.exceptions import IOException
from libp2p.io.trio import TrioTCPStream
from libp2p.network.connection.raw_connection import RawConnection
from libp2p.stream_muxer.exceptions import MuxedConnUnavailable, MuxedStreamEOF, MuxedStreamError, MuxedStreamReset
from libp2p.stream_muxer.yamux import yamux

from yamux_shim import failure


def version():
    """What is installed. A checkout has the version that it will be, so it says what it is."""
    installed = importlib.metadata.distribution("libp2p")
    return installed.version + (" => replaced" if installed.read_text("direct_url.json") else "")


def classify(error, session, stream=None):
    """The class of what the library raised; None if it has none."""
    match error:
        case MuxedStreamReset():
            return "stream_reset"
        case MuxedStreamEOF():
            return "eof"
        case MuxedConnUnavailable():
            return "session_shutdown"
        case IOException():
            return "transport"
        case MuxedStreamError(__cause__=Exception() as cause):
            return classify(cause, session)
        # The library has one class for all of the rest, so what is over must tell. Only its time limit has no such trace.
        case MuxedStreamError(args=[str(text)]) if text.startswith("Timed out waiting for window update"):
            return "deadline"
        case MuxedStreamError() if session.event_shutting_down.is_set():
            return "session_shutdown"
        case MuxedStreamError() if stream and stream.reset_received:
            return "stream_reset"
        case MuxedStreamError() if stream and stream.send_closed:
            return "stream_closed"
    return None


async def said(call, session, stream=None):
    """What a call of the library comes to, its error as a failure."""
    try:
        return await call
    except Exception as error:
        error_class = classify(error, session, stream)
        if error_class is None:
            raise
        raise failure(error_class, str(error) or repr(error)) from error


class Yamux:
    """A session of the library."""

    NAME = "py-libp2p"
    LIBRARY = "libp2p"
    VERSION = version()
    ACTIONS = ["accept", "cancel", "close", "close_session", "count_streams", "forget", "half_close", "open", "read",
               "reset", "stats", "write"]
    ABILITIES = ["cancel_accept", "cancel_open", "cancel_read", "cancel_write", "deadline_accept", "deadline_open",
                 "stats_descriptors", "stats_streams", "stats_tasks"]
    SETTINGS = ["socket_buffer"]
    # It pings half a second after it has begun, to measure the round trip, and every 30 seconds. A write returns once its
    # bytes are out, but one that fails does not tell how many are: they are counted on the wire. One that waits for credit
    # looks every 10 ms.
    HABITS = ["buffered_writes", "own_pings", "polls"]
    LACKS = {
        "accept_backlog": "py-libp2p holds ten streams that wait to be accepted, and has no setting for it",
        "close_read": "py-libp2p has no call that ends reading alone",
        "close_resets": "py-libp2p takes what comes for a stream that it has closed, it does not answer with RST",
        "connection_write_timeout_us": "py-libp2p has no time limit on the transport",
        "drop": "Python has no destructor that the library uses: it does not learn that a stream is let go of",
        "go_away": "py-libp2p sends go away only as the end of a session",
        "keep_alive_interval_us": "py-libp2p measures the round trip every 30 s, and has no setting for it",
        "max_frame_size": "py-libp2p writes a frame as long as the window allows",
        "max_streams": "py-libp2p limits only the streams that wait to be accepted",
        "max_window": "py-libp2p lets a window grow to 16 MiB, and has no setting for it",
        "next_stream_id": "the number of the next stream is no setting",
        "ping": "py-libp2p pings when it wants to, there is no call for it",
        "set_deadline": "py-libp2p has no deadlines: its call raises NotImplementedError",
        "stats_heap": "Python does not tell how many bytes are in use",
        "stream_close_timeout_us": "py-libp2p has no time limit on a closed stream",
        "stream_open_timeout_us": "py-libp2p has no time limit on the acknowledgement of a stream",
    }

    def __init__(self, connection, side, _settings):
        is_client = side == "client"
        raw = RawConnection(TrioTCPStream(connection), is_client)
        # The peer's identity is only in the library's log.
        self.yamux = yamux.Yamux(raw, "peer", is_initiator=is_client)
        self.running = None
        self.over = failure("session_shutdown", "the session is closed, the library does not say why")

    async def begin(self, start):
        self.running = start(self.run)
        await self.yamux.event_started.wait()

    async def run(self):
        try:
            await self.yamux.start()
        except Exception as error:
            traceback.print_exc()
            self.over = failure("unclassified", repr(error))

    async def wait(self):
        await self.running.over()
        return self.over

    async def end(self):
        if not self.running.is_over():
            await self.yamux.close()

    async def open(self):
        return Stream(await said(self.yamux.open_stream(), self.yamux), self.yamux)

    async def accept(self):
        return Stream(await said(self.yamux.accept_stream(), self.yamux), self.yamux)

    async def close_session(self):
        await said(self.yamux.close(), self.yamux)

    async def count_streams(self):
        return len(self.yamux.streams)

    async def stats(self):
        told = {"streams": len(self.yamux.streams), "tasks": trio.lowlevel.current_statistics().tasks_living}
        if os.path.isdir("/proc/self/fd"):  # Only Linux has it.
            told["descriptors"] = len(os.listdir("/proc/self/fd"))
        return told


class Stream:
    """A stream of the library."""

    def __init__(self, stream, session):
        self.number, self.stream, self.session = stream.stream_id, stream, session

    async def read(self, most):
        async def call():
            try:
                return await self.stream.read(most)
            except MuxedStreamEOF:
                return b""

        return await said(call(), self.session, self.stream)

    async def write(self, payload):
        await said(self.stream.write(payload), self.session, self.stream)
        return len(payload)

    async def half_close(self):
        await said(self.stream.close(), self.session, self.stream)

    close = half_close

    async def reset(self):
        await said(self.stream.reset(), self.session, self.stream)
