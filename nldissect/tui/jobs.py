"""Work in a thread of its own, with progress and an end at any time, that lets keys go first."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from time import monotonic, sleep
from typing import Any, Final

from textual.message import Message
from textual.message_pump import MessagePump

TELL_S: Final = 0.15
"""How often progress is told."""

_QUIET_S: Final = 0.06
_NAP_S: Final = 0.004
_REST_S: Final = 0.25


class Courtesy:
    """Until when work is to rest, since the user is waiting for an answer."""

    until = 0.0

    @classmethod
    def ask(cls) -> None:
        """A key was pressed or the mouse moved."""
        cls.until = monotonic() + _QUIET_S

    @classmethod
    def asked(cls) -> bool:
        """Whether that was just now."""
        return monotonic() < cls.until


class Job:
    """Runs ``work(job)`` in a thread and tells ``target`` by messages.

    work calls ``step`` often, and returns when that gives False; what it returns is ``result``.
    done, total: how far it is, in units of its own; total 0 is unknown. error: what it raised.
    """

    class Progress(Message):
        """The job has come further."""

        def __init__(self, job: Job) -> None:
            super().__init__()
            self.job = job

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, Job.Progress) and message.job is self.job

    class Ended(Message):
        """The job is over; it may have been cancelled or have raised an error."""

        def __init__(self, job: Job) -> None:
            super().__init__()
            self.job = job

    def __init__(
        self, name: str, title: str, target: MessagePump, work: Callable[[Job], Any]
    ) -> None:
        self.name = name
        self.title = title
        self.done = 0
        self.total = 0
        self.cancelled = False
        self.running = True
        self.result: Any = None
        self.error: Exception | None = None
        self._target = target
        self._work = work
        self._told = 0.0
        self._worked = monotonic()
        self._thread = Thread(target=self._run, name=name, daemon=True)

    def start(self) -> Job:
        """Begins."""
        self._thread.start()
        return self

    def cancel(self) -> None:
        """Asks it to end; it does so at its next step."""
        self.cancelled = True

    def join(self, timeout: float | None = None) -> None:
        """Waits until it is over."""
        self._thread.join(timeout)

    def step(self, done: int | None = None, total: int | None = None) -> bool:
        """Tells how far the work is; False when it is to end. Rests while keys are answered."""
        if done is not None:
            self.done = done
        if total is not None:
            self.total = total
        now = monotonic()
        # Keys that never end must not keep it from coming further.
        latest = self._worked + _REST_S
        while now < min(Courtesy.until, latest) and not self.cancelled:
            sleep(_NAP_S)
            now = monotonic()
        self._worked = now
        if now - self._told >= TELL_S:
            self._told = now
            self._target.post_message(self.Progress(self))
        return not self.cancelled

    def _run(self) -> None:
        try:
            self.result = self._work(self)
        except Exception as error:
            # Whoever started it says what went wrong: a thread cannot.
            self.error = error
        self.running = False
        self._target.post_message(self.Ended(self))
