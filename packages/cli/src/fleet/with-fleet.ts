import type { Connection, Fleet as Hosts } from "@restage/fleet";
import type { Settings } from "../options/settings.ts";
import { type Fleet, loadFleet } from "./load-fleet.ts";

/** An open fleet. */
export interface OpenFleet {
  /** What the package exports. */
  readonly library: Fleet;
  readonly fleet: Hosts;
  readonly connection: Connection;
}

/** Opens the fleet of a server, `nats://HOST:PORT`, for as long as some work takes. */
export async function withFleet<T>(
  { fleet: { lease } }: Settings,
  server: string | undefined,
  work: (open: OpenFleet) => Promise<T>,
): Promise<T> {
  const library = await loadFleet();
  const connection = await library.connectTo(library.parseAddress(server ?? "", process.env), process.env);
  try {
    return await work({ library, connection, fleet: await library.openFleet(connection, lease) });
  } finally {
    await connection.close();
  }
}
