"""Machine code kept on disk, so that the next process need not compile it again.

An entry is a file in a per-user directory, named by the hash of everything the code depends on.  It is
written under another name and then moved, so two processes never see half of one; and it is read only if it
is ours, nobody else could have written to it, and its contents hash to what it says.  Whatever is wrong with
an entry or the directory, the answer is None and the code is compiled again.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from pathlib import Path

MAGIC = b"stepgrad object code 1\n"
MOST = 512  # entries; of more, those that were not used for longest go


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
    try:
        with path.open("rb") as file:
            if not _ours(os.fstat(file.fileno())):
                return None
            data = file.read()
        os.utime(path)  # used just now
    except OSError:
        return None
    head = MAGIC + key
    code = data[len(head) + 32 :]
    if data[: len(head)] != head or data[len(head) : len(head) + 32] != hashlib.sha256(code).digest():
        return None
    return code


def store(code: bytes, *parts: str) -> None:
    """Keep the code; where that is not possible, do nothing."""
    path, key = _entry(parts)
    with contextlib.suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".part")  # readable by its owner alone
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(MAGIC + key + hashlib.sha256(code).digest() + code)
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise
        _prune(path.parent)


def _entry(parts: tuple[str, ...]) -> tuple[Path, bytes]:
    key = hashlib.sha256("\0".join(parts).encode())
    return directory() / f"{key.hexdigest()}.o", key.digest()


def _ours(status: os.stat_result) -> bool:
    """Whether only this user can have written a file."""
    return not hasattr(os, "getuid") or (status.st_uid == os.getuid() and not status.st_mode & 0o022)


def _prune(folder: Path) -> None:
    entries = sorted(folder.glob("*.o"), key=lambda path: path.stat().st_mtime)
    for path in entries[:-MOST]:
        path.unlink(missing_ok=True)
