"""The yamux of py-libp2p at one end of a connection in memory, and a raw yamux peer at the other: it sends the frames that
it is told, and prints those that come."""

import struct

import trio
from libp2p.stream_muxer.yamux.yamux import Yamux

DATA, WINDOW_UPDATE, PING, GO_AWAY = range(4)
SYN, ACK, FIN, RST = 1, 2, 4, 8
TYPES = ["DATA", "WINDOW_UPDATE", "PING", "GO_AWAY"]


class Connection:
    is_initiator = False

    def __init__(self):
        self.input, self.has_ended, self.is_stalled = bytearray(), False, False
        self.moved = trio.lowlevel.ParkingLot()

    def put(self, data):
        self.input += data
        self.has_ended |= not data
        self.moved.unpark_all()

    async def read(self, n):
        while not self.input and not self.has_ended:
            await self.moved.park()
        got = bytes(self.input[:n])
        del self.input[:n]
        return got

    async def write(self, data):
        if self.is_stalled:
            await trio.sleep_forever()
        _, kind, flags, stream, length = struct.unpack("!BBHII", data[:12])
        names = "|".join(name for bit, name in enumerate(["SYN", "ACK", "FIN", "RST"]) if flags >> bit & 1) or "-"
        if kind != PING or flags == ACK:
            print(f"  peer got {TYPES[kind]} {names} stream {stream} length {length}")

    async def close(self):
        print("  peer got the end of the transport")
        self.put(b"")


class Session:
    def __init__(self):
        self.connection = Connection()
        self.yamux = Yamux(self.connection, "peer", is_initiator=False)

    async def send(self, kind, flags, stream, length, body=b"", version=0):
        """Sends a frame, and waits until the library has done with it what it can do at once."""
        self.connection.put(struct.pack("!BBHII", version, kind, flags, stream, length) + body)
        await trio.sleep(0.05)

    async def end(self):
        self.connection.put(b"")
        await trio.sleep(0.05)


async def told(what, call):
    """Prints how a call ended, or that it has not within two seconds."""
    with trio.move_on_after(2):
        try:
            print(f"{what}: {await call!r}")
        except Exception as error:
            print(f"{what}: {error!r}")
        return
    print(f"{what}: still waits")


def run(main):
    async def with_session():
        async with trio.open_nursery() as nursery:
            session = Session()
            nursery.start_soon(session.yamux.start)
            await session.yamux.event_started.wait()
            await main(session)
            nursery.cancel_scope.cancel()

    trio.run(with_session)
