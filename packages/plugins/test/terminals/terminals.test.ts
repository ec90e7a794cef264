import { image, rehearse } from "@restage/core/testing";
import { ttyType } from "@restage/images";
import { MAJOR } from "@restage/linux/abi";
import { expect, it } from "vitest";
import { defaultPlugins } from "../../src/mod.ts";

it("a terminal with a number that the kernel does not give is refused", async () => {
  const { error } = await rehearse({
    plugins: [],
    defaults: defaultPlugins(),
    task: { pid: 7, descriptors: [{ fd: 3, id: 3 }] },
    files: [{ id: 3, tty: { tty_info_id: 1 } }],
    images: [image("tty_info", [{ id: 1, type: ttyType.PTY, rdev: MAJOR.TTYAUX << 8, pty: { index: 2 ** 31 } }])],
    host: { texts: { "/proc/sys/kernel/pty/max": "4096\n" } },
  });
  expect(error).toMatchObject({
    code: "ERR_REFUSED",
    message: "terminal /dev/pts/2147483648: this machine has at most 4096 terminals",
    hint: "set kernel.pty.max with sysctl",
  });
});
