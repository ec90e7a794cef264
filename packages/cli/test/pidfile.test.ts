import { rehearse } from "@restage/core/testing";
import { expect, it } from "vitest";
import { pidfile } from "../src/pidfile.ts";

it("the pidfile is written at the commit, with an undo in case the restore fails", async () => {
  const { lines } = await rehearse({ plugins: [pidfile()], task: { pid: 7 }, options: { pidfile: "/run/x.pid" } });
  expect(lines.filter(({ plugin }) => plugin === "pidfile").map(({ text }) => text)).toEqual([
    'undo: unlinkat(AT_FDCWD, "/run/x.pid", 0)',
    'openat(AT_FDCWD, "/run/x.pid", O_WRONLY|O_CREAT|O_EXCL|O_CLOEXEC, 0600)',
    "write(3, [37], 1)",
    "close(3)",
    "commit()",
  ]);
});

it("a pidfile that exists already makes the restore fail", async () => {
  const failures = [{ call: "openat", of: "coordinator", result: "EEXIST" }] as const;
  const { error } = await rehearse({ plugins: [pidfile()], options: { pidfile: "/run/x.pid" }, host: { failures } });
  expect(error).toMatchObject({ code: "ERR_SYSCALL", plugin: "pidfile" });
});

it("an existing pidfile is found before anything starts", async () => {
  const host = { inodes: { "/run/x.pid": {} } };
  const { error, lines } = await rehearse({ plugins: [pidfile()], options: { pidfile: "/run/x.pid" }, host });
  expect(error).toMatchObject({ code: "ERR_REFUSED", plugin: "pidfile", message: "pidfile /run/x.pid: it exists" });
  expect(lines).toEqual([]);
});

it("without the option, no pidfile is written", async () => {
  const { lines } = await rehearse({ plugins: [pidfile()] });
  expect(lines.filter(({ plugin }) => plugin === "pidfile").map(({ text }) => text)).toEqual(["commit()"]);
});
