"""Tokens, and who issues them."""

from __future__ import annotations

import json
import time
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm


class Issuer:
    """Issues tokens that a proxy can verify."""

    name = "https://login.example"

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        public = json.loads(RSAAlgorithm.to_jwk(self.key.public_key()))
        self.jwks = json.dumps({"keys": [{**public, "kid": "1", "alg": "RS256", "use": "sig"}]})

    def token(self, **claims: Any) -> str:
        """A token with these claims."""
        now = int(time.time())
        whole = {"iss": self.name, "aud": "hub", "iat": now, "exp": now + 3600, **claims}
        return jwt.encode(whole, self.key, algorithm="RS256", headers={"kid": "1"})

    def bearer(self, user: str, **claims: Any) -> dict[str, str]:
        """The header with which a person asks."""
        return {"authorization": f"Bearer {self.token(sub=user, **claims)}"}
