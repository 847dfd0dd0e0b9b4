"""The workers of the current client: whether there are any, and which of them can run this package."""

from __future__ import annotations

import hashlib
import re
import sys
import time
from pathlib import Path
from typing import Any

PATIENCE = 60.0  # seconds without a worker, or of workers that are lost again and again, after which a training ends
NO_CLIENT = """fit: X and y are collections of Dask, and there is no client that says where to compute. Start one first:
    from dask.distributed import Client
    client = Client()  # processes on this machine; Client("tcp://…:8786") for a scheduler elsewhere"""
ASYNCHRONOUS = (
    "fit: the current client is asynchronous, and fit returns when the training is done. Give it a client of its own, "
    "Client(address), in a thread: await asyncio.to_thread(train)"
)


def current_client() -> Any:
    """The client in use; RuntimeError, with what to do, where there is none that can be waited for."""
    try:
        from distributed import default_client
    except ModuleNotFoundError as error:
        raise ImportError(
            f"fit: collections of Dask are trained on with its package distributed, and {error.name} is not "
            'installed: python -m pip install "stepgrad[dask]"'
        ) from error
    try:
        client = default_client()
    except ValueError:
        raise RuntimeError(NO_CLIENT) from None
    if client.asynchronous:
        raise RuntimeError(ASYNCHRONOUS)
    return client


def fingerprint() -> str:
    """Which code this is: Python's version, and a digest of the sources of both packages."""
    digest = hashlib.sha256()
    root = Path(__file__).parents[3]
    for package in ("autograd", "nn"):
        for file in sorted((root / package).rglob("*.py")):
            digest.update(file.relative_to(root).as_posix().encode() + file.read_bytes())
    return f"Python {sys.version_info.major}.{sys.version_info.minor}, stepgrad {digest.hexdigest()[:12]}"


class Workers:
    """Those workers of a client that run the code that runs here."""

    def __init__(self, client: Any, patience: float) -> None:
        self.client, self.patience, self._here, self._known = client, patience, fingerprint(), dict[str, str]()

    def check(self) -> None:
        """RuntimeError, with what to do, where a worker does not have this package, or another version of it."""
        self.addresses()
        wrong = {worker: found for worker, found in self._known.items() if found != self._here}
        for worker, found in wrong.items():
            raise RuntimeError(
                f"fit: the worker {worker} has {found}, and here is {self._here}. Install the same on all machines, in "
                f"the environment of the workers, and start them again"
            )

    def addresses(self) -> list[str]:
        """The addresses of those that are there now; where there are none they are waited for.

        RuntimeError where none comes, or the scheduler is gone.
        """
        until = time.monotonic() + self.patience
        while True:
            if self.client.status not in ("running", "connecting"):
                raise RuntimeError(f"fit: the connection to the scheduler is lost (the client is {self.client.status})")
            there = sorted(self.client.nthreads())
            self._ask([worker for worker in there if worker not in self._known])
            fit = [worker for worker in there if self._known.get(worker) == self._here]
            if fit or (there and len(self._known) >= len(there)):
                return fit
            if time.monotonic() > until:
                raise RuntimeError(
                    f"fit: the cluster has had no worker for {self.patience:g} s. The model has the parameters of the "
                    f"last whole step, and a checkpoint the last whole epoch: start workers, and go on with resume=True"
                )
            time.sleep(0.1)

    def out_of_memory(self) -> bool:
        """Whether no worker takes more work, as the memory of each is nearly full."""
        workers = self.client.scheduler_info()["workers"].values()
        return bool(workers) and all(worker["status"] == "paused" for worker in workers)

    def _ask(self, strangers: list[str]) -> None:
        if not strangers:
            return
        for worker, answer in self.client.run(fingerprint, workers=strangers, on_error="return").items():
            missing = re.search(r"No module named \\*'([\w.]+)", str(answer))
            if isinstance(answer, str):
                self._known[worker] = answer
            elif missing:
                self._known[worker] = f"no package {missing[1].partition('.')[0]}"
            elif not isinstance(answer, OSError):  # of one that is gone by now
                self._known[worker] = f"{type(answer).__name__}: {answer}"
