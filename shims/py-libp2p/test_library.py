"""The library's own part: every error has its class, and what stands in for a module cannot be used."""

import inspect
import sys
import unittest

import shim  # It finds the folder that the shims share.
import stand_ins
from library import Yamux, classify
from libp2p.io import exceptions as of_transport
from libp2p.network.connection import exceptions as of_connection
from libp2p.stream_muxer import exceptions as of_muxer
from libp2p.stream_muxer.exceptions import MuxedStreamError
from libp2p.stream_muxer.yamux import yamux
from yamux_shim.server import SETTINGS
from yamux_shim.session import ACTIONS

CLASSES = {
    "MuxedConnUnavailable": "session_shutdown",
    "MuxedStreamEOF": "eof",
    "MuxedStreamReset": "stream_reset",
    # Nothing in yamux raises these.
    "MuxedConnError": None,
    "MuxedStreamClosed": "stream_closed",
    # All of these are of the transport.
    "ConnectionClosedError": "transport",
    "DecryptionFailedException": "transport",
    "IOException": "transport",
    "IncompleteReadError": "transport",
    "MessageTooLarge": "transport",
    "MissingMessageException": "transport",
    "MissingLengthException": "transport",
    "MsgioException": "transport",
    "RawConnError": "transport",
}


class Flag:
    def __init__(self, is_set):
        self.is_set = lambda: is_set


class Session:
    def __init__(self, is_over):
        self.event_shutting_down = Flag(is_over)


class Stream:
    def __init__(self, reset_received=False, send_closed=False):
        self.reset_received, self.send_closed = reset_received, send_closed


class Classes(unittest.TestCase):
    def test_every_error_of_the_library_has_its_class(self):
        stream = Stream(send_closed=True)
        for module in (of_muxer, of_transport, of_connection):
            for name, kind in inspect.getmembers(module, inspect.isclass):
                if kind.__module__ != module.__name__ or kind is MuxedStreamError:
                    continue
                with self.subTest(name):
                    self.assertEqual(classify(kind("words"), Session(False), stream), CLASSES[name])

    def test_what_has_no_class_of_its_own_is_told_by_what_is_over(self):
        for error, is_over, stream, expected in [
            (MuxedStreamError("Stream is closed for sending"), False, Stream(send_closed=True), "stream_closed"),
            (MuxedStreamError("Stream is closed"), False, Stream(reset_received=True, send_closed=True), "stream_reset"),
            (MuxedStreamError("Stream is closed"), True, Stream(reset_received=True), "session_shutdown"),
            (MuxedStreamError("Connection is shutting down"), True, None, "session_shutdown"),
            (MuxedStreamError("something new"), False, Stream(), None),
            (MuxedStreamError("something new"), False, None, None),
            (KeyError(1), True, Stream(send_closed=True), None),
        ]:
            with self.subTest(error=error, is_over=is_over):
                self.assertEqual(classify(error, Session(is_over), stream), expected)

    def test_the_one_error_that_only_its_text_tells_is_still_in_the_library(self):
        [text] = [text for text in ["Timed out waiting for window update"] if text in inspect.getsource(yamux)]
        error = MuxedStreamError(f"{text} after 5 seconds.")
        self.assertEqual(classify(error, Session(False), Stream()), "deadline")

    def test_what_made_an_open_fail_is_its_class(self):
        try:
            raise MuxedStreamError("Failed to send SYN") from of_transport.ConnectionClosedError("reset")
        except MuxedStreamError as error:
            self.assertEqual(classify(error, Session(False)), "transport")


class StandIns(unittest.TestCase):
    def test_what_stands_in_can_be_named_and_not_used(self):
        with self.assertRaises(NotImplementedError):
            sys.modules["multiaddr"].Multiaddr("/ip4/127.0.0.1")

    def test_nothing_that_yamux_runs_stands_in(self):
        for name in [yamux.__name__, "libp2p.io.utils", "libp2p.io.trio", "libp2p.network.connection.raw_connection"]:
            self.assertTrue(sys.modules[name].__file__, name)
        for name, module in list(sys.modules.items()):
            if isinstance(module, stand_ins.Module):
                self.assertTrue(any((name + ".").startswith(absent + ".") for absent in stand_ins.ABSENT), name)


class Hello(unittest.TestCase):
    def test_what_is_lacking_and_what_is_there_is_everything(self):
        for names, has in ((ACTIONS, Yamux.ACTIONS), (SETTINGS, Yamux.SETTINGS)):
            self.assertEqual(sorted(names), sorted([*has, *(name for name in Yamux.LACKS if name in names)]))


if __name__ == "__main__":
    unittest.main()
