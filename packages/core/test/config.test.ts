import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { RestoreConfig } from "../src/config/define-config.ts";
import { loadConfig } from "../src/config/load-config.ts";
import { optionsFor } from "../src/config/options-for.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(userInfo().homedir, ".restage-config-"));
  mkdirSync(join(directory, "below/it"), { recursive: true });
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const importModule = (path: string) => import(/* @vite-ignore */ pathToFileURL(path).href) as Promise<object>;

/** Loads the configuration from a subdirectory of the directory that holds this file. */
function loadWith(name: string, text: string) {
  writeFileSync(join(directory, name), text);
  return loadConfig({ directory: join(directory, "below/it"), importModule });
}

describe("loadConfig()", () => {
  it.each([
    ["restore.config.mjs", "export default { images: './here', timeout: 5 };"],
    ["restore.config.json", '{ "images": "./here", "timeout": 5 }'],
    ["package.json", '{ "name": "x", "restore": { "images": "./here", "timeout": 5 } }'],
  ])("finds %s in a parent directory and resolves paths relative to it", async (name, text) => {
    expect(await loadWith(name, text)).toEqual({ images: join(directory, "here"), timeout: 5 });
  });

  it("loads the named file", async () => {
    const file = join(directory, "other.json");
    writeFileSync(file, '{ "images": "/absolute", "pidfile": "x.pid" }');
    const config = await loadConfig({ file, importModule });
    expect(config).toEqual({ images: "/absolute", pidfile: join(directory, "x.pid") });
  });

  it("leaves out $schema, which is for editors", async () => {
    expect(await loadWith("restore.config.json", '{ "$schema": "./x.json", "timeout": 5 }')).toEqual({ timeout: 5 });
  });

  it("keeps onEvent", async () => {
    const { onEvent } = await loadWith("restore.config.mjs", "export default { onEvent: () => {} };");
    expect(onEvent).toBeTypeOf("function");
  });

  it("leaves URLs unchanged for plugins", async () => {
    expect(await loadWith("restore.config.json", '{ "images": "s3://bucket/x" }')).toEqual({ images: "s3://bucket/x" });
  });

  it("returns an empty configuration when there is no file", async () => {
    expect(await loadWith("package.json", '{ "dependencies": { "restore": "1" } }')).toEqual({});
  });

  it.each([
    ["restore.config.mjs", "export const a = 1;", "it has no default export"],
    ["restore.config.mjs", "export default 7;", "it exports no configuration"],
    ["restore.config.json", '{ "imagse": "x" }', "there is no option imagse"],
    ["restore.config.json", '{ "images": 3 }', "expected images to be a string, found 3"],
    ["restore.config.json", '{ "timeout": -1 }', "expected timeout to be above 0, found -1"],
    [
      "restore.config.json",
      '{ "fileValidation": "x" }',
      "expected fileValidation to be one of buildid, filesize, found x",
    ],
    ["restore.config.json", '{ "cpuCap": ["fpu", "x"] }', "expected cpuCap[1] to be one of fpu, ins, cpu, found x"],
    [
      "restore.config.json",
      '{ "inheritFd": { "pipe:[7]": "3" } }',
      'expected inheritFd["pipe:[7]"] to be an integer, found "3"',
    ],
    ["restore.config.json", '{ "joinNamespaces": { "pid": "/x" } }', "there is no option joinNamespaces.pid"],
    ["restore.config.json", '{ "onEvent": "log" }', 'expected onEvent to be a function, found "log"'],
    ["restore.config.json", '{ "plugins": {} }', "expected plugins to be an array, found {}"],
    ["restore.config.mjs", "export default { plugins: [() => {}] };", "plugins[0] is not a plugin: it is a function"],
    ["restore.config.json", "{,}", "Cannot load "],
    // The error code must not be mistaken for a missing configuration file.
    ["restore.config.mjs", "throw Object.assign(new Error('no x'), { code: 'ENOENT' });", "no x"],
  ])("refuses %s: %s", async (name, text, why) => {
    const failure = await loadWith(name, text).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "ERR_CONFIG", message: expect.stringContaining(why) });
    expect(failure).toMatchObject({ message: expect.stringContaining(join(directory, name)) });
    expect((failure as Error).message).not.toContain("\n");
  });

  it("refuses a named file that does not exist", async () => {
    await expect(loadConfig({ file: join(directory, "no.ts"), importModule })).rejects.toMatchObject({
      code: "ERR_CONFIG",
    });
  });
});

describe("errors of a configuration", () => {
  const placeOf = async (name: string, text: string) => {
    const failure = (await loadWith(name, text).catch((error: unknown) => error)) as Error;
    return /[^/]*:\d+(?=: )/.exec(failure.message)?.[0] ?? failure.message;
  };

  it.each([
    ["an unknown key", '{\n  "plugins": [],\n  "imagse": "x"\n}', 3],
    ["a wrong value", '{ "detached": true,\n "timeout": -1 }', 2],
    ["a value in a list", '{ "cpuCap": [\n"fpu",\n"x"\n] }', 3],
    ["a value in an object", '{ "inheritFd": {\n "pipe:[7]": "3" } }', 2],
    ["a key of a section", '{ "images": "x",\n "checkpoint": {\n "images": 3 } }', 3],
    ["a plugin that does not exist", '{ "plugins": [\n ["a", { "b": [1, 2] }]\n] }', 2],
    ["a mistake of JSON", '{\n "images": "x",,\n}', 2],
  ])("name the line of %s", async (_what, text, line) => {
    expect(await placeOf("restore.config.json", text)).toBe(`restore.config.json:${line}`);
  });

  it.each([
    ["export default {\n  // imagse: comments do not count\n  timeout: 1,\n  imagse: './x',\n};", 4],
    ["const p = { timeout: 'x' };\nexport default { restore: { onEvent() {} },\n  timeout: 'x' };", 1],
    ["export default {\n plugins: [\n  (() => ({ name: 'a', apply() {} }))(),\n  { name: 'b', aply() {} },\n ] };", 4],
    ["const a = 1;\nthrow new Error('on purpose');", 2],
  ])("name the line in JavaScript: %j", async (text, line) => {
    expect(await placeOf("restore.config.mjs", text)).toBe(`restore.config.mjs:${line}`);
  });

  it("name only the file if a value is computed", async () => {
    const failure = await loadWith("restore.config.mjs", "export default { ['time' + 'out']: -1 };").catch(String);
    expect(failure).toContain("restore.config.mjs: expected timeout to be above 0, found -1");
  });

  it("suggest the nearest key of a section", async () => {
    const failure = await loadWith("restore.config.json", '{ "checkpoint": { "leaveRuning": true } }').catch((e) => e);
    expect(failure).toMatchObject({ hint: "did you mean leaveRunning?" });
  });
});

describe("a configuration that extends others", () => {
  const plugin = (name: string) => `{ name: '${name}', apply() {} }`;

  it("replaces their keys, follows their plugins, and keeps paths relative to each file", async () => {
    mkdirSync(join(directory, "shared/images"), { recursive: true });
    writeFileSync(
      join(directory, "shared/a.json"),
      '{ "images": "./images", "timeout": 1, "checkpoint": { "timeout": 9 } }',
    );
    writeFileSync(
      join(directory, "shared/b.mjs"),
      `export default { extends: ['./a.json'], timeout: 2, plugins: [${plugin("b")}], checkpoint: { digests: false } };`,
    );
    const own = `export default { extends: ['./shared/b.mjs'], detached: true, plugins: [${plugin("own")}] };`;
    expect(await loadWith("restore.config.mjs", own)).toMatchObject({
      images: join(directory, "shared/images"),
      timeout: 2,
      detached: true,
      plugins: [{ name: "b" }, { name: "own" }],
      checkpoint: { timeout: 9, digests: false },
    });
  });

  it("can extend a package", async () => {
    mkdirSync(join(directory, "node_modules/our-defaults"), { recursive: true });
    writeFileSync(join(directory, "node_modules/our-defaults/index.json"), '{ "timeout": 7 }');
    writeFileSync(join(directory, "node_modules/our-defaults/package.json"), '{ "main": "index.json" }');
    expect(await loadWith("restore.config.json", '{ "extends": ["our-defaults"] }')).toEqual({ timeout: 7 });
  });

  it.each([
    [
      "itself",
      '{\n"extends": ["./restore.config.json"] }',
      "restore.config.json:2: ./restore.config.json extends this file",
    ],
    ["no file", '{ "extends": ["./none.json"] }', "restore.config.json:1: there is no configuration ./none.json"],
    ["a wrong file", '{ "extends": ["./wrong.json"] }', "wrong.json:1: there is no option imagse"],
    ["a circle", '{ "extends": ["./circle.json"] }', "circle.json:1: ./restore.config.json extends this file"],
  ])("is refused if it extends %s", async (_what, text, message) => {
    writeFileSync(join(directory, "wrong.json"), '{ "imagse": "x" }');
    writeFileSync(join(directory, "circle.json"), '{ "extends": ["./restore.config.json"] }');
    await expect(loadWith("restore.config.json", text)).rejects.toThrow(message);
  });
});

describe("optionsFor()", () => {
  const named = (name: string) => ({ name, apply() {} });
  const config: RestoreConfig = {
    images: "/whole",
    timeout: 1,
    plugins: [named("whole")],
    restore: { timeout: 2, plugins: [named("restore")] },
    plan: { timeout: 3 },
    checkpoint: { leaveRunning: true, plugins: [named("checkpoint")] },
  };
  const names = ({ plugins = [] }: { readonly plugins?: readonly { readonly name: string }[] }) =>
    plugins.map(({ name }) => name);
  afterEach(() => vi.unstubAllEnvs());

  it("adds the section of a command; plan and check use that of restore too", () => {
    const [restore, plan, check] = [
      optionsFor("restore", config),
      optionsFor("plan", config),
      optionsFor("check", config),
    ];
    expect([restore.timeout, plan.timeout, check.timeout]).toEqual([2, 3, 2]);
    for (const options of [restore, plan, check]) expect(names(options)).toEqual(["whole", "restore"]);
    expect(restore).not.toHaveProperty("checkpoint");
  });

  it("gives a checkpoint the plugins and images of the whole file, and its own section", () => {
    const options = optionsFor("checkpoint", config);
    expect(options).toEqual({
      images: "/whole",
      leaveRunning: true,
      plugins: config.plugins?.concat(config.checkpoint?.plugins ?? []),
    });
  });

  it("takes options from the environment, which replace those of the file", () => {
    vi.stubEnv("RESTAGE_TIMEOUT", "500");
    vi.stubEnv("RESTAGE_TCP_ESTABLISHED", "true");
    vi.stubEnv("RESTAGE_LEAVE_RUNNING", "false");
    vi.stubEnv("RESTAGE_EXTERNAL", '["mnt[]"]');
    vi.stubEnv("RESTAGE_IMAGES", "");
    expect(optionsFor("plan", config)).toMatchObject({
      timeout: 500,
      tcpEstablished: true,
      external: ["mnt[]"],
      images: "/whole",
    });
    expect(optionsFor("plan", config)).not.toHaveProperty("leaveRunning");
    expect(optionsFor("checkpoint", config)).toMatchObject({ leaveRunning: false, timeout: 500 });
  });

  it.each([
    ["RESTAGE_TIMEOUT", "soon", 'expected RESTAGE_TIMEOUT to be a number, found "soon"', undefined],
    ["RESTAGE_PID_POLICY", "wiat", "expected RESTAGE_PID_POLICY to be one of", "did you mean wait?"],
    ["RESTAGE_IMAGSE", "x", "there is no variable RESTAGE_IMAGSE", "did you mean RESTAGE_IMAGES?"],
  ])("refuses %s=%s", (name, value, message, hint) => {
    vi.stubEnv(name, value);
    expect(() => optionsFor("restore", {})).toThrow(
      expect.objectContaining({ code: "ERR_CONFIG", message: expect.stringContaining(message), hint }),
    );
  });

  it("leaves variables of other programs alone", () => {
    vi.stubEnv("RESTAGE_OF_ANOTHER_PROGRAM", "x");
    expect(optionsFor("restore", {})).toEqual({});
  });
});

describe("plugins that a configuration names", () => {
  const readyMade = async () => ({
    movePorts: (ports: object) => ({ name: `moves ${JSON.stringify(ports)}`, apply() {} }),
  });
  const load = (plugins: string) => {
    const file = join(directory, "restore.config.json");
    writeFileSync(file, `{ "plugins": ${plugins} }`);
    return loadConfig({ file, importModule, readyMade }).then(({ plugins }) => plugins?.map(({ name }) => name));
  };
  const write = (path: string, text: string) => {
    mkdirSync(join(directory, path, ".."), { recursive: true });
    writeFileSync(join(directory, path), text);
  };

  it("come from the ready-made ones, from packages and from files, with their arguments", async () => {
    const manifest = '{ "type": "module", "exports": { ".": { "types": "./mod.d.ts", "default": "./mod.js" } } }';
    write("node_modules/restage-plugin-x/package.json", manifest);
    const factory = "export default (a = 1, b = 2) => ({ name: ['x', a, b].join(' '), apply() {} });";
    write("node_modules/restage-plugin-x/mod.js", factory);
    write("own/plugin.mjs", "export default { name: 'own', dump() {} };");
    const plugins = `[["movePorts", {"80": 8080}], "restage-plugin-x", ["restage-plugin-x", "c", true], "./own/plugin.mjs"]`;
    expect(await load(plugins)).toEqual(['moves {"80":8080}', "x 1 2", "x c true", "own"]);
  });

  it.each([
    ['["movePort"]', "plugins[0]: there is no plugin movePort", "did you mean movePorts?"],
    ['["no-such-package"]', "plugins[0]: there is no plugin no-such-package", "npm install no-such-package"],
    ['["./none.mjs"]', "plugins[0]: there is no plugin ./none.mjs", undefined],
    ['["./named.mjs"]', "plugins[0]: ./named.mjs has no default export", "it must export a plugin"],
    ['[["./object.mjs", 1]]', "plugins[0]: ./object.mjs is a plugin, and takes no arguments", undefined],
    ['["./failing.mjs"]', "plugins[0]: ./failing.mjs: on purpose", undefined],
    ['["./broken.mjs"]', "plugins[0]: cannot load ./broken.mjs:", undefined],
    ["[7]", "plugins[0] is not a plugin: it is not an object", undefined],
  ])("are refused where they are wrong: %s", async (plugins, message, hint) => {
    write("named.mjs", "export const plugin = {};");
    write("object.mjs", "export default { name: 'object', apply() {} };");
    write("failing.mjs", "export default () => { throw new Error('on purpose'); };");
    write("broken.mjs", "export default await Promise.reject(new Error('broken'));");
    const failure = await load(plugins).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "ERR_CONFIG", message: expect.stringContaining(message) });
    if (hint !== undefined) expect(failure).toMatchObject({ hint: expect.stringContaining(hint) });
  });
});
