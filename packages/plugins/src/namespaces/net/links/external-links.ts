import { externalResource } from "../../external-resources.ts";

/**
 * The link of the host that `--external KIND[NAME]:LINK` names for a link of the tree. Kinds are `veth` (the name of its peer, with `@BRIDGE` after it
 * to join a bridge), `macvlan` (the link that it belongs to) and `netdev` (a veth link that the caller has made). Source: criu(8), "--external".
 */
export function externalLink(
  external: readonly string[],
  kind: "veth" | "macvlan" | "netdev",
  name: string,
): string | undefined {
  return externalResource(external, kind, name) || undefined;
}
