"""Machine code kept on disk, so that the next process need not compile it again.

An entry is a file in a per-user directory, named by the hash of everything the code depends on.  It is
written under another name and then moved, so two processes never see half of one; and it is read only if it
is a file, ours, nobody else could have written to it, and its contents hash to what it says.  Whatever is wrong with
an entry or the directory, the answer is None and the code is compiled again.

The directory may be shared with other files: what is no entry by its name and its first bytes is left alone.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from pathlib import Path

from ...persistence import clear_parts, is_own, replace_whole

MAGIC = b"stepgrad object code 1\n"
MOST = 2048  # entries; of more, those that were not used for longest go
NAME = re.compile(r"[0-9a-f]{64}\.o")
PART = re.compile(r"\.([0-9a-f]{50})\..*\.part")
# A pipe under the name of an entry must not let us wait for a writer, nor a link lead us elsewhere.
FLAGS = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_NONBLOCK", "O_NOFOLLOW", "O_BINARY"))


def directory() -> Path:
    """Where entries are kept: ``STEPGRAD_CACHE``, else the user's own cache directory."""
    chosen = os.environ.get("STEPGRAD_CACHE")
    if chosen:
        return Path(chosen)
    from platformdirs import user_cache_path

    return user_cache_path("stepgrad", appauthor=False)


def load(*parts: str) -> bytes | None:
    """The code that was stored for what these parts say, or None."""
    path, key = _entry(parts)
    head = MAGIC + key
    data = _read(path)
    code = data[len(head) + 32 :]
    if data[: len(head)] != head or data[len(head) : len(head) + 32] != hashlib.sha256(code).digest():
        return None
    with contextlib.suppress(OSError):
        os.utime(path)  # used just now
    return code


def store(code: bytes, *parts: str) -> None:
    """Keep the code; where that is not possible, do nothing."""
    path, key = _entry(parts)
    with contextlib.suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace_whole(path, MAGIC + key + hashlib.sha256(code).digest() + code, 0o600)  # readable by its owner alone
        _prune(path.parent)


def _entry(parts: tuple[str, ...]) -> tuple[Path, bytes]:
    key = hashlib.sha256("\0".join(parts).encode())
    return directory() / f"{key.hexdigest()}.o", key.digest()


def _read(path: Path, size: int = -1) -> bytes:
    """What a file holds, or its first bytes; nothing where it is no file, or others than this user can have written."""
    try:
        with open(os.open(path, FLAGS), "rb") as file:
            status = os.fstat(file.fileno())
            return file.read(size) if is_own(status) and not (os.name == "posix" and status.st_mode & 0o022) else b""
    except OSError:
        return b""


def _prune(folder: Path) -> None:
    """Remove the entries beyond ``MOST``, and some more, as it takes long to find those."""
    names = os.listdir(folder)
    for start in {found[1] for name in names if name.startswith(".") and (found := PART.fullmatch(name))}:
        clear_parts(folder, start)
    if len(names) <= MOST or sum(map(bool, map(NAME.fullmatch, names))) <= MOST:
        return
    entries = []
    for name in filter(NAME.fullmatch, names):
        with contextlib.suppress(OSError):  # another process may have removed it
            if _read(folder / name, len(MAGIC)) == MAGIC:
                entries.append((os.stat(folder / name).st_mtime, folder / name))
    for _, path in sorted(entries)[: len(entries) - MOST + MOST // 8]:
        path.unlink(missing_ok=True)
