import type { Plan, RestorePluginContext, StageContext } from "@restage/core";
import type { InetSkEntry } from "@restage/images";
import { inetName } from "../sockets/inet/addresses.ts";
import { type IfMissing, reportMissing } from "./missing.ts";
import { type ConnectionPolicy, type Move, MovedSockets } from "./moved-sockets.ts";
import { sendReset } from "./send-reset.ts";

/** How `movePorts` and `moveAddresses` treat what needs a decision. */
export interface MoveOptions {
  /**
   * What happens to TCP connections that move away from a peer outside of the checkpoint, for all or for each. Connections within the checkpoint move
   * with both ends. Without a policy, the restore is refused.
   */
  readonly connections?: ConnectionPolicy | ((connection: InetSkEntry) => ConnectionPolicy | undefined);
  /** What happens if no socket of the checkpoint has a port or address that is to move. Default: the restore is refused. */
  readonly ifMissing?: IfMissing;
}

/** What moves. */
export interface Moves {
  /** The plugin's name. */
  readonly name: string;
  readonly move: Move;
  /** What the user asked for. */
  readonly asked: readonly string[];
}

/** Moves internet sockets before anything is planned. */
export function moveSockets(hooks: RestorePluginContext, { name, move, asked }: Moves, options: MoveOptions): void {
  const { connections, ifMissing = "refuse" } = options;
  const policyOf = typeof connections === "function" ? connections : () => connections;
  let sockets: MovedSockets | undefined;
  hooks.entries.inetsk.tap(name, (entry, { source }) => {
    sockets ??= new MovedSockets(source, move, policyOf);
    return sockets.change(entry);
  });
  hooks.plan.tap(name, (plan) => {
    sockets ??= new MovedSockets(plan.images.source, move, policyOf);
    const { found, separated } = sockets;
    const missing = asked.filter((each) => !found.has(each));
    reportMissing(plan, ifMissing, missing, "no socket of the checkpoint has it");
    if (!plan.options.tcpClose)
      for (const { connection, policy } of separated) if (policy === undefined) refuse(plan, connection);
  });
  hooks.complete.tap(name, (context) => {
    for (const { connection, policy } of sockets?.separated ?? []) if (policy === "reset") tell(context, connection);
  });
}

function refuse(plan: Plan, connection: InetSkEntry): void {
  plan.refuse({
    what: inetName(connection),
    why: "it moves away from its peer, which is not in the checkpoint",
    hint: 'decide what happens to it: `connections: "close"`, "reset", "repair" or "skip"',
    remedy: "options",
  });
}

function tell({ host, images, tree }: StageContext, connection: InetSkEntry): void {
  const [stream] = images.entries("tcp_stream", connection.ino);
  if (stream !== undefined) sendReset(host, tree, { entry: connection, stream });
}
