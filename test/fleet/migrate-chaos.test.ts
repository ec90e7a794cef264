import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import { seeded } from "../../packages/fleet/test/support/checkpoint.ts";
import { isOn, pick, processes, run } from "../support/chaos.ts";
import { kill } from "../support/end.ts";
import { describeUnless } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { noTwoHosts, startTwoHosts } from "../support/two-hosts.ts";
import { until } from "../support/until.ts";

/** More migrations, and another course of events: `RESTAGE_CHAOS=50,7`. */
const [MIGRATIONS = 4, SEED = 1] = (process.env["RESTAGE_CHAOS"] ?? "").split(",").filter(Boolean).map(Number);

/** After how long a victim is killed, in milliseconds, if not at a moment. A migration takes longer. */
const DURATION = 5000;
const VICTIMS = ["source", "target", "command"] as const;
/** The moments between which a migration is decided: what an agent prints then. */
const MOMENTS = [
  { of: "source", text: ": take -> taken" },
  { of: "target", text: ": take -> taken" },
  { of: "source", text: ": commit -> committed" },
  { of: "target", text: ": commit -> committed" },
  { of: "target", text: ": finish -> done" },
  undefined,
] as const;

/** Adds a line to a file of both hosts, again and again. The number tells the program from others. */
const COUNTER = "i=0; while :; do i=$((i + 1)); echo $i >> lines; sleep 0.05; : 86414; done";

describeUnless(noTwoHosts, "a tree that migrates while agents and commands are killed at random", () => {
  it(`runs on after each of ${MIGRATIONS} migrations, and never twice (seed ${SEED})`, {
    timeout: 240_000 + MIGRATIONS * 60_000,
  }, async () => {
    const random = seeded(SEED);
    const { desk, left, right, restage, command } = await startTwoHosts({});
    const place = temporaryDirectory("fleet");
    // A high pid, which is free on the other host.
    const start = `cd ${place}; echo 20000 > /proc/sys/kernel/ns_last_pid; setsid sh -c '${COUNTER}'`;
    const pid = left.host.run("sh", "-c", `${start} < /dev/null > /dev/null 2>&1 & echo $!`).trim();
    onTestFinished(() => trees().forEach(kill));
    restage(left.host, "checkpoint", pid, "--to", "counter/one", "--no-config");
    restage(left.host, "fleet", "run", "counter/one", "counter", "--label", "host=left");

    const outcomes: string[] = [];
    for (let number = 1; number <= MIGRATIONS; number += 1) {
      const from = trees().some((tree) => isOn(left, tree)) ? left : right;
      const to = from === left ? right : left;
      const migrated = run(command(desk, "fleet", "migrate", "counter", to.host.name));
      const moment = pick(MOMENTS, random);
      const victim = pick(VICTIMS, random);
      if (moment === undefined) await sleep(random() * DURATION);
      else {
        const { agent } = moment.of === "source" ? from : to;
        const start = agent.output.length;
        let isOver = false;
        void migrated.then(() => {
          isOver = true;
        });
        while (!isOver && !agent.output.slice(start).includes(moment.text)) await sleep(1);
      }
      if (victim === "command") commands().forEach(kill);
      else {
        const { agent } = victim === "source" ? from : to;
        await agent.kill();
        await sleep(random() * 1000);
        await agent.start();
      }
      const outcome = (await migrated).output;
      outcomes.push(`${victim} at ${JSON.stringify(moment)}: ${outcome}`);
      const story = [...outcomes, left.agent.output, right.agent.output].join("\n");
      await until(() => trees().length === 1, `one tree is left\n${story}`);
      const before = lines(place).length;
      await until(() => lines(place).length > before, `it runs on\n${story}`);
      // A tree that had run twice, or had lost something, would not have counted like this.
      expect(lines(place), story).toEqual(lines(place).map((_, index) => String(index + 1)));
    }
    console.log(outcomes.join("\n"));
  });
});

function lines(place: string): readonly string[] {
  return readFileSync(join(place, "lines"), "utf8").trim().split("\n");
}

/** The counters of this machine, on whatever host. */
function trees(): readonly number[] {
  return processes((words) => words[0] === "sh" && words[2] === COUNTER);
}

/** The commands that save a tree now. */
function commands(): readonly number[] {
  return processes((words) => words.includes("checkpoint") && words.includes("--confirm-fd"));
}
