/** The command on each runtime: built for Node, from its sources on Deno and Bun. */
export const RUNTIMES = {
  node: ["node", "packages/cli/dist/restage.cjs"],
  deno: ["node_modules/.bin/deno", "run", "-A", "--no-check", "packages/cli/src/restage.ts"],
  bun: ["node_modules/.bin/bun", "packages/cli/src/restage.ts"],
} as const;

export type Runtime = keyof typeof RUNTIMES;

/** The fixtures that are restored, and the runtimes that restore them. */
export const RESTORES: Readonly<Record<string, readonly Runtime[]>> = {
  counter: ["node", "deno", "bun"],
  registers: ["node", "deno", "bun"],
  vdso: ["node", "deno", "bun"],
  tree: ["node", "deno", "bun"],
  threads: ["node", "deno", "bun"],
  many: ["node", "deno", "bun"],
  pipes: ["node"],
  signals: ["node"],
  creds: ["node"],
  seccomp: ["node"],
  "shared-resources": ["node"],
  attributes: ["node"],
  files: ["node"],
  locks: ["node"],
  "unix-sockets": ["node"],
  inet: ["node"],
  "tcp-established": ["node"],
  polling: ["node"],
  timens: ["node"],
  memory: ["node"],
  shm: ["node"],
  "tcp-queued": ["node"],
  pty: ["node"],
  namespaces: ["node"],
  userns: ["node"],
};

/** Options beyond those of the manifest. A file may have lost permissions in the checkout. */
export const OPTIONS: Readonly<Record<string, readonly string[]>> = { shm: ["--skip-file-rwx-check"] };
