import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { isOn, processes } from "../support/chaos.ts";
import { kill } from "../support/end.ts";
import { describeUnless } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { noTwoHosts, startTwoHosts } from "../support/two-hosts.ts";
import { until } from "../support/until.ts";

/** The program of the tree: the number tells it from others. */
const PROGRAM = "sleep 86415";
const CONFIG = { newPidNamespace: true };

describeUnless(noTwoHosts, "a host that is cut off while it restores a tree", () => {
  it("rolls its restore back when it finds that another host runs the tree", async () => {
    const { desk, left, right, network, restage } = await startTwoHosts(CONFIG);
    onTestFinished(() => trees().forEach(kill));
    const start = `setsid ${PROGRAM} < /dev/null > /dev/null 2>&1 & echo $!`;
    restage(left.host, "checkpoint", left.host.run("sh", "-c", start).trim(), "--to", "sleep/one", "--no-config");

    const mayGoOn = join(temporaryDirectory("fleet"), "may-go-on");
    left.configure(CONFIG, waitingFor(mayGoOn));
    await right.agent.kill();
    restage(desk, "fleet", "run", "sleep/one", "web", "-d");
    await until(() => left.agent.output.includes("web: take -> taken"), "the first host takes the order");
    await until(() => trees().some((pid) => isOn(left, pid)), "it restores the tree");
    network.cut(left.host);
    await right.agent.start();
    await until(() => right.agent.output.includes("web: finish -> done"), "another host carries the order out");
    network.mend(left.host);
    writeFileSync(mayGoOn, "");
    await until(() => /web: (release|finish|fail)\b/.test(left.agent.output), "the first host ends its restore");

    const story = [left.agent.output, right.agent.output].join("\n");
    const places = trees().map((pid) => (isOn(left, pid) ? "left" : "right"));
    expect(places, story).toEqual(["right"]);
    expect(left.agent.output).toContain("web: commit rejected");
  });
});

/** JavaScript of a plugin whose restores wait for a file. */
function waitingFor(file: string): string {
  const exists = `process.getBuiltinModule("node:fs").existsSync(${JSON.stringify(file)})`;
  const wait = `async () => { while (!${exists}) await new Promise((done) => setTimeout(done, 20)); }`;
  return `[{ name: "waiting", apply: ({ stages }) => void stages.RESTORE.leave.tapPromise("waiting", ${wait}) }]`;
}

/** The root tasks of the tree, on whatever host. */
function trees(): readonly number[] {
  return processes((words) => words.slice(0, -1).join(" ") === PROGRAM);
}
