import { type ErrorCode, RestoreError } from "../packages/core/src/errors.ts";
import { hintFor } from "../packages/core/src/program/hints.ts";

const COUNTER = { stage: "RESTORE", pid: 20100, comm: "app" } as const;
const LOG = "/var/log/app.log";

/** An example of each error code. */
export const ERROR_EXAMPLES: Readonly<Record<ErrorCode, RestoreError>> = {
  ERR_COMPLETE: new RestoreError("ERR_COMPLETE", "All tasks run, but a tap of complete failed: too late", {
    stage: "COMPLETE",
    plugin: "late",
  }),
  ERR_CONFIG: new RestoreError("ERR_CONFIG", "Cannot load /srv/restore.config.ts: there is no such file"),
  ERR_DUTY_CLAIMED: new RestoreError(
    "ERR_DUTY_CLAIMED",
    "Plugins be-nice and real-time both claim the duty scheduling",
    {
      plugin: "real-time",
    },
  ),
  ERR_DUTY_MISSING: new RestoreError("ERR_DUTY_MISSING", "No plugin has forked task 20100 (app)", {
    stage: "ROOT_TASK",
  }),
  ERR_IMAGE: new RestoreError(
    "ERR_IMAGE",
    "Cannot find the pages of pagemap-20100.img: expected 90112 bytes in pages-1.img, found 4096",
    { entry: "pagemap-20100.img" },
  ),
  ERR_KERNEL: new RestoreError("ERR_KERNEL", "Cannot call the kernel: koffi has no binary for this machine", {
    hint: "`restage check` lists what is missing",
  }),
  ERR_OPTION: new RestoreError("ERR_OPTION", "There is no option --restore-detach", {
    hint: "did you mean --restore-detached?",
  }),
  ERR_PID_TAKEN: new RestoreError(
    "ERR_PID_TAKEN",
    "Cannot create task 20100 (app): pid 20100 is in use by process 20100 (app)",
    {
      stage: "ROOT_TASK",
      pid: 20100,
      comm: "app",
      rolledBack: true,
      plugin: "root-task",
      hint: "end it, wait until it is gone, or restore in a new pid namespace (newPidNamespace, --new-pid-namespace)",
    },
  ),
  ERR_PLUGIN: new RestoreError("ERR_PLUGIN", "Cannot read properties of undefined (reading 'endsWith')", {
    plugin: "other-log",
  }),
  ERR_REFUSED: new RestoreError("ERR_REFUSED", "Cannot restore this checkpoint here: 2 findings", {
    failures: [
      new RestoreError("ERR_REFUSED", `file ${LOG}: its size is 5922 bytes, but was 414 at the checkpoint`, {
        plugin: "file-validation",
        hint: "put the file back as it was, or accept it with the plugin skipFiles",
      }),
      new RestoreError("ERR_REFUSED", "file /usr/bin/app: it does not exist", {
        plugin: "file-validation",
        hint: "put it back, or use a plugin: remapPaths, createFiles or skipFiles",
      }),
    ],
  }),
  ERR_SELF_CHECK: new RestoreError(
    "ERR_SELF_CHECK",
    "The checkpoint could not be restored: mm-1234.img does not have the content that was written",
    {
      plugin: "self-check",
      hint: "report this, or make the checkpoint without the check: --no-self-check; the tree is unharmed",
    },
  ),
  ERR_STAGE: new RestoreError("ERR_STAGE", "Cannot leave RESTORE: 2 participants failed", {
    stage: "RESTORE",
    failures: [20100, 20101].map((pid) => {
      const context = { stage: "RESTORE", pid, comm: "app", plugin: "core" } as const;
      return new RestoreError(
        "ERR_TASK_DIED",
        `task ${pid} (app) was killed by SIGKILL while it was being restored`,
        context,
      );
    }),
  }),
  ERR_ORDER: new RestoreError("ERR_ORDER", "Cannot find the tree web: it runs on host-b", {
    hint: "`restage fleet ps` lists the trees",
  }),
  ERR_STORE: new RestoreError("ERR_STORE", "Cannot connect to nats://10.0.0.7:4222: connection refused", {
    hint: "check that nats-server runs there, and NATS_URL, NATS_CREDS or NATS_CA",
  }),
  ERR_SYSCALL: new RestoreError(
    "ERR_SYSCALL",
    "chdir() of task 20100 (app) failed: ENOENT (no such file or directory)",
    {
      ...COUNTER,
      plugin: "fs",
      syscall: { name: "chdir", printed: 'chdir("/srv/gone")', errno: 2 },
      hint: hintFor("chdir", 2),
    },
  ),
  ERR_TAP_ORDER: new RestoreError(
    "ERR_TAP_ORDER",
    "Tap mine of RESTORE.task must run before file, which does not exist",
    {
      plugin: "mine",
      hint: "the hook has: descriptors, private-memory, sessions, fs, threads, limits",
    },
  ),
  ERR_TASK_DIED: new RestoreError(
    "ERR_TASK_DIED",
    "task 20100 (app) was killed by SIGKILL while it was being restored",
    {
      ...COUNTER,
      plugin: "private-memory",
      syscall: { name: "preadv", printed: "preadv(3, [{0x7f2000, 2097152}], 1, 0, 0)", errno: undefined },
    },
  ),
  ERR_TASK_STUCK: new RestoreError("ERR_TASK_STUCK", "task 20100 (app) has been in openat() for 60 s", {
    ...COUNTER,
    plugin: "fifos",
    syscall: { name: "openat", printed: 'openat(AT_FDCWD, "/srv/fifo", O_RDONLY)', errno: undefined },
  }),
  ERR_TEMPLATE: new RestoreError("ERR_TEMPLATE", "Cannot make a clone: the template has been closed"),
  ERR_UNDO: new RestoreError("ERR_PLUGIN", "the script has failed", {
    stage: "RESTORE",
    plugin: "my-plugin",
    failures: [
      new RestoreError(
        "ERR_UNDO",
        "Not everything could be undone: unlinkat() failed: EBUSY (device or resource busy)",
        {
          stage: "FAIL",
        },
      ),
    ],
  }),
};
