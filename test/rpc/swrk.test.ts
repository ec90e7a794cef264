import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { decodeImage, encodeImage } from "@restage/images";
import { expect, it } from "vitest";
import { launcher } from "../../packages/cli/src/criu/launcher.ts";
import { REQUEST } from "../../packages/cli/src/rpc/messages.ts";
import { VERSION_ANSWER } from "../../packages/cli/src/rpc/version-answer.ts";
import { dumpCase, restoreProgram, startProgram, verdictOf } from "../cases/case.ts";
import { describeDumped } from "../cases/dumpers.ts";
import { isRunning } from "../support/proc.ts";
import { CRIU, describeUnless, itUnless, noCompiler, noCriu, noRoot } from "../support/requirements.ts";
import { COMMAND, restage, run } from "../support/restage.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { Caller, openDirectory } from "./caller.ts";

const SWRK = [process.execPath, COMMAND, "swrk"];
const CASE = "file-owners";

/** What runc sends with every restore, as far as it is not about a container. */
function optionsFor(images: string) {
  const images_dir_fd = openDirectory(images);
  return {
    images_dir_fd,
    log_level: 4,
    log_file: "restore.log",
    rst_sibling: true,
    evasive_devices: true,
    notify_scripts: true,
  };
}

describeUnless(noRoot, "criu swrk", () => {
  it("answers with the version of CRIU, and with its features", async () => {
    const version = await Caller.start(SWRK);
    const printed = version.printed();
    const answer = version.ask({ type: REQUEST.VERSION }).answer;
    expect(answer).toMatchObject({
      type: REQUEST.VERSION,
      success: true,
      version: { major_number: 4, minor_number: 2 },
    });
    expect(await version.ended).toBe(0);
    expect(await printed).toBe("");
    const features = await Caller.start(SWRK);
    expect(features.ask({ type: REQUEST.FEATURE_CHECK, features: { mem_track: true } }).answer).toMatchObject({
      type: REQUEST.FEATURE_CHECK,
      success: true,
      features: { mem_track: true, lazy_pages: false, pidfd_store: false },
    });
    expect(await features.ended).toBe(0);
  });

  it("of a program named criu answers with the version before a runtime has started", async () => {
    const program = join(temporaryDirectory("criu"), "criu");
    writeFileSync(program, launcher(["/bin/false"]), { mode: 0o755 });
    const caller = await Caller.start([program, "swrk"]);
    const printed = caller.printed();
    expect(caller.ask({ type: REQUEST.VERSION }).answer).toEqual(VERSION_ANSWER);
    expect(await caller.ended).toBe(0);
    expect(await printed).toBe("");
    const other = await Caller.start([program, "swrk"]);
    other.send({ type: REQUEST.CHECK });
    expect(await other.ended).toBe(1);
  });

  it("refuses by name what it does not serve, with the errno of CRIU", async () => {
    const caller = await Caller.start(SWRK);
    const printed = caller.printed();
    const images_dir_fd = openDirectory(temporaryDirectory("criu"));
    const ask = { type: REQUEST.RESTORE, keep_open: true, opts: { images_dir_fd, tls: true } };
    const { answer } = caller.ask(ask);
    expect(answer).toMatchObject({ type: REQUEST.RESTORE, success: false, restore: { pid: -1 }, cr_errno: 56 });
    expect(answer.cr_errmsg).toContain("--tls");
    const { answer: other } = caller.ask({ type: 99, opts: { images_dir_fd } });
    expect(other).toMatchObject({ success: false, cr_errno: 56 });
    expect(other.cr_errmsg).toContain("type 99");
    expect(await caller.ended).toBe(1);
    expect(await printed).toBe("");
  });

  it("describes this processor, and compares it with the description", async () => {
    const images = temporaryDirectory("cpuinfo");
    const caller = await Caller.start(SWRK);
    const opts = { images_dir_fd: openDirectory(images) };
    const ask = (type: number, cpu_cap?: number) =>
      caller.ask({ type, keep_open: true, opts: { ...opts, ...(cpu_cap === undefined ? {} : { cpu_cap }) } }).answer;
    expect(ask(REQUEST.CPUINFO_CHECK)).toMatchObject({ type: REQUEST.CPUINFO_CHECK, success: false });
    expect(ask(REQUEST.CPUINFO_DUMP)).toMatchObject({ type: REQUEST.CPUINFO_DUMP, success: true });
    expect(ask(REQUEST.CPUINFO_CHECK)).toMatchObject({ success: true });
    const path = join(images, "cpuinfo.img");
    const image = decodeImage("cpuinfo.img", readFileSync(path));
    const { x86_entry } = (
      image as unknown as { entries: [{ value: { x86_entry: { stepping: number; capability: number[] }[] } }] }
    ).entries[0].value;
    const capability = x86_entry[0]?.capability ?? [];
    // tbm, a feature of few AMD processors.
    capability[6] = ((capability[6] ?? 0) | (1 << 21)) >>> 0;
    writeFileSync(path, encodeImage(image));
    const { success, cr_errmsg } = ask(REQUEST.CPUINFO_CHECK);
    expect(success).toBe(false);
    expect(cr_errmsg).toContain("it lacks tbm, which the processor of the checkpoint had");
    expect(ask(REQUEST.CPUINFO_CHECK, 1).success).toBe(true);
    // Nothing that is named is everything, as for CRIU.
    expect(ask(REQUEST.CPUINFO_CHECK, 0).success).toBe(false);
  });

  itUnless(noCriu, "describes this processor as CRIU does", () => {
    const [own, other] = [temporaryDirectory("cpuinfo"), temporaryDirectory("cpuinfo")];
    expect(restage(["cpuinfo", "dump", "-D", own]).status).toBe(0);
    expect(run([CRIU, "cpuinfo", "dump", "-D", other]).status).toBe(0);
    const read = (images: string) => decodeImage("cpuinfo.img", readFileSync(join(images, "cpuinfo.img")));
    expect(read(own)).toEqual(read(other));
    expect(restage(["cpuinfo", "check", "-D", other, "--cpu-cap=all"]).status).toBe(0);
    expect(run([CRIU, "cpuinfo", "check", "-D", own, "--cpu-cap=all"]).status).toBe(0);
  });

  it("answers and logs why it refuses a checkpoint", async () => {
    const images = temporaryDirectory("rpc");
    const caller = await Caller.start(SWRK);
    const opts = { images_dir_fd: openDirectory(images), pid: process.pid, log_file: "dump.log", auto_dedup: true };
    const { answer } = caller.ask({ type: REQUEST.DUMP, opts });
    expect(answer).toMatchObject({ type: REQUEST.DUMP, success: false, dump: { restored: false }, cr_errno: 56 });
    expect(answer.cr_errmsg).toContain("--auto-dedup");
    expect(readFileSync(join(images, "dump.log"), "utf8")).toMatch(/^Error \(restage\): ERR_OPTION: .*--auto-dedup/);
  });

  it("logs in the work directory, or else with the images, however the request names them", async () => {
    const caller = await Caller.start(SWRK);
    const logOf = (
      directory: string,
      directories: { images_dir_fd: number; images_dir?: string; work_dir_fd?: number },
    ) => {
      caller.ask({ type: REQUEST.DUMP, keep_open: true, opts: { ...directories, log_file: "log", auto_dedup: true } });
      return readFileSync(join(directory, "log"), "utf8");
    };
    const refusal = /^Error \(restage\): .*--auto-dedup/;
    const images = temporaryDirectory("images");
    expect(logOf(images, { images_dir_fd: -1, images_dir: images })).toMatch(refusal);
    const work = temporaryDirectory("work");
    const images_dir_fd = openDirectory(images);
    expect(logOf(work, { images_dir_fd, work_dir_fd: openDirectory(work) })).toMatch(refusal);
    const other = temporaryDirectory("images");
    expect(logOf(other, { images_dir_fd: openDirectory(other), work_dir_fd: -1 })).toMatch(refusal);
  });

  it("makes a checkpoint of a tree that continues, with notifications, a log and statistics", async () => {
    const program = await startProgram(join(import.meta.dirname, "../cases", CASE));
    const caller = await Caller.start(SWRK);
    const { answer, notifications } = caller.ask({
      type: REQUEST.DUMP,
      opts: {
        images_dir_fd: openDirectory(program.images),
        pid: program.pid,
        log_level: 4,
        log_file: "dump.log",
        leave_running: true,
        notify_scripts: true,
        cpu_cap: 5,
      },
    });
    expect(answer.cr_errmsg).toBeUndefined();
    expect(answer).toMatchObject({ type: REQUEST.DUMP, success: true, dump: { restored: false } });
    expect(notifications).toEqual(["pre-dump", "query-ext-files", "post-dump"]);
    expect(await caller.ended).toBe(0);
    expect(readdirSync(program.images)).toEqual(
      expect.arrayContaining(["inventory.img", "cpuinfo.img", "dump.log", "stats-dump"]),
    );
    expect(await verdictOf(program)).toBe("pass");
  });
});

describeUnless(noCompiler ?? noRoot, "pre-dumps for a caller", () => {
  it("are followed by the checkpoint that has them as its parent, on the same connection", async () => {
    const program = await startProgram(join(import.meta.dirname, "../cases", CASE));
    const before = join(program.images, "../before");
    mkdirSync(before);
    const caller = await Caller.start(SWRK);
    const opts = (images: string) => ({ images_dir_fd: openDirectory(images), pid: program.pid, track_mem: true });
    const first = caller.ask({ type: REQUEST.PRE_DUMP, opts: opts(before) }).answer;
    expect(first.cr_errmsg).toBeUndefined();
    expect(first).toMatchObject({ type: REQUEST.PRE_DUMP, success: true });
    const request = { ...opts(program.images), parent_img: "../before" };
    const second = caller.ask({ type: REQUEST.DUMP, opts: request }).answer;
    expect(second.cr_errmsg).toBeUndefined();
    expect(second).toMatchObject({ type: REQUEST.DUMP, success: true });
    expect(await caller.ended).toBe(0);
    await program.ended;
    expect(sizeOf(program.images)).toBeLessThan(sizeOf(before));
    await restoreProgram(program);
    expect(await verdictOf(program)).toBe("pass");
  });
});

function sizeOf(images: string): number {
  return statSync(join(images, "pages-1.img")).size;
}

describeDumped("restores for a caller", () => {
  it("notify it of CRIU's points, with the pid, and end with the pid of a running tree", async () => {
    const program = await dumpCase(CASE);
    const caller = await Caller.start(SWRK);
    const printed = caller.printed();
    const pids: (number | undefined)[] = [];
    const { answer, notifications } = caller.ask(
      { type: REQUEST.RESTORE, opts: optionsFor(program.images) },
      (_script, pid) => pids.push(pid) > 0,
    );
    expect(answer.cr_errmsg).toBeUndefined();
    expect(answer).toMatchObject({ type: REQUEST.RESTORE, success: true, restore: { pid: program.pid } });
    expect(notifications).toEqual(["pre-restore", "post-restore with a pid", "pre-resume", "post-resume"]);
    expect(pids).toContain(program.pid);
    expect(await caller.ended).toBe(0);
    expect(await printed).toBe("");
    expect(await verdictOf(program)).toBe("pass");
  });

  it("are waited for on the same connection, unless they are siblings of the server", async () => {
    const program = await dumpCase(CASE);
    const caller = await Caller.start(SWRK);
    const opts = { ...optionsFor(program.images), rst_sibling: false };
    const { answer } = caller.ask({ type: REQUEST.RESTORE, keep_open: true, opts });
    expect(answer.cr_errmsg).toBeUndefined();
    expect(isRunning(program.pid)).toBe(true);
    const verdict = verdictOf(program);
    expect(caller.ask({ type: REQUEST.WAIT_PID, keep_open: true, pid: program.pid }).answer).toMatchObject({
      type: REQUEST.WAIT_PID,
      success: true,
      status: 0,
    });
    expect(await verdict).toBe("pass");
    const { answer: gone } = caller.ask({ type: REQUEST.WAIT_PID, pid: program.pid });
    expect(gone).toMatchObject({ type: REQUEST.WAIT_PID, success: false, cr_errno: 10 });
    expect(await caller.ended).toBe(1);
  });

  it("are rolled back when the caller rejects a notification", async () => {
    const program = await dumpCase(CASE);
    const caller = await Caller.start(SWRK);
    const request = { type: REQUEST.RESTORE, opts: optionsFor(program.images) };
    const { answer, notifications } = caller.ask(request, (script) => script !== "post-restore");
    expect(notifications.at(-1)).toBe("post-restore with a pid");
    expect(answer).toMatchObject({ success: false, restore: { pid: -1 } });
    expect(answer.cr_errmsg).toContain("did not agree to the restore at post-restore");
    // A child of this process: it reaps it some time.
    expect(isRunning(program.pid)).toBe(false);
    expect(readFileSync(join(program.images, "restore.log"), "utf8")).toMatch(/^Error \(restage\): .*did not agree/m);
  });

  it("are started by a program named criu", async () => {
    const program = await dumpCase(CASE);
    const directory = temporaryDirectory("criu");
    expect(restage(["install-criu", directory]).status).toBe(0);
    const criu = join(directory, "criu");
    expect(run([criu, "--version"]).stdout).toBe("Version: 4.2\n");
    expect(run([criu, "check"]).stdout).toBe("Looks good.\n");
    const { HOME: _home, ...environment } = process.env;
    const caller = await Caller.start([criu, "swrk"], environment);
    const { answer } = caller.ask({ type: REQUEST.RESTORE, opts: optionsFor(program.images) });
    expect(answer.cr_errmsg).toBeUndefined();
    expect(answer).toMatchObject({ success: true, restore: { pid: program.pid } });
    expect(await caller.ended).toBe(0);
    expect(await verdictOf(program)).toBe("pass");
  });
});
