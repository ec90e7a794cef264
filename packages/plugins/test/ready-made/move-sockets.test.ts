import type { Plugin } from "@restage/core";
import { image, type PartialEntry, type RehearsalRequest, rehearse, testPlan } from "@restage/core/testing";
import type { InetSkEntry } from "@restage/images";
import { AF, IPPROTO, SOCK, TCP_STATE } from "@restage/linux/abi";
import { describe, expect, it } from "vitest";
import { type ConnectionPolicy, moveAddresses, movePorts } from "../../src/mod.ts";
import { inetName, parseAddress } from "../../src/sockets/inet/addresses.ts";
import { inetSocket } from "../sockets/support.ts";

type Socket = PartialEntry<InetSkEntry>;

const words = (text: string) => [...(parseAddress(text)?.words ?? [])];
const familyOf = (text: string) => (text.includes(":") ? AF.INET6 : AF.INET);

const listening = (address: string, port: number): Socket =>
  inetSocket({ family: familyOf(address), src_addr: words(address), src_port: port, dst_addr: words("::") });
const udp = (address: string, port: number): Socket => ({
  ...listening(address, port),
  type: SOCK.DGRAM,
  proto: IPPROTO.UDP,
  state: TCP_STATE.CLOSE,
});
const to = (socket: Socket, address: string, port: number): Socket => ({
  ...socket,
  dst_addr: words(address),
  dst_port: port,
  ...(socket.proto === IPPROTO.TCP ? { state: TCP_STATE.ESTABLISHED } : {}),
});

function request(...sockets: readonly Socket[]): Omit<RehearsalRequest, "plugins"> {
  return { task: { pid: 7 }, files: sockets.map((isk, index) => ({ id: index + 1, isk: { ...isk, ino: index + 1 } })) };
}

/** The sockets as the plugin changes them, in words. */
async function moved(plugin: Plugin, ...sockets: readonly Socket[]): Promise<readonly string[]> {
  const { plan } = await rehearse({ ...request(...sockets), plugins: [plugin] });
  return [...(plan?.images.files.values() ?? [])].flatMap(({ isk }) => (isk === undefined ? [] : inetName(isk)));
}

const accepted = to(listening("127.0.0.1", 80), "127.0.0.1", 4000);
const client = to(listening("127.0.0.1", 4000), "127.0.0.1", 80);

describe("movePorts", () => {
  it("moves sockets of TCP and UDP, IPv4 and IPv6, and no others", async () => {
    const raw = { ...udp("127.0.0.1", 80), type: SOCK.RAW, proto: 80 };
    const sockets = [listening("127.0.0.1", 80), listening("::1", 80), udp("0.0.0.0", 80), listening("::1", 81), raw];
    expect(await moved(movePorts({ 80: 90 }), ...sockets)).toEqual([
      "TCP socket 127.0.0.1:90",
      "TCP socket [::1]:90",
      "UDP socket 0.0.0.0:90",
      "TCP socket [::1]:81",
      "protocol 80 socket 127.0.0.1:80",
    ]);
  });

  it("can be limited to a protocol and to an address", async () => {
    const sockets = [listening("127.0.0.1", 80), udp("127.0.0.1", 80), listening("0.0.0.0", 80)];
    expect(await moved(movePorts({ 80: 90 }, { protocol: "tcp", address: "127.0.0.1" }), ...sockets)).toEqual([
      "TCP socket 127.0.0.1:90",
      "UDP socket 127.0.0.1:80",
      "TCP socket 0.0.0.0:80",
    ]);
  });

  it("moves both ends of what is connected within the checkpoint", async () => {
    const mapped = to(listening("::ffff:127.0.0.1", 80), "::ffff:127.0.0.1", 4001);
    const sockets = [
      accepted,
      client,
      mapped,
      to(listening("127.0.0.1", 4001), "127.0.0.1", 80),
      udp("0.0.0.0", 80),
      to(udp("127.0.0.1", 5000), "127.0.0.1", 80),
    ];
    expect(await moved(movePorts({ 80: 90 }), ...sockets)).toEqual([
      "TCP socket 127.0.0.1:90 connected to 127.0.0.1:4000",
      "TCP socket 127.0.0.1:4000 connected to 127.0.0.1:90",
      "TCP socket [::ffff:7f00:1]:90 connected to [::ffff:7f00:1]:4001",
      "TCP socket 127.0.0.1:4001 connected to 127.0.0.1:90",
      "UDP socket 0.0.0.0:90",
      "UDP socket 127.0.0.1:5000 connected to 127.0.0.1:90",
    ]);
  });

  it("leaves the port of a peer that is not in the checkpoint", async () => {
    const sockets = [listening("127.0.0.1", 80), to(udp("127.0.0.1", 5000), "192.0.2.1", 80)];
    expect((await moved(movePorts({ 80: 90 }), ...sockets))[1]).toBe(
      "UDP socket 127.0.0.1:5000 connected to 192.0.2.1:80",
    );
  });

  const outside = to(listening("192.0.2.5", 80), "192.0.2.1", 4000);

  it("refuses a connection that moves away from its peer, without a policy", async () => {
    const findings = await testPlan(movePorts({ 80: 90 }), request(outside));
    expect(findings).toMatchObject([
      { severity: "refused", what: "TCP socket 192.0.2.5:80 connected to 192.0.2.1:4000" },
    ]);
    expect(await testPlan(movePorts({ 80: 90 }), { ...request(outside), options: { tcpClose: true } })).toEqual([]);
    const closed = { ...outside, state: TCP_STATE.CLOSE };
    expect(await testPlan(movePorts({ 80: 90 }), request(closed))).toEqual([]);
  });

  it.each<[ConnectionPolicy, string]>([
    ["repair", "TCP socket 192.0.2.5:90 connected to 192.0.2.1:4000"],
    ["skip", "TCP socket 192.0.2.5:80 connected to 192.0.2.1:4000"],
    ["close", "TCP socket 0.0.0.0:0"],
    ["reset", "TCP socket 0.0.0.0:0"],
  ])("treats it by the policy %s", async (policy, expected) => {
    const plugin = movePorts({ 80: 90 }, { connections: policy });
    expect(await testPlan(plugin, request(outside))).toEqual([]);
    expect(await moved(plugin, outside)).toEqual([expected]);
  });

  it("asks a function for the policy of each connection", async () => {
    const other = to(listening("192.0.2.5", 80), "192.0.2.1", 4001);
    const plugin = movePorts({ 80: 90 }, { connections: ({ dst_port }) => (dst_port === 4000 ? "skip" : undefined) });
    expect((await testPlan(plugin, request(outside, other))).map(({ what }) => what)).toEqual([
      "TCP socket 192.0.2.5:80 connected to 192.0.2.1:4001",
    ]);
  });

  it("tells the peer of a reset connection when all tasks run", async () => {
    const stream = { inq_seq: 100, outq_seq: 1000, outq_len: 5, unsq_len: 2, inq_len: 0 };
    const extra = { inq: new Uint8Array(), outq: new Uint8Array(5) };
    const { lines, error } = await rehearse({
      ...request(outside),
      images: [image("tcp_stream", [stream], 1, [extra])],
      plugins: [movePorts({ 80: 90 }, { connections: "reset" })],
    });
    expect(error).toBeUndefined();
    const sent = lines.find(({ text }) => text.startsWith("sendto("));
    // From port 80 to 4000, the number after what was sent, the number after what was received.
    expect(sent?.text).toContain("00500fa0000003e600000064");
  });

  it("refuses a port that no socket has", async () => {
    const plan = (ifMissing?: "accept") =>
      testPlan(movePorts({ 81: 90 }, ifMissing === undefined ? {} : { ifMissing }), request(listening("::1", 80)));
    expect(await plan()).toMatchObject([{ what: "port 81", why: "no socket of the checkpoint has it" }]);
    expect(await plan("accept")).toEqual([]);
  });

  it("names what is not a port or an address", () => {
    expect(() => movePorts({ 80: 0 })).toThrow("expected a port from 1 to 65535, found 0");
    expect(() => movePorts({ http: 80 } as never)).toThrow("found http");
    expect(() => movePorts({ 80: 90 }, { address: "localhost" })).toThrow('"localhost" is not an address');
  });
});

describe("moveAddresses", () => {
  it("moves sockets of both families, and those of IPv6 with an address of IPv4", async () => {
    const plugin = moveAddresses({ "10.0.0.5": "10.0.0.7", "fd00:0::5": "fd00::7" });
    const sockets = [
      listening("10.0.0.5", 80),
      udp("fd00::5", 53),
      listening("::ffff:10.0.0.5", 81),
      listening("0.0.0.0", 82),
    ];
    expect(await moved(plugin, ...sockets)).toEqual([
      "TCP socket 10.0.0.7:80",
      "UDP socket [fd00::7]:53",
      "TCP socket [::ffff:a00:7]:81",
      "TCP socket 0.0.0.0:82",
    ]);
  });

  it("moves both ends of a connection within the checkpoint", async () => {
    expect(await moved(moveAddresses({ "127.0.0.1": "127.0.0.2" }), accepted, client)).toEqual([
      "TCP socket 127.0.0.2:80 connected to 127.0.0.2:4000",
      "TCP socket 127.0.0.2:4000 connected to 127.0.0.2:80",
    ]);
  });

  it("works together with movePorts", async () => {
    const sockets = request(accepted, client);
    const plugins = [movePorts({ 80: 90 }), moveAddresses({ "127.0.0.1": "127.0.0.2" }), movePorts({ 4000: 4001 })];
    const { plan } = await rehearse({ ...sockets, plugins });
    expect(plan?.images.files.get(1)?.isk).toMatchObject({
      src_port: 90,
      dst_port: 4001,
      src_addr: words("127.0.0.2"),
    });
    expect(plan?.images.files.get(2)?.isk).toMatchObject({
      src_port: 4001,
      dst_port: 90,
      dst_addr: words("127.0.0.2"),
    });
  });

  it("adds the addresses to an interface of the tree's own network namespace only", async () => {
    const plugin = moveAddresses({ "10.0.0.5": "10.0.0.7" }, { addTo: "lo" });
    expect(await testPlan(plugin, request(listening("10.0.0.5", 80)))).toMatchObject([
      { what: "addresses for lo", hint: "add them yourself: ip address add ... dev lo" },
    ]);
  });

  it("names what is not an address", () => {
    expect(() => moveAddresses({ localhost: "::1" })).toThrow('"localhost" is not an address of IPv4 or IPv6');
    expect(() => moveAddresses({ "127.0.0.1": "::1" })).toThrow("they are of different families");
  });
});
