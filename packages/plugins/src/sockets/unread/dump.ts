import { type DumpContext, definePlugin, type Host, type OpenFile, type Plugin } from "@restage/core";
import { AF, ERRNO, IPPROTO, POLL, SIOCOUTQ, SO, SOCK, SOL, TCP_STATE, UDP } from "@restage/linux/abi";
import { ioctlNumber } from "../../ioctl-number.ts";
import { isReady } from "../../is-ready.ts";
import { room } from "../../room.ts";
import { readOption } from "../socket-options/host-options.ts";
import { stateOf } from "../tcp/state-of.ts";

/** Refuses what sockets hold and images cannot record: it would be lost in silence. */
export function unreadData(): Plugin {
  return definePlugin({
    name: "unread-data",
    duty: "unread-data",
    phases: {
      inspect:
        "refuses urgent data, errors that were not read yet, netlink messages, corked datagrams and eBPF filters of sockets",
    },
    dump({ filesDescribed }) {
      filesDescribed.tap("unread-data", (_tree, context) => {
        for (const file of context.files.all) {
          const obstacle = file.descriptor === undefined ? undefined : obstacleOf(context, file, file.descriptor);
          if (obstacle !== undefined) context.findings.refuse({ ...obstacle, what: file.link, pid: file.task.pid });
        }
      });
    },
  });
}

interface Obstacle {
  readonly why: string;
  readonly hint?: string;
}

function obstacleOf(context: DumpContext, file: OpenFile, descriptor: number): Obstacle | undefined {
  if (!file.link.startsWith("socket:")) return undefined;
  checkErrors(context, file, descriptor);
  return obstacleOfSocket(context, descriptor);
}

/** Finds errors that the program has not read yet. Reading them would take them away. */
function checkErrors({ host, findings }: DumpContext, { link, task }: OpenFile, socket: number): void {
  if (!isReady(host, socket, POLL.ERR)) return;
  const finding = { what: link, pid: task.pid };
  const loss = lossOfError(host, socket);
  if (loss !== undefined) findings.warn({ ...finding, why: `an error that it has not read yet (SO_ERROR) ${loss}` });
  else
    findings.refuse({
      ...finding,
      why: "an error or notification waits to be read (SO_ERROR, MSG_ERRQUEUE), and images cannot record it",
      hint: "let the program read it, then try again",
    });
}

/** What the loss of an error means for a socket whose program can continue without it. */
function lossOfError(host: Host, socket: number): string | undefined {
  if (readOption(host, socket, SOL.SOCKET, SO.DOMAIN) === AF.NETLINK) return undefined;
  const type = readOption(host, socket, SOL.SOCKET, SO.TYPE);
  if (type === SOCK.DGRAM || type === SOCK.RAW) return "will not come back";
  if (readOption(host, socket, SOL.SOCKET, SO.PROTOCOL) !== IPPROTO.TCP) return undefined;
  return stateOf(host, socket) === TCP_STATE.CLOSE ? "will come back as the end of its connection" : undefined;
}

function obstacleOfSocket(context: DumpContext, socket: number): Obstacle | undefined {
  const { host } = context;
  // Only the length is asked for, and an eBPF filter has none that it could tell.
  if (host.attempt("getsockopt", socket, SOL.SOCKET, SO.ATTACH_FILTER, 0, room(4).data) === -ERRNO.EACCES)
    return { why: "it has an eBPF filter (SO_ATTACH_BPF), which cannot be read" };
  const family = readOption(host, socket, SOL.SOCKET, SO.DOMAIN);
  const protocol = readOption(host, socket, SOL.SOCKET, SO.PROTOCOL);
  if (family === AF.NETLINK && isReady(host, socket, POLL.IN))
    return {
      why: "messages wait to be read, and images cannot record them",
      hint: "let the program read them, then try again",
    };
  const isInternet = family === AF.INET || family === AF.INET6;
  const canBeUrgent = family === AF.UNIX || (isInternet && protocol === IPPROTO.TCP);
  if (canBeUrgent && isReady(host, socket, POLL.PRI))
    return {
      why: "urgent data (MSG_OOB) waits to be read, and images cannot record it",
      hint: "let the program read it, then try again",
    };
  if (!isInternet) return undefined;
  const isCorked = protocol === IPPROTO.UDP && readOption(host, socket, IPPROTO.UDP, UDP.CORK) === 1;
  if (!isCorked || (ioctlNumber(context.host, socket, SIOCOUTQ) ?? 0) === 0) return undefined;
  return {
    why: "a datagram is being assembled (UDP_CORK), and images cannot record it",
    hint: "try again when the program has sent it",
  };
}
