import {
  data,
  definePlugin,
  type Host,
  output,
  type PageServerPlace,
  type PagesRequest,
  type PagesWriter,
  type Plugin,
  RestoreError,
} from "@restage/core";
import { encodePageMessage, type PageMessage, pagesImageNumber } from "@restage/images";
import { errnoText, MSG, PAGE_SIZE } from "@restage/linux/abi";
import { excluded } from "./excluded.ts";
import { connectToPageServer, LOCAL_ADDRESS, limitWaits } from "./page-socket.ts";

/** How long a page server can take for an answer, in milliseconds. */
const PATIENCE = 30_000;

/** With --page-server: memory goes to a page server, Restage's or CRIU's, and not to the images. */
export function pageServer(): Plugin {
  return definePlugin({
    name: "page-server",
    duty: "page-server",
    phases: { inspect: "with --page-server, connects to the page server" },
    dump({ phases, pagesWriter, imagesWritten }) {
      let server: PageServer | undefined;
      phases.inspect.tree.tap("page-server", (_tree, { options, host, dryRun, onResume }) => {
        const { pageServer: place, lazyPages, prevImagesDir } = options;
        if (place === undefined || dryRun) return;
        if (lazyPages !== undefined) throw excluded("--page-server and --lazy-pages");
        if (prevImagesDir !== undefined) throw excluded("--page-server and --prev-images-dir");
        const connected = new PageServer(host, place);
        server = connected;
        onResume(() => connected.close());
      });
      pagesWriter.tap("page-server", (request) => server?.open(request));
      imagesWritten.tap("page-server", () => server?.finish());
    },
  });
}

/** A page server to which memory is sent. */
class PageServer {
  readonly #host: Host;
  readonly #place: PageServerPlace;
  #socket: number | undefined;

  constructor(host: Host, place: PageServerPlace) {
    this.#host = host;
    this.#place = place;
    const { address = LOCAL_ADDRESS, port = 0, socket } = place;
    // The tree is stopped meanwhile.
    if (socket !== undefined) limitWaits(host, socket, PATIENCE);
    this.#socket = socket ?? connectToPageServer(host, address, port, PATIENCE);
  }

  open({ kind, id }: PagesRequest): PagesWriter {
    const target = pagesImageNumber(kind, id);
    this.#send({ command: "open2", target });
    // Whether the server has an earlier dump does not matter: all pages are sent.
    this.#receive(1);
    return {
      content: { file: this.#connected(), seen: () => {} },
      add: ({ start, end }, flags) => {
        this.#send({ command: "add", flags, address: BigInt(start), pages: (end - start) / PAGE_SIZE, target });
      },
      close: () => {},
    };
  }

  /** Waits until everything is written. */
  finish(): void {
    // A socket that others have open too does not end when it is closed.
    this.#send({ command: this.#place.socket === undefined ? "close" : "force-close" });
    const status = this.#receive(4);
    this.close();
    if (status.some((byte) => byte !== 0)) throw failed("could not write all pages");
  }

  close(): void {
    if (this.#socket !== undefined) this.#host.call.close(this.#socket);
    this.#socket = undefined;
  }

  #send(message: Partial<PageMessage> & Pick<PageMessage, "command">): void {
    const bytes = encodePageMessage(message);
    const sent = this.#host.attempt("sendto", this.#connected(), data(bytes), bytes.length, MSG.NOSIGNAL, 0, 0);
    if (sent !== bytes.length) throw failed(`no longer listens: ${errnoText(-sent)}`);
  }

  #receive(length: number): Uint8Array {
    const answer = output(length);
    const count = this.#host.attempt("recvfrom", this.#connected(), answer, length, MSG.WAITALL, 0, 0);
    if (count === length) return answer.bytes;
    throw failed(count < 0 ? `does not answer: ${errnoText(-count)}` : "has closed the connection");
  }

  #connected(): number {
    if (this.#socket === undefined) throw new Error("The page server is not connected");
    return this.#socket;
  }
}

function failed(why: string): RestoreError {
  return new RestoreError("ERR_IMAGE", `Cannot send memory to the page server: it ${why}`, {
    hint: "look at the output of the page server; the tree resumes unchanged",
  });
}
