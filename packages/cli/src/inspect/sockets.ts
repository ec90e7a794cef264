import type { TaskSummary } from "./summarize.ts";

/** A socket of a checkpoint. */
export interface SocketSummary {
  readonly type: string;
  readonly name: string;
  readonly holders: readonly { readonly pid: number; readonly comm: string | undefined; readonly fd: number }[];
}

/** The sockets of all tasks, each once. */
export function socketsOf(tasks: readonly TaskSummary[]): readonly SocketSummary[] {
  const sockets = new Map<number, SocketSummary & { readonly holders: SocketSummary["holders"][number][] }>();
  for (const { pid, name: comm, files } of tasks) {
    for (const { fd, id, type, name } of files.filter(({ type }) => type.endsWith("SK"))) {
      const socket = sockets.get(id) ?? { type, name, holders: [] };
      socket.holders.push({ pid, comm, fd });
      sockets.set(id, socket);
    }
  }
  return [...sockets.values()];
}
