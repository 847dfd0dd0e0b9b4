"""Crew: the actors of a training on the client's side.  It gives out the parts, asks, and makes up for lost workers.

A worker can go at any time: killed, out of memory, taken back by who lent it.  Nothing is pinned to one.  The parts of
one that is lost are computed again from their collection, by those that are left, which are then asked the same.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from itertools import pairwise
from typing import Any, NamedTuple

from .answers import Failure
from .partitions import checked
from .workers import PATIENCE, Workers

LOOK = 5.0  # seconds between two looks at whether workers came
MORE = "more or larger ones help, smaller partitions, and reading only the columns that are used"
POLL = 1.0  # seconds between two looks at whether a worker is still there


class Member(NamedTuple):
    """An actor, its future, which tells when it is lost, the numbers of its parts, and its worker."""

    actor: Any
    future: Any
    numbers: tuple[int, ...]
    worker: str = ""


class Lost(Exception):
    """The worker of a member is gone."""


class Crew:
    """Actors, of a class that is called with (how many parts there are in all, numbers, those parts).

    ``which`` data these are begins the messages.
    """

    def __init__(self, kind: type, workers: Workers, parts: Sequence[tuple[Any, Any]], which: str) -> None:
        import dask

        make = dask.delayed(checked, pure=True)
        self.kind, self.workers, self.client = kind, workers, workers.client
        self.parts = [make(X, y, i, which) for i, (X, y) in enumerate(parts)]
        self.begin: tuple[str, Any] | None = None  # what a new member is asked first
        self.members = self._members_for(range(len(parts)))
        self._looked = time.monotonic()

    def ask(self, question: str, *arguments: Any) -> list[Any]:
        """The answer of every member, also where some must be replaced first; an error on a worker is raised here."""
        until = None
        answers, waiting = [], self._all_at_work()
        while waiting:
            calls = [self._call(member, question, arguments) for member in waiting]
            self.client.sync(_settled, [call for call in calls if call is not None])
            lost: list[int] = []
            for member, call in zip(waiting, calls, strict=True):
                try:
                    answers.append(self._answer(member, call))
                except Lost:
                    self.members.remove(member)
                    lost += member.numbers
            until = until or time.monotonic() + PATIENCE
            if lost and time.monotonic() > until:
                raise RuntimeError(
                    f"fit: workers were lost again and again for {PATIENCE:g} s; the model has the parameters of the "
                    f"last whole step. Workers that run out of memory are killed: {MORE}"
                )
            waiting = self._members_for(sorted(lost)) if lost else []
            self.members += waiting
        return answers

    def ask_first(self, question: str, argument: Any) -> list[Any]:
        """As ``ask``; members that join later are asked it too, before anything else."""
        self.begin = question, argument
        return self.ask(question, argument)

    def compute(self, function: Any, *arguments: Any) -> Any:
        """What a function gives on one worker, which is also given the actors; again where a worker is lost."""
        until = time.monotonic() + PATIENCE
        while True:
            actors = [member.actor for member in self._all_at_work()]
            try:
                answer = self.client.submit(function, *arguments, actors, pure=False).result()
            except (OSError, RuntimeError):
                if time.monotonic() > until:
                    raise
                self.ask("here")  # which puts others in the place of those that are lost
                continue
            if isinstance(answer, Failure):
                raise answer.error
            return answer

    def close(self) -> None:
        """Let the workers forget the parts."""
        self._dismiss(self.members)
        self.members = []

    def _dismiss(self, members: Sequence[Member]) -> None:
        if self.client.status == "running":
            self.client.cancel([member.future for member in members])

    def _call(self, member: Member, question: str, arguments: Sequence[Any]) -> Any:
        try:
            return getattr(member.actor, question)(*arguments)
        except RuntimeError:  # it is known to be lost
            return None

    def _answer(self, member: Member, call: Any) -> Any:
        while call is not None:
            try:
                answer = call.result(timeout=POLL)  # at once, where it is there
            except TimeoutError:
                if member.future.status == "finished":
                    continue
                break
            except OSError:
                break
            if isinstance(answer, Failure):
                raise answer.error
            return answer
        raise Lost

    def _members_for(self, numbers: Sequence[int], workers: Sequence[str] = ()) -> list[Member]:
        """New members that hold those parts, on these workers or all that are there, with about as many parts each.

        Each takes neighbours, so that there are few sums to send.
        """
        until = time.monotonic() + PATIENCE
        while True:
            there = workers or self.workers.addresses()
            started = [self._start(*pair) for pair in zip(there, _shares(numbers, len(there)), strict=False)]
            try:
                return [self._settled(member) for member in started]
            except BaseException as error:
                self._dismiss(started)
                if not isinstance(error, Lost):
                    raise
                workers = ()
                if time.monotonic() > until:
                    raise RuntimeError(f"fit: workers were lost for {PATIENCE:g} s while they took the data") from None

    def _start(self, worker: str, numbers: tuple[int, ...]) -> Member:
        """A member that is not there yet; where its worker is lost meanwhile, another one takes it."""
        where = {"workers": [worker], "allow_other_workers": True}
        parts = self.client.compute([self.parts[i] for i in numbers], **where)
        future = self.client.submit(self.kind, len(self.parts), numbers, *parts, actor=True, pure=False, **where)
        return Member(None, future, numbers)

    def _settled(self, member: Member) -> Member:
        """The member once it has its parts, and what it is asked first."""
        member = member._replace(actor=self._started(member.future))
        if self.begin is not None:
            question, argument = self.begin
            self._answer(member, self._call(member, question, [argument]))
        return member._replace(worker=self._answer(member, self._call(member, "here", [])))

    def _started(self, future: Any) -> Any:
        from distributed import KilledWorker

        until = time.monotonic() + PATIENCE
        while True:
            try:
                return future.result(timeout=POLL)
            except TimeoutError:
                self.workers.addresses()  # raises where none is left
                if not self.workers.out_of_memory():
                    until = time.monotonic() + PATIENCE
                elif time.monotonic() > until:
                    raise RuntimeError(
                        f"fit: the memory of all workers is full before they have the data: {MORE}"
                    ) from None
            except (KilledWorker, MemoryError) as error:
                raise RuntimeError(
                    f"fit: the workers cannot take the data ({error}). One whose memory is full is killed: {MORE}"
                ) from None
            except RuntimeError as error:
                if "Actor was lost" in str(error):
                    raise Lost from None
                raise

    def _all_at_work(self) -> list[Member]:
        """The members; from time to time workers that came later get parts of those that have most."""
        if time.monotonic() - self._looked < LOOK:
            return [*self.members]
        held: dict[str, list[Member]] = {worker: [] for worker in self.workers.addresses()}
        for member in self.members:
            held.setdefault(member.worker, []).append(member)
        for worker in [worker for worker, members in held.items() if not members]:
            busiest = max(held, key=lambda other: sum(len(member.numbers) for member in held[other]))
            given = held[busiest][-1]
            if len(held[busiest]) == 1 == len(given.numbers):
                break  # there is nothing to share
            self._dismiss([given])
            self.members.remove(given)
            homes = [worker] if len(held[busiest]) > 1 else [busiest, worker]
            new = self._members_for(given.numbers, homes)
            self.members += new
            held[busiest].remove(given)
            for member in new:
                held.setdefault(member.worker, []).append(member)
        self._looked = time.monotonic()
        return [*self.members]


async def _settled(calls: Sequence[Any]) -> None:
    """Wait until all calls are answered, or a while: one wait for all is shorter than one for each."""
    with suppress(TimeoutError):
        await asyncio.wait_for(asyncio.gather(*calls, return_exceptions=True), POLL)


def _shares(numbers: Sequence[int], workers: int) -> list[tuple[int, ...]]:
    """The numbers in runs of about one length: one for each worker, while there are enough."""
    count = min(workers, len(numbers))
    cuts = [len(numbers) * i // count for i in range(count + 1)]
    return [tuple(numbers[first:end]) for first, end in pairwise(cuts)]
