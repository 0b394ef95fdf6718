// In Node: the module is read from beside this file.

import { readFileSync } from "node:fs";

import { initSync } from "./notegate.js";

initSync({ module: readFileSync(new URL("notegate_bg.wasm", import.meta.url)) });

export * from "./door.js";
