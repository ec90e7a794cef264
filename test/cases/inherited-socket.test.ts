import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { dumpCase, restoreProgram, verdictOf } from "./case.ts";
import { describeDumped } from "./dumpers.ts";

describeDumped("a socket that the caller passes", () => {
  it("replaces the socket that was external at the checkpoint", async () => {
    const nameOf = (directory: string) => readFileSync(join(directory, "socket-name"), "utf8");
    const program = await dumpCase("inherited-socket", {
      flagsFor: (directory) => ["--external", nameOf(directory).replace("socket:", "unix")],
    });
    await expect(restoreProgram(program)).rejects.toHaveProperty("hint", expect.stringContaining("--inherit-fd"));
    const path = join(program.directory, "outside");
    const heard = new Promise<string>((resolve) => {
      const server = createServer((connection) => {
        connection.on("data", (bytes) => resolve(String(bytes)));
        connection.on("data", () => connection.write("from outside"));
      });
      server.listen(path);
      onTestFinished(() => void server.close());
    });
    // Paused: the tree must read what arrives, not this process.
    const own = connect(path).pause();
    onTestFinished(() => void own.destroy());
    await once(own, "connect");
    const { fd } = (own as unknown as { readonly _handle: { readonly fd: number } })._handle;
    await restoreProgram(program, { inheritFd: { [nameOf(program.directory)]: fd } });
    expect(await verdictOf(program)).toBe("pass");
    expect(await heard).toBe("from the tree");
  });
});
