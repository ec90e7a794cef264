#!/usr/bin/env node
/**
 * Starts the built command. Compiling it takes longer than a small restore, so compiled code is stored beside it: Bun's is made by the build, that of
 * Node and Deno by the first run of each version.
 */
// Not imported: Node takes longer to load modules that import.
const { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync, renameSync, writeFileSync } =
  process.getBuiltinModule("node:fs");
const { createRequire } = process.getBuiltinModule("node:module");
const directory = import.meta.dirname;

if ("Bun" in globalThis) createRequire(import.meta.url)(`${directory}/bun/main.js`);
else startOnV8("main");

/** Loads a file like `require`, which stores no compiled code on Node 20. V8 itself rejects code of another version or source. */
function startOnV8(name: string): object {
  const { Script } = process.getBuiltinModule("node:vm");
  const file = `${directory}/${name}.cjs`;
  const kept = `${file}.v8-${process.versions.v8}`;
  const cachedData = isOurs(lstatSync(directory)) ? readOurs(kept) : undefined;
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
  // At the end, because code is compiled when it first runs. A run that fails compiles little.
  if (cachedData === undefined || script.cachedDataRejected === true)
    process.once("exit", (code) => {
      if (code === 0 && isOurs(lstatSync(directory))) keep(kept, script.createCachedData());
    });
  return module.exports;
}

/** Whether only this user and root can write a file: compiled code of others is not run. */
function isOurs({ uid, mode }: { readonly uid: number; readonly mode: number }): boolean {
  return (uid === 0 || uid === process.geteuid?.()) && (mode & 0o022) === 0;
}

/** Reads a file, unless it is missing, a symbolic link, or not ours. */
function readOurs(path: string): Buffer | undefined {
  try {
    const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      return isOurs(fstatSync(file)) ? readFileSync(file) : undefined;
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
}

/** Stores compiled code beside the command; not if this user cannot write there. */
function keep(file: string, data: Buffer): void {
  try {
    const whole = `${file}.${process.pid}`;
    writeFileSync(whole, data, { flag: "wx", mode: 0o644 });
    renameSync(whole, file);
  } catch {
    // Read-only.
  }
}
