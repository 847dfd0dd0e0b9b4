"""Writing a file whole or not at all: readers see what it held before, or all of what it holds now.

The text is written to a part, a file of its own beside the target, which then takes the target's place in one step:
``.model.json.1a2b3c4d-4711-5e6f7a8b.part``, where the numbers are the machine, the process and chance.  A process that
is killed leaves its part behind; the next that writes the same target removes it.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
import time
from pathlib import Path

LONGEST_NAME = 50  # characters of the target's name in that of a part: a file system allows about 255 bytes
OLD = 24 * 3600.0  # seconds after which nobody is writing any more


def write_whole(path: str | os.PathLike[str], content: str | bytes) -> None:
    """Write ``content`` to ``path``, text as UTF-8: first to another file, which then takes its place in one step.

    Where that fails, by a full disk or Ctrl-C, an existing file stays as it was.  A symbolic link stays one: what it
    points to is written.  An existing file keeps its permissions; a new one has the usual ones.  What is no file, such
    as a pipe or ``/dev/null``, is written to and stays what it is.  OSError where it cannot be written.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_whole(Path(folder, "notes.txt"), "x² + 1")
    ...     Path(folder, "notes.txt").read_text(encoding="utf-8")
    'x² + 1'
    """
    data = content.encode() if isinstance(content, str) else content
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        mode = None
    if mode is not None and not stat.S_ISREG(mode):
        Path(path).write_bytes(data)
        return
    replace_whole(Path(path).resolve(), data, None if mode is None else stat.S_IMODE(mode))


def replace_whole(target: Path, content: bytes, mode: int | None) -> None:
    """Put a new file in the place of whatever has this name, a link too; without a mode with the usual permissions."""
    clear_parts(target.parent, target.name)
    name = f".{target.name[:LONGEST_NAME]}.{_machine()}-{os.getpid()}-{os.urandom(4).hex()}.part"
    part = target.with_name(name)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        with open(os.open(part, flags, 0o666 if mode is None else mode | stat.S_IWUSR), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            os.chmod(part, mode)  # the umask may have taken some away
        os.replace(part, target)
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.unlink(part)
        if isinstance(error, OSError):  # it names the file that was asked for: nobody else knows of the part
            error.filename, error.filename2 = os.fspath(target), None
        raise


def clear_parts(folder: Path, name: str) -> None:
    """Remove the parts that killed writers of one file have left: those of this user which nobody is writing to now.

    That is told by the process, where it was one of this machine, and for others by their age.
    """
    # An earlier form of the name had chance alone.
    parts = re.compile(rf"\.{re.escape(name[:LONGEST_NAME])}\.(?:([0-9a-f]{{8}})-(\d+)-)?[0-9a-z_]{{8}}\.(?:part|tmp)")
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if found := parts.fullmatch(entry.name):
                with contextlib.suppress(OSError):
                    status = entry.stat(follow_symlinks=False)
                    if is_own(status) and (_is_gone(*found.groups()) or time.time() - status.st_mtime > OLD):
                        os.unlink(entry.path)


def is_own(status: os.stat_result) -> bool:
    """Whether this is a regular file, no link, pipe or folder, that belongs to this user."""
    return stat.S_ISREG(status.st_mode) and (not hasattr(os, "getuid") or status.st_uid == os.getuid())


def _is_gone(machine: str | None, process: str | None) -> bool:
    """Whether a process of this machine has ended."""
    if machine != _machine() or process is None or os.name == "nt":  # where asking would end it
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False
    return False


def _machine() -> str:
    """A number for this machine, so that the processes of others that share the folder are not taken for ours."""
    import platform  # only where a file is written
    import zlib

    return f"{zlib.crc32(platform.node().encode()):08x}"
