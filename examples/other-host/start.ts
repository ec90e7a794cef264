// Restores a web server in its own UTS and network namespaces, with another host name and address.
//
//   npm run example other-host
import { execFileSync } from "node:child_process";
import { PID_IN_NAMESPACES as PID, PORT, showServer } from "../server/place.ts";
import { runExample } from "../support.ts";

/** Runs a program in the namespaces of the web server. */
function inside(...command: readonly string[]): string {
  return execFileSync("nsenter", ["--net", "--uts", "--target", String(PID), ...command], { encoding: "utf8" }).trim();
}

const VISIT = `fetch("http://192.0.2.7:${PORT}").then((answer) => answer.text()).then(console.log)`;

await runExample(() =>
  showServer(
    "other-host",
    () => {
      console.log(`host name: ${inside("hostname")}`);
      console.log(inside("ip", "-4", "-o", "address", "show", "lo"));
      console.log(inside("node", "-e", VISIT));
    },
    PID,
  ),
);
