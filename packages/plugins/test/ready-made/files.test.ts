import { type PluginTest, rehearse, testPlan, testPlugin } from "@restage/core/testing";
import { describe, expect, it } from "vitest";
import { createFiles, fileValidation, regularFiles, skipFiles } from "../../src/mod.ts";
import { onHost, openers } from "../files/support.ts";

const LOG = "/var/log/app.log";
const withChecks = [...openers, regularFiles(), fileValidation()];

/** A task with a log, which had 100 bytes at the checkpoint and is now as the host has it. */
function logOn(host: NonNullable<PluginTest["host"]>, reg: object = {}): PluginTest {
  return {
    with: withChecks,
    task: { pid: 7, descriptors: [{ fd: 3, id: 3 }], core: { thread_core: { creds: { fsuid: 33, fsgid: 34 } } } },
    files: [{ id: 3, reg: { name: LOG, size: 100n, mode: 0o100640, flags: 0o2001, pos: 100n, ...reg } }],
    host,
  };
}

const gone = { files: { [LOG]: "missing", "/var/log": "missing" } } as const;
const grown = onHost(LOG, 200n);

describe("skipFiles", () => {
  it("accepts a file that has changed, and opens it", async () => {
    expect(await testPlan(fileValidation(), { ...logOn(grown), with: [...openers, regularFiles()] })).toHaveLength(2);
    expect(await testPlan(skipFiles(["/var/log/"]), logOn(grown))).toEqual([]);
    expect(await testPlugin(skipFiles([LOG]), logOn(grown))).toEqual([]);
  });

  it("opens /dev/null in place of a file that is gone", async () => {
    expect(await testPlugin(skipFiles([LOG]), logOn(gone))).toEqual([
      '7 RESTORE skip-files: openat(AT_FDCWD, "/dev/null", O_WRONLY|O_CLOEXEC, 00)',
    ]);
  });

  it("refuses a directory that is gone, and a path that no file has", async () => {
    const test = { ...logOn(gone), task: { pid: 7, fs: { cwd_id: 3 } } };
    expect(await testPlan(skipFiles([LOG]), test)).toMatchObject([
      { what: `file ${LOG}`, why: "it does not exist, and it is the working directory of task 7 (program)" },
    ]);
    expect(await testPlan(skipFiles(["/var/lo"]), logOn(grown))).toMatchObject([
      { what: "/var/lo", why: "the tree uses no file there" },
    ]);
    expect(() => skipFiles(["app.log"])).toThrow("expected an absolute path");
  });
});

describe("createFiles", () => {
  const calls = async (plugin: ReturnType<typeof createFiles>, test: PluginTest) => {
    const lines = await testPlugin(plugin, test);
    return lines.map((line) => line.replace("coordinator PREPARE_NAMESPACES create-files: ", ""));
  };

  it("creates an empty file with its directories, owner and mode, and undoes it", async () => {
    expect(await calls(createFiles([LOG]), logOn(gone))).toEqual([
      'undo: unlinkat(AT_FDCWD, "/var/log", AT_REMOVEDIR) allows any error',
      'mkdirat(AT_FDCWD, "/var/log", 0755)',
      'undo: unlinkat(AT_FDCWD, "/var/log/app.log", 0) allows any error',
      expect.stringMatching(/^openat\(AT_FDCWD, "\/var\/log\/app.log", O_WRONLY\|O_CREAT\|O_EXCL\|O_CLOEXEC, 0640\)$/),
      expect.stringMatching(/^close\(\d+\)$/),
      'fchownat(AT_FDCWD, "/var/log/app.log", 33, 34, 0)',
      'fchmodat(AT_FDCWD, "/var/log/app.log", 0640)',
    ]);
  });

  it("copies a file from a source", async () => {
    const host = { ...gone, bytes: { "/backup/app.log": Buffer.from("saved text") } };
    const lines = await calls(createFiles({ "/var/log": "/backup" }), logOn(host));
    expect(lines).toContainEqual(expect.stringMatching(/^write\(\d+, "saved text", 10\)$/));
  });

  it("creates a directory", async () => {
    expect(await calls(createFiles([LOG]), logOn(gone, { mode: 0o40750 }))).toContain(
      'mkdirat(AT_FDCWD, "/var/log/app.log", 0750)',
    );
  });

  it("leaves a file that exists, which is still checked", async () => {
    const { with: plugins = [], ...test } = logOn(grown);
    const { plan, lines } = await rehearse({ ...test, plugins: [...plugins, createFiles([LOG])] });
    expect(plan?.findings.map(({ plugin, why }) => `${plugin}: ${why}`)).toEqual([
      "file-validation: its size is 200 bytes, but was 100 at the checkpoint",
      expect.stringContaining("file-validation: its mode is"),
    ]);
    expect(lines).toEqual([]);
  });

  it("refuses what cannot be created", async () => {
    const findings = (plugin: ReturnType<typeof createFiles>, test: PluginTest) =>
      testPlan(plugin, test).then((all) => all.map(({ why }) => why));
    expect(await findings(createFiles([LOG]), logOn(gone, { mode: 0o20666 }))).toEqual([
      "it does not exist, and is neither a regular file nor a directory",
    ]);
    const host = { files: { ...gone.files, "/backup": "missing" } } as const;
    expect(await findings(createFiles({ [LOG]: "/backup" }), logOn(host))).toEqual([
      "it does not exist, and /backup does not either",
    ]);
    const program = { ...logOn(gone), task: { pid: 7, mm: { exe_file_id: 3 } } };
    expect(await findings(createFiles([LOG]), program)).toEqual([
      "it does not exist, and it is the program of task 7 (program): it cannot be empty",
    ]);
    expect(await findings(createFiles(["/none"]), logOn(gone))).toEqual(["the tree uses no file there"]);
  });
});
