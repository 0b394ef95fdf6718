// One request: who asks, and what is done next with it. It decides nothing; what is compiled does.

import { isIP } from "node:net";

import { Pdp } from "../node.js";
import { call } from "../errors.js";
import { Routes } from "../notegate.js";
import { high, low, moment } from "../time.js";

const NOTHING = new Uint8Array();

/** What some servers take for a method or a path in place of the request's own, and what only a gate says. */
const SPOOFED =
  /^(x-notegate-.*|x-envoy-original-path|x-http-method|x-http-method-override|x-method-override|x-original-ur[il]|x-rewrite-url)$/;

export class Gate {
  #pdp;
  #routes;
  #config;

  constructor(config) {
    const { bundle, keys } = config;
    this.#pdp = Pdp.fromBundle(bundle, { keys });
    this.#routes = call(() => new Routes(config.baseUrl, config.namedServers));
    this.#config = config;
  }

  /** The most of a body that is waited for. */
  get bodyBytes() {
    return this.#config.bodyBytes;
  }

  /**
   * What is done next with a request: `pass`, `wait` for its body, or `stop`. Headers that nobody may send are
   * gone afterwards.
   */
  next(request, { websocket, body }) {
    const { trusted, user, wrong } = this.#clean(request);
    if (wrong) return refused(wrong);
    const asked = {
      method: request.method,
      target: request.url,
      websocket,
      user,
      // What a hop says of where a request comes from it may have from anybody.
      address: trusted ? undefined : address(request),
      content_type: request.headers["content-type"],
      whole: body !== undefined,
    };
    const now = moment(Date.now);
    const next = () =>
      this.#routes.next(this.#pdp.native, JSON.stringify(asked), body ?? NOTHING, high(now), low(now));
    return JSON.parse(call(next));
  }

  /** Who asks, if a hop that is trusted says so. */
  #clean(request) {
    const { header, hops } = this.#config;
    const trusted = Boolean(header) && hops.has(peer(request.socket));
    let wrong = once(request, "host") > 1 ? "it is for more than one host" : undefined;
    let user;
    if (trusted && header in request.headers) {
      user = request.headers[header];
      // Two values that somebody joined are two names.
      if (once(request, header) > 1 || user.includes(",")) wrong = "two names say who asks";
      user = Buffer.from(user, "latin1").toString("utf8");
      if (user.includes("\ufffd")) wrong = "the name of who asks is not UTF-8";
    }
    const { rawHeaders } = request;
    const kept = [];
    for (let at = 0; at < rawHeaders.length; at += 2) {
      const name = rawHeaders[at].toLowerCase();
      if (SPOOFED.test(name) || (name === header && !trusted)) delete request.headers[name];
      else kept.push(rawHeaders[at], rawHeaders[at + 1]);
    }
    rawHeaders.splice(0, rawHeaders.length, ...kept);
    return { trusted, user: user || undefined, wrong };
  }
}

/** An answer to what could be read in two ways. */
export function refused(why) {
  return { step: "stop", status: 400, why };
}

function once(request, name) {
  let found = 0;
  for (let at = 0; at < request.rawHeaders.length; at += 2) {
    found += Number(request.rawHeaders[at].toLowerCase() === name);
  }
  return found;
}

function peer(socket) {
  return (socket.remoteAddress ?? "unix").replace(/^::ffff:/, "");
}

function address(request) {
  const from = peer(request.socket);
  return isIP(from) ? from : undefined;
}
