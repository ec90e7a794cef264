import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { surveyAll } from "../support/container-fixture.ts";
import { restoreWithCriu } from "../support/criu.ts";
import { expectNothingLeft, survey } from "../support/leftovers.ts";
import { itUnless, noCriu } from "../support/requirements.ts";
import { run } from "../support/restage.ts";
import { until } from "../support/until.ts";
import { type DumpedProgram, dumpCase, restoreProgram, restoreThatDies, verdictOf } from "./case.ts";
import { describeDumped } from "./dumpers.ts";
import { mountDifference } from "./mount-difference.ts";

/** The user that is root in user namespaces. */
const USER = 100_000;

describeDumped("mounts", () => {
  const dumpStatic = (name: string) => dumpCase(name, { compiler: ["-static"] });

  async function expectRestored(program: DumpedProgram): Promise<void> {
    await restoreProgram(program, { root: program.directory });
    const verdict = await verdictOf(program);
    expect(mountDifference(program)).toBe("");
    expect(verdict).toBe("pass");
  }

  it("of all kinds are restored, with their content", async () => {
    const program = await dumpStatic("mounts");
    await expectRestored(program);
    expect(existsSync(join(program.directory, "gone"))).toBe(false);
  });

  it("of a tmpfs with other mounts on it are restored, with the content below them", async () => {
    await expectRestored(await dumpStatic("below-mounts"));
  });

  it("that other mounts hide are restored with their content", async () => {
    await expectRestored(await dumpStatic("hidden-mounts"));
  });

  it("that show one file twice are restored, with files without names that are open through both", async () => {
    await expectRestored(await dumpCase("links-between-mounts", { compiler: ["-static"], flags: ["--link-remap"] }));
  });

  it("of autofs are served by their daemon", async () => {
    await expectRestored(await dumpStatic("automounts"));
  });

  it("without /proc are restored, with files that are opened again through it", async () => {
    await expectRestored(await dumpStatic("no-proc"));
  });

  it("of several connected mount namespaces are restored, with the open files of their tasks", async () => {
    await expectRestored(await dumpStatic("mount-namespaces"));
  });

  // CRIU takes only a mount point as the root directory.
  itUnless(noCriu, "of several connected mount namespaces are restored by CRIU", async () => {
    const program = await dumpStatic("mount-namespaces");
    const { directory, images } = program;
    expect(run(["mount", "--bind", directory, directory]).status).toBe(0);
    restoreWithCriu(images, ["--root", directory, "--manage-cgroups=ignore"]);
    const verdict = await verdictOf(program);
    expect(mountDifference(program)).toBe("");
    expect(verdict).toBe("pass");
  });

  it.each([
    ["mounts", "mountsReady"],
    ["mounts", "PREPARE_NAMESPACES"],
    ["mount-namespaces", "mountsReady"],
    ["mount-namespaces", "RESTORE"],
  ] as const)("of case %s leave nothing behind when the coordinator is killed at %s", async (name, moment) => {
    const program = await dumpStatic(name);
    const namesIn = () => readdirSync(program.directory, { recursive: true }).sort();
    const names = namesIn();
    const before = surveyAll();
    const left = survey();
    const { signal, stderr } = run(restoreThatDies(program, moment, { root: program.directory }));
    expect(signal, stderr).toBe("SIGKILL");
    await until(() => namesIn().length === names.length, "files that were deleted at the checkpoint are gone again");
    expect(namesIn()).toEqual(names);
    await expectNothingLeft(left);
    await until(() => surveyAll().join() === before.join(), "every new namespace is gone");
  });
});

describeDumped(
  "a tmpfs",
  () => {
    it("is restored with the extended attributes of its files (tmpfs-attributes)", async () => {
      const program = await dumpCase("tmpfs-attributes", { compiler: ["-static"] });
      await restoreProgram(program, { root: program.directory });
      expect(await verdictOf(program)).toBe("pass");
    });
  },
  undefined,
  ["Restage"],
);

// CRIU saves formats only if it was built with CONFIG_BINFMT_MISC_VIRTUALIZED.
describeDumped(
  "mounts",
  () => {
    it("of binfmt_misc in a user namespace have their formats", async () => {
      const prepare = (directory: string) => {
        chmodSync(join(directory, ".."), 0o755);
        for (const name of ["proc", "formats"]) mkdirSync(join(directory, name));
        for (const name of [".", "proc", "formats"]) chownSync(join(directory, name), USER, USER);
      };
      const program = await dumpCase("binary-formats", { compiler: ["-static"], prepare });
      await restoreProgram(program, { root: program.directory });
      expect(await verdictOf(program)).toBe("pass");
    });
  },
  readFileSync("/proc/filesystems", "utf8").includes("binfmt_misc") ? undefined : "needs binfmt_misc",
  ["Restage"],
);
