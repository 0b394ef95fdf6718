// What is done with a bundle before it decides anything.

import { bundleBytes, optionsText } from "./bundle.js";
import { call } from "./errors.js";
import * as native from "./notegate.js";

/** Checks a bundle: syntax, schema, limits, and what is likely not meant. */
export function validate(bundle, options = {}) {
  const [bytes, byFiles] = bundleBytes(bundle);
  return JSON.parse(call(() => native.validate(bytes, byFiles, optionsText(options))));
}

/** Runs the test cases of a bundle. */
export function test(bundle, options = {}) {
  const [bytes, byFiles] = bundleBytes(bundle);
  return JSON.parse(call(() => native.test(bytes, byFiles, optionsText(options))));
}
