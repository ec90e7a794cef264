import { expect, it } from "vitest";
import { describeUnless, noFixtures } from "../support/requirements.ts";
import { fuzz } from "./fuzz.ts";

/** Always the same cases: other ones are `npm run fuzz`'s. */
const CASES = { seed: 1, count: 200, seconds: 25, patience: 10_000, leaves: false };

describeUnless(noFixtures, "an image with an odd field", () => {
  it("is restored or refused by name, and nothing is left of it", async () => {
    const { restored, refused, problems } = await fuzz(CASES);
    console.log(`${restored} restored, ${refused} refused`);
    expect(problems).toEqual([]);
    expect(restored).toBeGreaterThan(0);
    expect(refused).toBeGreaterThan(0);
  });

  it("is reported with its seed when its restore leaves something", async () => {
    const { problems } = await fuzz({ ...CASES, count: 1, patience: 100, leaves: true });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^seed 1: .+: .+ entry /);
    for (const kind of ["file /tmp/left-", "mount ", "process "]) expect(problems[0]).toContain(`left: ${kind}`);
  });
});
