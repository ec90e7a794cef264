/**
 * Images of addresses, routes and rules begin with a number, as `ip address save`, `ip route save` and `ip rule save` write them; then messages of
 * rtnetlink(7) follow, each aligned to 4 bytes. Source: iproute2.
 */
export const dumpMagic = { ifaddr: 0x47361222, route: 0x45311224, route6: 0x45311224, rule: 0x71706986 } as const;

/** Kinds of such images. */
export type DumpKind = keyof typeof dumpMagic;
