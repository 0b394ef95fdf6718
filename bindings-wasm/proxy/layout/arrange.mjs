// Puts what is called for a request side by side: node arrange.mjs BINARYEN MODULE WHERE
//
// A request calls some two hundred of ten thousand functions. A proxy compiles them in the order of the module, and where
// they are spread over all of it each lies in a page of its own, which the processor has lost by the next request. So the
// module is run on a few requests, and what they call is put at its end, in the order of the calls. Nothing else of it
// changes.

import { readFileSync, writeFileSync } from "node:fs";

import { called } from "./calls.mjs";

const [, , toolkit, from, to] = process.argv;
const { default: binaryen } = await import(toolkit);

const read = () => {
  const module = binaryen.readBinary(readFileSync(from));
  module.setFeatures(FEATURES);
  return module;
};

// What the compiler uses and every proxy's runtime has.
const { BulkMemory, BulkMemoryOpt, SignExt, MutableGlobals, NontrappingFPToInt, ReferenceTypes, Multivalue } =
  binaryen.Features;
const FEATURES =
  BulkMemory | BulkMemoryOpt | SignExt | MutableGlobals | NontrappingFPToInt | ReferenceTypes | Multivalue;

/** The functions of a module that have a body, in their order. */
function functions(module) {
  const all = Array.from({ length: module.getNumFunctions() }, (_, at) => module.getFunctionByIndex(at));
  return all.map((one) => binaryen.getFunctionInfo(one)).filter((info) => !info.module);
}

/** The module, with a call of `layout.called` ahead of each function's body. */
function telling(module) {
  const own = functions(module);
  module.addFunctionImport("called", "layout", "called", binaryen.i32, binaryen.none);
  own.forEach(({ name, body, results }, at) => {
    const told = module.call("called", [module.i32.const(at)], binaryen.none);
    binaryen.Function.setBody(module.getFunction(name), module.block(null, [told, body], results));
  });
  return module.emitBinary();
}

function arrange(module, places) {
  const own = functions(module);
  for (const { name, params, results, vars, body } of places.map((at) => own[at])) {
    module.removeFunction(name);
    module.addFunction(name, params, results, vars, body);
  }
  if (!module.validate()) throw new Error("what was arranged is no module");
  return module.emitBinary();
}

const places = called(telling(read()));
writeFileSync(to, arrange(read(), places));
console.log(`${to}: ${places.length} functions are side by side`);
