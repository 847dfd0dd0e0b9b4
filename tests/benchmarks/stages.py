"""Where the time until the first step goes: each stage from the trace to machine code, in µs for each operation.

As a program it measures one network, named on the command line:
python -m tests.benchmarks.stages 64-128-128-10
"""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from importlib import import_module
from typing import Any

from .compile_times import prepared
from .table import Row

NETWORKS = ["moons", "64-128-128-10", "GPT, one length"]

# The stages by the functions that they are; what a function spends in another stage counts there alone.
STAGES = {
    "fit, beside compiling": ["nn.training.trainer:fit"],
    "reach: what the loss can read": ["autograd.program.reach:Reach.__init__", "autograd.program.structure:lasting"],
    "trace": ["autograd.program.tracer:trace"],
    "equations": ["autograd.program.tracer:program_of", "autograd.program.dataflow:listed"],
    "check against eager": ["autograd.compiler.agreement:check_agreement"],
    "write out": ["autograd.compiler.expansion:Writer._insert", "autograd.compiler.expansion:Writer.program"],
    "adjoint": ["autograd.compiler.step.adjoint:adjoint", "autograd.compiler.step.sample_sums:SampleSums.__init__"],
    "plan: levels and pieces": ["autograd.compiler.plan.pieces:_levels", "autograd.compiler.plan.pieces:_pieces"],
    "plan: calls": ["autograd.compiler.plan.pieces:plan_loop"],
    "layout": ["autograd.compiler.layout.step_layout:StepLayout.__init__"],
    "assembly": [
        "autograd.compiler.run.assembly:Assembly.__init__",
        "autograd.compiler.run.assembly_for_one:AssemblyForOne.__init__",
        "autograd.compiler.run.executable:Executable.__init__",
    ],
    "kept on the disk": ["autograd.compiler.shared_training:Shared.keep"],
    "LLVM": ["autograd.compiler.llvm.codegen:kernels_of"],
    "the rest": ["autograd.compiler.compiled_training:Training.__init__"],
}


class Clock:
    """The CPU time of each stage, without that of the stages that it calls."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._running: list[str] = []
        self._since = 0.0

    def _turn(self, begun: str | None) -> None:
        now = time.process_time()
        if self._running:
            self.seconds[self._running[-1]] += now - self._since
        self._since = now
        if begun is None:
            self._running.pop()
        else:
            self._running.append(begun)

    def timed(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def run(*args: Any, **named: Any) -> Any:
            self._turn(stage)
            try:
                return function(*args, **named)
            finally:
                self._turn(None)

        return run

    def watch(self, stage: str, place: str) -> None:
        """Time a function, or method of a class, wherever it has been imported to."""
        module, _, name = place.partition(":")
        holder: Any = import_module(module)
        *owner, name = name.split(".")
        if owner:
            kind = getattr(holder, owner[0])
            method = vars(kind)[name]
            timed = self.timed(stage, getattr(method, "__func__", method))
            setattr(kind, name, classmethod(timed) if isinstance(method, classmethod) else timed)
            return
        function = getattr(holder, name)
        timed = self.timed(stage, function)
        for other in [m for n, m in sys.modules.items() if n.partition(".")[0] in ("autograd", "nn")]:
            for key in [key for key, x in vars(other).items() if x is function]:
                setattr(other, key, timed)


def run() -> list[Row]:
    """Print the table, a line for each stage; there are no aims."""
    for network in NETWORKS:
        subprocess.run([sys.executable, "-m", __name__, network], check=True)
    print("\nCPU time of one run each, with an empty cache; an operation is one of the loss and its gradient.")
    return []


def main(network: str) -> None:
    clock = Clock()
    import autograd.compiler.compiled_training as compiled
    from nn import SGD

    for stage, places in STAGES.items():
        for place in places:
            clock.watch(stage, place)
    operations: list[int] = []
    made = compiled.Training._compile

    def counted(self: Any, *args: Any) -> Any:
        found = made(self, *args)
        operations.append(found.operations)
        return found

    compiled.Training._compile = counted  # type: ignore[method-assign]
    model, rows, targets, settings = prepared(network)
    fit = sys.modules["nn.training.trainer"].fit
    fit(model, rows, targets, optimizer=SGD(model.parameters()), epochs=1, progress=False, **settings)
    whole, llvm = sum(clock.seconds.values()), clock.seconds["LLVM"]
    print(f"{network}: {operations[0]:,} operations, {(whole - llvm) / operations[0] * 1e6:.1f} µs each before LLVM")
    for stage in STAGES:
        seconds = clock.seconds[stage]
        print(f"  {stage:30} {seconds * 1e3:8.1f} ms {seconds / operations[0] * 1e6:8.2f} µs")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as empty:
        os.environ["STEPGRAD_CACHE"] = empty
        main(sys.argv[1])
