// A Node web server counts its visitors in memory; it is checkpointed, is gone, and goes on counting.
//
//   npx jiti examples/web-server/start.ts
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

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

const restage = fileURLToPath(new URL("../../packages/cli/dist/restage.js", import.meta.url));
const place = mkdtempSync(join(tmpdir(), "restage-web-"));
const images = join(place, "checkpoint");

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

function run(...args: readonly string[]): void {
  console.log(`$ restage ${args.join(" ")}`);
  const { status } = spawnSync(process.execPath, [restage, ...args], { stdio: ["ignore", "inherit", "inherit"] });
  if (status !== 0) throw new Error(`restage ended with ${status}`);
}

let pid = 0;
try {
  const output = openSync(join(place, "messages"), "a");
  const server = spawn(process.execPath, ["-e", SERVER], {
    cwd: place,
    detached: true,
    stdio: ["ignore", output, output],
  });
  closeSync(output);
  pid = server.pid ?? 0;
  for (const path of ["/tea", "/tea", "/cake"]) console.log(await visit(path));
  mkdirSync(images);
  const ended = once(server, "exit");
  run("checkpoint", String(pid), "-D", images);
  await ended;
  console.log(existsSync(`/proc/${pid}/exe`) ? "it is still there" : "it is gone");
  run("restore", "-d", "-D", images);
  for (const path of ["/tea", "/cake"]) console.log(await visit(path));
} finally {
  if (existsSync(`/proc/${pid}`)) process.kill(pid, "SIGKILL");
  rmSync(place, { recursive: true, force: true });
}
