"""Decides what a person, a kernel or a service account may do on a notebook platform.

Open a bundle of policies with `Pdp.open`, ask it with `Pdp.authorize`, and obey `Response.allowed`.
"""

from ._native import (
    Entity,
    Event,
    Handle,
    LoadError,
    NotegateError,
    Pdp,
    PodError,
    PolicyError,
    Problem,
    Records,
    RequestError,
    Response,
    RouteError,
    Status,
    Uid,
)

__all__ = [
    "Entity",
    "Event",
    "Handle",
    "LoadError",
    "NotegateError",
    "Pdp",
    "PodError",
    "PolicyError",
    "Problem",
    "Records",
    "RequestError",
    "Response",
    "RouteError",
    "Status",
    "Uid",
]
