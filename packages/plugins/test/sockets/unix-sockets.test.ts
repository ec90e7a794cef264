import { image, type PluginTest, testPlan, testPlugin } from "@restage/core/testing";
import { SOCK, TCP_STATE } from "@restage/linux/abi";
import { describe, expect, it } from "vitest";
import { unixSockets } from "../../src/sockets/unix/restore.ts";
import { withPaths } from "../files/support.ts";
import { name, unixSocket, withoutOptions } from "./support.ts";

const task = {
  pid: 7,
  descriptors: [
    { fd: 3, id: 3 },
    { fd: 4, id: 4 },
  ],
};

function queue(
  packets: readonly { readonly id_for: number; readonly text: string; readonly rights?: readonly number[] }[],
) {
  return image(
    "sk_queues",
    packets.map(({ id_for, text, rights }) => ({
      id_for,
      length: text.length,
      scm: rights === undefined ? [] : [{ type: 1, rights: [...rights] }],
    })),
    undefined,
    packets.map(({ text }) => new TextEncoder().encode(text)),
  );
}

async function lines(test: Omit<PluginTest, "with">): Promise<readonly string[]> {
  return withoutOptions(await testPlugin(unixSockets(), { stage: "RESTORE", with: withPaths, task, ...test }));
}

describe("unixSockets", () => {
  it("makes two ends at once, and shuts down only when all queues are filled", async () => {
    const state = TCP_STATE.ESTABLISHED;
    const files = [
      { id: 3, usk: unixSocket(30, { peer: 40, state, shutdown: 2 }) },
      { id: 4, usk: unixSocket(40, { peer: 30, state, shutdown: 1 }) },
    ];
    expect(await lines({ files, images: [queue([{ id_for: 4, text: "hi" }])] })).toEqual([
      "socketpair(AF_UNIX, SOCK_STREAM|SOCK_NONBLOCK|SOCK_CLOEXEC, 0, [8])",
      expect.stringMatching(/^sendmsg\(3, .*\) expects 2$/),
      "fcntl(3, F_SETFL, NULL)",
      "shutdown(3, 1)",
      "fcntl(4, F_SETFL, NULL)",
      "shutdown(4, 0)",
    ]);
  });

  it("binds, listens, and lets others connect before anything else", async () => {
    const files = [
      { id: 3, usk: unixSocket(30, { type: SOCK.DGRAM, peer: 40, state: TCP_STATE.ESTABLISHED }) },
      {
        id: 4,
        usk: unixSocket(40, {
          type: SOCK.DGRAM,
          name: name("/run/d\0"),
          file_perms: { mode: 0o140640, uid: 5, gid: 6 },
        }),
      },
    ];
    expect(await lines({ files })).toEqual([
      'coordinator RESTORE unix-sockets: undo: unlinkat(AT_FDCWD, "/run/d", 0) allows ENOENT',
      "socket(AF_UNIX, SOCK_DGRAM|SOCK_NONBLOCK|SOCK_CLOEXEC, 0)",
      "$1 = socket(AF_UNIX, SOCK_DGRAM|SOCK_NONBLOCK|SOCK_CLOEXEC, 0)",
      'bind($1, "/run/d", 9)',
      'fchownat(AT_FDCWD, "/run/d", 5, 6, 0)',
      'fchmodat(AT_FDCWD, "/run/d", 0640)',
      'connect(3, "/run/d", 9)',
      "fcntl(3, F_SETFL, NULL)",
      "fcntl(4, F_SETFL, NULL)",
    ]);
  });

  it("binds a socket whose file was deleted below a directory of its own, and keeps the file until all have connected", async () => {
    const files = [
      { id: 3, usk: unixSocket(30, { type: SOCK.DGRAM, name: name("/run/d\0"), deleted: true }) },
      { id: 4, usk: unixSocket(40, { type: SOCK.DGRAM, peer: 30 }) },
    ];
    const printed = await lines({ files });
    const steps = [
      'chroot("/run/.restage-30")',
      "bind(",
      'chroot(".")',
      'chdir("/run/.restage-30/run")',
      "connect(",
      "unlinkat(",
    ];
    const found = steps.map((step) => printed.findIndex((line) => line.startsWith(step)));
    expect(found).toEqual([...found].sort((a, b) => a - b));
    expect(found).not.toContain(-1);
    expect(printed).toContain('unlinkat(AT_FDCWD, "/run/.restage-30/run/d", 0)');
  });

  it("opens what is in flight in the task that sends it, though no descriptor is left", async () => {
    const state = TCP_STATE.ESTABLISHED;
    const files = [
      { id: 3, usk: unixSocket(30, { peer: 40, state }) },
      { id: 4, usk: unixSocket(40, { peer: 30, state }) },
      { id: 5, usk: unixSocket(50) },
    ];
    const printed = await lines({ files, images: [queue([{ id_for: 4, text: "x", rights: [5] }])] });
    expect(printed.filter((line) => line.includes("socket(AF_UNIX, ")).length).toBe(1);
    expect(printed.find((line) => line.includes("sendmsg"))).toMatch(/sendmsg\(3, .*\$1\]/);
  });

  it("fills the queue of a socket whose sender no task has open any more", async () => {
    const files = [
      { id: 3, usk: unixSocket(30, { type: SOCK.DGRAM, name: name("\0bus") }) },
      { id: 4, usk: unixSocket(40, { type: SOCK.DGRAM, peer: 30 }) },
    ];
    const alone = { pid: 7, descriptors: [{ fd: 3, id: 3 }] };
    const printed = await lines({ task: alone, files, images: [queue([{ id_for: 3, text: "hi" }])] });
    const sender = printed.filter((line) => line.includes("$2"));
    expect(sender.map((line) => line.replace(/\[.*/, ""))).toEqual([
      "$2 = socket(AF_UNIX, SOCK_DGRAM|SOCK_NONBLOCK|SOCK_CLOEXEC, 0)",
      'connect($2, "@bus", 6)',
      "sendmsg($2, ",
      "fcntl($2, F_SETFL, NULL)",
    ]);
  });

  it("refuses what it cannot connect, by name", async () => {
    const state = TCP_STATE.ESTABLISHED;
    const files = [
      { id: 3, usk: unixSocket(30, { peer: 99, state }) },
      { id: 4, usk: unixSocket(40, { type: SOCK.DGRAM, peer: 60, uflags: 0 }) },
      { id: 6, usk: unixSocket(60, { type: SOCK.DGRAM, name: name("/dev/log\0"), uflags: 1 }) },
    ];
    const findings = await testPlan(unixSockets(), { with: withPaths, task, files });
    expect(findings.map(({ what, why }) => `${what}: ${why}`)).toEqual([
      "Unix socket socket:[30]: its peer, socket:[99], is not in the images",
      "Unix socket socket:[40]: its peer, Unix socket /dev/log, is outside the tree",
    ]);
    expect(findings[1]?.hint).toContain("--ext-unix-sk");
  });

  it("names the holder of a name", async () => {
    const files = [
      { id: 3, usk: unixSocket(30, { name: name("\0bus"), state: TCP_STATE.LISTEN }) },
      { id: 4, usk: unixSocket(40, { name: name("/gone/s\0"), state: TCP_STATE.LISTEN }) },
    ];
    const table = "Num RefCount\n0000: 00000002 00000000 00010000 0001 01 555 @bus";
    const host = {
      texts: { "/proc/net/unix": table },
      socketHolders: { 555: "process 9 (busd)" },
      files: { "/gone": "missing" },
    } as const;
    const findings = await testPlan(unixSockets(), { with: withPaths, task, files, host });
    expect(findings.map(({ why }) => why)).toEqual([
      "its name is in use by process 9 (busd)",
      "the directory /gone does not exist",
    ]);
  });
});
