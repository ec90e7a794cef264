// Checkpoints a Node web server that counts its visitors in memory, and restores it: it continues counting.
//
//   npm run example web-server
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { end, inNewDirectory, restage, runExample, runs, startInBackground } from "../support.ts";

const PORT = 8096;
const SERVER = `
const visitors = new Map();
require("node:http").createServer((request, response) => {
  const count = (visitors.get(request.url) ?? 0) + 1;
  visitors.set(request.url, count);
  response.setHeader("connection", "close");
  response.end("visit " + count + " of " + request.url + "\\n");
}).listen(${PORT}, "127.0.0.1");
`;

async function visit(path: string): Promise<string> {
  for (let tries = 0; ; tries++) {
    try {
      const answer = await fetch(`http://127.0.0.1:${PORT}${path}`, { signal: AbortSignal.timeout(5000) });
      return (await answer.text()).trim();
    } catch (error) {
      if (tries === 50) throw error;
      await sleep(100);
    }
  }
}

await runExample(() =>
  inNewDirectory(async (place) => {
    const pid = startInBackground(place, "node", "-e", SERVER);
    try {
      for (const path of ["/tea", "/tea", "/cake"]) console.log(await visit(path));
      mkdirSync(join(place, "checkpoint"));
      await restage(place, "checkpoint", String(pid), "-D", "checkpoint");
      console.log(runs(pid) ? "the server still runs" : "the server is gone");
      await restage(place, "restore", "-d", "-D", "checkpoint");
      for (const path of ["/tea", "/cake"]) console.log(await visit(path));
    } finally {
      await end(pid);
    }
  }),
);
