"""A fake of the Kubernetes API, no more of it than KubeSpawner uses.

It keeps what it is sent. A pod that it is sent is at once "running": its one container is said to be
ready on the loopback address, where the fake answers for it. Nothing is run, scheduled or admitted.
"""

from __future__ import annotations

import asyncio
import json
import threading
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.iostream import StreamClosedError
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler

Json = dict[str, Any]


class FakeKubernetes:
    """The fake, served by a thread of its own on free ports of the loopback address."""

    def __init__(self) -> None:
        self.objects: dict[str, dict[tuple[str, str], Json]] = {
            "pods": {},
            "persistentvolumeclaims": {},
        }
        self.requests: list[tuple[str, str]] = []
        self._version = 0
        self._watchers: list[tuple[str, asyncio.Queue[Json]]] = []
        started = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(started,), daemon=True)
        self._thread.start()
        started.wait()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def pods(self) -> list[Json]:
        """The pods that it was sent and not told to delete, as they were sent."""
        return [pod["sent"] for pod in self.objects["pods"].values()]

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join()

    def version(self) -> str:
        self._version += 1
        return str(self._version)

    def changed(self, kind: str, event: str, thing: Json) -> None:
        for watched, queue in self._watchers:
            if watched == kind:
                queue.put_nowait({"type": event, "object": thing})

    def watch(self, kind: str) -> asyncio.Queue[Json]:
        queue: asyncio.Queue[Json] = asyncio.Queue()
        self._watchers.append((kind, queue))
        return queue

    def forget(self, queue: asyncio.Queue[Json]) -> None:
        self._watchers = [(kind, one) for kind, one in self._watchers if one is not queue]

    def _run(self, started: threading.Event) -> None:
        asyncio.run(self._serve(started))

    async def _serve(self, started: threading.Event) -> None:
        self._loop, self._stopped = asyncio.get_running_loop(), asyncio.Event()
        shared = {"fake": self}
        api = Application(
            [
                (r"/api/v1/namespaces", Namespaces, shared),
                (r"/api/v1/namespaces/([^/]+)/(pods|persistentvolumeclaims|events)", Many, shared),
                (r"/api/v1/namespaces/([^/]+)/(pods|persistentvolumeclaims)/([^/]+)", One, shared),
            ],
            log_function=lambda handler: None,
        )
        pod = Application([(r".*", Server)], log_function=lambda handler: None)
        servers = []
        for application in (api, pod):
            (socket,) = bind_sockets(0, "127.0.0.1")
            server = HTTPServer(application)
            server.add_socket(socket)
            servers.append((server, socket.getsockname()[1]))
        (_, self.port), (_, self.pod_port) = servers
        started.set()
        await self._stopped.wait()
        for server, _ in servers:
            server.stop()
            await server.close_all_connections()


class Api(RequestHandler):
    def initialize(self, fake: FakeKubernetes) -> None:
        self.fake = fake
        fake.requests.append((self.request.method or "", self.request.path))

    def reply(self, status: int, body: Json) -> None:
        self.set_status(status)
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps(body))

    def refuse(self, status: int, reason: str) -> None:
        self.reply(
            status, {"kind": "Status", "status": "Failure", "reason": reason, "message": reason}
        )


class Namespaces(Api):
    def post(self) -> None:
        self.refuse(409, "AlreadyExists")


class Many(Api):
    async def get(self, namespace: str, kind: str) -> None:
        if self.get_argument("watch", "") in ("true", "True", "1"):
            await self._stream(kind)
            return
        things = self.fake.objects.get(kind, {})
        items = [thing["shown"] for (place, _), thing in things.items() if place == namespace]
        self.reply(
            200,
            {"kind": "List", "metadata": {"resourceVersion": self.fake.version()}, "items": items},
        )

    def post(self, namespace: str, kind: str) -> None:
        sent = json.loads(self.request.body)
        key = (namespace, sent["metadata"]["name"])
        if key in self.fake.objects[kind]:
            self.refuse(409, "AlreadyExists")
            return
        shown = (
            running(namespace, sent, self.fake.version())
            if kind == "pods"
            else placed(namespace, sent)
        )
        self.fake.objects[kind][key] = {"sent": sent, "shown": shown}
        self.fake.changed(kind, "ADDED", shown)
        self.reply(201, shown)

    async def _stream(self, kind: str) -> None:
        queue = self.fake.watch(kind)
        deadline = asyncio.get_running_loop().time() + float(
            self.get_argument("timeoutSeconds", "10")
        )
        try:
            self.set_header("Content-Type", "application/json")
            await self.flush()
            while (left := deadline - asyncio.get_running_loop().time()) > 0:
                event = await asyncio.wait_for(queue.get(), left)
                self.write(json.dumps(event) + "\n")
                await self.flush()
        except (asyncio.TimeoutError, StreamClosedError):
            pass
        finally:
            self.fake.forget(queue)


class One(Api):
    def get(self, namespace: str, kind: str, name: str) -> None:
        thing = self.fake.objects[kind].get((namespace, name))
        if thing is None:
            self.refuse(404, "NotFound")
            return
        self.reply(200, thing["shown"])

    def delete(self, namespace: str, kind: str, name: str) -> None:
        thing = self.fake.objects[kind].pop((namespace, name), None)
        if thing is None:
            self.refuse(404, "NotFound")
            return
        self.fake.changed(kind, "DELETED", thing["shown"])
        self.reply(200, thing["shown"])


class Server(RequestHandler):
    """What the hub meets when it looks whether the server in a pod answers."""

    def get(self) -> None:
        self.finish("{}")


def placed(namespace: str, sent: Json) -> Json:
    return {**sent, "metadata": {**sent["metadata"], "namespace": namespace}}


def running(namespace: str, sent: Json, version: str) -> Json:
    shown = placed(namespace, sent)
    shown["metadata"].update(uid=f"uid-{version}", resourceVersion=version)
    ready = {
        "name": "notebook",
        "image": sent["spec"]["containers"][0]["image"],
        "imageID": "",
        "ready": True,
        "restartCount": 0,
        "state": {"running": {}},
    }
    shown["status"] = {"phase": "Running", "podIP": "127.0.0.1", "containerStatuses": [ready]}
    return shown
