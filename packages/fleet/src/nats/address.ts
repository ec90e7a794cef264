import { RestoreError } from "@restage/core";

/** A server, with the name of a checkpoint for most commands. */
export interface Address {
  /** `nats://HOST:PORT` or `tls://HOST:PORT`, without user and password. */
  readonly server: string;
  readonly user: string | undefined;
  readonly password: string | undefined;
  /** Empty if the address has none. */
  readonly name: string;
}

/** Names become keys of a bucket, so they have the characters of keys. Parts between dots and slashes must not be empty. */
export const CHECKPOINT_NAME = /^[A-Za-z0-9_-]+(?:[./][A-Za-z0-9_=-]+)*$/;

const DEFAULT_SERVER = "nats://127.0.0.1:4222";

/**
 * Reads `nats://[USER:PASSWORD@]HOST[:PORT]/NAME`, or a name alone, which is on the server of NATS_URL.
 *
 * Throws ERR_OPTION.
 */
export function parseAddress(text: string, environment: Readonly<Record<string, string | undefined>>): Address {
  const isWhole = /^(nats|tls):\/\//.test(text);
  const server = isWhole ? text : (environment["NATS_URL"] ?? DEFAULT_SERVER);
  const url = URL.canParse(server) ? new URL(server) : undefined;
  if (url === undefined || url.hostname === "" || !["nats:", "tls:"].includes(url.protocol)) {
    const hint = "write nats://HOST:PORT/NAME, or set NATS_URL to nats://HOST:PORT";
    throw new RestoreError("ERR_OPTION", `Cannot read the address ${withoutPassword(server)}`, { hint });
  }
  const name = isWhole ? url.pathname.slice(1) : text;
  if (name !== "" && !CHECKPOINT_NAME.test(name)) {
    const hint = "use letters, digits, - and _, with single dots or slashes between them";
    throw new RestoreError("ERR_OPTION", `Cannot use the name ${JSON.stringify(name)}`, { hint });
  }
  return {
    server: `${url.protocol}//${url.host}`,
    user: given(url.username) ?? environment["NATS_USER"],
    password: given(url.password) ?? environment["NATS_PASSWORD"],
    name,
  };
}

function given(part: string): string | undefined {
  return part === "" ? undefined : decodeURIComponent(part);
}

function withoutPassword(address: string): string {
  return address.replace(/\/\/[^@/]*@/, "//");
}
