import { SIG } from "../abi/signal.ts";
import { openPipe } from "../host/pipe.ts";
import type { RawSyscalls } from "../host/raw-syscalls.ts";
import { spawnElf } from "../host/spawn.ts";
import type { Sleeper } from "../kernel.ts";
import type { Ptrace } from "../tracee/ptrace.ts";
import { sleeperElf } from "./sleeper-x86-64.ts";

/** How long a sleeper may take to start, in milliseconds. */
const PATIENCE = 1000;

/** Starts a sleeper, and waits until it sleeps. */
export function startSleeper(raw: RawSyscalls, ptrace: Ptrace): Sleeper {
  const ready = openPipe(raw);
  let pid: number;
  try {
    pid = spawnElf(raw, sleeperElf(ready.write), [ready.write]);
  } finally {
    raw.syscall("close", ready.write);
  }
  awaitHangUp(raw, ready.read);
  raw.syscall("close", ready.read);
  return {
    pid,
    end: () => {
      raw.syscall("kill", pid, SIG.KILL);
      ptrace.waitForEnd(pid);
    },
  };
}

/** Waits until the other end of a pipe is closed, but not for ever: a process that another thread starts at the same time inherits it. */
function awaitHangUp(raw: RawSyscalls, pipe: number): void {
  const { scratchView: view, scratchAddress: at } = raw;
  // struct pollfd without events: a hang-up is always reported.
  view.setInt32(0, pipe, true);
  view.setInt32(4, 0, true);
  raw.syscall("poll", at, 1, PATIENCE);
}
