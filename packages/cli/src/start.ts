#!/usr/bin/env node
/**
 * Starts the built command. Compiling it takes longer than a small restore, so compiled code is stored beside it: Bun's is made by the build, that of
 * Node and Deno by the first run of each version.
 */
// Not imported: Node takes longer to load modules that import.
const { readFileSync, renameSync, writeFileSync } = process.getBuiltinModule("node:fs");
const { createRequire } = process.getBuiltinModule("node:module");
const directory = import.meta.dirname;

if ("Bun" in globalThis) createRequire(import.meta.url)(`${directory}/bun/main.js`);
else startOnV8("main");

/** Loads a file like `require`, which stores no compiled code on Node 20. V8 itself rejects code of another version or source. */
function startOnV8(name: string): object {
  const { Script } = process.getBuiltinModule("node:vm");
  const file = `${directory}/${name}.cjs`;
  const kept = `${file}.v8-${process.versions.v8}`;
  const cachedData = readIfThere(kept);
  // The build contains only ASCII.
  const source = `(function (exports, require, module, __filename, __dirname) {${readFileSync(file, "latin1")}\n})`;
  const script = new Script(source, { filename: file, cachedData });
  const module = { exports: {} };
  const requireOther = createRequire(file);
  const require = Object.assign(
    (id: string) => (id === "./checkpoint" ? startOnV8("checkpoint") : requireOther(id)),
    requireOther,
  );
  script.runInThisContext()(module.exports, require, module, file, directory);
  // At the end, because code is compiled when it first runs.
  if (cachedData === undefined || script.cachedDataRejected === true)
    process.once("exit", () => keep(kept, script.createCachedData()));
  return module.exports;
}

function readIfThere(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}

/** Stores compiled code in the directory of the command, which is as trusted as the command; not if this user cannot write there. */
function keep(file: string, data: Buffer): void {
  try {
    const whole = `${file}.${process.pid}`;
    writeFileSync(whole, data);
    renameSync(whole, file);
  } catch {
    // Read-only.
  }
}
