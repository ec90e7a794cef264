import type { DumpContext, Host } from "@restage/core";
import { IFLA, NETLINK, RTM, TC_H, TC_H_MIN, TCA, TCMSG } from "@restage/linux/abi";
import { cString } from "../../../c-string.ts";
import { type Attributes, decodeAttributes, withAttributes } from "../../../sockets/netlink-message.ts";
import { askForAll } from "../../../sockets/netlink-request.ts";
import { readLinkAttributes, readRoutes } from "../routes/dump.ts";

/** Disciplines that the kernel describes as it accepts them. */
const SAVED: ReadonlySet<string> = new Set([
  "pfifo",
  "bfifo",
  "pfifo_head_drop",
  "pfifo_fast",
  "tbf",
  "codel",
  "fq_codel",
  "fq",
  "sfq",
  "clsact",
  "ingress",
]);

/** A queueing discipline that a user has set. Those that links have by themselves have no handle. */
interface Discipline {
  readonly kind: string;
  readonly link: number;
  readonly handle: number;
  readonly parent: number;
  readonly body: Uint8Array;
  readonly attributes: Attributes;
}

function readDisciplines(host: Host): readonly Discipline[] {
  const all = readRoutes(host, "GETQDISC", 0).map(({ body }) => {
    const view = new DataView(body.buffer, body.byteOffset, body.length);
    const attributes = decodeAttributes(body.subarray(TCMSG.size));
    return {
      kind: cString(attributes.get(TCA.KIND) ?? new Uint8Array()),
      link: view.getInt32(TCMSG.tcm_ifindex, true),
      handle: view.getUint32(TCMSG.tcm_handle, true),
      parent: view.getUint32(TCMSG.tcm_parent, true),
      body,
      attributes,
    };
  });
  return all.filter(({ handle }) => handle !== 0);
}

/** Refuses filters of tc, and warns of disciplines that do not come back. */
export function checkDisciplines({ host, findings }: DumpContext): void {
  const disciplines = readDisciplines(host);
  if (disciplines.length === 0) return;
  const links = readLinkAttributes(host);
  const saved = new Set(savedOf(disciplines));
  for (const discipline of disciplines) {
    const { kind, link } = discipline;
    const name = links.get(link)?.get(IFLA.IFNAME);
    const what = `link ${name === undefined ? link : cString(name)}`;
    if (hasFilters(host, discipline)) findings.refuse({ what, why: "it has filters of tc, which are not saved" });
    if (!saved.has(discipline)) findings.warn({ what, why: `its queueing discipline (${kind}) will not come back` });
  }
}

/** Saves disciplines in restage.img. CRIU does not save them. */
export function saveDisciplines({ host, own }: DumpContext, namespace: number): void {
  const disciplines = savedOf(readDisciplines(host)).map(({ body, attributes }) => {
    const header = body.slice(0, TCMSG.size);
    // How many there are of it.
    header.fill(0, TCMSG.tcm_info);
    return withAttributes(header, attributes, [TCA.KIND, TCA.OPTIONS]);
  });
  if (disciplines.length > 0) own.network(namespace).disciplines = disciplines;
}

/** Those of known kinds, whose parents are saved too. The kernel lists parents first. */
function savedOf(disciplines: readonly Discipline[]): readonly Discipline[] {
  const saved: Discipline[] = [];
  for (const discipline of disciplines) {
    const { kind, link, parent } = discipline;
    const above = (parent & TC_H.MAJ_MASK) >>> 0;
    const isTop = parent === TC_H.ROOT || parent === TC_H.INGRESS;
    if (SAVED.has(kind) && (isTop || saved.some((other) => other.link === link && other.handle === above)))
      saved.push(discipline);
  }
  return saved;
}

function hasFilters(host: Host, { link, handle, parent, attributes }: Discipline): boolean {
  if (attributes.has(TCA.INGRESS_BLOCK) || attributes.has(TCA.EGRESS_BLOCK)) return true;
  const places =
    parent === TC_H.INGRESS ? [TC_H_MIN.INGRESS, TC_H_MIN.EGRESS].map((low) => TC_H.MAJ_MASK + low) : [handle];
  return places.some((place) => {
    const body = new Uint8Array(TCMSG.size);
    const view = new DataView(body.buffer);
    view.setInt32(TCMSG.tcm_ifindex, link, true);
    view.setUint32(TCMSG.tcm_parent, place, true);
    return (askForAll(host, NETLINK.ROUTE, RTM.GETTFILTER, body) ?? []).length > 0;
  });
}
