import { describe, expect, it } from "vitest";
import { CHECKPOINT_COMMAND_OPTIONS } from "../src/options/checkpoint-options.ts";
import type { Option } from "../src/options/option.ts";
import { RESTORE_OPTIONS } from "../src/options/restore-options.ts";

/** All options of CRIU 4.2, except those that need no command. CRIU takes each of them with each command. Source: criu/config.c. */
const OPTIONS = `
  action-script address all allow-uprobes auto-dedup cgroup-dump-controller cgroup-props cgroup-props-file cgroup-root cgroup-yard close config cpu-cap daemon
  deprecated display-stats empty-ns enable-external-masters enable-external-sharing enable-fs evasive-devices exec-cmd experimental external ext-mount-map extra
  ext-unix-sk feature file-locks file-validation force-irmap freeze-cgroup ghost-fiemap ghost-limit images-dir inherit-fd irmap-scan-path join-ns lazy-pages
  leave-running leave-stopped libdir link-remap log-file log-pid lsm-mount-context lsm-profile manage-cgroups mntns-compat-mode ms network-lock no-default-config
  page-server pidfile port pre-dump-mode prev-images-dir ps-socket restore-detached restore-sibling root shell-job skip-file-rwx-check skip-in-flight skip-mnt
  status-fd stream tcp-close tcp-established timeout tls tls-cacert tls-cacrl tls-cert tls-key tls-no-cn-verify track-mem tree unprivileged verbosity veth-pair
  weak-sysctls work-dir`
  .trim()
  .split(/\s+/);

/** CRIU's letters. */
const LETTERS = {
  t: "tree",
  s: "leave-stopped",
  R: "leave-running",
  d: "restore-detached",
  S: "restore-sibling",
  D: "images-dir",
  W: "work-dir",
  o: "log-file",
  J: "join-ns",
  r: "root",
  h: "help",
  j: "shell-job",
  l: "file-locks",
  x: "ext-unix-sk",
  M: "ext-mount-map",
  L: "libdir",
  v: "verbosity",
};

describe.each([
  ["dump", CHECKPOINT_COMMAND_OPTIONS],
  ["restore", RESTORE_OPTIONS],
] as const)("CRIU's options under `restage %s`", (_command, options: readonly Option[]) => {
  const known = new Map(options.map((option) => [option.name, option]));

  it("are all accepted, or refused by name", () => {
    expect(OPTIONS.filter((name) => !known.has(name))).toEqual([]);
  });

  it("have CRIU's letters", () => {
    const letters = Object.fromEntries(
      options.flatMap(({ letter, name }) => (letter === undefined ? [] : [[letter, name]])),
    );
    expect(letters).toMatchObject(LETTERS);
  });

  it("are declared once", () => {
    const names = options.map(({ name }) => name);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });
});
