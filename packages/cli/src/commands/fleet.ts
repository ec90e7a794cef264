import { setTimeout as sleep } from "node:timers/promises";
import { didYouMean, RestoreError } from "@restage/core";
import type { Order, OrderRecord, TreeCard } from "@restage/fleet";
import { EXIT } from "../exit-codes.ts";
import { type OpenFleet, withFleet } from "../fleet/with-fleet.ts";
import type { Settings } from "../options/settings.ts";
import { print } from "../report/print.ts";
import { table } from "../report/table.ts";

type Action = (settings: Settings, open: OpenFleet, first: string, second: string) => Promise<number>;

const INTERVAL = 100;
/** What a result has for the hosts only. */
const UNTOLD: ReadonlySet<string> = new Set(["start", "receiving"]);

/** What each action does, and the operands that it needs. */
const ACTIONS: Readonly<Record<string, { readonly needs: readonly string[]; readonly run: Action }>> = {
  ps: { needs: [], run: listFleet },
  run: {
    needs: ["CHECKPOINT"],
    run: (settings, open, checkpoints, names) => {
      const order = { kind: "restore", ...wanted(settings, open) } as const;
      const all = checkpoints.split(",").map((word, index) => {
        const [checkpoint = "", host] = word.split("@");
        const labels = host === undefined ? order.labels : { ...order.labels, host };
        return { ...order, checkpoint, labels, ...named(names.split(",")[index] ?? "") };
      });
      return give(settings, open, all, "restore");
    },
  },
  clone: { needs: ["CHECKPOINT"], run: cloneTree },
  checkpoint: {
    needs: ["TREE", "CHECKPOINT"],
    run: async (settings, open, trees, checkpoint) => {
      const { config, leaveRunning } = settings.fleet;
      const names = trees.split(",");
      if (names.length > 1 && leaveRunning)
        throw new RestoreError("ERR_OPTION", "A checkpoint of several trees ends them", {
          hint: "run them again after it",
        });
      const order = { kind: "checkpoint", leaveRunning, ...(config === undefined ? {} : { config }) } as const;
      const all = names.map(async (tree) => {
        const name = names.length === 1 ? checkpoint : `${checkpoint}/${tree}`;
        return { ...order, checkpoint: name, ...(await onHostOf(open, tree)) };
      });
      return give(settings, open, await Promise.all(all), "checkpoint");
    },
  },
  migrate: {
    needs: ["TREE", "HOST"],
    run: async (settings, open, tree, to) => {
      const { config = (await open.fleet.trees.find(tree))?.config } = settings.fleet;
      const order = { kind: "migrate", to, ...(config === undefined ? {} : { config }) } as const;
      return give(settings, open, [{ ...order, ...(await onHostOf(open, tree)) }]);
    },
  },
  stop: {
    needs: ["TREE"],
    run: async (settings, open, tree) => give(settings, open, [{ kind: "stop", ...(await onHostOf(open, tree)) }]),
  },
  logs: { needs: ["ORDER"], run: printLogs },
  cancel: { needs: ["ORDER"], run: cancelOrder },
  rm: { needs: ["ORDER"], run: forget },
};

/** Lists a fleet, or gives it orders. Returns the exit code. */
export async function fleetCommand(
  settings: Settings,
  action = "",
  first: string | undefined,
  second: string | undefined,
): Promise<number> {
  const chosen = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
  if (chosen === undefined) {
    const names = Object.keys(ACTIONS);
    const hint = action === "" ? `choose from ${names.join(", ")}` : didYouMean(action, names);
    const what = action === "" ? "Name an action of restage fleet" : `restage fleet has no action ${action}`;
    throw new RestoreError("ERR_OPTION", what, { hint });
  }
  if ([first, second].filter((word) => word !== undefined).length < chosen.needs.length)
    throw new RestoreError("ERR_OPTION", `Use \`restage fleet ${[action, ...chosen.needs].join(" ")}\``);
  return await withFleet(settings, settings.fleet.server, (open) =>
    chosen.run(settings, open, first ?? "", second ?? ""),
  );
}

async function listFleet({ json }: Settings, { fleet, library }: OpenFleet): Promise<number> {
  const [hosts, trees, orders] = await Promise.all([fleet.hosts.list(), fleet.trees.list(), fleet.ledger.list()]);
  if (json) print(`${JSON.stringify({ hosts, trees, orders })}\n`);
  else {
    const labelsOf = (labels: object) =>
      Object.entries(labels)
        .map(([key, value]) => `${key}=${value}`)
        .join(" ");
    section(
      "HOSTS",
      hosts.map(({ name, labels }) => [name, labelsOf(labels)]),
    );
    section(
      "TREES",
      trees.map((tree) => [
        tree.name,
        describeTree(
          tree,
          hosts.some(({ name }) => name === tree.host),
        ),
      ]),
    );
    // Restores and clones that are done are trees.
    const open = orders.filter((record) => !library.isOver(record) || record.state === "failed");
    section(
      "ORDERS",
      open.map((record) => [record.order.id, describeOrder(record)]),
    );
  }
  return EXIT.OK;
}

function section(title: string, rows: readonly (readonly [string, string])[]): void {
  if (rows.length > 0) print(`${title}\n${table(rows)}\n`);
}

function describeTree({ host, pid, checkpoint, state }: TreeCard, isHostThere: boolean): string {
  const where = isHostThere ? `on ${host}` : `on ${host}, which does not answer`;
  return state === "running" ? `${checkpoint}, process ${pid} ${where}` : `${checkpoint}, ended ${where}`;
}

function describeOrder({ order: { kind, labels }, state, holder, failures }: OrderRecord): string {
  const asked = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  const where = holder === undefined ? ` (${asked.join(" ") || "any host"})` : ` on ${holder.host}`;
  const last = failures.at(-1)?.error.message;
  return `${kind}, ${state}${where}${last === undefined ? "" : `: ${last}`}`;
}

function named(name: string): { readonly id?: string } {
  return name === "" ? {} : { id: name };
}

/** What the command line asks of the host of a new tree. */
function wanted({ fleet: { labels, config } }: Settings, { library }: OpenFleet) {
  return { labels: library.parseLabels(labels), ...(config === undefined ? {} : { config }) };
}

/** An order about a tree goes to its host. */
async function onHostOf({ fleet }: OpenFleet, name: string) {
  const tree = await fleet.trees.find(name);
  if (tree !== undefined) return { tree: name, labels: { host: tree.host } };
  const hint = "`restage fleet ps` lists the trees";
  throw new RestoreError("ERR_OPTION", `The fleet has no tree ${name}`, { hint });
}

async function cloneTree(settings: Settings, open: OpenFleet, checkpoint: string, name: string): Promise<number> {
  const { values, fleet } = settings;
  const order = { kind: "clone", checkpoint, values, ...wanted(settings, open) } as const;
  const numbers = Array.from({ length: fleet.count }, (_, index) => index + 1);
  return await give(
    settings,
    open,
    numbers.map((number) => ({ ...order, ...named(name && fleet.count > 1 ? `${name}-${number}` : name) })),
  );
}

/** Gives orders, and waits until they are over. @param gang the kind of several orders whose trees pass every stage together. */
async function give(
  settings: Settings,
  { library, fleet }: OpenFleet,
  wanted: readonly (Partial<Order> & Pick<Order, "kind">)[],
  gang?: "restore" | "checkpoint",
): Promise<number> {
  const { signKey } = settings.fleet;
  const key = signKey === undefined ? undefined : library.readSigningKey(signKey);
  const orders = wanted.map((order) => library.newOrder(order));
  if (gang !== undefined && orders.length > 1) await library.submitGang(fleet, gang, orders, key);
  else for (const order of orders) await library.submit(fleet, order, key);
  if (settings.fleet.detach) {
    for (const order of orders) print(settings.json ? `${JSON.stringify(order)}\n` : `${order.id}\n`);
    return EXIT.OK;
  }
  let code: number = EXIT.OK;
  for (const { id } of orders) {
    let record = await fleet.ledger.read(id);
    while (record !== undefined && !library.isOver(record)) {
      await sleep(INTERVAL);
      record = await fleet.ledger.read(id);
    }
    if (record === undefined) throw new RestoreError("ERR_ORDER", `The order ${id} was removed`);
    report(settings, record);
    if (record.state === "failed") code = EXIT.FAILED;
  }
  return code;
}

function report({ json }: Settings, record: OrderRecord): void {
  if (json) {
    print(`${JSON.stringify(record)}\n`);
    return;
  }
  const { order, state, holder, result = {}, failures } = record;
  const last = failures.at(-1);
  if (state === "failed" && last !== undefined) {
    const where = last.host === "" ? "" : ` on ${last.host}`;
    process.stderr.write(`${order.id}: failed${where}\n${RestoreError.fromJSON(last.error).describe()}\n`);
  } else {
    const what = Object.entries(result).flatMap(([name, value]) => (UNTOLD.has(name) ? [] : [`${name} ${value}`]));
    print(`${order.id}: ${order.kind} done on ${holder?.host}${what.length === 0 ? "" : `, ${what.join(", ")}`}\n`);
  }
}

async function printLogs({ json, fleet: { follow } }: Settings, { fleet }: OpenFleet, id: string): Promise<number> {
  for await (const event of fleet.queue.events(id, { follow }))
    print(json ? `${JSON.stringify(event)}\n` : `${lineOf(event)}\n`);
  return EXIT.OK;
}

/** An event of an order in one line. */
function lineOf({
  at,
  host,
  kind,
  state,
  stage,
  milliseconds,
  error,
  text,
}: Readonly<Record<string, unknown>>): string {
  const { code, message } = (error ?? {}) as Readonly<Record<string, unknown>>;
  const what = [
    kind,
    stage,
    milliseconds === undefined ? undefined : `${Number(milliseconds).toFixed(1)} ms`,
    state === undefined ? undefined : `-> ${state}`,
    text,
    code === undefined ? undefined : `${code}: ${message}`,
  ].filter((part) => part !== undefined);
  return `${String(at).slice(0, 23).replace("T", " ")} ${host}: ${what.join(" ")}`;
}

async function cancelOrder(_settings: Settings, { fleet }: OpenFleet, id: string): Promise<number> {
  const error = new RestoreError("ERR_ORDER", "The order was canceled").toJSON();
  if ((await fleet.ledger.apply(id, { kind: "cancel", failure: { host: "", error } })) !== undefined) return EXIT.OK;
  const record = await fleet.ledger.read(id);
  const why = record === undefined ? "it is unknown" : `it is ${record.state} already`;
  throw new RestoreError("ERR_ORDER", `Cannot cancel ${id}: ${why}`);
}

/** Forgets an order that is over, and its tree if that has ended. */
async function forget(_settings: Settings, { fleet, library }: OpenFleet, id: string): Promise<number> {
  const [record, tree] = [await fleet.ledger.read(id), await fleet.trees.find(id)];
  const why =
    record !== undefined && !library.isOver(record)
      ? `the order is ${record.state}; \`restage fleet cancel ${id}\` ends it`
      : tree?.state === "running"
        ? `its tree runs on ${tree.host}; \`restage fleet stop ${id}\` ends it`
        : record === undefined && tree === undefined
          ? "the fleet does not know it"
          : undefined;
  if (why !== undefined) throw new RestoreError("ERR_ORDER", `Cannot forget ${id}: ${why}`);
  await library.forget(fleet, id);
  return EXIT.OK;
}
