import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Journal } from "../src/agent/journal.ts";
import { AttemptFailure, FinalFailure, Task, type Workplace } from "../src/agent/task.ts";
import { WORK } from "../src/agent/work.ts";
import { newOrder } from "../src/orders/order.ts";
import { newRecord } from "../src/orders/state.ts";
import { scratch } from "./support/checkpoint.ts";

describe("a clone whose agent ended after the commit", () => {
  const order = newOrder({ kind: "clone", id: "shop", checkpoint: "web/one" });
  async function resumed(prepare: (journal: Journal) => void): Promise<unknown> {
    const journal = new Journal(join(scratch(), "shop"));
    journal.begin("token");
    prepare(journal);
    const task = new Task({ host: "a" } as Workplace, order, "token", journal);
    return await WORK.clone.resume(task, newRecord(order, "")).catch((error: unknown) => error);
  }

  it("is attempted again if its command was not started", async () => {
    expect(await resumed(() => {})).toBeInstanceOf(AttemptFailure);
  });

  it("is not attempted again if its command may have been started: it may run", async () => {
    const failure = await resumed((journal) => journal.mark("cloning"));
    expect(failure).toBeInstanceOf(FinalFailure);
    expect(failure).not.toBeInstanceOf(AttemptFailure);
    expect(failure).toMatchObject({ message: expect.stringContaining("shop was about to run: it may have run") });
  });
});
