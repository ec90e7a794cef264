import {
  asRestoreError,
  type DumpContext,
  definePlugin,
  type PageServerPlace,
  type Plugin,
  type SeizedTree,
} from "@restage/core";
import { callTaps } from "@restage/core/dump";
import { type PagemapEntry, pageFlags } from "@restage/images";
import type { AddressRange } from "@restage/linux";
import { PAGE_SIZE, taskName } from "@restage/linux/abi";
import { excluded } from "../page-server/excluded.ts";
import { ANY_ADDRESS, PageSocket } from "../page-server/page-socket.ts";
import { type ServedPages, servePages } from "../page-server/serve-pages.ts";

const LEFT_HINT = "the tree resumes unchanged; remove the images, which lack memory";

/**
 * With --lazy-pages: memory that can come later stays in the stopped tree. When the images are complete, a lazy-pages daemon takes it from there, and then the
 * tree ends. If the daemon fails, the tree resumes.
 */
export function lazyPages(): Plugin {
  return definePlugin({
    name: "lazy-pages",
    duty: "lazy-pages",
    phases: {
      inspect: "with --lazy-pages, listens for the daemon that takes the memory",
      resume: "with --lazy-pages, gives the daemon the memory",
    },
    dump({ phases, imagesPublished, servingPages }) {
      let socket: PageSocket | undefined;
      phases.inspect.tree.tap("lazy-pages", (_tree, { options, host, dryRun, onResume }) => {
        const { lazyPages: place, leaveRunning, prevImagesDir } = options;
        if (place === undefined || dryRun) return;
        if (leaveRunning) throw excluded("--lazy-pages and --leave-running");
        if (prevImagesDir !== undefined) throw excluded("--lazy-pages and --prev-images-dir");
        if (place.socket !== undefined) return;
        const listening = PageSocket.listen(host, place.address ?? ANY_ADDRESS, place.port ?? 0);
        socket = listening;
        onResume(() => listening.close());
      });
      imagesPublished.tapPromise("lazy-pages", async (tree, context) => {
        const place = context.options.lazyPages;
        if (place === undefined) return;
        await callTaps(servingPages, socket?.port ?? 0, context);
        try {
          await servePages(context.host, await connectionOf(place, socket), new MemoryOfTree(tree, context));
        } catch (error) {
          throw asRestoreError(error, { hint: LEFT_HINT });
        }
        socket?.close();
      });
    },
  });
}

async function connectionOf(place: PageServerPlace, socket: PageSocket | undefined): Promise<number> {
  if (place.socket !== undefined) return place.socket;
  if (socket === undefined) throw new Error("Nothing listens for a lazy-pages daemon");
  return await socket.acceptPatiently();
}

/** Memory that is still in the stopped tasks. */
class MemoryOfTree implements ServedPages {
  readonly #tree: SeizedTree;
  readonly #context: DumpContext;
  /** The process of each task, and what it still has, in ascending order. */
  readonly #tasks: ReadonlyMap<number, { readonly process: number; readonly ranges: readonly AddressRange[] }>;

  constructor(tree: SeizedTree, context: DumpContext) {
    this.#tree = tree;
    this.#context = context;
    const of = (pid: number) => context.images.image("pagemap", pid).map(({ value }) => value as PagemapEntry);
    this.#tasks = new Map(
      tree.alive.map(({ pid, hostPid }) => [pid, { process: hostPid, ranges: of(pid).flatMap(leftRange) }]),
    );
  }

  find(pid: number, address: number, length: number): number {
    const range = this.#tasks.get(pid)?.ranges.find(({ start, end }) => start <= address && address < end);
    return range === undefined ? 0 : Math.min(length, range.end - address);
  }

  nameOf(pid: number): string {
    return this.#tree.tasks.find((task) => task.pid === pid)?.name ?? taskName(pid, undefined);
  }

  send(pid: number, address: number, length: number, socket: number): void {
    const process = this.#tasks.get(pid)?.process;
    if (process === undefined) return;
    this.#context.seizer.copyPages(process, [{ start: address, end: address + length }], { file: socket, seen() {} });
  }
}

/** The range of an entry whose pages are in no image. */
function leftRange({ vaddr, nr_pages = 0n, flags }: PagemapEntry): readonly AddressRange[] {
  const start = Number(vaddr);
  return flags === pageFlags.PE_LAZY ? [{ start, end: start + Number(nr_pages) * PAGE_SIZE }] : [];
}
