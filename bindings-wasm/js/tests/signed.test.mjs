// Bundles as they are delivered: packed, signed, followed by newer ones.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test as it } from "node:test";

import { LoadError, Pdp, test, validate } from "notegate";

const PROGRAM = process.env.NOTEGATE_PROGRAM;

describe("a packed bundle", () => {
  let folder, key, other, older, newer, unsigned;

  before(() => {
    assert.ok(PROGRAM, "NOTEGATE_PROGRAM names the command that packs and signs");
    folder = mkdtempSync(join(tmpdir(), "notegate-js-"));
    const run = (...options) => execFileSync(PROGRAM, options, { cwd: folder, encoding: "utf8" });
    for (const name of ["ours", "other"]) run("bundle", "keygen", `${name}.pem`);
    run("init", "policies", "--pack", "minimal");
    const pack = (sequence, ...options) => {
      run("bundle", "pack", "policies", "--sequence", String(sequence), "--output", "packed", ...options);
      return readFileSync(join(folder, "packed"));
    };
    unsigned = pack(1);
    older = pack(7, "--key", "ours.pem");
    newer = pack(8, "--key", "ours.pem");
    [key, other] = ["ours", "other"].map((name) => readFileSync(join(folder, `${name}.pub.pem`), "utf8"));
  });

  after(() => rmSync(folder, { recursive: true }));

  it("opens when a key that is accepted signed it", () => {
    const pdp = Pdp.fromBundle(older, { keys: key, requireTests: true });
    assert.deepEqual([pdp.status.sequence, pdp.status.signed_by.length], [7, 1]);
    assert.equal(validate(older, { keys: [other, key] }).valid, true);
    assert.equal(test(older, { keys: key }).failed, 0);
  });

  it("is refused when none did", () => {
    assert.throws(() => Pdp.fromBundle(older, { keys: other }), { code: "signature.unknown_key" });
    assert.throws(() => Pdp.fromBundle(unsigned, { keys: key }), { code: "signature.missing" });
    const changed = Buffer.from(older);
    changed[changed.length >> 1] ^= 1;
    assert.throws(() => Pdp.fromBundle(changed, { keys: key }), LoadError);
    const [problem] = validate(older, { keys: other }).problems;
    assert.equal(problem.code, "signature.unknown_key");
  });

  it("gives way to a newer one and to no older one", () => {
    const pdp = Pdp.fromBundle(older, { keys: key });
    assert.equal(pdp.activate(newer), pdp.status.revision);
    assert.equal(pdp.status.sequence, 8);
    assert.throws(() => pdp.activate(older), LoadError);
    assert.throws(() => pdp.activate(unsigned), { code: "signature.missing" });
    assert.equal(pdp.status.sequence, 8);
  });
});
