import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Support } from "../packages/plugins/src/support.ts";

const PLUGINS = join(import.meta.dirname, "../packages/plugins/src");

/** The rows of every room's `support.ts`, in the order of their folders. */
export async function supportRows(): Promise<readonly Support[]> {
  const files = readdirSync(PLUGINS, { recursive: true, encoding: "utf8" });
  const rooms = files.filter((file) => file.endsWith("/support.ts")).sort();
  const modules = await Promise.all(
    rooms.map(async (file) => (await import(join(PLUGINS, file))) as { readonly SUPPORT: readonly Support[] }),
  );
  return modules.flatMap(({ SUPPORT }) => SUPPORT);
}
