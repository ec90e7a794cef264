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
