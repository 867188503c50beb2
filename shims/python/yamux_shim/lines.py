"""The lines: what a request says, and what is said to it."""

import json
import os
import sys
import threading
import traceback


class No(Exception):
    """What is answered instead of `ok`: its key, and its fields."""


def failure(error_class, native):
    """The library said no: a class of the protocol's list, and the library's own words."""
    return No("err", {"class": error_class, "native": str(native)})


def unsupported(reason):
    return No("unsupported", {"reason": reason})


def fault(message):
    return No("fault", {"message": message})


MOST_BYTES = 1 << 28  # Bounds the one buffer that a call needs.
output = threading.Lock()
said = 0  # How many lines; so lockstep knows that there is something to tell.


def say(**line):
    global said
    with output:
        said += 1
        print(json.dumps(line), flush=True)


def answer(request, work):
    """Does the work, which may wait for nothing, and answers with what comes of it, unless that is None."""
    try:
        told = work()
    except Exception as error:
        refuse(request, error)
    else:
        if told is not None:
            say(id=request["id"], ok=told)


async def answer_later(request, work):
    """Does the work, which may wait, and answers with what comes of it."""
    try:
        told = await work()
    except Exception as error:
        refuse(request, error)
    else:
        say(id=request["id"], ok=told)


def refuse(request, error):
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


def parse(line):
    """The request on a line; None, and a word about it, if there is none."""
    try:
        request = json.loads(line)
        if type(request["id"]) is not int or type(request["op"]) is not str:
            raise TypeError("no id or no op")
    except (ValueError, TypeError, KeyError) as error:
        say(event="fault", message=f"not a request: {error!r}")
        return None
    return request


def leave():
    """Ends the process; calls that wait are given up with it."""
    sys.stdout.flush()
    os._exit(0)
