import { rehearse, testPlan, testPlugin } from "@restage/core/testing";
import { describe, expect, it } from "vitest";
import { descriptors } from "../../src/files/descriptors/restore.ts";
import { inheritedFiles } from "../../src/files/inherited-file/restore.ts";
import { pipes } from "../../src/files/pipe/restore.ts";
import { regularFiles } from "../../src/files/regular-file/restore.ts";
import { netNamespaces } from "../../src/namespaces/net/restore.ts";
import { unixSockets } from "../../src/sockets/unix/restore.ts";
import { transportSockets } from "../../src/transport/sockets/restore.ts";
import { task } from "./support.ts";

const O_WRONLY = 1;
const O_ASYNC = 0o20000;
const others = [netNamespaces(), transportSockets(), descriptors(), regularFiles(), pipes(), unixSockets()];

function taking(file: object, inheritFd: Record<string, number>) {
  return { with: others, task, files: [{ id: 3, ...file }], options: { inheritFd } };
}

describe("inheritedFiles", () => {
  it("takes a file as the coordinator has it", async () => {
    const file = { reg: { name: "/var/log/app.log", pos: 7n } };
    expect(await testPlugin(inheritedFiles(), { ...taking(file, { "var/log/app.log": 5 }), stage: "RESTORE" })).toEqual(
      [
        "7 RESTORE inherited-files: $1 = pidfd_open(1, 0)",
        "7 RESTORE inherited-files: pidfd_getfd($1, 5, 0)",
        "7 RESTORE inherited-files: close($1)",
      ],
    );
  });

  it("opens an end of a pipe once more, with its own flags", async () => {
    const file = { pipe: { pipe_id: 9, flags: O_WRONLY | O_ASYNC } };
    expect(await testPlugin(inheritedFiles(), { ...taking(file, { "pipe:[9]": 5 }), stage: "RESTORE" })).toEqual([
      '7 RESTORE inherited-files: openat(AT_FDCWD, "/proc/1/fd/5", O_WRONLY, 00)',
    ]);
  });

  it("opens an external file through the descriptor, wherever it is used, and refuses it without one", async () => {
    const file = { reg: { name: "file[1:2]", ext: true } };
    const { lines } = await rehearse({ ...taking(file, { "file[1:2]": 5 }), plugins: [...others, inheritedFiles()] });
    const opened = lines.filter(({ plugin }) => plugin === "regular-files");
    expect(opened.map(({ text }) => text)).toEqual(['openat(AT_FDCWD, "/proc/1/fd/5", 0, 00)']);
    const [finding] = await testPlan(inheritedFiles(), taking(file, {}));
    expect(finding).toMatchObject({ severity: "refused", what: "file[1:2]" });
    expect(finding?.hint).toContain("--inherit-fd 'fd[N]:file[1:2]'");
  });

  it("leaves everything else alone", async () => {
    expect(await testPlugin(inheritedFiles(), taking({ reg: { name: "/file" } }, { other: 5 }))).toEqual([]);
  });
});
