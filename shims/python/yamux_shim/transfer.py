"""Reads and writes: how a request becomes calls of the library, and the payload pattern."""

import struct
import zlib

from .lines import as_no, failure, say


async def transfer(call, stream, request, op, size, times):
    """Carries out a read or write; `call` makes one call of the library."""
    done = {"bytes": 0, **({"crc32": 0} if op == "read" else {})}
    try:
        await (read if op == "read" else write)(call, stream, request, size, times, done)
    except Exception as error:
        no = as_no(error)
        if no.args[0] == "err":
            no.args[1].update(done)
        raise no from error
    return done


async def write(call, stream, request, size, times, done):
    for _ in range(times):
        left = pattern(request.get("seed") or 0, (request.get("offset") or 0) + done["bytes"], size)
        while True:
            took = await call(stream.write, left)
            left, done["bytes"] = left[took:], done["bytes"] + took
            if done["bytes"] < size * times:
                say(event="progress", of=request["id"], bytes=done["bytes"])
            if not left:
                break


async def read(call, stream, request, size, times, done):
    total = None if times is None else size * times
    while done["bytes"] != total:
        got = await call(stream.read, size if times is None else size - done["bytes"] % size)
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
