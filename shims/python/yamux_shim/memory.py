"""One end of a connection in memory: the transport of a session in lockstep."""

import collections
import math

import trio


class Memory(trio.abc.HalfCloseableStream):
    """A stream of trio for the library; `put`, `end_input` and `take` are for whoever owns the other end."""

    def __init__(self, capacity):
        # How many bytes may wait to be taken before a write waits.
        self.capacity = capacity
        # What the library can read, and how much of it at once.
        self.pieces = collections.deque()
        self.out = bytearray()
        self.input_end = None
        self.is_closed = self.is_finished = False
        self.moved = trio.lowlevel.ParkingLot()
        # How much output the harness takes, as far as it has said, and whether it knows of the end.
        self.room, self.is_told = math.inf, False

    async def receive_some(self, max_bytes=None):
        while not self.pieces and not self.input_end and not self.is_closed:
            await self.moved.park()
        if self.is_closed:
            raise trio.ClosedResourceError("this end was closed")
        if not self.pieces:
            if self.input_end == "reset":
                raise trio.BrokenResourceError("the connection was reset")
            return b""
        piece, segment = self.pieces[0]
        size = min(len(piece), segment, max_bytes or len(piece))
        if size == len(piece):
            self.pieces.popleft()
        else:
            self.pieces[0] = piece[size:], segment
        return bytes(piece[:size])

    async def send_all(self, data):
        await trio.lowlevel.checkpoint()
        self.refuse()
        self.out += data
        while len(self.out) > self.capacity:
            await self.moved.park()
            try:
                self.refuse()
            except Exception:
                # What there was no room for was never on its way.
                del self.out[self.capacity:]
                raise

    def refuse(self):
        if self.is_closed or self.is_finished:
            raise trio.ClosedResourceError("this end was closed")
        if self.input_end == "reset":
            raise trio.BrokenResourceError("the connection was reset")

    async def wait_send_all_might_not_block(self):
        while len(self.out) > self.capacity:
            await self.moved.park()

    async def send_eof(self):
        self.is_finished = True
        await trio.lowlevel.checkpoint()

    async def aclose(self):
        self.is_closed = True
        self.moved.unpark_all()
        await trio.lowlevel.checkpoint()

    def put(self, piece, segment):
        if piece and not self.input_end:
            self.pieces.append((memoryview(piece), segment or len(piece)))
            self.moved.unpark_all()

    def end_input(self, how):
        if how == "reset" or not self.input_end:
            self.input_end = how
            self.moved.unpark_all()

    def take(self, most):
        taken = bytes(self.out[:most])
        del self.out[:len(taken)]
        if taken:
            self.moved.unpark_all()
        return taken

    def has_ended(self):
        return (self.is_closed or self.is_finished) and not self.out

    def is_news(self):
        """Whether the harness must hear of it now."""
        return bool(self.room and self.out) or self.has_ended() and not self.is_told
