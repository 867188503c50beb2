"""What the shims in Python share: the payload, the connection in memory, the clock that is held."""

import contextlib
import io
import json
import math
import unittest
import zlib

import shim  # It finds the folder that the shims share.
import trio
import trio.testing
from yamux_shim.held import BEGINNING, HeldClock, Lockstep
from yamux_shim.memory import Memory
from yamux_shim.threads import Threads, to_the_end
from yamux_shim.transfer import pattern, transfer


class Pattern(unittest.TestCase):
    def test_it_is_that_of_the_document(self):
        self.assertEqual(pattern(1, 0, 8).hex(), "c09089683456509f")
        self.assertEqual(pattern(7, 65533, 8).hex(), "cc88122e1e12580f")
        self.assertEqual(zlib.crc32(pattern(1, 0, 65536)), 81229191)
        self.assertEqual(zlib.crc32(pattern(7, 65533, 100000)), 2492884655)


class Connection(unittest.TestCase):
    def test_what_was_put_in_comes_in_segments_and_its_end_behind_it(self):
        async def reads():
            end = Memory(10)
            end.put(b"abcde", 2)
            end.put(b"f", None)
            end.end_input("eof")
            end.put(b"too late", None)
            return [await end.receive_some(most) for most in (None, 1, 5, 5, 5, 5)]

        self.assertEqual(trio.run(reads), [b"ab", b"c", b"de", b"f", b"", b""])

    def test_a_reset_is_an_error_behind_what_came_before(self):
        async def reads():
            end = Memory(10)
            end.put(b"a", None)
            end.end_input("reset")
            self.assertEqual(await end.receive_some(5), b"a")
            with self.assertRaises(trio.BrokenResourceError):
                await end.receive_some(5)
            with self.assertRaises(trio.BrokenResourceError):
                await end.send_all(b"a")

        trio.run(reads)

    def test_a_write_waits_for_room_and_what_had_none_was_never_sent(self):
        async def writes():
            end, over = Memory(4), []

            async def write(what):
                try:
                    await end.send_all(what)
                    over.append(what)
                except trio.ClosedResourceError as error:
                    over.append(type(error))

            async with trio.open_nursery() as nursery:
                nursery.start_soon(write, b"abcdef")
                await trio.testing.wait_all_tasks_blocked()
                self.assertEqual((over, end.take(1)), ([], b"a"))
                await trio.testing.wait_all_tasks_blocked()
                self.assertEqual((over, end.take(1)), ([], b"b"))
                await trio.testing.wait_all_tasks_blocked()
                self.assertEqual(over, [b"abcdef"])
                nursery.start_soon(write, b"ghi")
                await trio.testing.wait_all_tasks_blocked()
                await end.aclose()
            self.assertEqual((over[1], end.take(None)), (trio.ClosedResourceError, b"cdef"))
            self.assertTrue(end.has_ended())

        trio.run(writes)


class Clock(unittest.TestCase):
    def test_time_stops_at_each_timer_and_at_no_other_moment(self):
        clock, fired = HeldClock(), []

        async def sleep(seconds):
            await trio.sleep(seconds)
            fired.append(clock.now_ns())

        async def steps():
            lockstep = Lockstep(clock)
            clock.held = BEGINNING
            async with trio.open_nursery() as nursery:
                for seconds in (0.3, 75, 1e-6, 0.1):
                    nursery.start_soon(sleep, seconds)
                await trio.testing.wait_all_tasks_blocked()
                self.assertEqual((clock.now_ns(), fired), (0, []))
                for until, now in ((0.1, 1_000), (0.1, 100_000_000), (0.2, 200_000_000), (math.inf, 300_000_000)):
                    await lockstep.pass_time(BEGINNING + until)
                    self.assertEqual(clock.now_ns(), now)
                # A sum of times is not exact to the last bit: 0.1 and 0.2 make more than 0.3.
                await lockstep.pass_time(math.inf)
            self.assertEqual(fired, [1_000, 100_000_000, 300_000_000, 75_000_000_000])

        trio.run(steps, clock=clock)

    def test_it_is_the_clock_of_the_machine_until_it_is_held(self):
        async def sleeps():
            before = trio.current_time()
            await trio.sleep(0.01)
            return trio.current_time() - before

        self.assertGreaterEqual(trio.run(sleeps, clock=HeldClock()), 0.01)


class Half:
    """A stream of a library that blocks, of which each write takes and each read gives three bytes at most."""

    def __init__(self):
        self.held = b""

    def write(self, payload):
        self.held += payload[:3]
        return len(payload[:3])

    def read(self, most):
        got, self.held = self.held[:min(most, 3)], self.held[min(most, 3):]
        return got


class Blocking(unittest.TestCase):
    def test_what_was_written_is_read(self):
        stream, told = Half(), []

        async def both():
            for request, op, size, times in [({"seed": 1}, "write", 8, 2), ({}, "read", 5, 1), ({}, "read", 4, None)]:
                told.append(await transfer(Threads.call, stream, {"id": 1, **request}, op, size, times))

        with contextlib.redirect_stdout(io.StringIO()) as said:
            to_the_end(both())
        rest = pattern(1, 5, 11)
        self.assertEqual(told, [{"bytes": 16}, {"bytes": 5, "crc32": zlib.crc32(pattern(1, 0, 5))},
                                {"bytes": 11, "crc32": zlib.crc32(rest)}])
        moved = [json.loads(line)["bytes"] for line in said.getvalue().splitlines()]
        self.assertEqual(moved, [3, 6, 8, 11, 14, 3, 3, 6, 9, 11])

    def test_a_call_that_waits_where_all_must_block_is_an_error(self):
        async def blocks():
            pass

        to_the_end(blocks())
        coroutine = trio.lowlevel.cancel_shielded_checkpoint()
        with self.assertRaises(RuntimeError):
            to_the_end(coroutine)
        coroutine.close()


if __name__ == "__main__":
    unittest.main()
