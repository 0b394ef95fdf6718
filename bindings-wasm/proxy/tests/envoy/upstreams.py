"""Servers behind the proxy."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx

from envoy import PATIENCE, until


class Recorder:
    """A server that says what it was asked, and remembers it."""

    def __init__(self) -> None:
        recorded = self.requests = list[dict[str, object]]()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                body = self.rfile.read(length).decode("latin-1")
                if self.headers.get("transfer-encoding") == "chunked":
                    body = self._chunks()
                headers: dict[str, list[str]] = {}
                for name, value in self.headers.items():
                    headers.setdefault(name.lower(), []).append(value)
                seen = {
                    "method": self.command,
                    "path": self.path,
                    "headers": headers,
                    "body": body,
                }
                recorded.append(seen)
                text = json.dumps(seen).encode()
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(text)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(text)

            def _chunks(self) -> str:
                body = b""
                while size := int(self.rfile.readline().split(b";")[0], 16):
                    body += self.rfile.read(size)
                    self.rfile.readline()
                while self.rfile.readline().strip():
                    pass
                return body.decode("latin-1")

            do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Ends it."""
        self._server.shutdown()
        self._server.server_close()


class Jupyter:
    """A real Jupyter Server, as a hub would start it for somebody."""

    def __init__(self, owner: str, folder: Path) -> None:
        home, runtime = folder / "home", folder / "runtime"
        home.mkdir(parents=True)
        runtime.mkdir(parents=True)
        settings = {
            "IdentityProvider.token": "",
            "ServerApp.base_url": f"/user/{owner}/",
            "ServerApp.root_dir": str(home),
            "ServerApp.port": "0",
            "ServerApp.ip": "127.0.0.1",
            "ServerApp.allow_origin": "*",
            "ServerApp.allow_remote_access": "True",
            "ServerApp.disable_check_xsrf": "True",
            "ServerApp.open_browser": "False",
        }
        flags = [f"--{name}={value}" for name, value in settings.items()]
        environment = {**os.environ, "HOME": str(folder), "JUPYTER_RUNTIME_DIR": str(runtime)}
        command = [sys.executable, "-m", "jupyter_server", "--allow-root", *flags]
        self.home = home
        with (folder / "log").open("w") as log:
            self.process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        self.port = until("the server's port", lambda: self._port(runtime))
        self.url = f"http://127.0.0.1:{self.port}/user/{owner}"
        until("the server", self._ready)

    def stop(self) -> None:
        """Ends it, and its kernels."""
        self.process.terminate()
        self.process.wait(PATIENCE)

    def _port(self, runtime: Path) -> int | None:
        assert self.process.poll() is None, "the server ended"
        for file in runtime.glob("jpserver-*.json"):
            text = file.read_text()
            if text:
                port: int = json.loads(text)["port"]
                return port
        return None

    def _ready(self) -> bool | None:
        try:
            return True if httpx.get(f"{self.url}/api").status_code == 200 else None
        except httpx.TransportError:
            return None
