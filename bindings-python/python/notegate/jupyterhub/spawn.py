"""Starting a server: who asks, for whom, which one, and with which choice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from traitlets import TraitError

import notegate

from .._enforce import names
from .._enforce.asker import Asker
from .._enforce.gate import Answer, Facts, Gate
from . import pods, profiles, tokens
from .choices import Choice, Unreadable
from .denial import denial
from .people import People


class Spawns:
    """The questions about one hub's spawners."""

    def __init__(
        self,
        gate: Gate,
        people: People,
        offered: profiles.Source = (),
        service_account: str | None = None,
    ) -> None:
        self.gate = gate
        self.people = people
        self._offered = offered
        self._service_account = service_account

    def asker(self, spawner: Any) -> Asker:
        """Who asks for this spawner: whoever sent the request, or the owner when the hub itself does."""
        asker = None if spawner.handler is None else self.people.asker(spawner.handler)
        if asker is not None:
            return asker
        owner = spawner.user
        return Asker(names.user(owner.name), owner.name, self.people.person(owner))

    def facts(self, spawner: Any, asker: Asker, choice: Choice) -> Facts:
        """What the hub knows of a start."""
        owner = names.user(spawner.user.name)
        server = names.server(spawner.user.name, spawner.name)
        about: dict[str, Any] = {"owner": owner, "name": spawner.name}
        wanted = choice.context()
        if "profile" in wanted:
            about["profile"] = wanted["profile"]
        context = {
            "server": server,
            "named": bool(spawner.name),
            "serverCount": count(spawner.user, spawner.name),
            **wanted,
        }
        if asker.uid.type.endswith("::Service"):
            context["onBehalfOf"] = owner
        of_server = Facts(attributes={server: about}, context=context)
        return self.people.person(spawner.user) + asker.facts + of_server

    def pod_hook(self, existing: Any) -> pods.Hook:
        """The hook of KubeSpawner that decides each pod."""
        account = self._service_account
        return pods.modify_pod_hook(
            self.gate.pdp,
            existing=existing,
            facts=self._pod_facts,
            identity=None if account is None else notegate.Uid("ServiceAccount", account),
            shadow=not self.gate.enforcement.enforces("pod:create"),
        )

    def _pod_facts(self, spawner: Any) -> pods.Facts:
        choice = getattr(spawner, "_notegate_choice", Choice())
        facts = self.facts(spawner, self.asker(spawner), choice)
        entities = {entity.uid: entity for entity in reversed(facts.entities)}
        return pods.Facts(tuple(entities.values()), facts.attributes, facts.context)

    async def profiles(self, spawner: Any) -> list[dict[str, Any]]:
        """All profiles of a spawner, those that policy closes too."""
        own = getattr(spawner, "_notegate_profiles", None)
        return await profiles.listed(own or self._offered, spawner)

    async def opened(self, spawner: Any) -> list[dict[str, Any]]:
        """The profiles that policy opens."""
        every = await self.profiles(spawner)
        return profiles.opened(every, spawner, self._opens)

    async def choice(self, spawner: Any) -> Choice:
        """What was chosen, with the first open profile when nothing was."""
        every = await self.profiles(spawner)
        taken = profiles.opened(every, spawner, self._opens) if _none_chosen(spawner) else every
        return profiles.choice(spawner, taken or every, spawner.user_options)

    async def decide(self, spawner: Any) -> Choice:
        """Decides a start as it stands now; raises what the person is shown when it is denied."""
        try:
            choice = await self.choice(spawner)
        except (Unreadable, ValueError, TypeError) as error:
            self._obey(spawner, self.gate.refuse("server:start", _readable(error)))
            return Choice()
        asker = self.asker(spawner)
        facts = self.facts(spawner, asker, choice)
        if choice.profile is not None:
            profile = names.profile(choice.profile)
            self._obey(spawner, self.gate.ask(asker.uid, "profile:use", profile, facts))
        server = names.server(spawner.user.name, spawner.name)
        answer = self.gate.ask(asker.uid, "server:start", server, facts)
        self._obey(spawner, answer)
        self._obey(spawner, self._within(answer, spawner))
        return choice

    async def changed(self, spawner: Any, before: Choice) -> bool:
        """Whether the choice is another one now, or can no longer be read."""
        try:
            return await self.choice(spawner) != before
        except (Unreadable, ValueError, TypeError):
            return True

    def _opens(self, spawner: Any, profile: Mapping[str, Any]) -> bool:
        asker = self.asker(spawner)
        try:
            choice = profiles.choice(spawner, [profile], {"profile": profile["slug"]})
        except (Unreadable, ValueError, TypeError):
            return self.gate.undecided("profile:use").allowed
        facts = self.facts(spawner, asker, choice)
        return self.gate.ask(
            asker.uid, "profile:use", names.profile(profile["slug"]), facts
        ).allowed

    def _within(self, answer: Answer, spawner: Any) -> Answer:
        most = answer.obligations.get("max_servers")
        if most is None or count(spawner.user, spawner.name) < int(most):
            return answer
        message = f"You may have {most} servers. Stop and delete one, then try again."
        refused = self.gate.refuse("server:start", message)
        return Answer(refused.allowed, refused.message, answer.decision_id)

    def _obey(self, spawner: Any, answer: Answer) -> None:
        if not answer.allowed:
            raise denial(spawner, answer.message, answer.decision_id)


def count(user: Any, asked_for: str) -> int:
    """The servers a person has beside the one asked for; a default server counts while it runs."""
    named = {name for name in user.orm_spawners if name and name != asked_for}
    default = user.spawners.get("") if asked_for else None
    return len(named) + bool(default is not None and default.active)


def protected(spawner_class: Any, spawns: Spawns) -> Any:
    """The operator's spawner class, which asks before it starts. All else of it stays."""

    class Protected(spawner_class):  # type: ignore[misc]
        def __init__(self, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            own: Any = self
            self._notegate_profiles = getattr(own, "profile_list", None) or None
            if self._notegate_profiles is not None:
                self._show_opened(spawns.opened)
            own.server_token_scopes = tokens.ceiling(spawns, own.server_token_scopes)
            self._notegate_client_scopes = own.oauth_client_allowed_scopes
            if own.has_trait("modify_pod_hook"):
                own.modify_pod_hook = spawns.pod_hook(own.modify_pod_hook)

        async def _get_oauth_client_allowed_scopes(self) -> Any:
            # The hub also writes this attribute into the server's environment, and can do so with
            # a list only.
            own: Any = self
            wanted = self._notegate_client_scopes
            own.oauth_client_allowed_scopes = await tokens.client_scopes(spawns, wanted, own)
            return await super()._get_oauth_client_allowed_scopes()

        async def get_options_form(self) -> Any:
            await spawns.people.recall(getattr(self.handler, "current_user", None))
            if isinstance(self._notegate_profiles, (list, dict)):
                self._show_opened(await spawns.opened(self))
            own = await super().get_options_form()
            if own or self._notegate_profiles is not None:
                return own
            every = await spawns.opened(self)
            return profiles.form(every) if every else own

        async def run_pre_spawn_hook(self) -> None:
            self._notegate_choice = before = await spawns.decide(self)
            outcome = super().run_pre_spawn_hook()
            if hasattr(outcome, "__await__"):
                await outcome
            # The operator's hook may change what was decided, and then it is decided again.
            if self.pre_spawn_hook and await spawns.changed(self, before):
                self._notegate_choice = await spawns.decide(self)

        def _show_opened(self, shown: Any) -> None:
            # KubeSpawner takes a callable and asks it at the start too; others may take a list only.
            try:
                self.profile_list = shown
            except TraitError:
                self.log.debug("profiles are filtered when the form is shown")

    Protected.__name__ = spawner_class.__name__
    Protected.__qualname__ = spawner_class.__qualname__
    Protected.__module__ = spawner_class.__module__
    return Protected


def _none_chosen(spawner: Any) -> bool:
    options = spawner.user_options
    return isinstance(options, Mapping) and not options.get("profile")


def _readable(error: Exception) -> str:
    if isinstance(error, Unreadable):
        return str(error)
    return "The options of this server cannot be read. Choose from the form."
