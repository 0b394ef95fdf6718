"""One Envoy for many tests: compiling the module takes seconds, and a listener more takes none."""

from __future__ import annotations

import json
from pathlib import Path

from envoy import Envoy, Listening, until

from configs import Json, Setup

TYPES = {
    "listeners": "type.googleapis.com/envoy.config.listener.v3.Listener",
    "clusters": "type.googleapis.com/envoy.config.cluster.v3.Cluster",
}


class Shared:
    """A running proxy whose listeners and clusters are found in files.

    Its own listener has the filter, too, and stays: while one is there, the module is not compiled again.
    """

    def __init__(self, program: Path, keeper: Json, folder: Path) -> None:
        self._folder, self._count = folder / "discovery", 0
        self._found: dict[str, dict[str, Json]] = {kind: {} for kind in TYPES}
        self._folder.mkdir(parents=True)
        for kind in TYPES:
            self._write(kind)
        self.envoy = Envoy(program, Discovering([keeper], 1, folder=self._folder), folder)

    def listen(self, setup: Setup) -> Listening:
        """Listens with these filters in front of this upstream, and no end to it."""
        self._count += 1
        number, begun = self._count, self.envoy.size()
        listener = setup.listener(f"listener-{number}", f"upstream-{number}")
        clusters = setup.all_clusters(f"upstream-{number}")
        self._found["clusters"].update({cluster["name"]: cluster for cluster in clusters})
        self._write("clusters")
        known = lambda name: f"{name}::" in self.envoy.admin.get("/clusters").text  # noqa: E731
        until("clusters", lambda: True if all(known(one["name"]) for one in clusters) else None)
        self._found["listeners"][listener["name"]] = listener
        self._write("listeners")
        port = until(
            "the listener", lambda: self._refused() or self.envoy.ports().get(listener["name"])
        )
        return Listening(self.envoy.admin, self.envoy.folder / "log", port, begun)

    def _refused(self) -> None:
        stats = self.envoy.all_stats("listener_manager.lds")
        assert stats["listener_manager.lds.update_rejected"] == 0, self.envoy.log()[-4_000:]

    def _write(self, kind: str) -> None:
        resources = [{"@type": TYPES[kind], **one} for one in self._found[kind].values()]
        version = str(len(resources))
        text = json.dumps({"version_info": version, "resources": resources})
        (self._folder / "next").write_text(text)
        (self._folder / "next").replace(self._folder / f"{kind}.json")


class Discovering(Setup):
    """A listener, and others in files of a folder."""

    def __init__(self, filters: list[Json], upstream: int, *, folder: Path) -> None:
        super().__init__(filters, upstream)
        self._folder = folder

    def bootstrap(self) -> Json:
        def source(kind: str) -> Json:
            place = {"path": str(self._folder / f"{kind}.json")}
            watched = {"watched_directory": {"path": str(self._folder)}}
            return {"resource_api_version": "V3", "path_config_source": {**place, **watched}}

        dynamic = {"lds_config": source("listeners"), "cds_config": source("clusters")}
        return {**super().bootstrap(), "dynamic_resources": dynamic}
