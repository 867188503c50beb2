"""Lets the yamux of py-libp2p be imported without the rest of py-libp2p.

`import libp2p` builds the whole of it, and needs packages that have no wheel and a C compiler for them. What yamux runs is
a dozen modules and trio. They mention other things in types alone, and import them for that: for those something stands in
that can be named and cannot be used.
"""

import abc
import importlib.machinery
import importlib.util
import sys
import types

# Packages of libp2p whose `__init__` imports what they hold. They are there without it.
BARE = ["libp2p", "libp2p.network", "libp2p.tools.anyio_service"]
# What is mentioned in types alone. The identity of the peer yamux only prints.
ABSENT = ["anyio", "libp2p.peer.id", "libp2p.tools.async_service", "libp2p.transport", "multiaddr"]


class StandIn(abc.ABCMeta):
    """A class for each name, so that it can be in a type, and a class can be made of it."""

    def __call__(cls, *arguments, **named):
        raise NotImplementedError(f"{cls.__name__} is not there: the shim takes it for a type alone")


class Module(types.ModuleType):
    """A module in which every name is a class that cannot be used."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return StandIn(name, (), {})


class Finder:
    """Finds the modules that are absent, and all below them."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if any(name == absent or name.startswith(absent + ".") for absent in ABSENT):
            return importlib.machinery.ModuleSpec(name, Finder, is_package=True)
        return None

    @staticmethod
    def create_module(spec):
        return Module(spec.name)

    @staticmethod
    def exec_module(module):
        pass


def install():
    """To be called once, before anything of libp2p is imported."""
    [folder] = importlib.util.find_spec("libp2p").submodule_search_locations
    for name in BARE:
        module = types.ModuleType(name)
        module.__path__ = [folder + name.removeprefix("libp2p").replace(".", "/")]
        sys.modules[name] = module
    sys.meta_path.insert(0, Finder)
