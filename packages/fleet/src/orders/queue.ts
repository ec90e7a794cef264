import { AckPolicy, type JsMsg, RetentionPolicy } from "@nats-io/jetstream";
import type { Connection } from "../nats/connect.ts";
import { type Labels, parseLabels, printLabels, queueOf } from "./labels.ts";
import type { Order } from "./order.ts";

/** A message is an order. It is in the stream until the order is over. */
const STREAM = "restage-orders";
const SUBJECT = "restage.order";
const EVENTS = "restage-events";
const EVENT_SUBJECT = "restage.event";

/** JetStream counts in nanoseconds. */
const NANOSECONDS = 1e6;
const WEEK = 7 * 24 * 3600 * 1000 * NANOSECONDS;
const EVENTS_PER_ORDER = 2000;
/** The description of the queue for orders that any host can take. */
const ANY = "any host";

/**
 * A work queue. Orders with the same labels are one queue, and a host pulls from the queues whose labels it has; so an order only reaches hosts that have
 * its labels. JetStream delivers an order again if its host does not confirm it within the lease.
 */
export class Queue {
  readonly #connection: Connection;
  readonly #lease: number;

  private constructor(connection: Connection, lease: number) {
    this.#connection = connection;
    this.#lease = lease;
  }

  /** @param lease in milliseconds. */
  static async open(connection: Connection, lease: number): Promise<Queue> {
    const { manager, patiently } = connection;
    await patiently(() =>
      manager.streams.add({
        name: STREAM,
        subjects: [`${SUBJECT}.>`],
        retention: RetentionPolicy.Workqueue,
        // An order that is put into the queue again replaces the message that it had there.
        max_msgs_per_subject: 1,
      }),
    );
    await patiently(() =>
      manager.streams.add({
        name: EVENTS,
        subjects: [`${EVENT_SUBJECT}.>`],
        max_age: WEEK,
        max_msgs_per_subject: EVENTS_PER_ORDER,
      }),
    );
    return new Queue(connection, lease);
  }

  /**
   * Puts an order into its queue.
   *
   * @param occasion JetStream ignores a message for the same occasion as an earlier one, for two minutes.
   */
  async put(order: Order, occasion: string): Promise<void> {
    const { manager, streams, patiently } = this.#connection;
    const queue = queueOf(order.labels);
    const consumer = {
      durable_name: queue,
      description: printLabels(order.labels) || ANY,
      filter_subject: `${SUBJECT}.${queue}.*`,
      ack_policy: AckPolicy.Explicit,
      ack_wait: this.#lease * NANOSECONDS,
      max_deliver: -1,
    };
    await patiently(() => manager.consumers.add(STREAM, consumer));
    const message = JSON.stringify(order);
    const options = { msgID: `${order.id} ${occasion}` };
    await patiently(() => streams.publish(`${SUBJECT}.${queue}.${order.id}`, message, options));
  }

  /** Removes an order from its queue. */
  async remove({ id, labels }: Order): Promise<void> {
    const { manager, patiently } = this.#connection;
    await patiently(() => manager.streams.purge(STREAM, { filter: `${SUBJECT}.${queueOf(labels)}.${id}` }));
  }

  /** The labels of all queues. */
  async list(): Promise<readonly Labels[]> {
    return await this.#connection.patiently(async () => {
      const all: Labels[] = [];
      for await (const { config } of this.#connection.manager.consumers.list(STREAM)) {
        const words = config.description === ANY ? [] : (config.description ?? "").split(",");
        all.push(parseLabels(words));
      }
      return all;
    });
  }

  /** Waits for an order, but not for long. */
  async next(labels: Labels, patience: number): Promise<JsMsg | undefined> {
    const consumer = await this.#connection.streams.consumers.get(STREAM, queueOf(labels));
    return (await consumer.next({ expires: patience })) ?? undefined;
  }

  /** Publishes what happens to an order. Events that nobody can receive now, or that are too large for a message, are lost. */
  tell(id: string, event: object): void {
    try {
      this.#connection.nats.publish(`${EVENT_SUBJECT}.${id}`, JSON.stringify(event));
    } catch {
      // The order is more important.
    }
  }

  /** Calls a function for what happens to orders from now on. Returns a function that ends this. */
  watch(listener: (order: string, event: Record<string, unknown>) => void): () => void {
    const subscription = this.#connection.nats.subscribe(`${EVENT_SUBJECT}.*`, {
      callback: (_error, message) => {
        try {
          listener(message.subject.slice(EVENT_SUBJECT.length + 1), message.json());
        } catch {
          // It is not an event.
        }
      },
    });
    return () => subscription.unsubscribe();
  }

  /** The events of an order, from the first; with `follow`, also those that have not happened yet. */
  async *events(id: string, { follow = false } = {}): AsyncGenerator<Record<string, unknown>> {
    const { streams, manager, patiently } = this.#connection;
    const filter = `${EVENT_SUBJECT}.${id}`;
    const { state } = await patiently(() => manager.streams.info(EVENTS, { subjects_filter: filter }));
    let left = state.subjects?.[filter] ?? 0;
    if (left === 0 && !follow) return;
    const consumer = await patiently(() => streams.consumers.get(EVENTS, { filter_subjects: filter }));
    for await (const message of await consumer.consume()) {
      yield message.json<Record<string, unknown>>();
      left -= 1;
      if (left <= 0 && !follow) return;
    }
  }
}
