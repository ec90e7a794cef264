import type { Support } from "../support.ts";

export const SUPPORT: readonly Support[] = [
  {
    group: "terminals",
    what: "pseudoterminals",
    saved:
      "both ends: window size, settings, queues, session and foreground process group; slaves that were hung up; /dev/tty",
    restageImage: "lines that are not complete yet",
    restored:
      "the same, and locked settings, packet and exclusive mode; the paths at which they are open, such as /dev/console",
    refused: {
      dump: "a master or session leader outside the tree, without `--shell-job` or `--orphan-pts-master`",
      restore: "a session whose leader is not in the checkpoint",
    },
    kernel: "CONFIG_UNIX98_PTYS",
    shownBy: {
      saved: [
        "fixture pty",
        "case terminals",
        "case terminal-queues",
        "case hung-terminal",
        "case unfinished-lines",
        "case console",
      ],
      restored: ["fixture pty", "case terminals", "case terminal-queues", "case hung-terminal", "case console"],
    },
  },
  {
    group: "terminals",
    what: "a shell's terminal",
    saved: "with `--shell-job`: settings and window size; /dev/tty",
    restored:
      "with `--shell-job`, the caller's terminal takes its place: settings, window size, foreground process group",
    refused: {
      restore: "a second terminal",
    },
    shownBy: {
      saved: ["case shell-job"],
      restored: ["case shell-job"],
    },
  },
  {
    group: "terminals",
    what: "a container's terminal",
    saved: "with `--orphan-pts-master`, as engines ask for: settings and window size",
    restored:
      "settings, window size, session; its new master is passed to the engine, or to a plugin that taps `orphanMaster`",
    refused: {
      restore: "without an engine or plugin that takes the master",
    },
    shownBy: {
      saved: ["engine runc"],
      restored: ["engine runc"],
    },
  },
  {
    group: "terminals",
    what: "external terminals, consoles, serial lines",
    saved: "external terminals, with `--external tty[RDEV:DEV]`: settings, window size, session",
    restored:
      "the descriptor that `--inherit-fd` passes, or the device at the same path: settings, window size, session",
    refused: {
      dump: "consoles and serial lines, without `--external`",
    },
    shownBy: {
      saved: ["case external-terminal"],
      restored: ["case external-terminal"],
    },
  },
];
