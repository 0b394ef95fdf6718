// After the compiled part has stopped half-way. A file of its own: it decides nothing more in this process.

import assert from "node:assert/strict";
import { test as it } from "node:test";

import { NotegateError, Pdp, validate } from "notegate";

import { call } from "./node_modules/notegate/errors.js";

it("what has failed once decides nothing more, and says so", () => {
  const files = { "a.cedar": "permit(principal, action, resource);" };
  const pdp = Pdp.fromBundle(files);
  const request = { principal: { type: "User", id: "ada" }, action: "server:access", resource: { type: "Server", id: "ada/" } };
  assert.equal(pdp.authorize(request).allowed, true);
  const failed = (error) => error instanceof NotegateError && error.code === "failed";
  assert.throws(() => call(() => { throw new WebAssembly.RuntimeError("unreachable"); }), failed);
  assert.throws(() => pdp.authorize(request), failed);
  assert.throws(() => pdp.authorizeBatch([request]), failed);
  assert.throws(() => pdp.explain(request), failed);
  assert.throws(() => pdp.status, failed);
  assert.throws(() => validate(files), failed);
});
