import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection, Payload, RequestOptions } from "@nats-io/transport-node";
import { afterAll, beforeAll, expect, it } from "vitest";
import { describeUnless } from "../../../test/support/requirements.ts";
import { openBucket } from "../src/nats/bucket.ts";
import type { Connection } from "../src/nats/connect.ts";
import { NatsServer, noNatsServer } from "./support/nats-server.ts";

const NAME = "restage-test";
const EXPECTED = "Nats-Expected-Last-Subject-Sequence";

/** The fault of nats-server 2.9.10 after a crash: its index lacks a key whose message is in the stream, until the key is written again. */
class MissingKey {
  readonly #subject: string;
  readonly #revision: number;
  #isMissing = true;

  constructor(key: string, revision: number) {
    this.#subject = `$KV.${NAME}.${key}`;
    this.#revision = revision;
  }

  /** The same connection, to a server with the fault. */
  async connect(connection: Connection): Promise<Connection> {
    const { nats } = connection;
    const request: NatsConnection["request"] = (subject, payload, options) =>
      nats.request(subject, this.#find(payload), this.#expect(subject, options));
    const faulty = new Proxy(nats, {
      get: (target, name) => {
        if (name === "request") return request;
        const value: unknown = Reflect.get(target, name);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    return { ...connection, nats: faulty, streams: jetstream(faulty), manager: await jetstreamManager(faulty) };
  }

  /** A read of the key finds nothing. */
  #find(payload: Payload | undefined): Payload | undefined {
    const asked = `{"last_by_subj":"${this.#subject}"}`;
    const isAsked = this.#isMissing && payload !== undefined && Buffer.from(payload as Uint8Array).toString() === asked;
    return isAsked ? asked.replace(this.#subject, "nothing") : payload;
  }

  /** A write of the key finds the revision 0. */
  #expect(subject: string, options: RequestOptions | undefined): RequestOptions | undefined {
    const expected = options?.headers?.get(EXPECTED) ?? "";
    if (!this.#isMissing || subject !== this.#subject || expected === "") return options;
    this.#isMissing = expected !== "0";
    options?.headers?.set(EXPECTED, String(this.#isMissing ? this.#revision + 1000 : this.#revision));
    return options;
  }
}

describeUnless(noNatsServer, "a bucket", () => {
  const server = new NatsServer();
  beforeAll(() => server.start());
  afterAll(() => server.remove());

  it("reads and writes a key that the server's index lacks", async () => {
    const connection = await server.connect();
    const whole = await openBucket(connection, NAME, { description: "Test" });
    await whole.put("other.one", Buffer.from("other"));
    await whole.put("some.one", Buffer.from("first"));
    const { revision = 0 } = (await whole.get("some.one")) ?? {};

    const bucket = await openBucket(await new MissingKey("some.one", revision).connect(connection), NAME, {
      description: "Test",
    });
    const entry = await bucket.get("some.one");
    expect([entry?.key, entry?.string(), entry?.revision]).toEqual(["some.one", "first", revision]);
    expect(await bucket.get("some.two")).toBe(undefined);
    expect(await bucket.update("some.one", Buffer.from("again"), 0), "the key exists").toBe(false);
    expect(await bucket.update("some.one", Buffer.from("again"), revision - 1), "an older revision").toBe(false);
    expect((await whole.get("some.one"))?.string()).toBe("first");
    expect(await bucket.update("some.one", Buffer.from("second"), revision)).toBe(true);
    expect((await bucket.get("some.one"))?.string()).toBe("second");
    expect(await bucket.update("some.two", Buffer.from("new"), 0)).toBe(true);
  });
});
