import { readFileSync } from "node:fs";
import { type JetStreamClient, type JetStreamManager, jetstream, jetstreamManager } from "@nats-io/jetstream";
import {
  type Authenticator,
  ConnectionError,
  type ConnectionOptions,
  connect,
  credsAuthenticator,
  type NatsConnection,
  nkeyAuthenticator,
} from "@nats-io/transport-node";
import { RestoreError } from "@restage/core";
import { reason } from "../reason.ts";
import type { Address } from "./address.ts";

/** A connection to a server with JetStream. It reconnects by itself. */
export interface Connection {
  readonly server: string;
  readonly nats: NatsConnection;
  readonly streams: JetStreamClient;
  readonly manager: JetStreamManager;
  /** Repeats an operation that the connection interrupted. */
  readonly patiently: <T>(operation: () => Promise<T>) => Promise<T>;
  close(): Promise<void>;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** For how long an interrupted operation is repeated, in milliseconds. */
const PATIENCE = 60_000;
const PAUSE = 200;

/** Errors while a connection is restored, a server starts, or a stream has no leader. */
const PASSING = /^(TimeoutError|NoRespondersError|RequestError|ConnectionError|JetStreamNotEnabled)$/;

/**
 * Connects to a server. Credentials and certificates come from the environment, as for the `nats` command: NATS_CREDS, NATS_NKEY, NATS_CA, NATS_CERT
 * and NATS_KEY name files.
 *
 * Throws ERR_STORE.
 */
export async function connectTo(address: Address, environment: Environment, patience = PATIENCE): Promise<Connection> {
  const { server, user, password } = address;
  const options: ConnectionOptions = {
    servers: server,
    name: "restage",
    maxReconnectAttempts: -1,
    reconnectTimeWait: PAUSE,
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { pass: password }),
    ...authentication(environment),
    ...encryption(environment, server),
  };
  let nats: NatsConnection;
  try {
    nats = await connect(options);
  } catch (cause) {
    const hint = "check that nats-server runs there, and NATS_URL, NATS_CREDS or NATS_CA";
    throw new RestoreError("ERR_STORE", `Cannot connect to ${server}: ${reason(cause)}`, { hint, cause });
  }
  try {
    const manager = await jetstreamManager(nats);
    const link = new Link(nats);
    const patiently = <T>(operation: () => Promise<T>): Promise<T> => repeat(operation, link, server, patience);
    return { server, nats, manager, streams: jetstream(nats), patiently, close: () => nats.close() };
  } catch (cause) {
    await nats.close();
    const hint = "start it with JetStream: `nats-server -js -sd DIR`";
    throw new RestoreError("ERR_STORE", `Cannot use JetStream on ${server}: ${reason(cause)}`, { hint, cause });
  }
}

function authentication({ NATS_CREDS, NATS_NKEY }: Environment): { readonly authenticator?: Authenticator } {
  if (NATS_CREDS !== undefined) return { authenticator: credsAuthenticator(readSecret(NATS_CREDS)) };
  if (NATS_NKEY !== undefined) {
    const seed = new TextDecoder().decode(readSecret(NATS_NKEY)).trim();
    return { authenticator: nkeyAuthenticator(new TextEncoder().encode(seed)) };
  }
  return {};
}

function encryption({ NATS_CA, NATS_CERT, NATS_KEY }: Environment, server: string): Pick<ConnectionOptions, "tls"> {
  const files = {
    ...(NATS_CA === undefined ? {} : { caFile: NATS_CA }),
    ...(NATS_CERT === undefined ? {} : { certFile: NATS_CERT }),
    ...(NATS_KEY === undefined ? {} : { keyFile: NATS_KEY }),
  };
  return server.startsWith("tls:") || Object.keys(files).length > 0 ? { tls: files } : {};
}

function readSecret(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new RestoreError("ERR_OPTION", `Cannot read ${file}: ${reason(cause)}`, { cause });
  }
}

/** The state of a connection, and the operations that wait for answers on it. */
class Link {
  readonly #waiting = new Set<(error: Error) => void>();
  isUp = true;

  constructor(nats: NatsConnection) {
    void this.#watch(nats);
  }

  /** Waits for an answer. Rejects when the connection is lost, because the answer is lost with it. */
  wait<T>(answer: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.add(reject);
      answer.then(resolve, reject).finally(() => this.#waiting.delete(reject));
    });
  }

  async #watch(nats: NatsConnection): Promise<void> {
    for await (const { type } of nats.status()) {
      if (type === "reconnect") this.isUp = true;
      if (type !== "disconnect") continue;
      this.isUp = false;
      for (const reject of this.#waiting) reject(new ConnectionError("the connection was lost"));
      this.#waiting.clear();
    }
  }
}

async function repeat<T>(operation: () => Promise<T>, link: Link, server: string, patience: number): Promise<T> {
  const started = performance.now();
  const isLate = () => performance.now() - started > patience;
  for (;;) {
    // Requests during an interruption would be lost.
    while (!link.isUp && !isLate()) await pause();
    try {
      return await link.wait(operation());
    } catch (cause) {
      if (cause instanceof RestoreError) throw cause;
      const passes = cause instanceof Error && PASSING.test(cause.name);
      if (!passes || isLate()) {
        const hint = passes ? "repeat the command when the server is back: it continues" : undefined;
        throw new RestoreError("ERR_STORE", `${server} failed: ${reason(cause)}`, { hint, cause });
      }
      await pause();
    }
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, PAUSE));
}
