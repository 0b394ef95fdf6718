"""Profiles: only those that policy opens are shown, and the chosen one is decided again."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

from .choices import Choice, Unreadable, compute_of, overridden, resources, text

Profiles = Sequence[Mapping[str, Any]]
Source = Any
"""A list of profiles, a dict of them, or a callable of the spawner; sync or async."""


async def listed(source: Source, spawner: Any) -> list[dict[str, Any]]:
    """All profiles, each with its slug, as KubeSpawner reads them."""
    profiles = source(spawner) if callable(source) else source
    if inspect.isawaitable(profiles):
        profiles = await profiles
    if isinstance(profiles, Mapping):
        profiles = [profiles[key] for key in sorted(profiles)]
    return [{**profile, "slug": slug(profile)} for profile in profiles or ()]


def slug(profile: Mapping[str, Any]) -> str:
    """A profile's name in options and policies."""
    if "slug" in profile:
        return str(profile["slug"])
    try:
        from slugify import slugify
    except ImportError:
        return str(profile["display_name"])
    made: str = slugify(profile["display_name"])
    return made


def default_of(profiles: Profiles) -> Mapping[str, Any]:
    """The one that is taken when nothing is chosen."""
    return next((one for one in profiles if one.get("default")), profiles[0])


def choice(spawner: Any, profiles: Profiles, options: Any) -> Choice:
    """What these options choose, the profile's own compute and image counted in."""
    if not isinstance(options, Mapping):
        raise Unreadable("The options of a server are not an object.")
    chosen, compute = text(options, "profile"), compute_of(spawner)
    image = text(options, "image")
    if profiles and chosen is None:
        chosen = default_of(profiles)["slug"]
    known = next((one for one in profiles if one["slug"] == chosen), None)
    if profiles and known is None:
        raise Unreadable(f"There is no profile `{chosen}`. Choose one from the form.")
    if known is not None:
        for overrides in _overrides(known, options):
            compute = overridden(compute, overrides)
    image = compute["image"] if isinstance(compute["image"], str) else image
    return Choice(chosen, image or None, resources(compute))


def _overrides(profile: Mapping[str, Any], options: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    every = [profile.get("kubespawner_override") or {}]
    for name, option in (profile.get("profile_options") or {}).items():
        choices = option.get("choices") or {}
        key = text(options, name)
        if key is None:
            key = next((key for key, one in choices.items() if one.get("default")), None)
        if key in choices:
            every.append(choices[key].get("kubespawner_override") or {})
    return every


def form(profiles: Profiles) -> str:
    """A form for spawners that have none of their own."""
    first = default_of(profiles)["slug"]
    return "\n".join(_radio(one, one["slug"] == first) for one in profiles)


def _radio(profile: Mapping[str, Any], checked: bool) -> str:
    name = escape(str(profile.get("display_name", profile["slug"])))
    about = escape(str(profile.get("description", "")))
    mark = " checked" if checked else ""
    return (
        f'<div class="form-check mb-3"><label class="form-check-label">'
        f'<input class="form-check-input" type="radio" name="profile" '
        f'value="{escape(profile["slug"])}"{mark}> <strong>{name}</strong><br>{about}</label></div>'
    )


Allowed = Callable[[Any, Mapping[str, Any]], bool]


def opened(profiles: Profiles, spawner: Any, allowed: Allowed) -> list[dict[str, Any]]:
    """The profiles that policy opens for this spawner's requester."""
    return [dict(profile) for profile in profiles if allowed(spawner, profile)]
