// What is peculiar to JavaScript.

import assert from "node:assert/strict";
import { test as it } from "node:test";

import { LoadError, NotegateError, Pdp, RequestError, Response, test, validate } from "notegate";

const NOW = Date.parse("2026-11-28T08:00:00Z");

const files = {
  "policies.cedar": `
    @id("own-server")
    @obligation_max_cpu("2000")
    permit(principal, action == Notebook::Action::"server:access", resource)
    when { resource has owner && resource.owner == principal };

    @id("after-eight")
    permit(principal, action == Notebook::Action::"hub:view", resource)
    when { context.now >= datetime("2026-11-28T08:00:00Z") };

    @id("no-guests")
    @message("Guests may not.")
    forbid(principal == Notebook::User::"guest", action, resource);

    @id("mfa")
    permit(principal, action == Notebook::Action::"terminal:open", resource)
    when { context has mfa && context.mfa };`,
  "entities.json": JSON.stringify([
    {
      uid: { type: "Notebook::Server", id: "ada/" },
      attrs: { owner: { __entity: { type: "Notebook::User", id: "ada" } } },
      parents: [],
    },
  ]),
};
const server = { type: "Server", id: "ada/" };
const asks = (id, action = "server:access", resource = server, more = {}) => ({
  principal: { type: "User", id },
  action,
  resource,
  ...more,
});
const open = (options) => Pdp.fromBundle(files, { clock: () => NOW, ...options });

it("a response says all there is to say", () => {
  const pdp = open();
  const response = pdp.authorize(asks("ada"));
  assert.ok(response instanceof Response);
  assert.equal(response.allowed, true);
  assert.deepEqual(response.reason, ["own-server"]);
  assert.match(response.decisionId, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/);
  assert.equal(response.revision, pdp.status.revision);
  assert.deepEqual([response.errors, response.expired, response.message], [[], false, undefined]);
  const denied = pdp.authorize(asks("guest"));
  assert.deepEqual([denied.allowed, denied.message, denied.reason], [false, "Guests may not.", ["no-guests"]]);
  assert.equal(JSON.parse(JSON.stringify(denied)).decision, "deny");
});

it("plain requests, whole ones and texts of uids are decided alike", () => {
  const pdp = open();
  for (const id of ["ada", "bob", "guest", 'a"\\b', "ada\u001f", "äda", ""]) {
    const plain = pdp.authorize(asks(id));
    const whole = pdp.authorize(asks(id, "server:access", server, { entities: [] }));
    const text = pdp.authorize({ ...asks(id), resource: 'Notebook::Server::"ada/"' });
    const [one, ...others] = [plain, whole, text].map((response) => [response.allowed, response.reason]);
    for (const other of others) assert.deepEqual(other, one, id);
  }
});

it("a divider in an id does not move what follows", () => {
  const pdp = open();
  const moved = asks("ada\u001fserver:access\u001fServer\u001fada/");
  assert.equal(pdp.authorize(moved).allowed, false);
  const facts = asks("ada", "terminal:open", { type: "Server", id: "ada/\u001fmfa\u001fb1" });
  assert.equal(pdp.authorize(facts).allowed, false);
  assert.equal(pdp.authorize({ ...facts, context: { mfa: true } }).allowed, true);
});

it("half a character is refused and not made another one", () => {
  const pdp = open();
  assert.throws(() => pdp.authorize(asks("ada\ud800")), RequestError);
  assert.throws(() => pdp.authorize(asks("ada", "server:access", server, { context: { purpose: "\udfff" } })), RequestError);
});

it("entities and attributes that come with a request count for it alone", () => {
  const pdp = open();
  const owner = { __entity: { type: "Notebook::User", id: "bob" } };
  const uid = { type: "Notebook::Server", id: "ada/" };
  const entity = { uid, attrs: { owner }, parents: [] };
  assert.equal(pdp.authorize(asks("bob", "server:access", server, { entities: [entity] })).allowed, true);
  const attributes = [{ uid, attrs: { owner } }];
  assert.equal(pdp.authorize(asks("bob", "server:access", server, { attributes })).allowed, true);
  assert.equal(pdp.authorize(asks("bob")).allowed, false);
});

it("the time is the host's, and what is no time is late", () => {
  let now = NOW - 1;
  const pdp = open({ clock: () => now });
  const hub = asks("ada", "hub:view", { type: "Hub", id: "main" });
  assert.equal(pdp.authorize(hub).allowed, false);
  now = NOW;
  assert.equal(pdp.authorize(hub).allowed, true);
  const early = { ...hub, context: { now: new Date(NOW - 1) } };
  assert.equal(pdp.authorize(early).allowed, false);
  for (now of [NaN, -1, Infinity, "soon"]) assert.equal(pdp.authorize(hub).allowed, true, String(now));
});

it("a request that does not fit is an error with a code, and nothing is decided", () => {
  const pdp = open();
  const code = (request) => {
    try {
      return pdp.authorize(request).allowed;
    } catch (error) {
      assert.ok(error instanceof RequestError && error instanceof NotegateError && error instanceof Error);
      assert.equal(error.name, "RequestError");
      return error.code;
    }
  };
  const cyclic = {};
  cyclic.purpose = cyclic;
  const deep = JSON.parse('{"a":'.repeat(200) + "1" + "}".repeat(200));
  const context = (context) => asks("ada", "server:access", server, { context });
  assert.equal(code(asks("ada", "server:access", { type: "Terminal", id: "ada//1" })), "request.schema");
  assert.equal(code(asks("ada", "no:such")), "request.context");
  assert.equal(code({ ...asks("ada"), resource: "Server" }), "request.entity_uid");
  assert.equal(code({ ...asks("ada"), more: 1 }), "request.malformed");
  assert.equal(code({}), "request.malformed");
  assert.equal(code(null), "request.malformed");
  assert.equal(code(undefined), "request.malformed");
  assert.equal(code({ ...asks("ada"), principal: { type: "User", id: "ada", more: "" } }), "request.malformed");
  assert.equal(code(context({ mfa: "yes" })), "request.schema");
  assert.equal(code(context({ serverCount: 1.5 })), "request.context");
  assert.equal(code(context({ serverCount: 2 ** 60 })), "request.context");
  assert.equal(code(context({ serverCount: NaN })), "request.context");
  assert.equal(code(context({ mfa: () => true })), "request.context");
  assert.equal(code(context(new Map([["mfa", true]]))), "request.context");
  assert.equal(code(context(cyclic)), "request.malformed");
  assert.equal(code(context(deep)), "request.limit");
  assert.equal(code(context({ purpose: "x".repeat(2 ** 21) })), "request.limit");
  assert.equal(code(asks("x".repeat(2 ** 21))), "request.limit");
});

it("what a prototype was polluted with is no fact", () => {
  const pdp = open();
  Object.prototype.mfa = true;
  try {
    const terminal = asks("ada", "terminal:open", { type: "Server", id: "ada/" }, { context: {} });
    assert.equal(pdp.authorize(terminal).allowed, false);
  } finally {
    delete Object.prototype.mfa;
  }
});

it("a batch has one moment, and one that is wrong denies all", () => {
  const pdp = open();
  const responses = pdp.authorizeBatch([asks("ada"), asks("bob"), asks("guest")]);
  assert.deepEqual(responses.map((response) => response.allowed), [true, false, false]);
  assert.equal(new Set(responses.map((response) => response.decisionId)).size, 3);
  assert.throws(() => pdp.authorizeBatch([asks("ada"), asks("ada", "no:such")]), RequestError);
  assert.deepEqual(pdp.authorizeBatch(new Set()), []);
});

it("an explanation names what was false", () => {
  const explanation = open().explain(asks("bob"));
  assert.equal(explanation.decision, "deny");
  const own = explanation.candidates.find((candidate) => candidate.id === "own-server");
  assert.deepEqual([own.status, own.clause.kind, own.place.file], ["not_satisfied", "when", "policies.cedar"]);
});

it("a bad bundle leaves the last good one in force", () => {
  const pdp = open();
  const { revision } = pdp.status;
  const bad = { "policies.cedar": "permit(principal, action, resource" };
  assert.throws(() => pdp.activate(bad), (error) => {
    assert.ok(error instanceof LoadError);
    assert.equal(error.code, "policy.syntax");
    assert.deepEqual([error.problems[0].file, error.problems[0].line], ["policies.cedar", 1]);
    return true;
  });
  assert.equal(pdp.status.revision, revision);
  const next = pdp.activate({ "policies.cedar": "permit(principal, action, resource);" });
  assert.notEqual(next, revision);
  assert.equal(pdp.authorize(asks("guest")).allowed, true);
});

it("what cannot be a bundle is refused", () => {
  for (const bad of [null, undefined, 1, "text", {}, { a: 1 }, new Uint8Array(3), { "../a.cedar": "" }]) {
    assert.throws(() => Pdp.fromBundle(bad), LoadError, String(bad));
  }
  assert.throws(() => Pdp.fromBundle(files, { onExpire: "deny" }), { code: "options" });
  assert.throws(() => Pdp.fromBundle(files, { keys: "no key" }), LoadError);
  assert.throws(() => new Pdp({}), TypeError);
  assert.throws(() => test(files), { code: "tests.none" });
  const report = validate({ "policies.cedar": "permit(" });
  assert.deepEqual([report.valid, report.problems[0].code], [false, "policy.syntax"]);
});

it("a decision point that was freed decides nothing", () => {
  const pdp = open();
  pdp[Symbol.dispose]();
  pdp.free();
  assert.throws(() => pdp.authorize(asks("ada")), { code: "freed" });
  assert.throws(() => pdp.status, { code: "freed" });
});

it("memory is given back", () => {
  const sized = { ...files, "more.cedar": 'permit(principal, action, resource) when { false };\n'.repeat(40) };
  const rounds = (count) => {
    for (let at = 0; at < count; at += 1) Pdp.fromBundle(sized).free();
    return process.memoryUsage().arrayBuffers + process.memoryUsage().external;
  };
  const before = rounds(5);
  assert.ok(rounds(20) < before + 8e6);
});
