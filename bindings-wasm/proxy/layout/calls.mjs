// Which functions a module calls for a request, in the order in which it calls them.

import { proxy } from "./proxy.mjs";
import { structure } from "./protobuf.mjs";

const POLICIES = `
@id("own") permit (principal is Notebook::User, action, resource) when { resource has owner && resource.owner == principal };
@id("hub") permit (principal is Notebook::User, action in [Notebook::Action::"hub:view"], resource);
@id("group") permit (principal in Notebook::Group::"staff", action == Notebook::Action::"server:start", resource);
@id("shells") forbid (principal, action == Notebook::Action::"kernel:start", resource)
  unless { principal in Notebook::Group::"staff" };
`;

const configuration = (records) => ({
  bundle: { members: { "a.cedar": POLICIES } },
  records,
  identity: [{ jwt: { user: "sub", groups: "groups" } }, { header: { name: "x-user", hop: "whole_listener" } }],
});

/** What is asked for most, on the way to one's own server. */
const TARGETS = [
  "/user/ada/api/status",
  "/user/ada/api/kernels?1700000000000",
  "/user/ada/api/contents/work/notes.ipynb?content=0",
  "/user/ada/files/work/a%20table.csv",
  "/user/ada/lab/tree/work/notes.ipynb",
  "/user/ada/static/lab/main.js",
  "/hub/home",
  "/hub/static/css/style.min.css",
];
const CHANNELS = "/user/ada/api/kernels/6c4e2f5e-1b1c-4a4e-9a5e-0f2f1d7c9b10/channels?session_id=a1b2";

const HEADERS = [
  [":authority", "hub.example"],
  [":method", "GET"],
  [":scheme", "https"],
  ["user-agent", "Mozilla/5.0 (X11; Linux x86_64) Chrome/142.0"],
  ["accept", "application/json"],
  ["cookie", "_xsrf=2|1234; session=abcdef"],
  ["x-forwarded-proto", "https"],
  ["x-request-id", "0f9c1d4e-5b1c-4a4e-9a5e-0f2f1d7c9b10"],
];

const TOKEN = structure({
  "envoy.filters.http.jwt_authn": {
    jwt: { sub: "ada", iss: "https://idp.example/", exp: 1796086800, groups: ["students", "staff"] },
  },
});

/**
 * The functions, by their places among those of the module that was made to tell of them: what most requests call
 * first, and of what is called as often what is called sooner.
 */
export function called(module) {
  const often = new Map();
  let now = new Set();
  const host = proxy(module, (place) => now.add(place));
  const open = (records) => host.open(JSON.stringify(configuration(records)));
  const ask = (root, path, headers, token) => {
    now = new Set();
    host.ask(root, [...HEADERS, [":path", path], ...headers], token);
    for (const place of now) often.set(place, (often.get(place) ?? 0) + 1);
  };
  const quiet = open("none");
  const recorded = open("all");
  // What is made at first use is made then.
  TARGETS.forEach((target) => ask(quiet, target, [["x-user", "ada"]], undefined));
  often.clear();
  for (const target of TARGETS) {
    ask(quiet, target, [["x-user", "ada"]], undefined);
    ask(quiet, target, [], TOKEN);
  }
  ask(quiet, CHANNELS, [["upgrade", "websocket"]], TOKEN);
  ask(recorded, CHANNELS, [["upgrade", "websocket"]], TOKEN);
  return [...often].sort(([, one], [, other]) => other - one).map(([place]) => place);
}
