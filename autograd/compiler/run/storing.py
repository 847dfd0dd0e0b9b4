"""A laid-out program as bytes, so that the next process takes it from the disk: no trace, no plan."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from ..llvm import MatVecThen, from_disk, lanes, to_disk
from ..plan import Operand, Step, Template
from .kernel_workspace import KernelWorkspace, Line


class Kept(NamedTuple):
    """What an Executable is made of, and what else belongs to the program, as JSON has it."""

    workspace: KernelWorkspace
    sections: Mapping[str, list[Line]]
    more: dict[str, Any]


def keep(key: str, program: Kept) -> None:
    """Write it to the disk; where that is not possible, do nothing."""
    workspace, sections, more = program
    head = {
        "size": workspace.size,
        "contents": [(place, *content) for place, content in workspace.contents.items()],
        "kernels": [(isinstance(own, MatVecThen), own) for own in workspace.kernels],
        "sections": sections,
        "more": more,
    }
    parts = json.dumps(head).encode(), np.array(workspace.tables, dtype=np.int32).tobytes()
    to_disk(zlib.compress(len(parts[0]).to_bytes(8, "little") + b"".join(parts), 1), *_parts(key))


def kept(key: str) -> Kept | None:
    """What was written for this key, by a process on a processor like this one."""
    found = from_disk(*_parts(key))
    if found is None:
        return None
    data = zlib.decompress(found)
    end = 8 + int.from_bytes(data[:8], "little")
    head = json.loads(data[8:end])
    workspace = KernelWorkspace()
    workspace.size, workspace.tables = head["size"], np.frombuffer(data[end:], dtype=np.int32)
    workspace.contents = {place: (count, x) for place, count, x in head["contents"]}
    for joined, own in head["kernels"]:
        workspace.kernel(MatVecThen(own[0], _template(*own[1]), own[2]) if joined else _template(*own))
    sections = {name: [Line(*line) for line in lines] for name, lines in head["sections"].items()}
    return Kept(workspace, sections, head["more"])


def _template(steps: list[Any], stored: list[int]) -> Template:
    made = [Step(name, tuple([Operand(*operand) for operand in operands])) for name, operands in steps]
    return Template(tuple(made), tuple(stored))


def _parts(key: str) -> tuple[str, ...]:
    return "laid-out program", key, str(lanes())
