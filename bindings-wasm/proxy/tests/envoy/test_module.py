"""What the module asks of a proxy, and what it offers.

The toolkit asks for all of the ABI, of which the filter uses a part; every proxy of this ABI gives it.
"""

from __future__ import annotations

from collections.abc import Iterator

from conftest import Tools

SYSTEM = {"environ_get", "environ_sizes_get", "fd_write", "proc_exit", "random_get"}
ASKED = {
    "proxy_add_header_map_value",
    "proxy_call_foreign_function",
    "proxy_close_stream",
    "proxy_continue_stream",
    "proxy_define_metric",
    "proxy_dequeue_shared_queue",
    "proxy_done",
    "proxy_enqueue_shared_queue",
    "proxy_get_buffer_bytes",
    "proxy_get_current_time_nanoseconds",
    "proxy_get_header_map_pairs",
    "proxy_get_header_map_value",
    "proxy_get_property",
    "proxy_get_shared_data",
    "proxy_get_status",
    "proxy_grpc_cancel",
    "proxy_grpc_close",
    "proxy_grpc_send",
    "proxy_http_call",
    "proxy_increment_metric",
    "proxy_log",
    "proxy_record_metric",
    "proxy_register_shared_queue",
    "proxy_remove_header_map_value",
    "proxy_replace_header_map_value",
    "proxy_resolve_shared_queue",
    "proxy_send_local_response",
    "proxy_set_buffer_bytes",
    "proxy_set_effective_context",
    "proxy_set_header_map_pairs",
    "proxy_set_property",
    "proxy_set_shared_data",
    "proxy_set_tick_period_milliseconds",
}
OFFERED = {
    "_initialize",
    "memory",
    "proxy_abi_version_0_2_1",
    "proxy_on_configure",
    "proxy_on_context_create",
    "proxy_on_delete",
    "proxy_on_http_call_response",
    "proxy_on_memory_allocate",
    "proxy_on_request_body",
    "proxy_on_request_headers",
    "proxy_on_request_trailers",
    "proxy_on_tick",
    "proxy_on_vm_start",
}
"""What a proxy does not find it does not call: whatever else is here costs each request a call of nothing."""


class Reader:
    """Reads the sections of a module."""

    def __init__(self, data: bytes) -> None:
        self.data, self.place = data, 0

    def number(self) -> int:
        value = shift = 0
        while True:
            byte = self.data[self.place]
            self.place += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def bytes(self, length: int) -> bytes:
        self.place += length
        return self.data[self.place - length : self.place]

    def name(self) -> str:
        return self.bytes(self.number()).decode()

    def sections(self) -> Iterator[tuple[int, Reader]]:
        assert self.bytes(8) == b"\0asm\1\0\0\0"
        while self.place < len(self.data):
            kind = self.bytes(1)[0]
            yield kind, Reader(self.bytes(self.number()))


def test_the_module_asks_for_what_every_proxy_gives_and_nothing_else(tools: Tools) -> None:
    sections = dict(Reader(tools.module.read_bytes()).sections())
    imports, asked = sections[2], set()
    for _ in range(imports.number()):
        where, name = imports.name(), imports.name()
        # A number of a type, for all of them are functions.
        assert imports.bytes(1) == b"\0", name
        imports.number()
        asked.add((where, name))
    assert {name for where, name in asked if where == "wasi_snapshot_preview1"} <= SYSTEM
    assert {name for where, name in asked if where == "env"} <= ASKED
    assert {where for where, _ in asked} == {"wasi_snapshot_preview1", "env"}


def test_the_module_offers_what_a_proxy_looks_for(tools: Tools) -> None:
    exports = dict(Reader(tools.module.read_bytes()).sections())[7]
    offered = set()
    for _ in range(exports.number()):
        offered.add(exports.name())
        exports.bytes(1)
        exports.number()
    assert offered == OFFERED
