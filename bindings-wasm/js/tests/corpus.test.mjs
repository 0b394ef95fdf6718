// Every bundle and every case, through this door.

import assert from "node:assert/strict";
import { test as it } from "node:test";

import { Pdp, test, validate } from "notegate";

import { differences } from "./bundles.mjs";
import { bundle, names } from "./files.mjs";

it("the shipped bundles are all there", () => {
  assert.deepEqual(names.sort(), ["baseline", "classroom", "minimal", "regulated"]);
});

for (const name of names) {
  const files = bundle(name);

  it(`every case of ${name} comes out as expected, run and asked`, () => {
    const { passed, asked, found } = differences({ Pdp, test }, files);
    assert.deepEqual(found, []);
    assert.ok(passed > 10, `${passed} passed`);
    assert.equal(asked, passed);
  });

  it(`nothing in ${name} is warned of`, () => {
    const report = validate(files);
    assert.deepEqual([report.valid, report.problems], [true, []]);
    assert.match(report.revision, /^sha256:[0-9a-f]{64}$/);
  });
}
