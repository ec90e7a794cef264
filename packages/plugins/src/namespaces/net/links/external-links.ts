/**
 * What stands on the host for a link of the tree: `KIND[NAME]:LINK` of --external. Kinds are `veth` (the name that its peer gets, with `@BRIDGE`
 * after it to join one), `macvlan` (the link that it belongs to) and `netdev` (a veth link that the caller has made). Source: criu(8), "--external".
 */
export function externalLink(external: readonly string[], kind: string, name: string): string | undefined {
  const prefix = `${kind}[${name}]:`;
  return external.find((resource) => resource.startsWith(prefix))?.slice(prefix.length);
}
