import { definePlugin } from "@restage/core";
import { completeEntry, type DumpTest, testDump } from "@restage/core/testing";
import { fdTypes, type InetSkEntry } from "@restage/images";
import { AF, IPPROTO, SOCK, TCP_STATE } from "@restage/linux/abi";
import { describe, expect, it } from "vitest";
import { networkLock } from "../../src/sockets/network-lock/dump.ts";

const LOOPBACK = [0x100_007f];

/** Checkpoints both ends of a connection. */
async function checkpointOf(client: number, server: number, options: DumpTest["options"] = {}) {
  const end = (state: number, src_port: number, dst_port: number) =>
    ({
      family: AF.INET,
      type: SOCK.STREAM,
      proto: IPPROTO.TCP,
      state,
      src_port,
      dst_port,
    }) satisfies Partial<InetSkEntry>;
  const ends: Record<string, ReturnType<typeof end>> = {
    "socket:[1]": end(client, 1, 2),
    "socket:[2]": end(server, 2, 1),
  };
  const sockets = definePlugin({
    name: "sockets",
    dump({ describeFile, phases }) {
      phases.write.tree.tap("net-namespaces", () => {});
      describeFile.tap("sockets", ({ link }) => {
        const socket = ends[link];
        if (socket === undefined) return undefined;
        const addresses = { src_addr: LOOPBACK, dst_addr: LOOPBACK };
        return completeEntry("files", { type: fdTypes.INETSK, isk: { ...socket, ...addresses, tcp_opts: {} } });
      });
    },
  });
  return await testDump(networkLock(), {
    options,
    with: [sockets],
    task: { pid: 7, descriptors: { 3: { link: "socket:[1]" }, 4: { link: "socket:[2]" } } },
    host: { outputs: { nft: "" } },
  });
}

/** The rules that a firewall gets for both ends of a connection. */
async function rulesFor(client: number, server: number): Promise<readonly string[]> {
  const { kernel, error } = await checkpointOf(client, server);
  expect(error).toBeUndefined();
  return kernel.records.flatMap((record) =>
    record.kind === "program-of-host"
      ? String(record.input)
          .split("\n")
          .filter((line) => line.includes("sport"))
      : [],
  );
}

describe("a connection within the tree", () => {
  it("is locked from both sides if it is half closed: CRIU makes packets for it before both ends exist", async () => {
    const rules = await rulesFor(TCP_STATE.FIN_WAIT2, TCP_STATE.CLOSE_WAIT);
    expect(rules.map((rule) => rule.replace(/table|CRIU-\S+/g, "TABLE").replace(/^add rule inet TABLE /, ""))).toEqual([
      "input ip saddr 127.0.0.1 ip daddr 127.0.0.1 tcp sport 2 tcp dport 1 drop",
      "output ip saddr 127.0.0.1 ip daddr 127.0.0.1 tcp sport 1 tcp dport 2 drop",
      "input ip saddr 127.0.0.1 ip daddr 127.0.0.1 tcp sport 1 tcp dport 2 drop",
      "output ip saddr 127.0.0.1 ip daddr 127.0.0.1 tcp sport 2 tcp dport 1 drop",
    ]);
  });

  it("is locked with nftables, and a warning, where iptables was asked for", async () => {
    const { kernel, error, findings } = await checkpointOf(TCP_STATE.FIN_WAIT2, TCP_STATE.CLOSE_WAIT, {
      networkLock: "iptables",
    });
    expect(error).toBeUndefined();
    expect(findings).toMatchObject([{ severity: "warning", what: "the network lock" }]);
    expect(kernel.records).toContainEqual(expect.objectContaining({ kind: "program-of-host", name: "nft" }));
  });

  it("is not locked if it is open and has sent all", async () => {
    expect(await rulesFor(TCP_STATE.ESTABLISHED, TCP_STATE.ESTABLISHED)).toEqual([]);
  });
});
