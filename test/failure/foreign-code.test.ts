import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { beforeEach, expect, it } from "vitest";
import { describeUnless, itUnless, NOBODY, noNobody, noRoot, succeeds } from "../support/requirements.ts";
import { COMMAND, restage, run } from "../support/restage.ts";
import { privateDirectory, temporaryDirectory } from "../support/temporary-directory.ts";

const noUsers = noRoot ?? (succeeds("setpriv") ? undefined : "needs setpriv to become another user");

/** Runs a shell command as the user nobody. */
function asNobody(command: string, cwd: string) {
  return run(["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups", "sh", "-c", command], cwd);
}

/** A configuration that says that it ran. */
const config = (mark: string) => `
import "./local.ts";
import "./native.mjs";
import "./required.cjs";
require("node:fs").writeFileSync(${JSON.stringify(mark)}, "ran");
export default { images: "/no/such/images" };`;

describeUnless(noUsers, "a configuration and the user nobody", () => {
  it("root refuses one of nobody above the working directory, and does not run it", () => {
    const directory = temporaryDirectory("foreign");
    chmodSync(directory, 0o777);
    const text = "require('node:fs').writeFileSync('/tmp/restage-foreign-ran', ''); export default {};";
    asNobody(`echo "${text}" > restore.config.ts; mkdir work`, directory);
    const { status, stderr } = restage(["inspect"], join(directory, "work"));
    expect(stderr).toMatch(/^ERR_CONFIG: Cannot use .*restore\.config\.ts: /);
    expect(stderr).toContain("--no-config");
    expect(status).toBe(2);
    expect(existsSync("/tmp/restage-foreign-ran")).toBe(false);
    for (const option of ["--no-config", "--no-default-config"])
      expect(restage(["inspect", option], join(directory, "work")).stderr).toContain("Name a checkpoint");
  });

  itUnless(noNobody, "the user nobody can use one of root", () => {
    const directory = temporaryDirectory("of-root");
    chmodSync(directory, 0o755);
    const file = "/etc/restage-test.config.json";
    writeFileSync(file, '{ "images": "/no/such/images" }', { mode: 0o644 });
    try {
      const { stderr } = asNobody(`exec ${process.execPath} ${COMMAND} inspect --config ${file}`, directory);
      expect(stderr).toContain("/no/such/images");
    } finally {
      rmSync(file);
    }
  });

  let directory: string;
  let mark: string;
  const inspect = () => restage(["inspect", "--config", join(directory, "own/restore.config.ts")], directory).stderr;
  beforeEach(() => {
    directory = privateDirectory("foreign");
    mark = join(directory, "ran");
    mkdirSync(join(directory, "own"));
    writeFileSync(join(directory, "own/restore.config.ts"), config(mark));
    writeFileSync(join(directory, "own/local.ts"), "export const a: number = 1;");
    writeFileSync(join(directory, "own/native.mjs"), 'import "./nested.mjs";');
    writeFileSync(join(directory, "own/nested.mjs"), "export {};");
    writeFileSync(join(directory, "own/required.cjs"), 'require("./inner.cjs");');
    writeFileSync(join(directory, "own/inner.cjs"), "");
  });

  it("root refuses one if it, or a module or directory on the way, belongs to nobody", () => {
    // Compiled and stored once: what is stored must not be used without a look at its source.
    expect(inspect()).toContain("/no/such/images");
    expect(readFileSync(mark, "utf8")).toBe("ran");
    renameSync(mark, `${mark}-before`);
    for (const name of ["restore.config.ts", "local.ts", "native.mjs", "nested.mjs", "required.cjs", "inner.cjs", ""]) {
      const file = join(directory, "own", name);
      chownSync(file, NOBODY, 0);
      expect(inspect(), name).toMatch(/^ERR_CONFIG: .* belongs to user 65534\n {2}hint: .*`chown 0 .*--no-config/);
      chownSync(file, 0, 0);
    }
    expect(existsSync(mark)).toBe(false);
  });

  it("root refuses one if the group of its directory can write there", () => {
    chmodSync(join(directory, "own"), 0o775);
    expect(inspect()).toMatch(
      /^ERR_CONFIG: .*can be written by others \(mode 775\)\n {2}hint: `chmod go-w .*--no-config/,
    );
    expect(existsSync(mark)).toBe(false);
  });

  it("root refuses one if a symbolic link leads through a directory of nobody", () => {
    const other = privateDirectory("linked");
    renameSync(join(directory, "own"), join(other, "own"));
    chownSync(other, NOBODY, 0);
    symlinkSync(join(other, "own"), join(directory, "own"));
    expect(inspect()).toMatch(/^ERR_CONFIG: /);
    expect(existsSync(mark)).toBe(false);
  });

  it("root refuses one in /tmp, although the sticky bit protects it", () => {
    const other = temporaryDirectory("sticky");
    writeFileSync(join(other, "restore.config.json"), "{}");
    const { stderr } = restage(["inspect"], other);
    expect(stderr).toContain(`${dirname(other)} can be written by others (mode 1777)`);
    expect(stderr).toContain("hint: move it to a directory that only you can write");
  });
});
