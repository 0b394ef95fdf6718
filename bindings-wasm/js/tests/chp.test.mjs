// The real proxy of JupyterHub, with the gate before it.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request as ask } from "node:http";
import { connect, createServer as createSocketServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test as it } from "node:test";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { WebSocketServer } from "ws";

import { root } from "./files.mjs";

const PROXY = fileURLToPath(new URL("node_modules/configurable-http-proxy/bin/configurable-http-proxy", import.meta.url));
const HERE = fileURLToPath(new URL(".", import.meta.url));

const POLICIES = `
  @id("own")
  permit(principal, action, resource)
  when { resource has owner && resource.owner == principal }
  unless { action == Notebook::Action::"contents:download" };

  @id("own-kernels")
  @obligation_max_cpu("2000")
  permit(principal, action == Notebook::Action::"kernel:start", resource == Notebook::KernelSpec::"python3");

  @id("own-terminals")
  @obligation_note("é")
  permit(principal, action == Notebook::Action::"terminal:open", resource);

  @id("no-downloads")
  @message("No <downloads>.")
  forbid(principal, action == Notebook::Action::"contents:download", resource);
`;

describe("behind the gate", { timeout: 60_000 }, () => {
  let folder, upstream, proxy, port;
  const seen = [];

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "notegate-chp-"));
    writeFileSync(join(folder, "policies.cedar"), POLICIES);
    upstream = createServer((request, response) => {
      const parts = [];
      request.on("data", (part) => parts.push(part));
      request.on("end", () => {
        const { method, url, headers } = request;
        seen.push({ method, url, headers, body: Buffer.concat(parts).toString() });
        response.end("upstream");
      });
    });
    new WebSocketServer({ server: upstream }).on("connection", (socket, { url, headers }) => {
      seen.push({ method: "WS", url, headers });
      socket.on("message", (message) => socket.send(`echo ${message}`));
    });
    upstream.listen(0, "127.0.0.1");
    await once(upstream, "listening");
    proxy = await start({ NOTEGATE_CHP_BUNDLE: folder, NOTEGATE_CHP_USER_HEADER: "X-User", NOTEGATE_CHP_HOPS: "127.0.0.1" }, [
      "--default-target",
      `http://127.0.0.1:${upstream.address().port}`,
    ]);
    port = proxy.port;
  });

  after(async () => {
    await stop(proxy);
    upstream.closeAllConnections();
    upstream.close();
    rmSync(folder, { recursive: true });
  });

  const get = (path, headers = {}, options = {}) => http(port, path, { "x-user": "ada", ...headers }, options);

  it("what is allowed goes on, with the decision's name and without what was spoofed", async () => {
    const { status, body } = await get("/user/ada/lab", { "x-notegate-decision-id": "mine", "x-original-url": "/hub/admin" });
    assert.deepEqual([status, body], [200, "upstream"]);
    const { url, headers } = seen.at(-1);
    assert.equal(url, "/user/ada/lab");
    assert.match(headers["x-notegate-decision-id"], /^[0-9a-f-]{36}(, [0-9a-f-]{36})*$/);
    assert.equal(headers["x-original-url"], undefined);
  });

  it("the path that was decided on is the one that goes on", async () => {
    for (const target of ["/user/o'neil/lab?x=1&y=%2F", "/user/o%27neil/lab?x=1&y=%2F"]) {
      assert.equal((await get(target, { "x-user": "o'neil" })).status, 200);
      assert.equal(seen.at(-1).url, "/user/o%27neil/lab?x=1&y=%2F");
    }
  });

  it("what is denied is answered, as JSON or as a page, and goes nowhere", async () => {
    const before = seen.length;
    const denied = await get("/user/ada/files/a.csv");
    assert.equal(denied.status, 403);
    const { message, decision_id: id, ...rest } = JSON.parse(denied.body);
    assert.equal(message, "No <downloads>.");
    assert.match(id, /^[0-9a-f-]{36}$/);
    assert.deepEqual(rest, { status: 403 });
    const page = await get("/user/ada/files/a.csv", { accept: "text/html,*/*;q=0.8" });
    assert.equal(page.headers["content-type"], "text/html; charset=utf-8");
    assert.match(page.body, /No &lt;downloads&gt;\./);
    assert.doesNotMatch(page.body, /no-downloads/);
    assert.equal((await get("/user/bob/lab")).status, 403);
    assert.equal(seen.length, before);
  });

  it("without anybody, only what is for everybody goes on", async () => {
    assert.equal((await http(port, "/user/ada/lab")).status, 401);
    assert.equal((await http(port, "/hub/login")).status, 200);
    assert.equal((await http(port, "/_chp_healthz")).status, 200);
    assert.equal((await http(port, "/user/ada/lab", { "x-user": ["ada", "bob"] })).status, 400);
    assert.equal((await http(port, "/user/ada/lab", { "x-user": "ada, bob" })).status, 400);
  });

  it("a body that says what is asked for is read, bounded, and given on whole", async () => {
    const post = (body, headers = {}) =>
      get("/user/ada/api/kernels", { "content-type": "application/json", ...headers }, { method: "POST", body });
    const body = JSON.stringify({ name: "python3" });
    assert.equal((await post(body)).status, 200);
    assert.equal(seen.at(-1).body, body);
    assert.equal(seen.at(-1).headers["x-notegate-obligation-max-cpu"], "2000");
    assert.equal((await post(JSON.stringify({ name: "root" }))).status, 403);
    assert.equal((await post(body, { "transfer-encoding": "chunked" })).status, 200);
    assert.equal(seen.at(-1).body, body);
    assert.equal((await post("{")).status, 400);
    assert.equal((await post(body, { "content-encoding": "gzip" })).status, 403);
    const large = await post(JSON.stringify({ name: "python3", more: "x".repeat(2 ** 21) }));
    assert.equal(large.status, 413);
    const endless = await post("x".repeat(2 ** 21), { "transfer-encoding": "chunked" });
    assert.equal(endless.status, 413);
  });

  it("what is written, at which no policy looks, is not waited for and may be of any length", async () => {
    const body = JSON.stringify({ format: "text", content: "x".repeat(2 ** 21) });
    assert.equal((await get("/user/ada/api/contents/a.txt", {}, { method: "PUT", body })).status, 200);
    assert.equal(seen.at(-1).body, body);
  });

  it("an obligation that no header can carry is not allowed", async () => {
    const before = seen.length;
    const terminal = await get("/user/ada/api/terminals", {}, { method: "POST" });
    assert.equal(terminal.status, 403);
    assert.equal(seen.length, before);
  });

  it("an upgrade is decided on before it is one", async () => {
    const open = (path, user) => upgrade(port, path, user);
    const { status, headers } = await open("/user/ada/api/events/subscribe", "ada");
    assert.deepEqual([status, headers.upgrade], [101, "websocket"]);
    assert.equal(seen.at(-1).url, "/user/ada/api/events/subscribe");
    const before = seen.length;
    assert.equal((await open("/user/bob/api/events/subscribe", "ada")).status, 403);
    assert.equal((await open("/user/ada/api/events/subscribe")).status, 401);
    assert.equal((await open("/user/ada/../bob/api/events/subscribe", "ada")).status, 400);
    const h2c = await raw(port, "GET /user/ada/lab HTTP/1.1\r\nhost: a\r\nx-user: ada\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n");
    assert.match(h2c, /^HTTP\/1\.1 400 /);
    assert.equal(seen.length, before);
  });

  const attacks = JSON.parse(readFileSync(join(root, "core/tests/urls/attacks.json"), "utf8"));
  const refusedOnes = attacks.filter((one) => one.site === "hub" && one.asked === "refused");

  it(`none of ${refusedOnes.length} spellings that opened doors elsewhere goes on, over HTTP or as an upgrade`, async () => {
    assert.ok(refusedOnes.length > 50);
    const before = seen.length;
    const upgraded = "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n";
    for (const { method, target } of refusedOnes) {
      // What would end the line is another request.
      if (/[\r\n]/.test(target) || /[^!-~]/.test(method)) continue;
      for (const more of ["connection: close\r\n", upgraded]) {
        const answer = await raw(port, `${method} ${target} HTTP/1.1\r\nhost: hub.example\r\nx-user: ada\r\n${more}\r\n`);
        assert.match(answer, /^(HTTP\/1\.1 4\d\d |$)/, `${method} ${target}: ${answer.slice(0, 200)}`);
      }
    }
    assert.deepEqual(seen.slice(before), []);
  });

  it("after all that it still decides", async () => {
    assert.equal((await get("/user/ada/lab")).status, 200);
  });
});

describe("where a policy looks at the size of what is written", { timeout: 60_000 }, () => {
  it("the body says it, as far as one is read", async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "notegate-chp-"));
    const policies = `permit(principal, action, resource) when { resource has owner && resource.owner == principal };
      forbid(principal, action == Notebook::Action::"contents:write", resource)
      unless { context has bytes && context.bytes <= 6 };`;
    writeFileSync(join(folder, "policies.cedar"), policies);
    const seen = [];
    const upstream = createServer(async (request, response) => {
      const parts = [];
      for await (const part of request) parts.push(part);
      seen.push(Buffer.concat(parts).toString());
      response.end();
    });
    upstream.listen(0, "127.0.0.1");
    await once(upstream, "listening");
    const env = { NOTEGATE_CHP_BUNDLE: folder, NOTEGATE_CHP_USER_HEADER: "x-user", NOTEGATE_CHP_HOPS: "127.0.0.1", NOTEGATE_CHP_BODY_BYTES: "100" };
    const proxy = await start(env, ["--default-target", `http://127.0.0.1:${upstream.address().port}`]);
    t.after(async () => {
      await stop(proxy);
      upstream.closeAllConnections();
      upstream.close();
      rmSync(folder, { recursive: true });
    });
    const put = async (content, headers = {}) => {
      const body = JSON.stringify({ format: "base64", content });
      const options = { method: "PUT", body };
      return (await http(proxy.port, "/user/ada/api/contents/a.bin", { "x-user": "ada", ...headers }, options)).status;
    };
    assert.equal(await put("YWJjZGVm"), 200);
    assert.deepEqual(seen, [JSON.stringify({ format: "base64", content: "YWJjZGVm" })]);
    assert.equal(await put("YWJjZGVmZw=="), 403);
    assert.equal(await put("YWJjZGVmZw==", { "transfer-encoding": "chunked" }), 403);
    assert.equal(await put("YQ".repeat(50)), 413);
    assert.equal(await put("YQ".repeat(50), { "transfer-encoding": "chunked" }), 413);
    assert.equal(seen.length, 1);
  });
});

describe("a hop that is not trusted", { timeout: 60_000 }, () => {
  it("names nobody", async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "notegate-chp-"));
    writeFileSync(join(folder, "policies.cedar"), "permit(principal, action, resource);");
    const env = { NOTEGATE_CHP_BUNDLE: folder, NOTEGATE_CHP_USER_HEADER: "x-user", NOTEGATE_CHP_HOPS: "192.0.2.1" };
    const proxy = await start(env, ["--default-target", "http://127.0.0.1:9"]);
    t.after(async () => {
      await stop(proxy);
      rmSync(folder, { recursive: true });
    });
    assert.equal((await http(proxy.port, "/user/ada/lab", { "x-user": "ada" })).status, 401);
  });
});

describe("the proxy does not start", { timeout: 60_000 }, () => {
  const cases = [
    ["without a bundle", {}, /NOTEGATE_CHP_BUNDLE/],
    ["with a bundle that is not there", { NOTEGATE_CHP_BUNDLE: "/nowhere" }, /nowhere/],
    ["with a bundle that is wrong", { NOTEGATE_CHP_BUNDLE: PROXY }, /LoadError/],
    ["with a setting that is unknown", { NOTEGATE_CHP_BUNDEL: "/x" }, /NOTEGATE_CHP_BUNDEL/],
    ["with a length that is none", { NOTEGATE_CHP_BUNDLE: join(root, "policies/minimal"), NOTEGATE_CHP_BODY_BYTES: "1e9" }, /NOTEGATE_CHP_BODY_BYTES/],
    ["with a header that anybody may send", { NOTEGATE_CHP_BUNDLE: "/x", NOTEGATE_CHP_USER_HEADER: "x-user" }, /NOTEGATE_CHP_HOPS/],
  ];
  for (const [name, env, said] of cases) {
    it(name, async () => {
      const child = launch(env, ["--port", "1"]);
      const text = collect(child.stderr);
      const [code] = await once(child, "exit");
      assert.notEqual(code, 0);
      assert.match(text(), said);
    });
  }

  it("as a program that is another", async () => {
    const env = { ...process.env, NOTEGATE_CHP_BUNDLE: join(root, "policies/minimal") };
    const child = spawn(process.execPath, ["--import", "notegate/chp", "bundles.mjs"], { cwd: HERE, env });
    const [code] = await once(child, "exit");
    assert.notEqual(code, 0);
  });
});

function launch(env, options) {
  const clean = Object.entries(process.env).filter(([name]) => !name.startsWith("NOTEGATE"));
  const whole = { ...Object.fromEntries(clean), CONFIGPROXY_AUTH_TOKEN: "test", ...env };
  const flags = ["--import", "notegate/chp", PROXY, "--ip", "127.0.0.1", "--api-ip", "127.0.0.1", ...options];
  return spawn(process.execPath, flags, { cwd: HERE, env: whole });
}

/** Starts the proxy on a port that was free, and again when somebody else was faster. */
async function start(env, options) {
  for (let tries = 0; ; tries += 1) {
    const [port, api] = [await free(), await free()];
    const child = launch(env, ["--port", String(port), "--api-port", String(api), ...options]);
    const [out, err] = [collect(child.stdout), collect(child.stderr)];
    const ended = once(child, "exit").then(() => false);
    if (await Promise.race([listening(port), ended])) return { child, port };
    if (tries === 3) throw new Error(`the proxy does not start: ${out()}${err()}`);
  }
}

/** Whether somebody listens, as soon as somebody does. */
async function listening(port) {
  for (;;) {
    const socket = connect(port, "127.0.0.1");
    const answered = await Promise.race([
      once(socket, "connect").then(() => true),
      once(socket, "close").then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (answered) return true;
    await setTimeout(20);
  }
}

async function stop({ child }) {
  child.kill();
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
}

async function free() {
  const server = createSocketServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

function collect(stream) {
  const parts = [];
  stream.on("data", (part) => parts.push(part));
  return () => Buffer.concat(parts).toString();
}

function http(port, path, headers = {}, { method = "GET", body } = {}) {
  return new Promise((resolve, reject) => {
    const request = ask({ host: "127.0.0.1", port, path, headers, method, agent: false }, async (response) => {
      const text = collect(response);
      response.on("end", () => resolve({ status: response.statusCode, headers: response.headers, body: text() }));
    });
    request.on("error", reject);
    request.end(body);
  });
}

function upgrade(port, path, user) {
  const headers = {
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
    ...(user && { "x-user": user }),
  };
  return new Promise((resolve, reject) => {
    const request = ask({ host: "127.0.0.1", port, path, headers, agent: false });
    request.on("upgrade", (response, socket) => {
      socket.destroy();
      resolve({ status: response.statusCode, headers: response.headers });
    });
    request.on("response", (response) => {
      response.resume();
      resolve({ status: response.statusCode, headers: response.headers });
    });
    request.on("error", reject);
    request.end();
  });
}

/** What comes back for bytes that are sent as they are, until the other side has said all. */
function raw(port, bytes) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.end(bytes));
    const text = collect(socket);
    socket.on("close", () => resolve(text()));
    socket.on("error", (error) => (error.code === "ECONNRESET" ? resolve(text()) : reject(error)));
  });
}
