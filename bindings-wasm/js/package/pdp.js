// The decision point.

import { bundleBytes, optionsText } from "./bundle.js";
import { NotegateError, call } from "./errors.js";
import { Door } from "./notegate.js";
import { json, parts } from "./request.js";
import { Response } from "./response.js";
import { high, low, moment } from "./time.js";

const dispose = Symbol.dispose ?? Symbol.for("Symbol.dispose");

/** A policy decision point: decides against the bundle in force. */
export class Pdp {
  #door;
  #clock;

  /** Made by {@link Pdp.fromBundle}. */
  constructor(door, clock) {
    if (!(door instanceof Door)) throw new TypeError("a decision point is made by `Pdp.fromBundle`");
    this.#door = door;
    this.#clock = clock;
  }

  static fromBundle(bundle, { clock = Date.now, ...options } = {}) {
    const [bytes, byFiles] = bundleBytes(bundle);
    const [seed] = crypto.getRandomValues(new BigUint64Array(1));
    const now = moment(clock);
    const open = () => new Door(bytes, byFiles, optionsText(options), seed, high(now), low(now));
    return new Pdp(call(open), clock);
  }

  authorize(request) {
    const now = moment(this.#clock);
    return this.#authorize(request, high(now), low(now));
  }

  authorizeBatch(requests) {
    const now = moment(this.#clock);
    return Array.from(requests, (request) => this.#authorize(request, high(now), low(now)));
  }

  explain(request) {
    const [door, now] = [this.native, moment(this.#clock)];
    return JSON.parse(call(() => door.explain(json(request), high(now), low(now))));
  }

  activate(bundle) {
    const [door, now] = [this.native, moment(this.#clock)];
    const [bytes, byFiles] = bundleBytes(bundle);
    return call(() => door.activate(bytes, byFiles, high(now), low(now)));
  }

  get status() {
    const [door, now] = [this.native, moment(this.#clock)];
    return JSON.parse(call(() => door.status(high(now), low(now))));
  }

  /** Gives the memory back. Nothing is decided afterwards. */
  free() {
    const door = this.#door;
    this.#door = undefined;
    door?.free();
  }

  [dispose]() {
    this.free();
  }

  /** What is compiled; the rest of the package asks it. */
  get native() {
    if (this.#door) return this.#door;
    throw new NotegateError({ code: "freed", message: "the decision point was freed" });
  }

  #authorize(request, high, low) {
    const door = this.native;
    const plain = parts(request);
    const answer = call(
      () =>
        (plain && door.ask(plain[0], plain[1], high, low)) ??
        door.authorize(json(request), high, low),
    );
    return new Response(answer);
  }
}
