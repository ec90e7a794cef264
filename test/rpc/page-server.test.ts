import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { decodeImage } from "@restage/images";
import { expect, it, onTestFinished } from "vitest";
import { REQUEST } from "../../packages/cli/src/rpc/messages.ts";
import { restoreProgram, startProgram, verdictOf } from "../cases/case.ts";
import { CRIU, describeUnless, itUnless, noCompiler, noCriu, noRoot } from "../support/requirements.ts";
import { COMMAND, run } from "../support/restage.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { until } from "../support/until.ts";
import { Caller, openDirectory } from "./caller.ts";

const SWRK = [process.execPath, COMMAND, "swrk"];
/** Commands of a dump. Source: CRIU criu/page-xfer.c. */
const [OPEN2, PARENT, ADD_F, CLOSE] = [4, 5, 6, 0x1023];
const [IN_PARENT, PRESENT] = [1, 4];
const PAGE = 4096;

/** A command of a dump: about pages of an image of a task. */
function command(name: number, { flags = 0, pages = 0, address = 0, pid = 7 } = {}): Buffer {
  const bytes = Buffer.alloc(32);
  bytes.writeUInt32LE(name | (flags << 16), 0);
  for (const [at, value] of [pages, address, (pid << 8) | 1].entries())
    bytes.writeBigUInt64LE(BigInt(value), 8 + 8 * at);
  return bytes;
}

/** Asks for a page server, and waits until it listens. */
async function startServer(images: string) {
  const caller = await Caller.start(SWRK);
  const opts = { images_dir_fd: openDirectory(images), ps: { address: "127.0.0.1" } };
  const { answer } = caller.ask({ type: REQUEST.PAGE_SERVER_CHLD, keep_open: true, opts });
  expect(answer).toMatchObject({ type: REQUEST.PAGE_SERVER, success: true });
  const { pid = 0, port = 0 } = answer.ps ?? {};
  return { port, wait: () => caller.ask({ type: REQUEST.WAIT_PID, pid }).answer };
}

describeUnless(noRoot, "a page server", () => {
  it.each([
    ["in the foreground", []],
    ["in the background", ["--daemon"]],
  ])("whose socket is connected writes its pid %s", async (_, more) => {
    const images = temporaryDirectory("pages");
    const pidfile = join(images, "pid");
    const words = ["page-server", "--ps-socket", "3", "--images-dir", images, "--pidfile", pidfile, ...more];
    const server = spawn(process.execPath, [COMMAND, ...words], { stdio: ["ignore", "inherit", "inherit", "pipe"] });
    const dump = server.stdio[3] as Socket;
    dump.resume();
    await until(() => existsSync(pidfile) && readFileSync(pidfile, "utf8") !== "", "the pidfile is written");
    const pid = Number(readFileSync(pidfile, "utf8"));
    expect(readFileSync(`/proc/${pid}/cmdline`, "utf8")).toContain("page-server\0--ps-socket\x003");
    expect(pid === server.pid).toBe(more.length === 0);
    dump.end(command(CLOSE));
    await until(() => !existsSync(`/proc/${pid}`), "the page server ends");
    if (server.exitCode === null) await once(server, "exit");
    expect(server.exitCode).toBe(0);
  });

  it("writes the pages that a dump sends, and can be waited for", async () => {
    const images = temporaryDirectory("pages");
    const { port, wait } = await startServer(images);
    const dump = connect(port, "127.0.0.1");
    onTestFinished(() => void dump.destroy());
    const answers: Buffer[] = [];
    dump.on("data", (bytes: Buffer) => void answers.push(bytes));
    const content = Buffer.alloc(300 * PAGE, "content");
    const added = { flags: PRESENT, pages: 300, address: 0x5000 };
    dump.write(Buffer.concat([command(PARENT), command(OPEN2), command(ADD_F, added), content]));
    dump.write(command(ADD_F, { flags: IN_PARENT, pages: 2, address: 0x900000 }));
    dump.end(command(CLOSE));
    await once(dump, "end");
    // No parent, twice, and the end.
    expect(Buffer.concat(answers)).toEqual(Buffer.alloc(4 + 1 + 4));
    expect(wait()).toMatchObject({ success: true, status: 0 });
    expect(readFileSync(join(images, "pages-65537.img")).equals(content)).toBe(true);
    expect(decodeImage("pagemap-7.img", readFileSync(join(images, "pagemap-7.img")))).toMatchObject({
      entries: [
        { value: { pages_id: 65537 } },
        { value: { vaddr: 0x5000n, nr_pages: 300n, flags: PRESENT } },
        { value: { vaddr: 0x900000n, nr_pages: 2n, flags: IN_PARENT } },
      ],
    });
  });

  it("fails when the dump ends early", async () => {
    const { port, wait } = await startServer(temporaryDirectory("pages"));
    const dump = connect(port, "127.0.0.1");
    dump.end(command(OPEN2));
    await once(dump.resume(), "end");
    expect(wait()).toMatchObject({ success: true, status: 1 << 8 });
  });

  itUnless(noCriu ?? noCompiler, "takes the memory of a dump by CRIU", async () => {
    const program = await startProgram(join(import.meta.dirname, "../cases/file-owners"));
    const { port, wait } = await startServer(program.images);
    const where = ["--page-server", "--address", "127.0.0.1", "--port", String(port)];
    const dump = run([CRIU, "dump", "-t", String(program.pid), "-D", program.images, ...where]);
    expect(dump.status, dump.stderr).toBe(0);
    expect(wait()).toMatchObject({ success: true, status: 0 });
    await program.ended;
    await restoreProgram(program);
    expect(await verdictOf(program)).toBe("pass");
  });
});
