// The configuration, from the environment.

import { readFileSync, readdirSync, statSync } from "node:fs";
import { join, relative } from "node:path";

const KNOWN = new Set([
  "NOTEGATE_CHP_BUNDLE",
  "NOTEGATE_CHP_KEYS",
  "NOTEGATE_CHP_BASE_URL",
  "NOTEGATE_CHP_NAMED_SERVERS",
  "NOTEGATE_CHP_USER_HEADER",
  "NOTEGATE_CHP_HOPS",
  "NOTEGATE_CHP_BODY_BYTES",
]);

/** Reads the configuration; throws what is wrong with it. */
export function read(env) {
  const unknown = Object.keys(env).find((name) => name.startsWith("NOTEGATE_CHP_") && !KNOWN.has(name));
  if (unknown) throw new Error(`${unknown}: there is no such setting; there are ${[...KNOWN].join(", ")}`);
  const value = (name) => env[`NOTEGATE_CHP_${name}`] || undefined;
  const path = value("BUNDLE");
  if (!path) throw new Error("NOTEGATE_CHP_BUNDLE: say where the bundle is, a folder or a packed one");
  const [header, hops] = [value("USER_HEADER")?.toLowerCase(), list(value("HOPS"))];
  if (header && !/^[a-z0-9-]+$/.test(header)) {
    throw new Error("NOTEGATE_CHP_USER_HEADER: it is not the name of a header");
  }
  if (Boolean(header) !== hops.length > 0) {
    throw new Error("NOTEGATE_CHP_USER_HEADER and NOTEGATE_CHP_HOPS: give both, or neither");
  }
  const keys = list(value("KEYS")).map((key) => readFileSync(key, "utf8"));
  return {
    bundle: bundle(path, keys),
    keys,
    baseUrl: value("BASE_URL") ?? "/",
    namedServers: value("NAMED_SERVERS") ?? "plain",
    header,
    hops: new Set(hops),
    bodyBytes: bodyBytes(value("BODY_BYTES")),
  };
}

/** As much as a body of the hub or of a server says that decides, where no policy looks at the size of files. */
const BODY_BYTES = 1 << 20;

function bodyBytes(value) {
  if (value === undefined) return BODY_BYTES;
  const bytes = Number(value);
  if (/^[0-9]+$/.test(value) && bytes >= 1 && bytes <= 1 << 30) return bytes;
  throw new Error("NOTEGATE_CHP_BODY_BYTES: it is a number from 1 to 1073741824");
}

function list(value) {
  return (value ?? "").split(",").map((one) => one.trim()).filter((one) => one !== "");
}

const MEMBER = /^(?:[^/]+\.(?:cedar|cedarschema|json)|tests\/.+\.json)$/;

/** A packed bundle, or the texts of a folder, of which whatever is no plain file is not read. */
function bundle(path, keys) {
  if (!statSync(path).isDirectory()) return readFileSync(path);
  if (keys.length > 0) throw new Error("NOTEGATE_CHP_BUNDLE: a bundle that has to be signed is a packed one");
  const files = readdirSync(path, { recursive: true, withFileTypes: true });
  const texts = new Map();
  for (const file of files.filter((one) => one.isFile())) {
    const whole = join(file.parentPath ?? file.path, file.name);
    const name = relative(path, whole).replaceAll("\\", "/");
    if (MEMBER.test(name)) texts.set(name, readFileSync(whole, "utf8"));
  }
  return texts;
}
