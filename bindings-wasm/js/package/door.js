// What the package exports, wherever it runs.

export { LoadError, NotegateError, RequestError } from "./errors.js";
export { Pdp } from "./pdp.js";
export { Response } from "./response.js";
export { test, validate } from "./check.js";
