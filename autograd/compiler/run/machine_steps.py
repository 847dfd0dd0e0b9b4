"""Steps of training as machine code: what the driver is told of their layout, and of the samples."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from ..layout import (
    Backend,
    Cost,
    FormLayout,
    Loop,
    Part,
    Shares,
    StepLayout,
    StepPlaces,
    address,
    fewest,
    row_stride,
)  # fmt: skip
from ..llvm import Form, PackArguments, Source, TrainJob, lanes
from ..plan import Elementwise, OneSamplePlan, Plan
from .assembly import Assembly, assembled
from .assembly_for_one import AssemblyForOne
from .executable import Executable
from .kernel_workspace import KernelWorkspace, Line
from .storing import Kept, keep, kept
from .threads import WORTH, team, threads

TOGETHER = 64  # shares of which the sums are kept at a time

BOUNDS, STEPS, ADDED, FAILED = map(TrainJob._fields.index, ("bounds", "steps", "added", "failed"))

# What the driver knows of a form before its code and its samples are there.
OF_LAYOUT = 3
FAILED = TrainJob._fields.index("failed")


class FormInPlace(NamedTuple):
    """A form of samples as the driver knows it, and the place of the row that takes their first column."""

    form: Form[int]
    first_row: int

    @classmethod
    def of(cls, layout: FormLayout) -> FormInPlace:
        """Without its code yet."""
        return cls.of_numbers(layout.loop.stride, layout.loop.width, layout.weights_row, layout.first_row)

    @classmethod
    def of_numbers(cls, row_stride: int, block: int, weights_row: int, first_row: int) -> FormInPlace:
        nothing = Form(*[0] * len(Form._fields))
        return cls(nothing._replace(row_stride=row_stride, block=block, weights_row=weights_row), first_row)


class StepsInMachineCode:
    """The steps of a training compiled."""

    by = "machine code"

    def __init__(
        self, workspace: KernelWorkspace, sections: Mapping[str, list[Line]], places: StepPlaces,
        forms: Sequence[FormInPlace], cost: Cost,
    ) -> None:  # fmt: skip
        self.workspace, self.places, self.cost, self._sections = workspace, places, cost, sections
        self.memory: Any = None
        self._desks: list[Any] = []  # memory in which threads add up shares
        self.executable = Executable(workspace, sections, "train", "shares", "join_shares")
        fields = self.executable.fields
        self.forms = [
            found._replace(form=found.form._replace(**{
                f"{section}{rest}": fields[f"{section}{i}{rest}"]
                for section in ("prologue", "body", "epilogue")
                for rest in ("", "_lines")
            }))
            for i, found in enumerate(forms)
        ]  # fmt: skip
        # What the driver is told in every call; the rest, for one call each, is 0.
        self._job: TrainJob[int] = TrainJob(
            **{name: x for name, x in fields.items() if name in TrainJob._fields},
            weight=places.weight,
            sums=places.sums, sums_vectors=places.sums_vectors, parameters=places.parameters, current=places.current,
            changed=places.changed, changed_vectors=(1 + places.states) * places.parameters // workspace.lanes,
            time=places.time, loss=places.loss, penalty=places.penalty,
            forms=0, sequential=0, order=0, groups=0, bounds=0, steps=0, added=0, losses=0, reload=0,
            failed=-1, taken=0, share_sums=0,
        )  # fmt: skip

    @classmethod
    def of(cls, layout: StepLayout) -> StepsInMachineCode:
        """Of programs in a ``KernelWorkspace``."""
        workspace = layout.workspace
        assert isinstance(workspace, KernelWorkspace)
        sections: dict[str, list[Line]] = {"penalty_code": [], "gradients": [], "rule": [], "update": []}
        for i, form in enumerate(layout.forms):
            kind = AssemblyForOne if form.loop.alone else Assembly
            sections[f"prologue{i}"], sections[f"body{i}"] = assembled(form.loop, workspace, kind)
            sections[f"epilogue{i}"] = _epilogue(form, workspace)
        places = layout.places
        if layout.clip and layout.update:
            sections["penalty_code"], sections["gradients"] = assembled(layout.clip, workspace)
            if _is_one_unit(layout.update.each.plan):
                places = _in_place(layout.update, places)
            sections["rule"], sections["update"] = assembled(layout.update, workspace)
        return cls(workspace, sections, places, [*map(FormInPlace.of, layout.forms)], layout.cost)

    def keep(self, key: str, more: dict[str, Any]) -> None:
        """Write them to the disk, with what else belongs to the training."""
        forms = [(*form[:OF_LAYOUT], first_row) for form, first_row in self.forms]
        own = {"places": self.places, "forms": forms, "cost": self.cost, "more": more}
        keep(key, Kept(self.workspace, self._sections, own))

    @classmethod
    def kept(cls, key: str) -> tuple[StepsInMachineCode, dict[str, Any]] | None:
        """The same, read from the disk; None where it is not there."""
        found = kept(key)
        if found is None:
            return None
        own = found.more
        forms = [FormInPlace.of_numbers(*numbers) for numbers in own["forms"]]
        steps = cls(found.workspace, found.sections, StepPlaces(*own["places"]), forms, Cost(*own["cost"]))
        return steps, own["more"]

    def fresh(self) -> StepsInMachineCode:
        """See ``TrainingSteps``."""
        twin = copy.copy(self)
        twin.memory, twin._desks = self.workspace.memory(), []
        return twin

    def run(self, part: Part) -> Any:
        """See ``TrainingSteps``."""
        order, groups, bounds = part.order, part.groups, part.bounds
        losses = np.empty((len(bounds), 2))
        form, first, end = groups[0].tolist()
        same = len(bounds) > 1 and end - first <= self.forms[form].form.block and bool((groups == groups[0]).all())
        records = [
            sources(tables, first_row, form.row_stride, order is None, self.workspace.lanes)
            for tables, (form, first_row) in zip(part.tables, self.forms, strict=True)
        ]
        forms = np.array([
            form._replace(sources=address(some), tables=len(some))
            for some, (form, _) in zip(records, self.forms, strict=True)
        ])  # fmt: skip
        job = self._job._replace(
            forms=address(forms), sequential=int(order is None), order=0 if order is None else address(order),
            groups=address(groups), bounds=address(bounds), steps=len(bounds), losses=address(losses),
            reload=int(not same),
        )  # fmt: skip
        largest = int(bounds[:, 2].max())
        if self.cost.share(largest) < largest:
            return losses[: self._take_in_shares(job, part)]
        failed = self._take(job)
        return losses if failed < 0 else losses[:failed]

    def _take(self, job: TrainJob[int]) -> int:
        """Take steps up to one that is not finite; returns its number, or -1.

        Where steps change the numbers in place, that one has changed them, too: those before it are taken anew.
        """
        places, memory, numbers = self.places, self.memory, np.array(job)
        in_place = places.changed == places.current
        state = slice(places.current, places.of_state(1 + places.states)) if in_place else slice(0)
        before = memory[state].copy(), memory[places.time]
        try:
            self.executable.drive("train", address(memory), address(numbers))
        finally:  # Ctrl-C too, which is heard when the machine code has returned
            failed = int(numbers[FAILED])
            undone = in_place and failed >= 0
            if undone:
                memory[state], memory[places.time] = before
        if undone and failed:
            self._take(job._replace(steps=failed))
        return failed

    def _take_in_shares(self, job: TrainJob[int], part: Part) -> int:
        """Take the steps of a part; returns how many were finite, up to the first that was not.

        Threads add up the shares, in memory of their own, to which the parameters are copied.
        """
        places, memory, drive = self.places, self.memory, self.executable.drive
        shares = Shares.of(part, self.cost)
        most = min(max(end - first for first, end in pairwise(shares.first)), TOGETHER)
        count = min(threads(), most) if part.samples * self.cost.nanoseconds > WORTH else 1
        sums = np.empty((most, places.sums_vectors * self.workspace.lanes))
        taken = np.zeros(1, dtype=np.int64)
        adding = np.array(job._replace(
            groups=address(shares.groups), taken=address(taken), share_sums=address(sums), reload=1
        ))  # fmt: skip
        no_samples = part.groups * [1, 0, 0]
        rest = job._replace(groups=address(no_samples), steps=1, added=1, reload=1)
        parameters = slice(places.current, places.of_state(1))
        self._desks += [self.workspace.memory() for _ in range(count - len(self._desks))]
        desks = self._desks[:count]
        for desk in desks:
            desk[places.captured] = memory[places.captured]
        addresses, adding_at, memory_at = [*map(address, desks)], address(adding), address(memory)
        shares_at = address(shares.bounds)

        def add_up(number: int) -> None:
            desks[number][parameters] = memory[parameters]
            drive("shares", addresses[number], adding_at)

        with team(count) as together:
            for step, (start, stop) in enumerate(pairwise(shares.first)):
                for first in range(start, stop, TOGETHER):
                    adding[BOUNDS], adding[STEPS] = shares_at + 24 * first, min(TOGETHER, stop - first)
                    adding[ADDED], taken[0] = int(first > start or not part.begin), 0
                    together(add_up, stop - first)
                    drive("join_shares", memory_at, adding_at)
                if part.finish:
                    one = rest._replace(bounds=job.bounds + 24 * step, losses=job.losses + 16 * step)
                    if self._take(one) >= 0:
                        break
            else:
                step += 1
        return step


def _is_one_unit(plan: Plan | OneSamplePlan) -> bool:
    """Whether all numbers of a lane are read before any is written."""
    call = plan.calls[0] if len(plan.calls) == 1 else None
    return isinstance(call, Elementwise) and len(call.outputs) == 1


def _in_place(update: Loop, places: StepPlaces) -> StepPlaces:
    """Let the rule write its results where its arguments were; returns the places of a step in which that is so."""
    changed = range(places.changed, places.changed + (1 + places.states) * places.parameters)
    of_rule = update.each.places
    rows = {
        row: place - places.changed + places.current if place in changed else place
        for row, place in of_rule.rows.items()
    }
    update.each = update.each._replace(places=of_rule._replace(rows=rows))
    return places._replace(changed=places.current)


def _epilogue(form: FormLayout, workspace: KernelWorkspace) -> list[Line]:
    """What carries the gradients of the edge on: first each sum is put into the row of its cotangent."""
    if not form.cotangents:
        return []
    count = len(form.cotangents)
    late = Assembly(*form.late, workspace)
    edge = workspace.table(range(form.edge, form.edge + count))
    arguments = PackArguments(count, edge, form.cotangents[0], row_stride(workspace.lanes))
    return [Line("pack", arguments), *late.packs, *late.lines]


def sources(tables: Sequence[Any], row: int, row_stride: int, sequential: bool, lanes: int) -> Any:
    """What the driver is told of tables: the first column of the first goes to ``row``, the others behind it."""
    records = []
    for table in tables:
        columns = table.shape[1] if table.ndim > 1 else 1
        if columns:
            stride, across = table.strides[0] // 8, table.strides[1] // 8 if table.ndim > 1 else 1
            by_columns = sequential and (across != 1 or columns < lanes)
            records.append(Source(address(table), stride, across, columns, row, int(by_columns)))
        row += columns * row_stride
    return np.array(records, dtype=np.int64)


def alone(together: int | None, forms: int) -> bool:
    """Whether a step has too few samples of a form to fill the lanes."""
    return together is not None and together < fewest(lanes()) * forms


MACHINE_CODE = Backend(KernelWorkspace, StepsInMachineCode.of, alone, StepsInMachineCode.kept)
