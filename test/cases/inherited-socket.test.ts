import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type DumpedProgram, dumpProgram, forget, missing, restoreProgram, verdictOf } from "./case.ts";

const programs: DumpedProgram[] = [];
const undos: (() => void)[] = [];
afterEach(() => {
  for (const undo of undos.splice(0)) undo();
  for (const program of programs.splice(0)) forget(program);
});

describe.skipIf(missing !== undefined)(
  `sockets that the caller hands over${missing === undefined ? "" : ` (SKIPPED: ${missing})`}`,
  () => {
    it("restores inherited-socket", async () => {
      const nameOf = (directory: string) => readFileSync(join(directory, "socket-name"), "utf8");
      const source = join(import.meta.dirname, "inherited-socket");
      const program = await dumpProgram(source, (at) => ["--external", nameOf(at).replace("socket:", "unix")]);
      programs.push(program);
      await expect(restoreProgram(program)).rejects.toHaveProperty("hint", expect.stringContaining("--inherit-fd"));
      const path = join(program.directory, "outside");
      const heard = new Promise<string>((resolve) => {
        const server = createServer((connection) => {
          connection.on("data", (bytes) => resolve(String(bytes)));
          connection.on("data", () => connection.write("from outside"));
        });
        server.listen(path);
        undos.push(() => server.close());
      });
      // What comes is for the tree.
      const own = connect(path).pause();
      undos.push(() => own.destroy());
      await once(own, "connect");
      const { fd } = (own as unknown as { readonly _handle: { readonly fd: number } })._handle;
      await restoreProgram(program, { inheritFd: { [nameOf(program.directory)]: fd } });
      expect(await verdictOf(program)).toBe("pass");
      expect(await heard).toBe("from the tree");
    });
  },
);
