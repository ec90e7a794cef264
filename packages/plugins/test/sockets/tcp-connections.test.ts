import { image, rehearse, testPlan } from "@restage/core/testing";
import { AF, TCP_FLAG, TCP_STATE } from "@restage/linux/abi";
import { describe, expect, it } from "vitest";
import { inetSockets } from "../../src/sockets/inet/restore.ts";
import { tcpConnections } from "../../src/sockets/tcp/restore.ts";
import { segmentBytes } from "../../src/sockets/tcp/segments.ts";
import { openers, task } from "../files/support.ts";
import { inetSocket, LOOPBACK } from "./support.ts";

function images(state: number, stream: object = {}, inventory: object = { network_lock_method: 2 }) {
  const isk = inetSocket({ state, dst_port: 9, dst_addr: [LOOPBACK] });
  const value = {
    inq_len: 2,
    inq_seq: 102,
    outq_len: 3,
    outq_seq: 1003,
    unsq_len: 1,
    opt_mask: 0,
    snd_wscale: 0,
    mss_clamp: 1460,
    ...stream,
  };
  const extra = { inq: Uint8Array.of(1, 2), outq: Uint8Array.of(3, 4, 5) };
  return { task, files: [{ id: 3, isk }], images: [image("tcp_stream", [value], 77, [extra])], inventory };
}

async function lines(state: number, inventory?: object, host = {}): Promise<readonly string[]> {
  const { lines, error } = await rehearse({
    ...images(state, {}, inventory),
    plugins: [...openers, inetSockets(), tcpConnections()],
    options: { tcpEstablished: true },
    host,
  });
  if (error !== undefined) throw error;
  return lines
    .filter(({ plugin }) => plugin === "tcp-connections")
    .map(({ who, stage, text }) => `${who} ${stage} ${text}`);
}

describe("tcpConnections", () => {
  it("makes a connection in repair mode, and sends unsent data when it leaves repair mode", async () => {
    const printed = await lines(TCP_STATE.ESTABLISHED);
    const text = printed.join("\n");
    // Sequence numbers of the first bytes in both queues.
    expect(text).toContain("setsockopt($1, 6, 21, [64000000], 4)");
    expect(text).toContain("setsockopt($1, 6, 21, [e8030000], 4)");
    expect(printed.filter((line) => line.includes("sendto"))).toEqual([
      "7 RESTORE sendto($1, [0102], 2, 16448, NULL, 0) expects 2",
      "7 RESTORE sendto($1, [0304], 2, 16448, NULL, 0) expects 2",
      expect.stringMatching(/^coordinator COMPLETE sendto\(\d+, \[05\], 1, 16448, NULL, 0\)$/),
    ]);
    const off = printed.findIndex((line) => /^coordinator .*setsockopt\(\d+, 6, 19, \[00000000\], 4\)/.test(line));
    expect(off).toBeGreaterThan(printed.findIndex((line) => line.includes("pidfd_getfd")));
    expect(off).toBeLessThan(printed.length - 1);
  });

  it("brings the peer's end again when all connections are there", async () => {
    const printed = await lines(TCP_STATE.CLOSE_WAIT);
    expect(printed.some((line) => line.startsWith("7 RESTORE_SIGCHLD ") && line.includes("sendto("))).toBe(true);
    // Its end takes a sequence number.
    expect(printed.join("\n")).toContain("setsockopt($1, 6, 21, [63000000], 4)");
  });

  it("repeats its own FIN when it leaves repair mode", async () => {
    const printed = await lines(TCP_STATE.FIN_WAIT1);
    expect(printed.filter((line) => line.includes("shutdown"))).toEqual([
      expect.stringMatching(/^coordinator COMPLETE shutdown\(\d+, 1\)$/),
    ]);
  });

  it("takes away the firewall rules of the dump, and no others", async () => {
    const rule = (rest: string) =>
      `-A INPUT -s 127.0.0.1/32 -d 127.0.0.1/32 -p tcp -m mark ! --mark 0xc114 -m tcp ${rest} -j DROP`;
    const own = rule("--sport 9 --dport 80");
    const outputs = {
      "iptables-save": ["*filter", own, rule("--sport 9 --dport 81"), "COMMIT"].join("\n"),
      "iptables-restore": "",
    };
    const { kernel } = await rehearse({
      ...images(TCP_STATE.ESTABLISHED, {}, { network_lock_method: 0 }),
      plugins: [...openers, inetSockets(), tcpConnections()],
      options: { tcpEstablished: true },
      host: { outputs },
    });
    const run = kernel.records.flatMap((record) => (record.kind === "program-of-host" ? [record] : []));
    expect(run.map(({ name }) => name)).toEqual(["iptables-save", "iptables-restore"]);
    expect(run[1]?.input).toBe(`*filter\n${own.replace("-A", "-D")}\nCOMMIT\n`);
  });

  it("is refused when nobody asks for it, or in a state that it does not know", async () => {
    const test = { with: [...openers, inetSockets()], ...images(TCP_STATE.ESTABLISHED) };
    expect(await testPlan(tcpConnections(), test)).toMatchObject([
      { what: "TCP socket 127.0.0.1:80 connected to 127.0.0.1:9", why: "it is connected" },
    ]);
    const early = { ...test, ...images(TCP_STATE.SYN_RECV), options: { tcpEstablished: true } };
    expect((await testPlan(tcpConnections(), early)).map(({ why }) => why)).toEqual([
      "Restage does not restore connections in state SYN_RECV yet",
    ]);
  });
});

describe("segmentBytes", () => {
  it.each([AF.INET, AF.INET6])("has the checksum of its family (%i)", (family) => {
    const words = family === AF.INET ? [LOOPBACK] : [0, 0, 0, 0x01000000];
    const end = (port: number) => ({ port, words });
    const bytes = segmentBytes({
      family,
      from: end(9),
      to: end(80),
      sequence: 1,
      acknowledged: 2,
      flags: TCP_FLAG.FIN,
      window: 3,
    });
    const start = family === AF.INET ? 20 : 40;
    // With its checksum, everything sums up to all ones.
    const view = new DataView(bytes.buffer);
    let sum = 6 + 20;
    for (let at = family === AF.INET ? 12 : 8; at < bytes.length; at += 2) sum += view.getUint16(at);
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
    expect(sum).toBe(0xffff);
    expect(view.getUint8(start + 13)).toBe(TCP_FLAG.FIN | TCP_FLAG.ACK);
  });
});
