import type { Bucket } from "../nats/bucket.ts";

/** A tree that a fleet has started. */
export interface TreeCard {
  readonly name: string;
  readonly host: string;
  /** The root task, as the host sees it. */
  readonly pid: number;
  /** When the root task started, in ticks since boot: a pid alone can mean a later process. */
  readonly start: number;
  /** The checkpoint that it was restored from. */
  readonly checkpoint: string;
  /** The configuration that it was restored with. */
  readonly config?: string;
  readonly state: "running" | "ended";
  readonly since: string;
}

/** Which tree runs where. Only the host of a tree writes its card; a migration makes another host write it. */
export class Trees {
  readonly #cards: Bucket;

  constructor(cards: Bucket) {
    this.#cards = cards;
  }

  async put(card: TreeCard): Promise<void> {
    await this.#cards.put(keyOf(card.name), Buffer.from(JSON.stringify(card)));
  }

  /** Records that a tree has ended, unless it runs elsewhere by now. */
  async end(card: TreeCard): Promise<void> {
    const key = keyOf(card.name);
    const entry = await this.#cards.get(key);
    const { host, pid, start } = entry?.json<TreeCard>() ?? {};
    if (entry === undefined || host !== card.host || pid !== card.pid || start !== card.start) return;
    const ended: TreeCard = { ...card, state: "ended", since: new Date().toISOString() };
    await this.#cards.update(key, Buffer.from(JSON.stringify(ended)), entry.revision);
  }

  async find(name: string): Promise<TreeCard | undefined> {
    return (await this.#cards.get(keyOf(name)))?.json<TreeCard>();
  }

  async list(): Promise<readonly TreeCard[]> {
    const keys = (await this.#cards.keys(keyOf("*"))).toSorted();
    const cards = await Promise.all(keys.map((key) => this.#cards.get(key)));
    return cards.flatMap((entry) => (entry === undefined ? [] : [entry.json<TreeCard>()]));
  }

  async remove(name: string): Promise<void> {
    await this.#cards.purge(keyOf(name));
  }
}

function keyOf(name: string): string {
  return `tree.${name}`;
}
