import { spawn, spawnSync } from "node:child_process";
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import type { RestoredTree } from "@restage/core";
import { expect, it, onTestFinished } from "vitest";
import { kill } from "../support/end.ts";
import { NOBODY } from "../support/requirements.ts";
import { COMMAND, restage } from "../support/restage.ts";
import { privateDirectory, temporaryDirectory } from "../support/temporary-directory.ts";
import { until } from "../support/until.ts";
import { dumpCase, verdictOf } from "./case.ts";
import { describeDumped } from "./dumpers.ts";

/** Starts a service for a program, with a plugin that writes what each clone is. */
async function serve(images: string) {
  const directory = temporaryDirectory("serve");
  const [address, seen] = [join(directory, "socket"), join(directory, "seen")];
  const config = join(privateDirectory("serve"), "restore.config.mjs");
  writeFileSync(
    config,
    `import { appendFileSync } from "node:fs";
     const seeing = { name: "seeing", apply({ commit, clone }) {
       commit.tap("seeing", () => appendFileSync(${JSON.stringify(seen)}, clone.number + " " + clone.values.tenant + "\\n"));
     } };
     export default { plugins: [seeing] };`,
  );
  const words = ["serve", images, "--new-pid-namespace", "--address", address, "--config", config];
  const service = spawn(process.execPath, [COMMAND, ...words], { stdio: "inherit" });
  onTestFinished(() => void service.kill("SIGKILL"));
  await until(() => existsSync(address), "the service listens");
  return { address, service, seen: () => readFileSync(seen, "utf8"), directory };
}

/** Sends a line to a service. */
function ask(address: string, line: string): Promise<unknown> {
  return new Promise((answered, failed) => {
    const socket = connect({ path: address }, () => socket.write(`${line}\n`));
    socket.on("data", (bytes) => answered(JSON.parse(String(bytes))));
    socket.on("error", failed);
  });
}

describeDumped(
  "a service of clones",
  () => {
    it("makes clones for restage clone, and ends with its socket", async () => {
      const program = await dumpCase("lone-task");
      const { address, service, seen, directory } = await serve(program.images);
      expect(statSync(address).mode & 0o777).toBe(0o600);
      const pidfile = join(directory, "pid");
      const first = restage(["clone", "--address", address, "--value", "tenant=seven", "--pidfile", pidfile]);
      expect(first.status, first.stderr).toBe(0);
      onTestFinished(() => kill(Number(first.stdout)));
      expect(readFileSync(pidfile, "utf8")).toBe(first.stdout.trim());
      const second = restage(["clone", "--address", address, "--json"]);
      const tree = JSON.parse(second.stdout) as RestoredTree;
      onTestFinished(() => kill(tree.child));
      expect(seen()).toBe("1 seven\n2 undefined\n");

      // The pidfile of the first clone is still there.
      const third = restage(["clone", "--address", address, "--pidfile", pidfile]);
      expect(third).toMatchObject({ status: 1, stderr: expect.stringContaining(pidfile) });
      expect(third.stderr).toMatch(/^ERR_\w+: .*\n {2}(in|hint)/);

      const ended = new Promise((resolve) => service.once("exit", resolve));
      service.kill("SIGTERM");
      expect(await ended).toBe(0);
      expect(existsSync(address)).toBe(false);
      const late = restage(["clone", "--address", address]);
      expect(late).toMatchObject({ status: 2, stderr: expect.stringContaining("No service answers") });
      kill(Number(first.stdout));
      expect(await verdictOf(program)).toBe("pass");
    });

    it("refuses other users, and requests that it does not understand", async () => {
      const program = await dumpCase("lone-task");
      const { address, directory } = await serve(program.images);
      expect(await ask(address, '{"value":{}}')).toMatchObject({ error: { code: "ERR_OPTION" } });
      expect(await ask(address, "clone")).toMatchObject({ error: { code: "ERR_OPTION" } });
      for (const path of [directory, address]) chmodSync(path, 0o777);
      const script = `require("node:net").connect(${JSON.stringify(address)}).on("data", (text) => console.log(String(text)))`;
      const { stdout } = spawnSync(process.execPath, ["-e", script], { uid: NOBODY, cwd: "/", encoding: "utf8" });
      expect(JSON.parse(stdout)).toMatchObject({ error: { message: expect.stringContaining("User 65534") } });
    });
  },
  undefined,
  ["Restage"],
);
