"""A person with a browser, before a hub."""

from __future__ import annotations

from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import requests


class Visitor(requests.Session):
    """A browser's session, as far as the hub can tell."""

    def __init__(self, hub: Any) -> None:
        super().__init__()
        self.hub = hub

    def at(self, path: str) -> str:
        return f"{self.hub.url}{path}"

    @property
    def xsrf(self) -> str:
        own = [cookie for cookie in self.cookies if "/hub/" in cookie.path]
        values = [cookie.value for cookie in own if cookie.name == "_xsrf"]
        return values[-1] or ""

    def log_in(self, name: str, base: str = "/jhub") -> requests.Response:
        self.get(self.at("/hub/login"))
        form = {"username": name, "password": "x", "_xsrf": self.xsrf}
        answer = self.post(self.at(f"/hub/login?next={base}/hub/home"), data=form)
        self.get(self.at("/hub/home"))
        return answer

    def api(self, method: str, path: str, **json_body: Any) -> requests.Response:
        headers = {"X-XSRFToken": self.xsrf, "Referer": self.hub.url + "/hub/home"}
        body = json_body or None
        if method == "GET":
            return self.get(self.at("/hub/api" + path), headers=headers)
        return self.request(method, self.at("/hub/api" + path), json=body, headers=headers)

    def raw(self, method: str, path: str, url: str, **headers: str) -> tuple[int, str]:
        """A request whose path no client has tidied up."""
        there = urlsplit(url)
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.cookies)
        connection = HTTPConnection(str(there.hostname), there.port, timeout=30)
        connection.request(method, there.path + path, headers={"Cookie": cookies, **headers})
        answer = connection.getresponse()
        body = answer.read().decode("utf-8", "replace")
        connection.close()
        return answer.status, body

    def spawn(self, path: str, form: dict[str, Any]) -> requests.Response:
        self.get(self.at("/hub/home"))
        data = {**form, "_xsrf": self.xsrf}
        return self.post(self.at("/hub/spawn" + path), data=data)

    def token(self, **wanted: Any) -> str:
        name = self.api("GET", "/user").json()["name"]
        issued = self.api("POST", f"/users/{name}/tokens", **wanted)
        assert issued.status_code == 201, issued.text
        return str(issued.json()["token"])
