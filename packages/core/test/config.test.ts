import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadConfig } from "../src/config/load-config.ts";

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
