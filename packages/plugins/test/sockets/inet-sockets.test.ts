import { testPlan, testPlugin } from "@restage/core/testing";
import { AF, IPPROTO, SOCK, TCP_STATE } from "@restage/linux/abi";
import { describe, expect, it } from "vitest";
import { parseAddress, printedAddress } from "../../src/sockets/inet/addresses.ts";
import { inetSockets } from "../../src/sockets/inet/restore.ts";
import { openers, task } from "../files/support.ts";
import { inetSocket, withoutOptions } from "./support.ts";

describe("inetSockets", () => {
  it("binds and listens", async () => {
    const files = [{ id: 3, isk: inetSocket() }];
    const lines = await testPlugin(inetSockets(), { stage: "RESTORE", with: openers, task, files });
    expect(withoutOptions(lines)).toEqual([
      "$1 = socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, 6)",
      "bind($1, 127.0.0.1:80, 16)",
      "listen($1, 5)",
      "fcntl($1, F_SETFL, NULL)",
    ]);
    // SO_REUSEADDR for the time of binding only.
    expect(lines.filter((line) => line.includes("setsockopt($1, 1, 2, ")).map((line) => line.slice(-13))).toEqual([
      ", [01000000], 4)".slice(-13),
      ", [00000000], 4)".slice(-13),
    ]);
  });

  it("lets one task open all sockets of a port, and gives back SO_REUSEADDR when all are bound", async () => {
    const udp = { type: SOCK.DGRAM, proto: IPPROTO.UDP, state: TCP_STATE.CLOSE };
    const files = [
      { id: 3, isk: inetSocket(udp) },
      { id: 4, isk: inetSocket({ ...udp, ino: 78 }) },
    ];
    const tasks = { ...task, children: [{ pid: 8, descriptors: [{ fd: 4, id: 4 }] }] };
    const lines = await testPlugin(inetSockets(), { stage: "RESTORE", with: openers, task: tasks, files });
    expect(new Set(lines.map((line) => line.slice(0, 2)))).toEqual(new Set(["7 "]));
    const lastBind = lines.findLastIndex((line) => line.includes("bind("));
    const firstReset = lines.findIndex((line) => line.includes(", 1, 2, [00000000]"));
    expect(firstReset).toBeGreaterThan(lastBind);
  });

  it("names the holder of a port", async () => {
    const row = "   0: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1";
    const host = { texts: { "/proc/net/tcp": `head\n${row}` }, socketHolders: { 4711: "process 12 (nginx)" } };
    const findings = await testPlan(inetSockets(), {
      with: openers,
      task,
      files: [{ id: 3, isk: inetSocket() }],
      host,
    });
    expect(findings).toMatchObject([
      { what: "TCP socket 127.0.0.1:80", why: "its port is in use by process 12 (nginx), at 0.0.0.0:80" },
    ]);
  });
});

const ADDRESSES: readonly (readonly [number, readonly number[], string])[] = [
  [AF.INET, [0x0100007f], "127.0.0.1"],
  [AF.INET6, [0, 0, 0, 0x01000000], "::1"],
  [AF.INET6, [0, 0, 0, 0], "::"],
  [AF.INET6, [0xb80d0120, 0, 0, 0x02000000], "2001:db8::2"],
  [AF.INET6, [0xb80d0120, 0x01000000, 0, 0x02000100], "2001:db8:0:1::1:2"],
];

describe("addresses", () => {
  it.each(ADDRESSES)("are printed and parsed: family %i, words %j", (family, words, text) => {
    expect(printedAddress(family, 80, words)).toBe(family === AF.INET ? `${text}:80` : `[${text}]:80`);
    expect(parseAddress(text)).toEqual({ family, words });
  });

  it("are parsed with an IPv4 address at their end", () => {
    expect(parseAddress("::ffff:127.0.0.1")?.words).toEqual([0, 0, 0xffff0000, 0x0100007f]);
  });

  it.each(["", "localhost", "1.2.3", "1.2.3.256", "::1::", "fe80::1%eth0"])("are not parsed: %j", (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });
});
