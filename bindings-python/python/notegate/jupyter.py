"""Requests for a hub, its servers and gateways as questions, read in one way or refused.

A `Mapper` reads the method and the target of a request, as they came, into readings: all of them must be
allowed before it is passed on under their `canonical` path. A reading that `needs` the body is narrowed by
`with_body` first, which says of one that is `measured` how much a save or an upload writes. What names no
route, or could be taken for another one, is a `RouteError`, and is denied.

>>> mapper = Mapper(owner="ada")
>>> [reading] = mapper.read("GET", "/user/ada/files/notes/a%20b.csv")
>>> reading.action, reading.resource.id
('contents:download', 'ada//notes/a b.csv')
"""

from ._native import Mapper, Message, Reading, RouteError

__all__ = ["Mapper", "Message", "Reading", "RouteError"]
