"""Who asks, and what the hub knows of people."""

from __future__ import annotations

from typing import Any, Literal

import notegate

from .._enforce import names
from .._enforce.asker import Asker, address
from .._enforce.gate import Facts
from .sessions import Mfa, Session, read

Groups = Literal["hub", "bundle"]


class People:
    """Turns people, services and tokens of the hub into principals and their facts.

    With groups from the hub a person is what the hub says, and nothing that the bundle stores about
    them counts; with groups from the bundle it is the other way, and only the admin flag is added.
    """

    def __init__(self, groups: Groups, mfa: Mfa) -> None:
        self.groups = groups
        self._mfa = mfa
        self._sessions: dict[str, Session] = {}

    def person(self, user: Any) -> Facts:
        """What the hub knows of a user of its own."""
        groups = [group.name for group in user.groups]
        return self.described(user.name, groups, bool(user.admin))

    def described(self, name: str, groups: list[str], admin: bool) -> Facts:
        """The same of someone who is not a user yet."""
        uid, attributes = names.user(name), {"admin": admin}
        if self.groups == "bundle":
            return Facts(attributes={uid: attributes})
        parents = [names.group(group) for group in groups]
        return Facts(entities=(notegate.Entity(uid, attributes, parents),))

    def logged_in(self, name: str, session: Session) -> None:
        """Keeps what a login or refresh told."""
        self._sessions[name] = session

    def known(self, name: str) -> Session:
        """What is known of a person's last login."""
        return self._sessions.get(name, Session())

    def read(self, auth_state: Any) -> Session:
        """What an auth state tells of a login."""
        return read(auth_state, self._mfa)

    async def recall(self, user: Any) -> None:
        """Makes a person's login known again after the hub was restarted."""
        if getattr(user, "kind", None) == "user" and user.name not in self._sessions:
            self.logged_in(user.name, self.read(await user.get_auth_state()))

    def asker(self, handler: Any) -> Asker | None:
        """Who sent this request; `None` when the hub does not know."""
        current = getattr(handler, "current_user", None)
        if current is None:
            return None
        facts = Facts(context={**address(handler), **self.known(current.name).context()})
        token = handler.get_token() if getattr(handler, "_token_authenticated", False) else None
        scopes = frozenset(getattr(handler, "expanded_scopes", ()))
        if current.kind == "service":
            uid = names.service(current.name)
            about = {"admin": bool(getattr(current, "admin", False)), "scopes": scopes}
            return Asker(
                uid, current.name, Facts(attributes={uid: about}, context=address(handler))
            )
        if token is None or _is_of_a_browser(token):
            return Asker(names.user(current.name), current.name, facts + self.person(current))
        uid = names.token(current.name, token.api_id)
        about = {"owner": names.user(current.name), "scopes": scopes}
        of_token = Facts(attributes={uid: about}, context=address(handler))
        return Asker(uid, current.name, of_token + self.person(current))


def _is_of_a_browser(token: Any) -> bool:
    # A server or service got it from the hub for the person in front of it, and it ends with their
    # session. What a person issues is of the client `jupyterhub`, and so is a server's own token.
    return token.client_id is not None and token.client_id != "jupyterhub"
