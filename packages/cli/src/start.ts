#!/usr/bin/env node
/**
 * Starts the command as it is built. To compile it takes longer than a small restore, so compiled code is kept beside it: Bun's is
 * made with the build, that of Node and Deno at the first run of each version.
 */
// Asked for, not imported: modules that import take Node longer to load.
const { readFileSync, renameSync, writeFileSync } = process.getBuiltinModule("node:fs");
const { createRequire } = process.getBuiltinModule("node:module");
const directory = import.meta.dirname;

if ("Bun" in globalThis) createRequire(import.meta.url)(`${directory}/bun/main.js`);
else startOnV8("main");

/** As `require` does it, which keeps nothing on Node 20. V8 itself refuses what another version or source has made. */
function startOnV8(name: string): object {
  const { Script } = process.getBuiltinModule("node:vm");
  const file = `${directory}/${name}.cjs`;
  const kept = `${file}.v8-${process.versions.v8}`;
  const cachedData = readIfThere(kept);
  // The build has nothing but ASCII in it.
  const source = `(function (exports, require, module, __filename, __dirname) {${readFileSync(file, "latin1")}\n})`;
  const script = new Script(source, { filename: file, cachedData });
  const module = { exports: {} };
  const requireOther = createRequire(file);
  const require = Object.assign(
    (id: string) => (id === "./checkpoint" ? startOnV8("checkpoint") : requireOther(id)),
    requireOther,
  );
  script.runInThisContext()(module.exports, require, module, file, directory);
  // At the end: what has not run has not been compiled.
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

/** In the directory of the command itself, which is as trusted as the command; who may not write there does without. */
function keep(file: string, data: Buffer): void {
  try {
    const whole = `${file}.${process.pid}`;
    writeFileSync(whole, data);
    renameSync(whole, file);
  } catch {
    // Read-only.
  }
}
