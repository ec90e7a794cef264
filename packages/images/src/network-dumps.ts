/**
 * The first word of images of addresses, routes and rules, which `ip address save`, `ip route save` and `ip rule save` write.
 * Messages of rtnetlink(7) follow, each aligned to 4 bytes. Source: iproute2.
 */
export const dumpMagic = { ifaddr: 0x47361222, route: 0x45311224, route6: 0x45311224, rule: 0x71706986 } as const;

/** Kinds of images that `ip` writes. */
export type DumpKind = keyof typeof dumpMagic;
