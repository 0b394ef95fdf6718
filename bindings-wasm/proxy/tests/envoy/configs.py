"""Configurations of a proxy, as its operator would write them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Json = dict[str, Any]

WASM = "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm"
TEXT = "type.googleapis.com/google.protobuf.StringValue"
STRUCT = "type.googleapis.com/google.protobuf.Struct"
HTTP = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3"
EXTENSIONS = "type.googleapis.com/envoy.extensions"
NOTEGATE = "notegate"


def wasm(module: Path, configuration: Json, **plugin: Any) -> Json:
    """The filter, as an extension of the proxy."""
    return {
        "@type": WASM,
        "config": {
            "name": NOTEGATE,
            "configuration": {"@type": STRUCT, "value": configuration},
            "failure_policy": "FAIL_CLOSED",
            "allow_on_headers_stop_iteration": True,
            "vm_config": {
                "runtime": "envoy.wasm.runtime.v8",
                "code": {"local": {"filename": str(module)}},
            },
            **plugin,
        },
    }


@dataclass
class Setup:
    """One listener in front of one upstream."""

    filters: list[Json]
    upstream: int
    tls: Json | None = None
    clusters: list[Json] = field(default_factory=list)

    def bootstrap(self) -> Json:
        """The whole of what the proxy is started with."""
        return {
            "node": {"id": "test", "cluster": "test"},
            "admin": {"address": address(0)},
            "static_resources": {
                "listeners": [self.listener("main", "upstream")],
                "clusters": self.all_clusters("upstream"),
            },
        }

    def listener(self, name: str, upstream: str) -> Json:
        """The listener, in front of the cluster of this name."""
        chain: Json = {"filters": [self._manager(upstream)]}
        if self.tls is not None:
            chain["transport_socket"] = {
                "name": "envoy.transport_sockets.tls",
                "typed_config": {
                    "@type": f"{EXTENSIONS}.transport_sockets.tls.v3.DownstreamTlsContext",
                    **self.tls,
                },
            }
        return {"name": name, "address": address(0), "filter_chains": [chain]}

    def all_clusters(self, upstream: str) -> list[Json]:
        """All clusters that it names, the upstream under this name."""
        return [cluster(upstream, self.upstream), *self.clusters]

    def _manager(self, upstream: str) -> Json:
        router = {
            "name": "envoy.filters.http.router",
            "typed_config": {"@type": f"{EXTENSIONS}.filters.http.router.v3.Router"},
        }
        route = {"match": {"prefix": "/"}, "route": {"cluster": upstream, "timeout": "30s"}}
        return {
            "name": "envoy.filters.network.http_connection_manager",
            "typed_config": {
                "@type": f"{HTTP}.HttpConnectionManager",
                "stat_prefix": "main",
                "codec_type": "AUTO",
                "use_remote_address": True,
                "http2_protocol_options": {"allow_connect": True},
                "upgrade_configs": [{"upgrade_type": "websocket"}],
                "http_filters": [*self.filters, router],
                "route_config": {
                    "virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [route]}]
                },
            },
        }


def named(typed: Json, name: str = NOTEGATE) -> Json:
    """A filter among those of a listener."""
    return {"name": name, "typed_config": typed}


def discovered(folder: Path, name: str) -> Json:
    """The filter, found in a file that is watched."""
    return {
        "name": name,
        "config_discovery": {
            "type_urls": [WASM],
            "config_source": {
                "resource_api_version": "V3",
                "path_config_source": {
                    "path": str(folder / "filter.json"),
                    "watched_directory": {"path": str(folder)},
                },
            },
        },
    }


def discovery(typed: Json, name: str, version: str) -> Json:
    """What is in that file."""
    resource = {
        "@type": "type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig",
        **named(typed, name),
    }
    return {"version_info": version, "resources": [resource]}


def jwt_authn(issuer: str, jwks: str) -> Json:
    """The filter that verifies tokens; a request without one goes on without claims."""
    provider = {
        "issuer": issuer,
        "audiences": ["hub"],
        "local_jwks": {"inline_string": jwks},
        "payload_in_metadata": "jwt",
    }
    allow_missing = {
        "requires_any": {"requirements": [{"provider_name": "own"}, {"allow_missing": {}}]}
    }
    typed = {
        "@type": f"{EXTENSIONS}.filters.http.jwt_authn.v3.JwtAuthentication",
        "providers": {"own": provider},
        "rules": [{"match": {"prefix": "/"}, "requires": allow_missing}],
    }
    return named(typed, "envoy.filters.http.jwt_authn")


def cluster(name: str, port: int) -> Json:
    """One server on this machine."""
    endpoint = {"endpoint": {"address": address(port)}}
    return {
        "name": name,
        "type": "STATIC",
        "load_assignment": {
            "cluster_name": name,
            "endpoints": [{"lb_endpoints": [endpoint]}],
        },
    }


def address(port: int) -> Json:
    """A port of this machine; 0 for one that is free."""
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}
