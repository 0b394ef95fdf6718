// The shipped bundles, read from where they stand.

import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../..", import.meta.url));
const policies = join(root, "policies");

export function bundle(name) {
  const folder = join(policies, name);
  const files = readdirSync(folder, { recursive: true }).filter((file) => /\.(cedar|cedarschema|json)$/.test(file));
  return Object.fromEntries(files.map((file) => [file, readFileSync(join(folder, file), "utf8")]));
}

export const names = readdirSync(policies).filter((name) => statSync(join(policies, name)).isDirectory());
