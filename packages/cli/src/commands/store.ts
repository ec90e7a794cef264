import { didYouMean, RestoreError } from "@restage/core";
import { EXIT } from "../exit-codes.ts";
import { TransferBar } from "../fleet/transfer-bar.ts";
import { type OpenStore, withStore } from "../fleet/with-store.ts";
import type { Settings } from "../options/settings.ts";
import { byteSize } from "../report/byte-size.ts";
import { counted } from "../report/counted.ts";
import { print } from "../report/print.ts";
import { table } from "../report/table.ts";

/** Pushes a directory of images to a store. Returns the exit code. */
export async function pushCommand(
  settings: Settings,
  directory: string | undefined,
  to: string | undefined,
): Promise<number> {
  if (directory === undefined || to === undefined) throw missing("a directory and a name", "restage push DIR NAME");
  await pushImages(settings, directory, to);
  return EXIT.OK;
}

/** Pushes images, and prints how much was sent. */
export async function pushImages(settings: Settings, directory: string, to: string): Promise<void> {
  const bar = new TransferBar();
  const pushed = await withStore(settings, to, ({ fleet, store, name, key }) => {
    const { replace } = settings.store;
    const options = { key, replace, onProgress: bar.listener };
    return fleet.push(store, directory, named(name), options).finally(() => bar.end());
  });
  if (settings.json) print(`${JSON.stringify(pushed)}\n`);
  else {
    const sent = pushed.sent === 0 ? "nothing new was sent" : `${byteSize(pushed.sentSize)} were sent`;
    print(`${pushed.name}: ${byteSize(pushed.size)} in ${counted(pushed.chunks, "chunk")}; ${sent}\n`);
  }
}

/** Fails early if images could not be pushed to a name. */
export async function assertPushable(settings: Settings, to: string): Promise<void> {
  await withStore(settings, to, async ({ fleet, store, name }) => {
    if (!settings.store.replace) await fleet.assertFree(store, named(name));
  });
}

/** Pulls a checkpoint from a store. Returns the exit code. */
export async function pullCommand(
  settings: Settings,
  from: string | undefined,
  directory: string | undefined,
): Promise<number> {
  if (directory === undefined || from === undefined)
    throw missing("a checkpoint and a directory", "restage pull NAME DIR");
  const pulled = await pullImages(settings, from, directory);
  if (settings.json) print(`${JSON.stringify(pulled)}\n`);
  else print(`${pulled.name}: ${byteSize(pulled.size)} in ${directory}\n`);
  return EXIT.OK;
}

export async function pullImages(settings: Settings, from: string, directory: string) {
  const bar = new TransferBar();
  return await withStore(settings, from, ({ fleet, store, name, key }) =>
    fleet.pull(store, named(name), directory, { key, onProgress: bar.listener }).finally(() => bar.end()),
  );
}

const ACTIONS: Readonly<Record<string, (settings: Settings, open: OpenStore) => Promise<void>>> = {
  async ls({ json }, { fleet, store }) {
    const all = await fleet.list(store);
    if (json) print(`${JSON.stringify(all)}\n`);
    else if (all.length > 0) {
      const rows = all.map(({ name, size, created, encrypted }) => {
        const date = created.slice(0, 16).replace("T", " ");
        return [name, `${byteSize(size)}, ${date} UTC${encrypted ? ", encrypted" : ""}`] as const;
      });
      print(`${table(rows)}\n`);
    }
  },
  async rm({ json }, { fleet, store, name }) {
    await fleet.remove(store, named(name));
    print(json ? `${JSON.stringify({ name })}\n` : `${name}: removed\n`);
  },
  async gc({ json }, { fleet, store }) {
    const collected = await fleet.collect(store);
    if (json) print(`${JSON.stringify(collected)}\n`);
    else
      print(
        `${counted(collected.deleted, "chunk")} deleted, ${byteSize(collected.deletedSize)}; ${collected.kept} kept\n`,
      );
  },
};

/** Lists the checkpoints of a store, removes one, or frees its space. Returns the exit code. */
export async function storeCommand(
  settings: Settings,
  action: string | undefined,
  address: string | undefined,
): Promise<number> {
  const names = Object.keys(ACTIONS);
  const run = action !== undefined && Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
  if (run === undefined) {
    const hint = action === undefined ? `choose from ${names.join(", ")}` : didYouMean(action, names);
    const what = action === undefined ? "Name an action of restage store" : `restage store has no action ${action}`;
    throw new RestoreError("ERR_OPTION", what, { hint });
  }
  await withStore(settings, address ?? "", (open) => run(settings, open));
  return EXIT.OK;
}

function named(name: string): string {
  if (name !== "") return name;
  throw missing("a checkpoint of the store", "NAME or nats://HOST/NAME");
}

function missing(what: string, example: string): RestoreError {
  return new RestoreError("ERR_OPTION", `Name ${what}`, { hint: `for example: \`${example}\`` });
}
