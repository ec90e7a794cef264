import { createHash } from "node:crypto";
import { createServer, type ServerResponse } from "node:http";
import { RestoreError } from "@restage/core";
import type { Fleet } from "../fleet.ts";
import { reason } from "../reason.ts";
import type { Store } from "../store/store.ts";
import { readFleetState } from "./fleet-state.ts";
import { printMetrics, StageTimes } from "./metrics.ts";
import { PAGE } from "./page.ts";

/** A dashboard that is being served. */
export interface Dashboard {
  readonly port: number;
  close(): void;
}

/** How many events a browser that connects gets at once. */
const LATEST = 100;

/** The page runs its own script and asks this server, and nothing else. */
const POLICY = `default-src 'none'; style-src 'unsafe-inline'; connect-src 'self'; script-src 'sha256-${digestOfScript()}'`;

/**
 * Serves a page that shows the fleet. It can change nothing.
 *
 * Throws ERR_OPTION if the address cannot be used.
 */
export async function serveDashboard(fleet: Fleet, store: Store, host: string, port: number): Promise<Dashboard> {
  const browsers = new Set<ServerResponse>();
  const latest: string[] = [];
  const times = new StageTimes();
  const stop = fleet.queue.watch((order, event) => {
    times.add(event);
    const message = `data: ${JSON.stringify({ ...event, order })}\n\n`;
    latest.push(message);
    if (latest.length > LATEST) latest.shift();
    for (const browser of browsers) browser.write(message);
  });
  const server = createServer(async ({ url, method, headers }, response) => {
    const answer = (status: number, type: string, body: string) => {
      response.writeHead(status, {
        "content-type": type,
        "content-security-policy": POLICY,
        "cache-control": "no-store",
      });
      response.end(body);
    };
    // A page of another site that has a name for this address must not read it.
    if (method !== "GET" || !isOwn(headers.host ?? "")) return answer(403, "text/plain", "refused");
    if (url === "/") return answer(200, "text/html; charset=utf-8", PAGE);
    if (url === "/events") {
      response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
      response.write(latest.join("") || ": none yet\n\n");
      browsers.add(response);
      response.once("close", () => browsers.delete(response));
      return;
    }
    if (url !== "/state" && url !== "/metrics") return answer(404, "text/plain", "not found");
    try {
      const state = await readFleetState(fleet, store);
      if (url === "/state") answer(200, "application/json", JSON.stringify(state));
      else answer(200, "text/plain; version=0.0.4", printMetrics(state, times));
    } catch (error) {
      answer(503, "text/plain", reason(error));
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => {
      const message = `Cannot serve the dashboard on ${host}:${port}: ${reason(cause)}`;
      reject(new RestoreError("ERR_OPTION", message, { hint: "choose another address with --dashboard", cause }));
    });
    server.listen(port, host, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === "object" ? (address?.port ?? port) : port,
    close: () => {
      stop();
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Whether a request names an address, or this machine, and not a name that anybody can point to this address. */
function isOwn(host: string): boolean {
  return /^(localhost|[\d.]+|\[[\da-f:]+\])(:\d+)?$/i.test(host);
}

function digestOfScript(): string {
  const [, script = ""] = /<script type="module">([\s\S]*)<\/script>/.exec(PAGE) ?? [];
  return createHash("sha256").update(script).digest("base64");
}
