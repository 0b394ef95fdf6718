// What is given for a bundle, and options, in the form that crosses over.

import { LoadError } from "./errors.js";

const encoder = new TextEncoder();

/** The bytes of a packed bundle, or an object from names of files to their texts. */
export function bundleBytes(bundle) {
  if (bundle instanceof Uint8Array) return [bundle, false];
  if (bundle instanceof ArrayBuffer) return [new Uint8Array(bundle), false];
  const files = bundle instanceof Map ? Object.fromEntries(bundle) : bundle;
  const isText = (text) => typeof text === "string";
  if (typeof files !== "object" || files === null || !Object.values(files).every(isText)) {
    const message = "a bundle is the bytes of a packed one, or an object from file names to texts";
    throw new LoadError({ code: "bundle.kind", message });
  }
  return [encoder.encode(JSON.stringify(files)), true];
}

/** Options as text; what is not known is refused when they are read. */
export function optionsText(options) {
  const { keys, ...others } = options;
  const listed = typeof keys === "string" ? [keys] : keys;
  return JSON.stringify({ ...others, keys: listed });
}
