"""Uids of the hub's things, made of parts."""

from __future__ import annotations

from urllib.parse import unquote

import notegate


def user(name: str) -> notegate.Uid:
    """A person."""
    return notegate.Uid("User", name)


def group(name: str) -> notegate.Uid:
    """A group of the hub."""
    return notegate.Uid("Group", name)


def profile(slug: str) -> notegate.Uid:
    """A choice on the spawn page."""
    return notegate.Uid("Profile", slug)


def server(owner: str, name: str) -> notegate.Uid:
    """A person's server; the default one has the empty name."""
    return notegate.Uid("Server", _joined(owner, name))


def service(name: str) -> notegate.Uid:
    """A service of the hub. Its id has no `/`, so it is never that of a person's token."""
    return notegate.Uid("Service", _part(name))


def token(owner: str, token_id: str) -> notegate.Uid:
    """A person's API token as one who asks."""
    return notegate.Uid("Service", _joined(owner, token_id))


def owner_of(uid: notegate.Uid) -> str | None:
    """The name of the person a thing belongs to, as far as its uid tells."""
    kind = uid.type.rpartition("::")[2]
    if kind == "User":
        return str(uid.id)
    if kind in ("Server", "Token", "Share"):
        return unquote(uid.id.partition("/")[0])
    return None


def server_name_of(uid: notegate.Uid) -> str | None:
    """The name of the server that a uid of a server tells."""
    if uid.type.rpartition("::")[2] != "Server":
        return None
    return unquote(uid.id.partition("/")[2])


# The schema's rule: inside a part `/` is `%2F` and `%` is `%25`, so that no two things have one id.
def _part(text: str) -> str:
    return text.replace("%", "%25").replace("/", "%2F")


def _joined(*parts: str) -> str:
    return "/".join(_part(part) for part in parts)
