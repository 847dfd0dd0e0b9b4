"""Running dot: DOT text → the bytes of a picture."""

from __future__ import annotations

import os

from ..errors import AutogradError


class DrawError(AutogradError):
    """There is no dot executable, or it failed, or it took too long."""


def find_dot() -> str:
    """The executable that lays out graphs: $STEPGRAD_DOT, else ``dot`` on the PATH, else ``graphviz-pure``."""
    import shutil
    import sys
    import sysconfig

    chosen = os.environ.get("STEPGRAD_DOT")
    if chosen:
        found = shutil.which(chosen)
        if not found:
            raise DrawError(
                f"the environment variable STEPGRAD_DOT is {chosen!r}, and there is no such executable: "
                f"correct it, or unset it to have one looked for"
            )
        return found
    # pip puts graphviz-pure beside Python, which need not be on the PATH of a notebook's kernel.
    schemes = (sysconfig.get_default_scheme(), sysconfig.get_preferred_scheme("user"))
    beside = [os.path.dirname(sys.executable), *(sysconfig.get_path("scripts", scheme) for scheme in schemes)]
    found = shutil.which("dot") or shutil.which("graphviz-pure")
    found = found or shutil.which("graphviz-pure", path=os.pathsep.join(beside))
    if not found:
        raise DrawError(
            "a picture needs a dot executable, and there is none here.  Type: python -m pip install graphviz-pure\n"
            "or one of: sudo apt install graphviz, brew install graphviz, winget install Graphviz.Graphviz; or name "
            "yours in the environment variable STEPGRAD_DOT.\n"
            "Without one, print() of the drawing shows the graph as text, and .source is its DOT text"
        )
    return found


def run_dot(source: str, format: str, *flags: str, timeout: float) -> bytes:
    """DOT text as a picture, in bytes."""
    import subprocess

    dot = find_dot()
    try:
        done = subprocess.run(
            [dot, f"-T{format}", *flags],
            input=source.encode(),
            capture_output=True,
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise DrawError(
            f"{dot} had not finished after {timeout:g} seconds: draw a smaller root, or pass draw(..., "
            f"timeout={10 * timeout:g}); print() of the drawing shows the graph as text"
        ) from None
    except OSError as error:
        raise DrawError(f"{dot} could not be run: {error}") from error
    if done.returncode or not done.stdout:
        said = done.stderr.decode(errors="replace").strip() or "it said nothing"
        raise DrawError(f"{dot} failed with exit status {done.returncode}: {said[-500:]}")
    return done.stdout
