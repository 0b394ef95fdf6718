// Cedar as WebAssembly and our own package in Node: `peers.mjs MODULES WORLDS FOLDER` leaves their figures
// in the folder. A world is decided as it has to be before any decision is timed.

import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [modules, worlds, into] = process.argv.slice(2);
const require = createRequire(join(resolve(modules), "package.json"));
const cedar = require("@cedar-policy/cedar-wasm/nodejs");
const installed = resolve(modules, "node_modules");
const { Pdp } = await import(pathToFileURL(join(installed, "notegate/node.js")));
const version = (name) => read(join(installed, name, "package.json")).version;

const quick = Boolean(process.env.QUICK);
const budget = quick ? 150e6 : 2e9;
const least = quick ? 4 : 16;
const now = () => Number(process.hrtime.bigint());
const read = (path) => JSON.parse(readFileSync(path, "utf8"));

/** Ours, as a program asks it. */
function notegate(folder, questions) {
  const { staticPolicies } = read(join(folder, "policies.json"));
  const texts = Object.values(staticPolicies).map((policy) => {
    const text = cedar.policyToText(policy);
    if (text.type !== "success") throw new Error(JSON.stringify(text));
    return text.text;
  });
  const pdp = Pdp.fromBundle({
    "policies.cedar": texts.join("\n"),
    "entities.json": readFileSync(join(folder, "entities.json"), "utf8"),
  });
  const asked = questions.map(({ request: { principal, action, resource, context } }) => ({
    principal,
    action: action.id,
    resource,
    context: { ...context, now: new Date(context.now) },
  }));
  return (at) => pdp.authorize(asked[at]).allowed;
}

/** Decides the question at a place: policies are parsed beforehand, entities cannot be. */
function cedarWasm(folder, questions) {
  const policies = read(join(folder, "policies.json"));
  const parsed = cedar.preparsePolicySet("world", policies);
  if (parsed.type !== "success") throw new Error(JSON.stringify(parsed));
  const entities = new Map();
  const key = ({ type, id }) => JSON.stringify([type, id]);
  for (const entity of read(join(folder, "entities.json"))) entities.set(key(entity.uid), entity);
  const withParents = (uid) => {
    const entity = entities.get(key(uid));
    return entity ? [entity, ...entity.parents.flatMap(withParents)] : [];
  };
  const calls = questions.map(({ request: { principal, action, resource, context } }) => ({
    principal,
    action,
    resource,
    context: { ...context, now: { __extn: { fn: "datetime", arg: context.now } } },
    preparsedPolicySetId: "world",
    entities: [...withParents(principal), ...withParents(resource)],
  }));
  return (at) => {
    const answer = cedar.statefulIsAuthorized(calls[at]);
    if (answer.type !== "success") throw new Error(JSON.stringify(answer));
    return answer.response.decision === "allow";
  };
}

/** How many questions are decided as they have to be, and how many of them are allowed. */
function compare(decide, questions) {
  const began = now();
  let [compared, allowed] = [0, 0];
  for (const question of questions) {
    const found = decide(compared);
    if (found !== question.allowed) {
      throw new Error(`question ${compared} is decided otherwise: ${JSON.stringify(question)}`);
    }
    compared += 1;
    allowed += Number(found);
    if (now() - began > budget && compared >= least) break;
  }
  return [compared, allowed];
}

function clock() {
  const times = Array.from({ length: 10_001 }, () => {
    const before = now();
    return now() - before;
  });
  return times.sort((one, other) => one - other)[5_000];
}

/** Half the time decisions in a row, of which the median mean is told; half of it one by one. */
function figures(decide, count) {
  let [at, spent, row] = [0, 0, 1];
  const means = [];
  const next = () => {
    decide(at);
    at = (at + 1) % count;
  };
  while (spent < budget / 2 || means.length < least) {
    const before = now();
    for (let i = 0; i < row; i += 1) next();
    const taken = now() - before;
    means.push(taken / row);
    spent += taken;
    if (taken < 5e6) row *= 2;
  }
  const singles = [];
  const began = now();
  while (now() - began < budget / 2 || singles.length < least) {
    const before = now();
    next();
    singles.push(now() - before);
  }
  singles.sort((one, other) => one - other);
  const [overhead, timed] = [clock(), singles.length];
  const part = (perMille) =>
    Math.max(0, singles[Math.max(0, Math.ceil((timed * perMille) / 1000) - 1)] - overhead);
  return {
    mean_ns: means.sort((one, other) => one - other)[means.length >> 1],
    p50_ns: part(500),
    p99_ns: timed >= 100 ? part(990) : null,
    p999_ns: timed >= 1000 ? part(999) : null,
    timed,
  };
}

function measure(name, load, folder) {
  const questions = read(join(worlds, folder, "questions.json"));
  const decide = load(join(worlds, folder), questions);
  const [compared, allowed] = compare(decide, questions);
  const found = figures(decide, compared);
  const mean = (found.mean_ns / 1000).toFixed(1);
  console.log(
    `${name}: ${folder} policies, ${allowed} of ${compared} allowed, mean ${mean} us`,
  );
  return { policies: Number(folder), compared, allowed, figures: found };
}

const folders = readdirSync(worlds).sort((one, other) => one - other);
mkdirSync(into, { recursive: true });

function write(file, { name, package: from, ours, form, load }) {
  const worlds = folders.slice(0, quick ? 3 : undefined).map((folder) => measure(name, load, folder));
  const language = `Node ${process.versions.node}`;
  const peer = { name, version: version(from), language, ours, form, worlds };
  writeFileSync(join(into, `${file}.json`), JSON.stringify(peer, null, 2));
}

write("cedar-wasm", {
  name: "cedar-wasm",
  package: "@cedar-policy/cedar-wasm",
  ours: false,
  form:
    "policies parsed once; entities cannot be, so each request brings the principal and the " +
    "resource with their parents and no others",
  load: cedarWasm,
});
write("notegate-node", {
  name: "Notegate, in objects",
  package: "notegate",
  ours: true,
  form: "one by one, in objects of strings, with a Date and a boolean",
  load: notegate,
});
