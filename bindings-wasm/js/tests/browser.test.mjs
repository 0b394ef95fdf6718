// Every bundle and every case, in a real browser.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { createReadStream, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { after, before, describe, test as it } from "node:test";
import { fileURLToPath } from "node:url";

import puppeteer from "puppeteer-core";

import { bundle, names } from "./files.mjs";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const KINDS = { ".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm" };
const PAGE = `<!doctype html>
<meta charset="utf-8">
<title>Notegate</title>
<script type="importmap">{"imports": {"notegate": "/node_modules/notegate/browser.js"}}</script>
`;

describe("in a browser", { timeout: 120_000 }, () => {
  let server, browser, page;

  before(async () => {
    server = createServer(serve).listen(0, "127.0.0.1");
    await once(server, "listening");
    const executablePath = execFileSync("sh", ["-c", "command -v chromium"], { encoding: "utf8" }).trim();
    // Everything the page loads comes from this machine, and root has no other way to start it.
    browser = await puppeteer.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
    page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
  });

  after(async () => {
    await browser?.close();
    server.closeAllConnections();
    server.close();
  });

  for (const name of names) {
    it(`every case of ${name} comes out as expected`, async () => {
      const { passed, asked, found } = await page.evaluate(async (files) => {
        const notegate = await import("notegate");
        const { differences } = await import("/bundles.mjs");
        return differences(notegate, files);
      }, bundle(name));
      assert.deepEqual(found, []);
      assert.ok(passed > 10, `${passed} passed`);
      assert.equal(asked, passed);
    });
  }

  it("an error is an error there, with a code", async () => {
    const code = await page.evaluate(async () => {
      const { LoadError, Pdp } = await import("notegate");
      try {
        return Pdp.fromBundle({ "a.cedar": "permit(" }).status.name;
      } catch (error) {
        return error instanceof LoadError && error.code;
      }
    });
    assert.equal(code, "policy.syntax");
  });
});

function serve({ url }, response) {
  if (url === "/") return response.writeHead(200, { "content-type": "text/html" }).end(PAGE);
  const path = join(HERE, normalize(url));
  const kind = KINDS[extname(path)];
  if (!kind || !statSync(path, { throwIfNoEntry: false })?.isFile()) return response.writeHead(404).end();
  response.writeHead(200, { "content-type": kind });
  return createReadStream(path).pipe(response);
}
