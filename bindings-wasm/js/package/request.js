// A request in one of the two forms in which it crosses over.

import { RequestError } from "./errors.js";

const DIVIDER = "\u001f";
const FIELDS = new Set(["principal", "action", "resource", "context"]);
const canTell = typeof String.prototype.isWellFormed === "function";

/**
 * The parts of a plain request behind each other, and how many they are; nothing of one that has entities, or
 * facts that are not plain.
 */
export function parts(request) {
  if (!canTell || !isRecord(request)) return undefined;
  for (const field of Object.keys(request)) if (!FIELDS.has(field)) return undefined;
  const { principal, action, resource, context } = request;
  if (!isUid(principal) || typeof action !== "string" || !isUid(resource)) return undefined;
  let text =
    principal.type + DIVIDER + principal.id + DIVIDER + action + DIVIDER + resource.type + DIVIDER + resource.id;
  let count = 5;
  if (context !== undefined) {
    if (!isRecord(context)) return undefined;
    for (const name of Object.keys(context)) {
      const value = plain(context[name]);
      if (value === undefined) return undefined;
      text += DIVIDER + name + DIVIDER + value;
      count += 2;
    }
  }
  // Half a character would become another one on the way.
  return text.isWellFormed() ? [text, count] : undefined;
}

/** A request as JSON. */
export function json(request) {
  let text;
  try {
    text = JSON.stringify(request, written);
  } catch (error) {
    if (error instanceof RequestError) throw error;
    throw malformed(error.message);
  }
  if (text === undefined) throw malformed("there is nothing");
  return text;
}

function isRecord(value) {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function isUid(value) {
  if (!isRecord(value) || typeof value.type !== "string" || typeof value.id !== "string") return false;
  return Object.keys(value).length === 2;
}

function plain(value) {
  switch (typeof value) {
    case "string":
      return `s${value}`;
    case "boolean":
      return value ? "b1" : "b0";
    case "number":
      return Number.isSafeInteger(value) ? `n${value}` : undefined;
    default:
      return value instanceof Date && Number.isSafeInteger(value.getTime()) ? `d${value.getTime()}` : undefined;
  }
}

/** What JSON would leave out, round or empty is refused; a `Set` is a set. */
function written(name, value) {
  switch (typeof value) {
    case "number":
      if (Number.isSafeInteger(value)) return value;
      throw noValue(name, "a number that is not whole, or beyond what a number holds exactly");
    case "bigint":
      if (BigInt.asIntN(53, value) === value) return Number(value);
      throw noValue(name, "a number beyond what a number holds exactly");
    case "function":
    case "symbol":
      throw noValue(name, `a ${typeof value}`);
    case "object":
      if (value instanceof Set) return [...value];
      if (value instanceof Map) throw noValue(name, "a Map; use an object");
      return value;
    default:
      return value;
  }
}

function malformed(why) {
  return new RequestError({ code: "request.malformed", message: `it has no form in JSON: ${why}` });
}

function noValue(name, what) {
  return new RequestError({ code: "request.context", message: `\`${name}\`: ${what}` });
}
