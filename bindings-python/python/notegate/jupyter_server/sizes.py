"""How large a file is that is read, or that a piece is added to."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

from tornado.web import HTTPError

_READS = frozenset({"contents:read", "contents:download", "contents:export"})


def is_asked(pdp: Any) -> bool:
    """Whether a policy may look at a size: nobody asks a disk for one that none looks at."""
    return bool(pdp.looks_at("bytes") or pdp.looks_at("chunk"))


async def facts(handler: Any, action: str, path: str, context: dict[str, Any]) -> dict[str, Any]:
    """The size of what an action reads, or of what a write leaves behind. A folder has none."""
    added = action == "contents:write" and context.get("chunk", 1) != 1
    if action not in _READS and not added:
        return {}
    size = await _size(handler.settings["contents_manager"], path)
    if added:
        return {"bytes": context["bytes"] + (size or 0)}
    return {} if size is None else {"bytes": size}


async def _size(manager: Any, path: str) -> int | None:
    # A manager of files gives the size of a link, and not of what it leads to.
    of_disk = getattr(manager, "_get_os_path", None)
    try:
        if of_disk is not None:
            return _on_disk(Path(of_disk(path)))
        model = manager.get(path, content=False)
        size = (await model if hasattr(model, "__await__") else model).get("size")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except HTTPError as error:
        if error.status_code == 404:
            return None
        raise
    return None if size is None else int(size)


def _on_disk(path: Path) -> int | None:
    found = path.stat()
    return found.st_size if stat.S_ISREG(found.st_mode) else None
