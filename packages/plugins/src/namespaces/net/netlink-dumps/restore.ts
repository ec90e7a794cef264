import { type ImageSet, RestoreError } from "@restage/core";
import type { DumpKind } from "@restage/images";
import {
  AF,
  ERRNO,
  FIB_RULE_HDR,
  FR_ACT,
  FRA,
  IFA,
  IFA_F,
  IFADDRMSG,
  NLM_F,
  RT_SCOPE,
  RT_TABLE,
  RTA,
  RTM,
  RTMSG,
  RTNEXTHOP,
  RTNH_F,
} from "@restage/linux/abi";
import { attribute, joined, type NetlinkSocket } from "../netlink-socket.ts";
import { type DumpedMessage, decodeDump } from "./format.ts";

/** Flags of a next hop that the kernel sets by itself. */
const LINK_STATE = RTNH_F.DEAD | RTNH_F.LINKDOWN;

/** The rules in a new namespace: family, priority and table. Source: net/ipv4/fib_rules.c, net/ipv6/fib6_rules.c. */
const FIRST_RULES = [
  [AF.INET, 0, RT_TABLE.LOCAL],
  [AF.INET, 32766, RT_TABLE.MAIN],
  [AF.INET, 32767, RT_TABLE.DEFAULT],
  [AF.INET6, 0, RT_TABLE.LOCAL],
  [AF.INET6, 32766, RT_TABLE.MAIN],
] as const;

/** Decodes an image; no messages when it is missing or empty. Throws ERR_IMAGE. */
export function readDump(images: ImageSet, kind: DumpKind, id: number): readonly DumpedMessage[] {
  const file = `${kind}-${id}.img`;
  try {
    return decodeDump(kind, images.source.read(file) ?? new Uint8Array());
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new RestoreError("ERR_IMAGE", `Cannot read ${file}: ${error.message}`, { entry: file, cause: error });
  }
}

/** Adds addresses. Links get some by themselves when they come up: these exist already. */
export function makeAddresses(routes: NetlinkSocket, messages: readonly DumpedMessage[]): void {
  for (const { body } of messages) {
    const isVersion6 = body[0] === AF.INET6;
    // The kernel has just made the address of the link itself, and looks for other hosts with it.
    if (isVersion6 && body[IFADDRMSG.ifa_scope] === RT_SCOPE.LINK) routes.ask(RTM.DELADDR, 0, body);
    const errno = routes.ask(RTM.NEWADDR, NLM_F.CREATE | NLM_F.EXCL, isVersion6 ? withFlag(body, IFA_F.NODAD) : body);
    if (errno !== 0 && errno !== ERRNO.EEXIST) throw routes.failure("make addresses", RTM.NEWADDR, errno);
    // Without this flag the kernel first looks for other hosts with the address, and it cannot be used meanwhile. Then it gets its own flags.
    if (isVersion6 && errno === 0) routes.make("set flags of addresses", RTM.NEWADDR, NLM_F.REPLACE, body);
  }
}

function withFlag(body: Uint8Array, flag: number): Uint8Array {
  const copy = new Uint8Array(body);
  const view = new DataView(copy.buffer);
  const wide = attributesOf(copy, IFADDRMSG.size).find(({ type }) => type === IFA.FLAGS);
  // An attribute overrides the header.
  if (wide === undefined) view.setUint8(IFADDRMSG.ifa_flags, view.getUint8(IFADDRMSG.ifa_flags) | flag);
  else view.setUint32(wide.start, view.getUint32(wide.start, true) | flag, true);
  return copy;
}

/**
 * Adds routes in their order. Routes that came with links and addresses exist already. A route can depend on others, so those that fail are tried
 * again after the others.
 */
export function makeRoutes(routes: NetlinkSocket, messages: readonly DumpedMessage[]): void {
  for (let left = messages; left.length > 0; ) {
    let errno = 0;
    const failed = left.filter(({ body }) => {
      const answer = routes.ask(RTM.NEWROUTE, NLM_F.CREATE | NLM_F.APPEND, withoutState(body));
      if (answer === 0 || answer === ERRNO.EEXIST) return false;
      errno ||= answer;
      return true;
    });
    if (failed.length === left.length) throw routes.failure("make routes", RTM.NEWROUTE, errno);
    left = failed;
  }
}

/** The route without the state of its links, which the kernel sets by itself. */
function withoutState(body: Uint8Array): Uint8Array {
  const copy = new Uint8Array(body);
  const view = new DataView(copy.buffer);
  const clear = (at: number) => view.setUint8(at, view.getUint8(at) & ~LINK_STATE);
  clear(RTMSG.rtm_flags);
  for (const { type, start, end } of attributesOf(copy, RTMSG.size)) {
    if (type !== RTA.MULTIPATH) continue;
    for (
      let at = start;
      at + RTNEXTHOP.size <= end;
      at += (Math.max(view.getUint16(at, true), RTNEXTHOP.size) + 3) & ~3
    )
      clear(at + RTNEXTHOP.rtnh_flags);
  }
  return copy;
}

/** Types and places of the attributes of a message. */
function attributesOf(body: Uint8Array, header: number): readonly { type: number; start: number; end: number }[] {
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  const found: { type: number; start: number; end: number }[] = [];
  for (let at = header; at + 4 <= body.length; ) {
    const length = Math.max(view.getUint16(at, true), 4);
    found.push({ type: view.getUint16(at + 2, true), start: at + 4, end: Math.min(at + length, body.length) });
    at += (length + 3) & ~3;
  }
  return found;
}

/**
 * Replaces the rules of a new namespace, of the families whose rules the checkpoint has: CRIU's have those of IPv4. Rules of further families are added
 * to those of the new namespace.
 */
export function makeRules(routes: NetlinkSocket, messages: readonly DumpedMessage[]): void {
  const families = new Set(messages.map(({ body }) => body[0]));
  for (const [family, priority, table] of FIRST_RULES) {
    if (!families.has(family)) continue;
    const header = new Uint8Array(FIB_RULE_HDR.size);
    header[0] = family;
    header[FIB_RULE_HDR.table] = table;
    header[FIB_RULE_HDR.action] = FR_ACT.TO_TBL;
    routes.make("remove the first rules", RTM.DELRULE, 0, joined(header, attribute(FRA.PRIORITY, priority)));
  }
  for (const { body } of messages) {
    const errno = routes.ask(RTM.NEWRULE, NLM_F.CREATE | NLM_F.EXCL, withPriority(body));
    const isThere = errno === ERRNO.EEXIST && body[0] !== AF.INET && body[0] !== AF.INET6;
    if (errno !== 0 && !isThere) throw routes.failure("make rules", RTM.NEWRULE, errno);
  }
}

/** The rule with its priority. A dump leaves priority 0 out, and the kernel chooses one for a new rule that has none. */
function withPriority(body: Uint8Array): Uint8Array {
  const has = attributesOf(body, FIB_RULE_HDR.size).some(({ type }) => type === FRA.PRIORITY);
  return has ? body : joined(body, attribute(FRA.PRIORITY, 0));
}
