"""Which profile a spawner of KubeSpawner applied."""

from __future__ import annotations

import inspect
from typing import Any


async def chosen_profile(spawner: Any) -> str | None:
    """The slug of the profile that was applied, or `None` without profiles.

    An option that names a profile counts only when there is that profile: options come from outside,
    and KubeSpawner passes over them when it has no profiles.
    """
    profiles = getattr(spawner, "profile_list", None)
    if callable(profiles):
        profiles = profiles(spawner)
    if inspect.isawaitable(profiles):
        profiles = await profiles
    if isinstance(profiles, dict):
        profiles = [profiles[key] for key in sorted(profiles)]
    if not profiles:
        return None
    chosen = spawner.user_options.get("profile")
    if chosen:
        return next((slug for slug in map(_slug, profiles) if slug == chosen), None)
    return _slug(next((one for one in profiles if one.get("default")), profiles[0]))


def _slug(profile: dict[str, Any]) -> str:
    if "slug" in profile:
        return str(profile["slug"])
    from slugify import slugify

    slug: str = slugify(profile["display_name"])
    return slug
