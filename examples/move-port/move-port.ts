import { definePlugin, type Plugin } from "@restage/core";

/** Binds sockets to other ports. */
export function movePort(ports: Readonly<Record<number, number>>): Plugin {
  return definePlugin({
    name: "move-port",
    apply({ entries }) {
      entries.inetsk.tap("move-port", (socket) => ({ ...socket, src_port: ports[socket.src_port] ?? socket.src_port }));
    },
  });
}
