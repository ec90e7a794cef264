import { afterAll, afterEach, expect, it } from "vitest";
import { describeUnless, noCriu, noFixtures } from "../support/requirements.ts";
import * as program from "./program.ts";
import { TRIPS } from "./trips.ts";

const DONE = { status: 0, output: "" };
const planned = Object.values(TRIPS).flatMap(({ runtimes }) => runtimes).length;
let returned = 0;
let started: program.Program | undefined;

describeUnless(noFixtures, "a program is unchanged after a checkpoint and a restore", () => {
  for (const [name, trip] of Object.entries(TRIPS)) {
    for (const runtime of trip.runtimes) {
      it(`${name} on ${runtime}`, async () => {
        started = await program.start(name);
        expect(program.checkpoint(started, runtime, trip.checkpoint)).toEqual(DONE);
        expect(program.restore(started, runtime, trip.restore)).toEqual(DONE);
        expect(await program.verdictOf(started)).toBe("pass");
        returned++;
      });
    }
  }

  afterAll(() => {
    process.stderr.write(`round trips: ${returned} of ${planned}\n`);
    expect(returned, "not every planned round trip has passed").toBe(planned);
  });
});

describeUnless(noFixtures ?? noCriu, "CRIU restores Restage's checkpoints", () => {
  for (const [name, trip] of Object.entries(TRIPS)) {
    it(name, async () => {
      started = await program.start(name);
      expect(program.checkpoint(started, "node", trip.checkpoint)).toEqual(DONE);
      expect(await program.restoreByCriu(started, trip.restore)).toEqual(DONE);
      expect(await program.verdictOf(started)).toBe("pass");
    });
  }
});

afterEach(async () => {
  if (started !== undefined) await program.forget(started.name);
  started = undefined;
});
