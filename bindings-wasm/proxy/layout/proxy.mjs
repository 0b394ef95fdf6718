// As much of a proxy as a filter needs for a request that it passes on.

const OK = 0;
const NOT_FOUND = 1;
const CONTINUE = 0;
const CONFIGURATION = 7;
/** In nanoseconds. The same at every build, as is all else that comes from here. */
const NOW = 1796083200000000000n;
const ADDRESS = new TextEncoder().encode("192.0.2.7:41234");

const bytes = (text) => new TextEncoder().encode(text);

/** Headers as a proxy hands them over: their number, the lengths of all, and then the texts. */
function pairs(headers) {
  const texts = headers.flat().map(bytes);
  const lengths = [headers.length, ...texts.map((one) => one.length)];
  const head = new Uint8Array(new Uint32Array(lengths).buffer);
  return Uint8Array.from([...head, ...texts.flatMap((one) => [...one, 0])]);
}

/** Starts a filter; `called` hears of each function that is called. */
export function proxy(module, called) {
  let filter, configuration, headers, token, said;
  let next = 1;
  let metrics = 0;
  const memory = () => new Uint8Array(filter.memory.buffer);
  const numbers = () => new DataView(filter.memory.buffer);
  const text = (at, length) => new TextDecoder().decode(memory().slice(at, at + length));
  const give = (data, at, length) => {
    if (!data) return NOT_FOUND;
    const place = filter.proxy_on_memory_allocate(data.length);
    memory().set(data, place);
    numbers().setUint32(at, place, true);
    numbers().setUint32(length, data.length, true);
    return OK;
  };
  const known = { metadata: () => token, "source\0address": () => ADDRESS };
  const env = {
    proxy_log: (_level, at, length) => ((said = text(at, length)), OK),
    proxy_get_current_time_nanoseconds: (at) => (numbers().setBigUint64(at, NOW, true), OK),
    proxy_get_buffer_bytes: (kind, _from, _most, at, length) =>
      give(kind === CONFIGURATION ? configuration : undefined, at, length),
    proxy_get_header_map_pairs: (_kind, at, length) => give(headers, at, length),
    proxy_get_property: (path, size, at, length) => give(known[text(path, size)]?.(), at, length),
    proxy_define_metric: (_kind, _name, _size, at) => (numbers().setUint32(at, metrics++, true), OK),
    proxy_get_shared_data: () => NOT_FOUND,
  };
  const system = {
    // The same keys at every build.
    random_get: (at, length) => (memory().fill(7, at, at + length), OK),
    environ_sizes_get: (count, size) => {
      numbers().setUint32(count, 0, true);
      numbers().setUint32(size, 0, true);
      return OK;
    },
    fd_write: (_file, parts) => {
      throw new Error(text(numbers().getUint32(parts, true), numbers().getUint32(parts + 4, true)));
    },
  };
  const given = { env, wasi_snapshot_preview1: system, layout: { called } };
  const compiled = new WebAssembly.Module(module);
  const imports = {};
  for (const { module: where, name } of WebAssembly.Module.imports(compiled)) {
    (imports[where] ??= {})[name] = given[where]?.[name] ?? (() => OK);
  }
  filter = new WebAssembly.Instance(compiled, imports).exports;
  filter._initialize?.();
  return {
    /** Opens a configuration, and says which it is. */
    open(json) {
      const root = next++;
      configuration = bytes(json);
      filter.proxy_on_context_create(root, 0);
      if (!filter.proxy_on_configure(root, configuration.length)) throw new Error(said);
      return root;
    },
    /** Asks for something that is allowed. */
    ask(root, asked, claims) {
      const request = next++;
      headers = pairs(asked);
      token = claims;
      filter.proxy_on_context_create(request, root);
      const step = filter.proxy_on_request_headers(request, asked.length, 1);
      if (step !== CONTINUE) throw new Error(`${JSON.stringify(asked)}: ${said}`);
      filter.proxy_on_delete(request);
    },
  };
}
