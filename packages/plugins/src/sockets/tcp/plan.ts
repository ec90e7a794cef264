import type { Plan } from "@restage/core";
import type { InetSkEntry, TcpStreamEntry } from "@restage/images";
import { TCP_STATE, TCPI_OPT } from "@restage/linux/abi";
import { inetName } from "../inet/addresses.ts";
import { isConnection } from "../inet/ports.ts";
import { type InetRow, readInetTable } from "../inet/proc-table.ts";
import { stateName } from "./format.ts";

const RESTORED: ReadonlySet<number> = new Set([
  TCP_STATE.SYN_SENT,
  TCP_STATE.ESTABLISHED,
  TCP_STATE.FIN_WAIT1,
  TCP_STATE.FIN_WAIT2,
  TCP_STATE.CLOSE_WAIT,
  TCP_STATE.LAST_ACK,
  TCP_STATE.CLOSING,
  TCP_STATE.CLOSE,
]);

/** Refuses connections that nobody asked for, and those that cannot be restored here. */
export function checkConnections(plan: Plan): void {
  const connections = [...plan.images.files.values()].flatMap(({ isk }) =>
    isk !== undefined && isConnection(isk) ? [isk] : [],
  );
  if (connections.length === 0 || plan.options.tcpClose) return;
  if (plan.images.inventory.tcp_close === true) {
    const hint = "restore them closed with --tcp-close";
    plan.refuse({
      what: "TCP connections",
      why: "they were dumped with --tcp-close, without their state",
      hint,
      remedy: "options",
    });
    return;
  }
  if (!plan.options.tcpEstablished) {
    const hint = "restore it with --tcp-established, or restore it closed with --tcp-close";
    const open = connections.filter(({ state }) => state !== TCP_STATE.CLOSE);
    for (const entry of open) plan.refuse({ what: inetName(entry), why: "it is connected", hint, remedy: "options" });
    if (open.length > 0) return;
  }
  const rows = readInetTable(plan, "tcp").filter(
    ({ state }) => state !== TCP_STATE.LISTEN && state !== TCP_STATE.TIME_WAIT,
  );
  const descriptors = new Set(plan.survivors.flatMap((task) => task.descriptors.map(({ id }) => id)));
  for (const entry of connections) {
    const what = inetName(entry);
    if (!RESTORED.has(entry.state)) {
      const hint = "checkpoint it when it is connected or closed, or restore it closed with --tcp-close";
      plan.refuse({ what, why: `Restage does not restore connections in state ${stateName(entry.state)} yet`, hint });
      continue;
    }
    if (!descriptors.has(entry.id))
      plan.refuse({ what, why: "it is in flight between Unix sockets: Restage does not restore such connections yet" });
    checkStream(plan, what, plan.images.value("tcp_stream", entry.ino));
    const row = rows.find((row) => isSame(row, entry));
    if (row === undefined || entry.state === TCP_STATE.CLOSE) continue;
    const holder =
      row.inode === 0 ? "the kernel, which is closing it" : (plan.host.socketHolder(row.inode) ?? "another process");
    const why = `this machine already has this connection, held by ${holder}`;
    plan.refuse({ what, why, hint: "close that connection first", remedy: "machine" });
  }
}

/** Whether a connection of this machine has the same ends. */
function isSame({ family, local, remote }: InetRow, entry: InetSkEntry): boolean {
  const equal = (words: readonly number[], own: readonly number[]) => words.every((word, n) => word === own[n]);
  if (family !== entry.family || local.port !== entry.src_port || remote.port !== entry.dst_port) return false;
  return equal(local.words, entry.src_addr) && equal(remote.words, entry.dst_addr);
}

function checkStream(plan: Plan, what: string, stream: TcpStreamEntry): void {
  const why = (missing: string) => `its image entry lacks the ${missing}`;
  if (stream.unsq_len === undefined) plan.refuse({ what, why: why("length of its unsent data") });
  if ((stream.opt_mask & TCPI_OPT.WSCALE) !== 0 && stream.rcv_wscale === undefined)
    plan.refuse({ what, why: why("window scale") });
  if ((stream.opt_mask & TCPI_OPT.TIMESTAMPS) !== 0 && stream.timestamp === undefined)
    plan.refuse({ what, why: why("timestamp") });
}
