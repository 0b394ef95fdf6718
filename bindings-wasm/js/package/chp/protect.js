// Puts a gate before what the proxy does with requests and with upgrades.

import { answer, respond, respondRaw } from "./answer.js";
import { again, body } from "./body.js";
import { refused } from "./gate.js";

const HEALTH = "/_chp_healthz";
const UNDECIDED = { step: "stop", status: 403, why: "there was no decision" };

/** Has a gate decide what goes on; throws when the proxy is not one that is known. */
export function protect(Proxy, gate) {
  const { handleProxyWeb, handleProxyWs } = Proxy?.prototype ?? {};
  if (typeof handleProxyWeb !== "function" || typeof handleProxyWs !== "function") {
    throw new Error("notegate/chp: this is not a configurable-http-proxy that is known");
  }

  Proxy.prototype.handleProxyWeb = async function (request, response) {
    // The proxy answers it by itself and passes nothing on.
    if (request.url === HEALTH) return handleProxyWeb.call(this, request, response);
    let bytes;
    let step = next(this, gate, request, { websocket: false, body: hasBody(request) ? undefined : empty });
    if (step.step === "wait") {
      try {
        bytes = await readBody(request, gate.bodyBytes);
        step = bytes
          ? next(this, gate, request, { websocket: false, body: bytes })
          : { step: "stop", status: 413, why: "the body is too large" };
      } catch (error) {
        step = { ...UNDECIDED, why: error.message };
      }
    }
    if (step.step !== "pass") {
      log(this, request, step);
      if (response.destroyed) return undefined;
      return respond(response, answer(step, request.headers.accept));
    }
    if (bytes) again(request, bytes);
    go(request, step);
    return handleProxyWeb.call(this, request, response);
  };

  Proxy.prototype.handleProxyWs = function (request, socket, head) {
    const protocol = request.headers.upgrade ?? "";
    const step =
      protocol.toLowerCase() === "websocket"
        ? next(this, gate, request, { websocket: true, body: undefined })
        : refused("it is upgraded to no WebSocket");
    if (step.step !== "pass") {
      log(this, request, step);
      // Whoever asked may be gone already.
      socket.on("error", () => socket.destroy());
      return respondRaw(socket, answer(step, undefined));
    }
    go(request, step);
    return handleProxyWs.call(this, request, socket, head);
  };
}

const empty = new Uint8Array();

function hasBody({ headers }) {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

async function readBody(request, most) {
  const encoding = request.headers["content-encoding"] ?? "identity";
  if (encoding.toLowerCase() !== "identity") throw new Error("the body is encoded");
  return body(request, most);
}

/** What is done next; nothing goes on when that cannot be told. */
function next(proxy, gate, request, facts) {
  try {
    const step = gate.next(request, facts);
    const lost = Object.entries(step.obligations ?? {}).find((one) => !fits(one));
    // What cannot be obeyed is not allowed.
    return lost ? { ...UNDECIDED, why: `obligation \`${lost[0]}\` fits no header` } : step;
  } catch (error) {
    proxy.log.error("notegate: %s", error.message);
    return UNDECIDED;
  }
}

/** Whether a header can carry an obligation. */
function fits([name, value]) {
  return /^[a-z0-9_]+$/.test(name) && /^[ -~]*$/.test(value);
}

/** The path that was decided on goes on, and with it what it is allowed under. */
function go(request, { path, decision_ids: ids, obligations }) {
  request.url = path;
  if (ids.length > 0) request.headers["x-notegate-decision-id"] = ids.join(", ");
  for (const [name, value] of Object.entries(obligations)) {
    request.headers[`x-notegate-obligation-${name.replaceAll("_", "-")}`] = value;
  }
}

function log(proxy, request, { status, decision_id: id, why }) {
  const facts = { status, decision_id: id, method: request.method, target: request.url, why };
  proxy.log.info("notegate: %s", JSON.stringify(facts));
}
