import { image, testPlugin } from "@restage/core/testing";
import { expect, it } from "vitest";
import { fifos } from "../../src/files/fifo/restore.ts";
import { withPaths } from "./support.ts";

const O_WRONLY = 1;

it("opens both ends of a fifo for a moment, so that none waits for the other, and fills it once", async () => {
  const descriptors = [
    { fd: 3, id: 11 },
    { fd: 5, id: 21 },
  ];
  const files = [
    { id: 10, reg: { name: "/fifo", flags: O_WRONLY, mode: 0o10600 } },
    { id: 11, fifo: { pipe_id: 9, regf_id: 10 } },
    { id: 20, reg: { name: "/fifo", flags: 0, mode: 0o10600 } },
    { id: 21, fifo: { pipe_id: 9, regf_id: 20 } },
  ];
  const images = [image("fifo_data", [{ pipe_id: 9, bytes: 2, size: 4096 }], undefined, [new Uint8Array([1, 2])])];
  expect(await testPlugin(fifos(), { with: withPaths, task: { pid: 7, descriptors }, files, images })).toEqual([
    '7 RESTORE fifos: $1 = openat(AT_FDCWD, "/fifo", O_RDWR|O_CLOEXEC, 00)',
    '7 RESTORE fifos: openat(AT_FDCWD, "/fifo", O_WRONLY, 00)',
    "7 RESTORE fifos: fcntl($1, F_SETPIPE_SZ, 0x1000)",
    "7 RESTORE fifos: write($1, [0102], 2) expects 2",
    "7 RESTORE fifos: close($1)",
    '7 RESTORE fifos: $2 = openat(AT_FDCWD, "/fifo", O_RDWR|O_CLOEXEC, 00)',
    '7 RESTORE fifos: openat(AT_FDCWD, "/fifo", O_RDONLY, 00)',
    "7 RESTORE fifos: close($2)",
  ]);
});
