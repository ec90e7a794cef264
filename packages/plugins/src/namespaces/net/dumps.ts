import { RestoreError } from "@restage/core";
import { type DumpKind, dumpMagic } from "@restage/images";
import { ERRNO, errnoText, NLM_F } from "@restage/linux/abi";
import type { RouteSocket } from "./route-socket.ts";

const AF_INET6 = 10;
/** IFA_F_NODAD: nobody else has the address. Source: include/uapi/linux/if_addr.h. */
const NODAD = 2;
const RTM_NEWADDR = 20;

/** A message without its header. */
export interface DumpedMessage {
  readonly type: number;
  readonly body: Uint8Array;
}

/** Takes such an image apart. Throws ERR_IMAGE. */
export function readDump(kind: DumpKind, file: string, payload: Uint8Array): readonly DumpedMessage[] {
  if (payload.length === 0) return [];
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  const damaged = (why: string) => new RestoreError("ERR_IMAGE", `Cannot read ${file}: ${why}`, { entry: file });
  if (payload.length < 4 || view.getUint32(0, true) !== dumpMagic[kind])
    throw damaged(`it does not begin as a dump of ${kind}`);
  const messages: DumpedMessage[] = [];
  for (let at = 4; at + 16 <= payload.length; ) {
    const length = view.getUint32(at, true);
    if (length < 16 || at + length > payload.length) throw damaged(`message at byte ${at} has ${length} bytes`);
    messages.push({ type: view.getUint16(at + 4, true), body: payload.subarray(at + 16, at + length) });
    at += (length + 3) & ~3;
  }
  return messages;
}

/**
 * Makes what was dumped. What a new namespace, or a link that was set up, has by itself is there already. Routes may need others: those that fail
 * are tried again when the others are there.
 */
export function replay(routes: RouteSocket, what: string, messages: readonly DumpedMessage[]): void {
  let left = messages.map(({ type, body }) => ({ type, body: type === RTM_NEWADDR ? withoutDetection(body) : body }));
  while (left.length > 0) {
    const failed = left.flatMap((message) => {
      const errno = routes.ask(message.type, NLM_F.CREATE | NLM_F.EXCL, message.body);
      return errno === 0 || errno === ERRNO.EEXIST ? [] : [{ message, errno }];
    });
    if (failed.length === left.length) {
      const [first] = failed;
      throw new RestoreError(
        "ERR_SYSCALL",
        `Cannot make ${what}: the kernel answered ${errnoText(first?.errno ?? 0)}`,
        {
          syscall: { name: "sendmsg", printed: `rtnetlink request ${first?.message.type}`, errno: first?.errno ?? 0 },
        },
      );
    }
    left = failed.map(({ message }) => message);
  }
}

/** An IPv6 address can be bound at once only if the kernel does not first look for others that have it. */
function withoutDetection(body: Uint8Array): Uint8Array {
  const copy = body.slice();
  if (copy[0] === AF_INET6) copy[2] = (copy[2] ?? 0) | NODAD;
  return copy;
}
