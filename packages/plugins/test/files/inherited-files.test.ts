import { testPlan, testPlugin } from "@restage/core/testing";
import { describe, expect, it } from "vitest";
import { descriptors } from "../../src/files/descriptors/restore.ts";
import { inheritedFiles } from "../../src/files/inherited-file/restore.ts";
import { pipes } from "../../src/files/pipe/restore.ts";
import { regularFiles } from "../../src/files/regular-file/restore.ts";
import { rootTask } from "../../src/forking/root-task/restore.ts";
import { netNamespaces } from "../../src/namespaces/net/restore.ts";
import { unixSockets } from "../../src/sockets/unix/restore.ts";
import { transportSockets } from "../../src/transport/sockets/restore.ts";
import { task } from "./support.ts";

const O_WRONLY = 1;
const O_ASYNC = 0o20000;
const others = [rootTask(), netNamespaces(), transportSockets(), descriptors(), regularFiles(), pipes(), unixSockets()];

function taking(file: object, inheritFd: Record<string, number>) {
  return { with: others, task, files: [{ id: 3, ...file }], options: { inheritFd } };
}

describe("inheritedFiles", () => {
  it("passes a file to the tree as the caller has it", async () => {
    const file = { reg: { name: "/var/log/app.log", pos: 7n } };
    const lines = await testPlugin(inheritedFiles(), taking(file, { "var/log/app.log": 5 }));
    expect(lines.join("\n")).toContain("inherited-files: fcntl(5, ");
    expect(lines.at(-1)).toMatch(/^7 RESTORE inherited-files: fcntl\(/);
  });

  it("opens an end of a pipe once more, with its own flags", async () => {
    const file = { pipe: { pipe_id: 9, flags: O_WRONLY | O_ASYNC } };
    const lines = await testPlugin(inheritedFiles(), taking(file, { "pipe:[9]": 5 }));
    expect(lines.join("\n")).toContain('openat(AT_FDCWD, "/proc/self/fd/5", O_WRONLY|O_NONBLOCK|O_CLOEXEC');
  });

  it("opens an external file through the descriptor, and refuses it without one", async () => {
    const file = { reg: { name: "file[1:2]", ext: true, pos: 7n } };
    const lines = await testPlugin(inheritedFiles(), taking(file, { "file[1:2]": 5 }));
    expect(lines.join("\n")).toContain('openat(AT_FDCWD, "/proc/self/fd/5"');
    expect(lines.at(-1)).toContain("lseek(");
    const [finding] = await testPlan(inheritedFiles(), taking(file, {}));
    expect(finding).toMatchObject({ severity: "refused", what: "file[1:2]" });
    expect(finding?.hint).toContain("--inherit-fd 'fd[N]:file[1:2]'");
  });

  it("leaves everything else alone", async () => {
    expect(await testPlugin(inheritedFiles(), taking({ reg: { name: "/file" } }, { other: 5 }))).toEqual([]);
  });
});
