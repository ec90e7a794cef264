import { definePlugin, type Plugin, RestoreError, type StageContext } from "@restage/core";
import { AF } from "@restage/linux/abi";
import { hasOwnNamespace } from "../namespaces/own-namespaces.ts";
import { type AddressWords, addressText, isMapped, MAPPED_PREFIX, parseAddress } from "../sockets/inet/addresses.ts";
import { knownOptions } from "./known-options.ts";
import { type MoveOptions, moveSockets } from "./move-sockets.ts";
import type { Move } from "./moved-sockets.ts";

/** How `moveAddresses` treats what needs a decision. */
export interface MoveAddressesOptions extends MoveOptions {
  /** Adds the new addresses to this interface of the tree's own network namespace: `lo`, `eth0`. Requires the program `ip`. */
  readonly addTo?: string;
}

/** An address of IPv4 or IPv6, and the one that takes its place. */
interface Replacement {
  readonly family: number;
  readonly from: string;
  readonly to: AddressWords;
}

/**
 * Moves internet sockets, of IPv4 and IPv6, to other addresses: listening, bound and connected ones. Sockets of the checkpoint that are connected to each
 * other stay connected. Sockets that are bound to every address (`0.0.0.0`, `::`) stay as they are. The new addresses must exist where the tree is restored.
 *
 * @param addresses the new address for each old one, of the same family.
 * @example
 * ```ts
 * plugins: [moveAddresses({ "10.0.0.5": "10.0.0.7", "fd00::5": "fd00::7" }, { connections: "reset" })]
 * ```
 */
export function moveAddresses(addresses: Readonly<Record<string, string>>, options: MoveAddressesOptions = {}): Plugin {
  const replacements = Object.entries(addresses).map(([from, to]) => replacement(from, to));
  const known = { addTo: true, connections: true, ifMissing: true } as const;
  const { addTo } = knownOptions("moveAddresses", options, known);
  const name = "move-addresses";
  const move: Move = (end) => {
    // A socket of IPv6 can have an address of IPv4.
    const wasMapped = end.family === AF.INET6 && isMapped(end.words);
    const [family, words] = wasMapped ? [AF.INET, end.words.slice(3)] : [end.family, end.words];
    const text = addressText(family, words);
    const found = replacements.find((each) => each.family === family && each.from === text);
    if (found === undefined) return undefined;
    return { to: { words: wasMapped ? [...MAPPED_PREFIX, ...found.to] : found.to }, asked: nameOf(found) };
  };
  return definePlugin({
    name,
    apply(hooks) {
      moveSockets(hooks, { name, move, asked: replacements.map(nameOf) }, options);
      if (addTo === undefined) return;
      hooks.plan.tap(name, (plan) => {
        if (hasOwnNamespace(plan.images, plan.tree.root, "net")) return;
        const why = "the checkpoint has no network namespace of its own: they would be added to this machine";
        plan.refuse({
          what: `addresses for ${addTo}`,
          why,
          hint: `add them yourself: ip address add ... dev ${addTo}`,
        });
      });
      // The links exist, and nothing uses them yet.
      hooks.stages.PREPARE_NAMESPACES.leave.tap(name, (context) => {
        for (const { family, to } of replacements) addAddress(context, addTo, addressText(family, to));
      });
    },
  });
}

function replacement(from: string, to: string): Replacement {
  const [old, other] = [parseAddress(from), parseAddress(to)];
  for (const [text, parsed] of [
    [from, old],
    [to, other],
  ] as const) {
    if (parsed === undefined)
      throw new RangeError(`Cannot move addresses: "${text}" is not an address of IPv4 or IPv6`);
  }
  if (old === undefined || other === undefined || old.family !== other.family) {
    throw new RangeError(`Cannot move ${from} to ${to}: they are of different families`);
  }
  return { family: old.family, from: addressText(old.family, old.words), to: other.words };
}

function nameOf({ from }: Replacement): string {
  return `address ${from}`;
}

/** Adds an address in the network namespace of the tree. It disappears with the namespace. */
function addAddress({ host, tree }: StageContext, link: string, address: string): void {
  const words = address.includes(":") ? [`${address}/128`, "nodad"] : [`${address}/32`];
  const { status, errors } = host.inside(`/proc/${tree.root.hostPid}/ns/net`, "net", () =>
    host.runProgram("ip", ["address", "add", ...words.slice(0, 1), "dev", link, ...words.slice(1)]),
  );
  if (status === 0 || host.kernel.recording) return;
  throw new RestoreError("ERR_PLUGIN", `Cannot add the address ${address} to ${link}: ${errors.trim()}`, {
    hint: "check that the tree has this interface, and that the program ip is installed",
  });
}
