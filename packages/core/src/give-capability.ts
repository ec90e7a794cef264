import type { CapabilityName } from "@restage/linux/abi";

/** A hint for a missing capability. It does not say "as root": root can lack it too, in containers above all. */
export function giveCapability(name: CapabilityName): string {
  return `give this process ${name}; in a container: --cap-add ${name.slice("CAP_".length)}`;
}
