"""A session, its streams by their labels, and its calls in order."""

from .lines import answer_later, fault, needed, say
from .transfer import transfer

OF_SESSION = ["close_session", "count_streams", "go_away", "ping"]
OF_STREAM = ["close", "half_close", "reset"]
ACTIONS = ["accept", "drop", "open", "read", "set_deadline", "write", *OF_SESSION, *OF_STREAM]


class Session:
    def __init__(self, name, yamux, tasks):
        self.name, self.yamux, self.tasks = name, yamux, tasks
        self.streams, self.last, self.begun = {}, {}, []
        self.announced = tasks.Gate()
        self.watcher = tasks.start(self.watch)

    def begin(self, request, work, kind=None):
        """Makes a call, after the one of the same kind that was asked for before it."""
        before = self.last.get(kind) if kind else None

        async def in_turn():
            if before:
                await before.over()
            await answer_later(request, work)

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
        label = needed(request, "stream")
        if op in ("open", "accept"):
            if label in self.streams:
                raise fault("the label is taken")
            self.streams[label] = None
            return self.begin(request, lambda: self.label(label, getattr(self.yamux, op)), op)
        stream = self.streams.get(label)
        if not stream:
            raise fault(f"there is no stream {label!r}")
        if op in OF_STREAM:
            return self.begin(request, lambda: self.of_stream(getattr(stream, op)))
        if op == "drop":
            del self.streams[label]
            return {}
        if op == "set_deadline":
            return stream.set_deadline(request)
        if op == "read" and request.get("to_end") is True:
            size, times = needed({"chunk": 65536, **request}, "chunk", int), None
        else:
            size, times = needed(request, "bytes", int), needed({"times": 1, **request}, "times", int)
        call = self.tasks.call
        return self.begin(request, lambda: transfer(call, stream, request, op, size, times), (op, label))

    async def label(self, label, ask):
        try:
            self.streams[label] = await self.tasks.call(ask)
        except BaseException:
            del self.streams[label]
            raise
        return {"stream_number": self.streams[label].number}

    async def of_session(self, op):
        told = await self.tasks.call(getattr(self.yamux, op))
        return {"streams": told} if op == "count_streams" else {}

    async def of_stream(self, ask):
        await self.tasks.call(ask)
        return {}
