// The protobuf in which a proxy says what its filters know.

const text = (string) => [...new TextEncoder().encode(string)];

function number(value) {
  const bytes = [];
  for (; value > 127; value >>>= 7) bytes.push((value & 127) | 128);
  return [...bytes, value];
}

const field = (tag, bytes) => [(tag << 3) | 2, ...number(bytes.length), ...bytes];

function value(json) {
  if (typeof json === "string") return field(3, text(json));
  if (typeof json === "number") return [17, ...new Uint8Array(new Float64Array([json]).buffer)];
  if (Array.isArray(json)) return field(6, json.flatMap((one) => field(1, value(one))));
  return field(5, fields(json));
}

const entries = (json, each) =>
  Object.entries(json).flatMap(([key, one]) => field(1, [...field(1, text(key)), ...field(2, each(one))]));

const fields = (json) => entries(json, value);

/** `envoy.config.core.v3.Metadata`: of each filter an object. */
export const structure = (json) => Uint8Array.from(entries(json, fields));
