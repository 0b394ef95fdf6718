// What a program in TypeScript writes: it is compiled strictly, and run as the tests run.

import { LoadError, Pdp, RequestError, test, validate } from "notegate";
import type { BundleReport, CaseReport, Explanation, Request, Status } from "notegate";

const request: Request = {
  principal: { type: "User", id: "ada" },
  action: "server:access",
  resource: 'Notebook::Server::"ada/"',
  context: { mfa: true, serverCount: 2, sourceIp: { __extn: { fn: "ip", arg: "192.0.2.1" } } },
  entities: [{ uid: { type: "User", id: "ada" }, attrs: { admin: false }, parents: [] }],
  attributes: [{ uid: { type: "Server", id: "ada/" }, attrs: { named: true } }],
};

export function decide(files: Record<string, string>): string[] {
  using pdp: Pdp = Pdp.fromBundle(files, { onExpiry: "deny", clock: () => 0 });
  const { allowed, decisionId, message, reason, errors, obligations, revision } = pdp.authorize(request);
  const said: string = message ?? (allowed ? "" : decisionId);
  const [first] = pdp.authorizeBatch([request, { ...request, context: { now: new Date(), ports: new Set([1n, 2]) } }]);
  const explanation: Explanation = pdp.explain(request);
  const status: Status = pdp.status;
  const effect: "permit" | "forbid" | undefined = explanation.candidates[0]?.effect;
  const line: number | null | undefined = explanation.candidates[0]?.place.line;
  const cpu: string | undefined = obligations["max_cpu"];
  const ids: (string | null)[] = errors.map((error) => error.policy_id);
  return [said, first?.revision ?? revision, status.name, effect, String(line), cpu, ...ids, ...reason].map(String);
}

export function check(bytes: Uint8Array, key: string): [BundleReport, CaseReport] | string {
  try {
    return [validate(bytes, { keys: key }), test(bytes, { filter: "terminal" })];
  } catch (error) {
    if (error instanceof LoadError) return error.problems.map(({ code, file }) => `${code} ${file}`).join();
    if (error instanceof RequestError) return error.code;
    throw error;
  }
}

// @ts-expect-error A response is made by a decision point.
export const made = new (await import("notegate")).Response("+{}");

// @ts-expect-error There is no such option.
export const wrong = Pdp.fromBundle({}, { onExpire: "deny" });

// @ts-expect-error A request has a resource.
export const half: Request = { principal: "", action: "" };
