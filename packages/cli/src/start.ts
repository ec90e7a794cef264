#!/usr/bin/env node
/**
 * Starts the built command. Compiling it takes longer than a small restore, so compiled code is stored beside it: Bun's is made by the build, that of
 * Node and Deno by the first runs of each version.
 */
const {
  accessSync,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  writeFileSync,
} = process.getBuiltinModule("node:fs");
const { createRequire } = process.getBuiltinModule("node:module");
type Script = InstanceType<typeof import("node:vm").Script>;

/** A digest of the code, which the build puts here. */
declare const BUILD: string;

// Deno runs `restage.js`, a symbolic link with the name that the command had as a module, as a module.
const directory =
  typeof __dirname === "string" ? __dirname : realpathSync(process.argv[1] ?? "").replace(/\/[^/]*$/, "");
const requireOther = createRequire(`${directory}/`);

if ("Bun" in globalThis) requireOther("./bun/main.cjs");
else startOnV8();

/** Loads files of the command like `require`, which stores no compiled code on Node 20. */
function startOnV8(): void {
  const { Script } = process.getBuiltinModule("node:vm");
  const mayUse = isOurs(lstatSync(directory));
  const modules = new Map<string, { exports: object }>();
  const files = new Map<string, Script>();
  let isComplete = true;
  const require = Object.assign((id: string) => (id.startsWith("./") ? load(id) : requireOther(id)), requireOther);
  process.once("exit", (code) => {
    // A run that fails compiles little.
    if (code === 0 && mayUse && !isComplete) keep(files);
  });
  load("./main.cjs");

  function load(id: string): object {
    const known = modules.get(id);
    if (known !== undefined) return known.exports;
    const file = `${directory}/${id.slice(2)}`;
    const module = { exports: {}, filename: file };
    modules.set(id, module);
    const cachedData = mayUse ? readOurs(keptOf(file)) : undefined;
    // The build contains only ASCII.
    const script = new Script(readFileSync(file, "latin1"), { filename: file, cachedData });
    files.set(file, script);
    isComplete &&= cachedData !== undefined && script.cachedDataRejected !== true;
    script.runInThisContext()(module.exports, require, module, file, directory);
    return module.exports;
  }
}

/** The file with the compiled code of a file, for this version of V8 and of the command: V8 rejects the code of another source only if its length differs. */
function keptOf(file: string): string {
  return `${file}.v8-${process.versions.v8}-${BUILD}`;
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

/**
 * Stores compiled code beside the command; not if this user cannot write there. Called at the end of a run that loaded a file without: functions are
 * compiled when they first run, so it stores the code of all files that the run loaded. What earlier runs compiled is still in it.
 */
function keep(files: ReadonlyMap<string, Script>): void {
  try {
    accessSync(directory, constants.W_OK);
    for (const [file, script] of files) {
      const whole = `${keptOf(file)}.${process.pid}`;
      writeFileSync(whole, script.createCachedData(), { flag: "wx", mode: 0o644 });
      renameSync(whole, keptOf(file));
    }
  } catch {
    // Read-only.
  }
}
