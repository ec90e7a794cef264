import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { nearest, type RestoreError } from "@restage/core";
import { describe, expect, it, onTestFinished } from "vitest";
import { isCriuConfig, readCriuConfig } from "../src/options/criu-config.ts";
import { parseWords } from "../src/options/parse-words.ts";
import { RESTORE_OPTIONS } from "../src/options/restore-options.ts";
import { createSettings, type Settings } from "../src/options/settings.ts";

function parse(line: string): { readonly settings: Settings; readonly operands: readonly string[] } {
  const settings = createSettings();
  const operands = parseWords(line.split(" "), RESTORE_OPTIONS, settings);
  return { settings, operands };
}

/** The failure of a command line, with its hint, or `none`. */
function failure(line: string): string {
  try {
    parse(line);
  } catch (error) {
    const { code, message, hint } = error as RestoreError;
    return [code, message, hint].filter((part) => part !== undefined).join("; ");
  }
  return "none";
}

describe("parseWords()", () => {
  it("reads long options, short options, and combined short options", () => {
    const { restore } = parse("--images-dir /a -ds --file-validation=filesize --timeout 2.5 --pidfile=/p").settings;
    expect(restore).toEqual({
      images: "/a",
      detached: true,
      leaveStopped: true,
      fileValidation: "filesize",
      timeout: 2500,
      pidfile: "/p",
    });
    expect(parse("-D/a -dW/b").settings).toMatchObject({
      restore: { images: "/a", detached: true },
      workDirectory: "/b",
    });
  });

  it("turns a switch off with --no-", () => {
    expect(parse("--tcp-established --no-tcp-established").settings.restore).toEqual({ tcpEstablished: false });
  });

  it.each([
    ["-d", 2],
    ["-v", 3],
    ["-vv", 4],
    ["-v -v", 4],
    ["-vvvv", 6],
    ["-v4", 4],
    ["-v 1", 1],
    ["-v -d", 3],
    ["--verbosity", 3],
    ["--verbosity=4", 4],
    ["--verbosity 4", 4],
  ])("counts %s as CRIU does", (line, verbosity) => {
    expect(parse(line).settings.verbosity).toBe(verbosity);
  });

  it("reads namespaces to join, by pid or path", () => {
    const { joinNamespaces } = parse("--join-ns net:12 -J uts:/run/other").settings.restore;
    expect(joinNamespaces).toEqual({ net: "/proc/12/ns/net", uts: "/run/other" });
    expect(failure("--join-ns user:12")).toContain("one of net, ipc, uts, time");
  });

  it("returns the remaining words as operands", () => {
    expect(parse("a -d b -- -s").operands).toEqual(["a", "b", "-s"]);
    expect(parse("-").operands).toEqual(["-"]);
  });

  it.each([
    ["--imagedir x", "ERR_OPTION; There is no option --imagedir; did you mean --images-dir?"],
    ["--entirely-different", "ERR_OPTION; There is no option --entirely-different"],
    ["-q", "ERR_OPTION; There is no option -q"],
    ["-dq", "ERR_OPTION; There is no option -q"],
    ["-D", "ERR_OPTION; -D needs a value: DIR"],
    ["--pidfile", "ERR_OPTION; --pidfile needs a value: FILE"],
    ["--json=yes", "ERR_OPTION; --json takes no value"],
    ["--no-json=yes", "ERR_OPTION; --no-json takes no value"],
    ["--no-pidfile", "ERR_OPTION; There is no option --no-pidfile; did you mean --pidfile?"],
    ["--timeout soon", 'ERR_OPTION; Bad value for --timeout: expected a number of seconds above 0, found "soon"'],
    ["--timeout=0", 'ERR_OPTION; Bad value for --timeout: expected a number of seconds above 0, found "0"'],
    ["-vx", 'ERR_OPTION; Bad value for -v: expected a number, found "x"'],
    [
      "--file-validation=x",
      'ERR_OPTION; Bad value for --file-validation: expected one of buildid, filesize, found "x"',
    ],
  ])("refuses %s", (line, message) => {
    expect(failure(line)).toBe(message);
  });
});

describe("CRIU's options", () => {
  it.each([
    ["--tls", "tls"],
    ["--tls-cert=/a", "tls-cert"],
  ])("that Restage lacks are refused by name: %s", (line, name) => {
    expect(failure(line)).toBe(`ERR_OPTION; --${name} is an option of CRIU that Restage does not support yet`);
  });

  it.each([
    ["--cpu-cap", ["fpu", "ins", "cpu"]],
    ["--cpu-cap=cpu", ["fpu", "ins", "cpu"]],
    ["--cpu-cap=^ins", ["fpu"]],
    ["--cpu-cap=none,ins", ["ins"]],
    ["--cpu-cap=none", []],
    ["--cpu-cap=all,^cpu", ["fpu", "ins"]],
  ])("include %s, which compares the same features as CRIU", (line, cpuCap) => {
    expect(parse(line).settings.restore).toEqual({ cpuCap });
  });

  it("can come from a CRIU configuration file, which the command line overrides", () => {
    const directory = mkdtempSync(join(userInfo().homedir, ".restage-config-"));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const file = join(directory, "runc.conf");
    writeFileSync(file, '# a comment\ntcp-established\nwork-dir "/a \\"b\\" c" # why\n\nverbosity 4\n');
    expect(isCriuConfig(file)).toBe(true);
    expect(readCriuConfig(file)).toEqual(["--tcp-established", '--work-dir=/a "b" c', "--verbosity=4"]);
    writeFileSync(file, "work-dir a b\n");
    expect(() => readCriuConfig(file)).toThrow("line 1 has more than two words");
    expect(() => readCriuConfig(`${file}.gone`)).toThrow("ENOENT");
  });

  it("that matter only for a dump, or that name a default, are accepted", () => {
    const line = "--force-irmap --irmap-scan-path /a --link-remap --ghost-limit=1M --network-lock skip -t 7 -R";
    expect(parse(`${line} --track-mem --no-lazy-pages`)).toEqual({
      settings: createSettings(),
      operands: [],
    });
  });

  it("of `criu restore` in CRIU 4.2 are all known", () => {
    const known = new Set(RESTORE_OPTIONS.map(({ name }) => name));
    expect(OF_CRIU.split(/\s+/).filter((name) => name !== "" && !known.has(name))).toEqual([]);
  });

  it("have unique names and letters", () => {
    const names = RESTORE_OPTIONS.flatMap(({ name, letter }) => (letter === undefined ? [name] : [name, letter]));
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });
});

describe("nearest()", () => {
  it("finds the most similar name, or none", () => {
    const names = ["restore", "plan", "check", "inspect"];
    expect(nearest("restroe", names)).toBe("restore");
    expect(nearest("inspct", names)).toBe("inspect");
    expect(nearest("checkpoint", names)).toBeUndefined();
  });

  it("finds the only name that has a word", () => {
    const names = ["--restore-detached", "--leave-running", "--leave-stopped"];
    expect(nearest("--detach", names)).toBe("--restore-detached");
    expect(nearest("--leave", names)).toBeUndefined();
    expect(nearest("--run", names)).toBeUndefined();
    expect(nearest("", names)).toBeUndefined();
  });
});

/** The options of criu/config.c, without those that only other commands take, such as `feature`. */
const OF_CRIU = `
  tree leave-stopped restore-detached restore-sibling daemon images-dir work-dir log-file join-ns root ext-unix-sk help tcp-established
  close log-pid evasive-devices pidfile veth-pair action-script link-remap shell-job file-locks page-server address port prev-images-dir
  track-mem auto-dedup libdir cpu-cap force-irmap ext-mount-map exec-cmd manage-cgroups cgroup-root inherit-fd skip-mnt enable-fs
  enable-external-sharing enable-external-masters freeze-cgroup ghost-limit irmap-scan-path lsm-profile timeout external empty-ns
  lazy-pages cgroup-props cgroup-props-file cgroup-dump-controller skip-in-flight deprecated display-stats weak-sysctls status-fd
  tcp-close verbosity ps-socket stream config no-default-config tls-cacert tls-cacrl tls-cert tls-key tls tls-no-cn-verify cgroup-yard
  pre-dump-mode file-validation skip-file-rwx-check lsm-mount-context network-lock mntns-compat-mode unprivileged ghost-fiemap
  allow-uprobes leave-running`;
