import { afterAll, afterEach, describe, expect, it } from "vitest";
import * as program from "./program.ts";
import { TRIPS } from "./trips.ts";

const { missing, criu } = program;
if (missing !== undefined) console.warn(`skipped: round trips of programs (${missing})`);
if (criu === undefined) console.warn("skipped: restores by CRIU (CRIU=PATH names none)");

const DONE = { status: 0, output: "" };
const planned = Object.values(TRIPS).flatMap(({ runtimes }) => runtimes).length;
let returned = 0;
let started: program.Program | undefined;

describe.skipIf(missing !== undefined)("a program that was checkpointed and restored finds itself as it was", () => {
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
    expect(returned, "fewer programs returned than there are").toBe(planned);
  });
});

describe.skipIf(missing !== undefined || criu === undefined)("CRIU restores what Restage has checkpointed", () => {
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
