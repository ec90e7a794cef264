import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SYSCALL_NUMBERS } from "../src/abi/syscalls-x86-64.ts";
import { readStat } from "../src/host/procfs.ts";
import type { Sleeper } from "../src/kernel.ts";
import { openKernel } from "../src/linux-kernel.ts";
import { isThere, there, until } from "./driven-kernel.ts";
import { needing } from "./support.ts";

describe.skipIf(!there)(needing(there, "a process to rehearse with", "Linux on x86_64"), () => {
  let sleeper: Sleeper;
  beforeEach(async () => {
    sleeper = (await openKernel()).startSleeper();
  });
  afterEach(() => sleeper.end());

  it("leads its session and has a name, a directory, a pipe and a pair of sockets, and nothing of this process", () => {
    const { pid } = sleeper;
    const { comm, session, pgrp } = readStat(pid) ?? {};
    expect({ comm, session, pgrp }).toEqual({ comm: "restage", session: pid, pgrp: pid });
    const files = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
    expect(files.map((link) => link.replace(/\[.*/, ""))).toEqual(["/", "pipe:", "pipe:", "socket:", "socket:"]);
    expect(new Set(files).size).toBe(4);
  });

  it("sleeps until it is ended, and leaves no zombie", async () => {
    const { pid } = sleeper;
    const sleeps = () => readFileSync(`/proc/${pid}/syscall`, "utf8").startsWith(`${SYSCALL_NUMBERS.poll} `);
    expect(await until(sleeps)).toBe(true);
    sleeper.end();
    expect(isThere(pid)).toBe(false);
  });
});
