"""What of HTTP ordinary clients do not do."""

from __future__ import annotations

import socket

import h2.config
import h2.connection
import h2.events
import h2.settings

from envoy import PATIENCE


def websocket_over_http2(port: int, path: str, headers: dict[str, str]) -> int:
    """Opens a WebSocket by an extended CONNECT, and gives the status of the answer."""
    fields = [
        (":method", "CONNECT"),
        (":protocol", "websocket"),
        (":scheme", "http"),
        (":path", path),
        (":authority", "hub.example"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        *headers.items(),
    ]
    return _ask(port, fields, None)


def post_with_trailers(port: int, path: str, headers: dict[str, str], body: bytes) -> int:
    """Sends a body after which trailers come, and gives the status of the answer."""
    fields = [
        (":method", "POST"),
        (":scheme", "http"),
        (":path", path),
        (":authority", "hub.example"),
        ("content-type", "application/json"),
        *headers.items(),
    ]
    return _ask(port, fields, body)


def _ask(port: int, fields: list[tuple[str, str]], body: bytes | None) -> int:
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as connection:
        config = h2.config.H2Configuration(validate_outbound_headers=False)
        http = h2.connection.H2Connection(config)
        http.initiate_connection()
        http.send_headers(1, fields)
        if body is not None:
            half = len(body) // 2
            http.send_data(1, body[:half])
            http.send_data(1, body[half:])
            http.send_headers(1, [("x-checksum", "1")], end_stream=True)
        connection.sendall(http.data_to_send())
        while received := connection.recv(65_536):
            for event in http.receive_data(received):
                if isinstance(event, h2.events.ResponseReceived):
                    return int(dict(event.headers)[b":status"])
                assert not isinstance(event, h2.events.StreamReset), event
            connection.sendall(http.data_to_send())
    raise AssertionError("the proxy hung up")
