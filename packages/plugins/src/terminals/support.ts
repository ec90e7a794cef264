import type { Support } from "../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "terminals",
    what: "pseudoterminals",
    saved: "both ends, window size, modes, queues, controlling terminals",
    restored:
      "number, settings and locks of them, window size, owner, mode, queued input and output, controlling terminal and foreground group, packet and exclusive mode; slaves that hung up; /dev/tty",
    refused: {
      dump: "terminals with an end or a session leader outside the context, /dev/tty, consoles",
      restore: "a controlling terminal whose session has no leader in the checkpoint",
    },
    kernel: "CONFIG_UNIX98_PTYS",
    shownBy: { saved: ["fixture pty"], restored: ["fixture pty", "case terminals"] },
  },
  {
    group: "terminals",
    what: "terminals of a shell",
    restored: "the caller's in its place, with `--shell-job`: settings, size, foreground group",
    refused: { restore: "more than one" },
    shownBy: { restored: ["case shell-job"] },
  },
  {
    group: "terminals",
    what: "external terminals, consoles, serial lines",
    restored: "what `--inherit-fd` hands over, the device under the same path; settings, size, controlling terminal",
    shownBy: { restored: ["case external-terminal"] },
  },
];
