import { itComesBack } from "./comes-back.ts";
import { describeDumped } from "./dumpers.ts";

describeDumped("the state of tasks and threads is restored", () => {
  for (const name of [
    "signal-queues",
    "stopped-tasks",
    "timers",
    "blocked-calls",
    "rseq-critical",
    "vector-registers",
    "thread-areas",
    "thread-credentials",
    "names-of-bytes",
    "seccomp-kinds",
    "no-room-for-data",
  ])
    itComesBack(name, name);
  itComesBack("a detached tree survives the end of its first parent", "parent-death-signal");
});

describeDumped(
  "what CRIU cannot save or restore",
  () => {
    for (const name of ["pending-trap", "found-fifo", "memfd-program", "no-address-space", "signal-limit"])
      itComesBack(`comes back: ${name}`, name, { compiler: ["-static"] });
  },
  undefined,
  ["Restage"],
);
