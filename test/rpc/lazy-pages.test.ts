import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { REQUEST } from "../../packages/cli/src/rpc/messages.ts";
import { type DumpedProgram, dumpCase, startProgram, verdictOf } from "../cases/case.ts";
import { describeDumped } from "../cases/dumpers.ts";
import { describeUnless, noCompiler } from "../support/requirements.ts";
import { COMMAND } from "../support/restage.ts";
import { until } from "../support/until.ts";
import { Caller, openDirectory } from "./caller.ts";

const RESTAGE = [process.execPath, COMMAND] as const;
const SWRK = [...RESTAGE, "swrk"];
const PORT = 27_001;

/** Starts a lazy-pages daemon, and when it listens a command. It goes on while this process waits for an answer. Resolves with the exit code of the daemon. */
function startDaemon({ images }: DumpedProgram, options: readonly string[], then = "true"): Promise<number | null> {
  const daemon = [...RESTAGE, "lazy-pages", "-D", images, ...options].join(" ");
  const socket = join(images, "lazy-pages.socket");
  const script = `${daemon} & for n in $(seq 200); do [ -S ${socket} ] && break; sleep 0.05; done; ${then}; wait $!`;
  const shell = spawn("sh", ["-c", script], { stdio: "ignore" });
  return new Promise((resolve) => shell.once("exit", resolve));
}

const supported = () => {
  it("learns that lazy pages are supported, and restores with them", async () => {
    const features = await Caller.start(SWRK);
    const { answer } = features.ask({ type: REQUEST.FEATURE_CHECK, features: { lazy_pages: true } });
    expect(answer).toMatchObject({ success: true, features: { lazy_pages: true } });
    const program = await dumpCase("lazy-pages");
    const ended = startDaemon(program, []);
    await until(() => existsSync(join(program.images, "lazy-pages.socket")), "the daemon listens", 20_000);
    const caller = await Caller.start(SWRK);
    const opts = { images_dir_fd: openDirectory(program.images), lazy_pages: true, rst_sibling: true };
    expect(caller.ask({ type: REQUEST.RESTORE, opts }).answer).toMatchObject({ success: true });
    expect(await verdictOf(program)).toBe("pass");
    expect(await ended).toBe(0);
  });
};
describeDumped("a container engine", supported, undefined, ["Restage"]);

describeUnless(noCompiler, "a container engine", () => {
  it("is told when the memory of a checkpoint can be taken, and gets its answer when all is taken", async () => {
    const program = await startProgram(join(import.meta.dirname, "../cases/lazy-pages"));
    const caller = await Caller.start(SWRK);
    let daemon: Promise<number | null> | undefined;
    const restoreElsewhere = (script: string) => {
      if (script !== "status-ready") return true;
      const restore = [...RESTAGE, "restore", "-d", "--lazy-pages", "--new-pid-namespace", "-D", program.images];
      const from = ["--page-server", "--address", "127.0.0.1", "--port", String(PORT)];
      daemon = startDaemon(program, from, restore.join(" "));
      return true;
    };
    const opts = {
      images_dir_fd: openDirectory(program.images),
      pid: program.pid,
      notify_scripts: true,
      lazy_pages: true,
      ps: { address: "127.0.0.1", port: PORT },
    };
    const { answer, notifications } = caller.ask({ type: REQUEST.DUMP, opts }, restoreElsewhere);
    expect(answer, answer.cr_errmsg).toMatchObject({ success: true });
    expect(notifications.slice(-2)).toEqual(["post-dump", "status-ready"]);
    expect(await daemon).toBe(0);
    await program.ended;
    expect(await verdictOf(program)).toBe("pass");
    await until(() => !existsSync(`/proc/${program.pid}`), "the source has ended");
  });
});
