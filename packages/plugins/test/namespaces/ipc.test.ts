import { image, testDump, testPlugin } from "@restage/core/testing";
import { ipcSysctls } from "@restage/images";
import { describe, expect, it } from "vitest";
import { ipcNamespace as saved } from "../../src/namespaces/ipc/dump.ts";
import {
  decodeMessage,
  decodeQueue,
  encodeMessage,
  encodeQueue,
} from "../../src/namespaces/ipc/message-queue/format.ts";
import { ipcNamespace as restored } from "../../src/namespaces/ipc/restore.ts";
import { userNamespace } from "../../src/namespaces/user/dump.ts";
import { OWN_ID, treeWithOwn } from "./support.ts";

const desc = { key: 5, uid: 1, gid: 2, cuid: 3, cgid: 4, mode: 0o640, id: 6 };

describe("a message queue", () => {
  it("keeps its limit through encoding and decoding", () => {
    expect(decodeQueue(encodeQueue(desc, { qbytes: 16384 }))).toEqual({ qbytes: 16384, qnum: 0 });
  });

  it("has messages that survive encoding and decoding", () => {
    const message = { value: { mtype: 7n, msize: 3 }, data: Uint8Array.of(1, 2, 3) };
    expect(decodeMessage(encodeMessage(message), 3)).toEqual(message);
  });
});

describe("an IPC namespace", () => {
  const texts = {
    ...Object.fromEntries(Object.values(ipcSysctls).map((path) => [`/proc/sys/${path}`, "1"])),
    "/proc/sysvipc/sem":
      "       key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime\n" +
      "        -2          3   640          2     1     2     3     4          0          0",
    "/proc/sys/kernel/sem": "250\t32000\t32\t128",
    "/proc/sys/kernel/shmmax": "18446744073692774399",
  };
  const proc = { uid_map: "0 0 4294967295", gid_map: "0 0 4294967295" };

  it("is saved with its semaphores and settings", async () => {
    const tree = treeWithOwn(["ipc"], { proc }, { texts });
    const { entries, error } = await testDump(saved(), { ...tree, with: [...tree.with, userNamespace()] });
    expect(error?.describe()).toBeUndefined();
    expect(entries("ipcns_sem", OWN_ID)).toMatchObject([
      {
        value: { nsems: 2, desc: { key: 0xfffffffe, id: 3, mode: 0o640, uid: 1, cgid: 4 } },
        extra: { values: [0, 0] },
      },
    ]);
    expect(entries("ipc_var", OWN_ID)[0]?.value).toMatchObject({
      sem_ctls: [250, 32000, 32, 128],
      shm_ctlmax: 18446744073692774399n,
    });
  });

  it("is saved with its queues", async () => {
    const header = "key msqid perms cbytes qnum lspid lrpid uid gid cuid cgid stime rtime ctime\n";
    const queues = { ...texts, "/proc/sysvipc/msg": `${header}1 2 600 0 1 0 0 0 0 0 0 0 0 0` };
    const tree = treeWithOwn(["ipc"], { proc }, { texts: queues });
    const { error, entries } = await testDump(saved(), { ...tree, with: [...tree.with, userNamespace()] });
    // The recording kernel invents queues without messages.
    expect(error?.describe()).toBeUndefined();
    expect(entries("ipcns_msg", OWN_ID)).toMatchObject([{ value: { qnum: 0, desc: { id: 2, mode: 0o600 } } }]);
  });

  it("gets its queues back under their ids, and each message in its order", async () => {
    const message = (mtype: bigint, text: string) => ({
      value: { mtype, msize: text.length },
      data: new TextEncoder().encode(text),
    });
    const extras = [[message(1n, "a"), message(2n, "bc")]];
    const images = [
      image("ipcns_msg", [{ desc, qbytes: 100, qnum: 2 }], OWN_ID, extras),
      image("ipcns_shm", [], OWN_ID),
      image("ipcns_sem", [], OWN_ID),
    ];
    const task = { pid: 7, ids: { ipc_ns_id: OWN_ID } };
    const inventory = { root_ids: { ipc_ns_id: 3 } };
    const lines = await testPlugin(restored(), { stage: "PREPARE_NAMESPACES", task, images, inventory });
    const calls = lines.map((line) => /: (\w+)\(/.exec(line)?.[1]);
    expect(calls.slice(-4)).toEqual(["msgget", "msgctl", "msgsnd", "msgsnd"]);
    expect(lines.at(-2)).toContain("msgsnd(6, [010000000000000061], 1, 2048)");
    expect(lines.at(-1)).toContain("msgsnd(6, [02000000000000006263], 2, 2048)");
  });
});
