// Put before the proxy of JupyterHub: `node --import notegate/chp …/configurable-http-proxy …`. It has every
// request decided. What is wrong with the configuration, the bundle or the proxy keeps the proxy from starting.

import { realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

import { read } from "./config.js";
import { Gate } from "./gate.js";
import { protect } from "./protect.js";

const config = read(process.env);
const program = process.argv[1];
if (!program) throw new Error("notegate/chp: there is no program to protect");
const proxy = join(dirname(realpathSync(program)), "..", "lib", "configproxy.js");
const { ConfigurableProxy } = await import(pathToFileURL(proxy));
protect(ConfigurableProxy, new Gate(config));
