import { generateKeyPairSync } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { describeUnless } from "../support/requirements.ts";
import { privateDirectory } from "../support/temporary-directory.ts";
import { type FleetHost, noTwoHosts, startTwoHosts } from "../support/two-hosts.ts";

/** For a loaded machine, in milliseconds. */
const PATIENCE = 180_000;
/** The number tells the program from others. */
const PROGRAM = "sleep 86415";

describeUnless(noTwoHosts, "a host that trusts signers", () => {
  it("carries out what they have signed, also a migration, and nothing else", { timeout: PATIENCE }, async () => {
    const [trusted, stranger] = [makeKey(), makeKey()];
    const { desk, left, right, restage } = await startTwoHosts({}, { signers: [trusted.publicKey] });
    // A high pid, which is free on the other host.
    const start = `echo 20000 > /proc/sys/kernel/ns_last_pid; setsid ${PROGRAM} < /dev/null > /dev/null 2>&1 & echo $!`;
    const pid = left.host.run("sh", "-c", start).trim();
    restage(left.host, "checkpoint", pid, "--to", "sleep/one", "--no-config");

    const run = (name: string, ...words: readonly string[]) =>
      restage(desk, "fleet", "run", "sleep/one", name, "--label", "host=left", ...words);
    const refusal = "The policy of this host refuses the order: nobody whom it trusts has signed it";
    expect(() => run("unsigned")).toThrow(refusal);
    expect(() => run("strange", "--sign-key", stranger.privateKey)).toThrow(refusal);
    expect(runsOn(left)).toBe(false);
    expect(run("signed", "--sign-key", trusted.privateKey)).toMatch(`signed: restore done on left, pid ${pid}`);

    expect(() => restage(desk, "fleet", "migrate", "signed", "right")).toThrow(refusal);
    expect(runsOn(left)).toBe(true);
    const migrate = restage(desk, "fleet", "migrate", "signed", "right", "--sign-key", trusted.privateKey);
    expect(migrate).toMatch(`migrate done on left, to right, pid ${pid}`);
    expect([runsOn(left), runsOn(right)]).toEqual([false, true]);
  });
});

/** Makes the files of a key pair. */
function makeKey(): { readonly publicKey: string; readonly privateKey: string } {
  const place = privateDirectory("fleet-key");
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const files = { publicKey: join(place, "orders.pub"), privateKey: join(place, "orders.key") };
  writeFileSync(files.publicKey, publicKey.export({ type: "spki", format: "pem" }));
  writeFileSync(files.privateKey, privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
  return files;
}

function runsOn({ host }: FleetHost): boolean {
  return host.run("ps", "-A", "-o", "args").includes(PROGRAM);
}
