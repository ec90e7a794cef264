import type { Failure } from "@restage/fleet";

/** Prints why an order failed on a host: the error that the host reported, on several lines. */
export function printFailure({ host, error }: Failure): string {
  const { code, message, stage, phase, pid, duty, syscall, hint } = error as Readonly<Record<string, unknown>>;
  const place = [
    host === "" ? undefined : `on ${host}`,
    stage === undefined ? undefined : `stage ${stage}`,
    phase === undefined ? undefined : `phase ${phase}`,
    pid === undefined ? undefined : `task ${pid}`,
    duty === undefined ? undefined : `duty ${duty}`,
  ].filter((part) => part !== undefined);
  const lines = [`${code}: ${message}`];
  if (place.length > 0) lines.push(`  ${place.join(", ")}`);
  if (syscall !== undefined) {
    const { call, errno } = syscall as { readonly call: string; readonly errno?: string };
    lines.push(`  call ${call}${errno === undefined ? "" : ` = ${errno}`}`);
  }
  if (hint !== undefined) lines.push(`  hint: ${hint}`);
  return lines.join("\n");
}
