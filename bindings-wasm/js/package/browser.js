// In browsers: the module is fetched from beside this file, and compiled while it comes.

import init from "./notegate.js";

await init({ module_or_path: new URL("notegate_bg.wasm", import.meta.url) });

export * from "./door.js";
