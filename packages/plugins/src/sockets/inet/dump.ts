import { type DumpContext, definePlugin, type Plugin } from "@restage/core";
import { fdTypes } from "@restage/images";
import { IPPROTO, SOCK, TCP_STATE } from "@restage/linux/abi";
import { describeInetSocket } from "./describe.ts";
import { type FoundSocket, findInetSocket, isConnected, isFoundConnection } from "./found-socket.ts";

/** Protocols that can be restored; raw sockets can have any. */
const PROTOCOLS: readonly number[] = [
  IPPROTO.IP,
  IPPROTO.TCP,
  IPPROTO.UDP,
  IPPROTO.UDPLITE,
  IPPROTO.ICMP,
  IPPROTO.ICMPV6,
  IPPROTO.MPTCP,
];

/** Internet sockets except TCP connections: addresses, ports, options. */
export function inetSockets(): Plugin {
  return definePlugin({
    name: "inet-sockets",
    duty: "inet-sockets",
    phases: { inspect: "describes internet sockets: listening, bound, UDP, raw" },
    dump({ describeFile }) {
      describeFile.tap("inet-sockets", (file, context) => {
        const found = findInetSocket(context, file);
        if (found === undefined || isFoundConnection(found)) return undefined;
        if (found.type !== SOCK.RAW && !PROTOCOLS.includes(found.protocol)) return undefined;
        if (found.protocol === IPPROTO.MPTCP) noteMptcp(context, found);
        checkQueue(context, found);
        return { type: fdTypes.INETSK, isk: describeInetSocket(context, found) };
      });
    },
  });
}

/** Images of CRIU call an MPTCP listener a TCP listener, which serves the same clients. */
function noteMptcp({ findings, own }: DumpContext, { file, protocol, socket }: FoundSocket): void {
  own.file(file.id).protocol = protocol;
  if (!isConnected(socket)) return;
  const why = "it is an MPTCP connection, which cannot be saved";
  const hint = "use TCP for connections; Go programs do with GODEBUG=multipathtcp=0";
  findings.refuse({ what: file.link, why, hint, pid: file.task.pid });
}

/** Reports what waits in a socket: images have no place for it. */
function checkQueue({ findings }: DumpContext, { file, protocol, type, socket }: FoundSocket): void {
  const { state, readQueue } = socket;
  if (readQueue === 0) return;
  const about = { what: file.link, pid: file.task.pid };
  // The duty `datagrams` saves those.
  if (type === SOCK.DGRAM && protocol === IPPROTO.UDP) return;
  const isTcp = protocol === IPPROTO.TCP || protocol === IPPROTO.MPTCP;
  if (type !== SOCK.STREAM || !isTcp) {
    findings.warn({ ...about, why: "its unread data is lost: CRIU images cannot record it" });
  } else if (state === TCP_STATE.LISTEN) {
    const why = `${readQueue} connections wait to be accepted, and CRIU images cannot record them`;
    findings.lose("connections", { ...about, why, hint: "let the program accept them, then try again" });
  }
}
