// The very lines of the documentation, with real Express and real Fastify.

import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test as it } from "node:test";

import express from "express";
import fastify from "fastify";
import { Pdp } from "notegate";

import { root } from "./files.mjs";

const text = readFileSync(join(root, "docs/javascript.md"), "utf8");

/** The function that stands in the documentation below a mark. */
function lines(name) {
  const found = text.match(new RegExp(`<!-- tested: ${name} -->\n\`\`\`js\n(.*?)\`\`\``, "s"));
  assert.ok(found, `no lines for ${name}`);
  return new Function(`${found[1]}; return protect;`)();
}

const pdp = Pdp.fromBundle({
  "a.cedar": `permit(principal == Notebook::User::"ada", action, resource);
    @message("Not you.") forbid(principal == Notebook::User::"bob", action, resource);`,
});

const describe = (request) => ({
  principal: { type: "User", id: request.headers["x-test-user"] },
  action: "server:access",
  resource: { type: "Server", id: "ada/" },
});

async function check(base) {
  const get = async (user) => {
    const response = await fetch(base, { headers: user ? { "x-test-user": user } : {} });
    return [response.status, await response.text()];
  };
  assert.deepEqual(await get("ada"), [200, "in"]);
  const [status, body] = await get("bob");
  assert.deepEqual([status, JSON.parse(body).message], [403, "Not you."]);
  assert.match(JSON.parse(body).decision, /^[0-9a-f-]{36}$/);
  assert.equal((await get("cyd"))[0], 403);
  assert.deepEqual(await get(), [403, JSON.stringify({ message: "There was no decision." })]);
}

it("Express asks", async (t) => {
  const app = express();
  app.use(lines("express")(pdp, describe));
  app.get("/", (request, response) => response.send("in"));
  const server = app.listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  await check(`http://127.0.0.1:${server.address().port}/`);
});

it("Fastify asks", async (t) => {
  const app = fastify();
  app.addHook("preHandler", lines("fastify")(pdp, describe));
  app.get("/", async () => "in");
  t.after(() => app.close());
  await check(await app.listen({ port: 0, host: "127.0.0.1" }));
});

it("the first lines of the documentation run", async () => {
  const [, first] = text.match(/```js\n(.*?)```/s);
  const said = [];
  const run = new Function("Pdp", "console", first.replace(/^import .*$/m, ""));
  run(Pdp, { log: (...all) => said.push(...all) });
  assert.equal(said[0], false);
});
