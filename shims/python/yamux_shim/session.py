"""A session, its streams by their labels, and its calls in order."""

from .lines import answer_later, fault, needed, say, unsupported
from .transfer import transfer

OF_SESSION = ["close_session", "count_streams", "go_away", "ping"]
OF_STREAM = ["close", "close_read", "half_close", "reset"]
ACTIONS = ["accept", "cancel", "drop", "forget", "open", "read", "set_deadline", "stats", "write", *OF_SESSION, *OF_STREAM]


class Session:
    def __init__(self, name, yamux, tasks):
        self.name, self.yamux, self.tasks = name, yamux, tasks
        self.streams, self.last, self.begun, self.giving_up = {}, {}, [], {}
        self.announced = tasks.Gate()
        self.watcher = tasks.start(self.watch)

    def begin(self, request, work, kind=None, giving_up=None):
        """Makes a call, after the one of the same kind that was asked for before it."""
        before = self.last.get(kind) if kind else None
        if giving_up:
            self.giving_up[request["id"]] = giving_up

        async def after_the_other():
            if before:
                await (giving_up.call(before.over) if giving_up else before.over())
            return await work()

        async def in_turn():
            await answer_later(request, after_the_other)
            self.giving_up.pop(request["id"], None)

        task = self.tasks.start(in_turn)
        self.last[kind], self.begun = task, [one for one in self.begun if not one.is_over()] + [task]

    async def watch(self):
        """Says that the session has ended, once it has, and was told of."""
        await self.announced.passed()
        ended = await self.tasks.call(self.yamux.wait)
        say(event="session_end", session=self.name, **ended.args[1])

    async def end(self):
        await self.tasks.call(self.yamux.end)
        for task in [*self.begun, self.watcher]:
            await task.over()

    def act(self, request, op):
        if op in OF_SESSION:
            return self.begin(request, lambda: self.of_session(op))
        if op == "cancel":
            if call := self.giving_up.get(needed(request, "of", int)):
                call.give_up()
            return {}
        if op == "stats":
            return self.begin(request, self.stats)
        giving_up = self.tasks.giving_up(request.get("deadline_us"))
        call = giving_up.call if giving_up else self.tasks.call
        if request.get("deadline_us") is not None and not giving_up:
            raise unsupported("a call that blocks cannot be given up")
        label = needed(request, "stream")
        if op in ("open", "accept"):
            if label in self.streams:
                raise fault("the label is taken")
            self.streams[label] = None
            work = lambda: self.label(label, getattr(self.yamux, op), call)
            return self.begin(request, work, op, giving_up)
        stream = self.streams.get(label)
        if not stream:
            raise fault(f"there is no stream {label!r}")
        if op in OF_STREAM:
            return self.begin(request, lambda: self.of_stream(getattr(stream, op)))
        if op in ("drop", "forget"):
            del self.streams[label]
            return {}
        if op == "set_deadline":
            return stream.set_deadline(request)
        if op == "read" and request.get("to_end") is True:
            size, times = needed({"chunk": 65536, **request}, "chunk", int), None
        else:
            size, times = needed(request, "bytes", int), needed({"times": 1, **request}, "times", int)
        work = lambda: transfer(call, stream, request, op, size, times)
        return self.begin(request, work, (op, label), giving_up)

    async def label(self, label, ask, call):
        try:
            self.streams[label] = await call(ask)
        except BaseException:
            del self.streams[label]
            raise
        return {"stream_number": self.streams[label].number}

    async def stats(self):
        return {"figures": await self.tasks.call(self.yamux.stats)}

    async def of_session(self, op):
        told = await self.tasks.call(getattr(self.yamux, op))
        return {"streams": told} if op == "count_streams" else {}

    async def of_stream(self, ask):
        await self.tasks.call(ask)
        return {}
