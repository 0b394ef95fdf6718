// What is refused, as errors.

/** What every error of Notegate is. */
export class NotegateError extends Error {
  constructor({ code, message, help }) {
    super(message);
    this.name = new.target.name;
    this.code = code;
    this.help = help ?? undefined;
  }
}

/** A bundle, keys or options were refused. What was in force stays. */
export class LoadError extends NotegateError {
  constructor(refused) {
    super(refused);
    this.problems = refused.problems ?? [];
  }
}

/** A request was refused before it was decided. Who enforces denies. */
export class RequestError extends NotegateError {}

let broken;

/** Calls what is compiled, and throws what it refuses as an error. */
export function call(work) {
  if (broken) throw broken;
  try {
    return work();
  } catch (thrown) {
    if (typeof thrown === "string") throw refusal(thrown);
    if (thrown instanceof WebAssembly.RuntimeError || thrown instanceof RangeError) {
      // It stopped half-way; whatever it would decide now would be decided in that state.
      const message = `the decision point has failed and decides nothing more: ${thrown.message}`;
      broken = new NotegateError({ code: "failed", message, help: "start the program again" });
      throw broken;
    }
    throw thrown;
  }
}

function refusal(text) {
  const refused = JSON.parse(text);
  return refused.kind === "request" ? new RequestError(refused) : new LoadError(refused);
}
