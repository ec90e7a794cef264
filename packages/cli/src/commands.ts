import type { Command, Commands } from "./command.ts";
import { CHECKPOINT_COMMAND_OPTIONS } from "./options/checkpoint-options.ts";
import { AGENT_OPTIONS, FLEET_OPTIONS } from "./options/fleet-options.ts";
import { INIT_OPTIONS } from "./options/init-options.ts";
import {
  CLONE_OPTIONS,
  CPUINFO_OPTIONS,
  INSPECT_OPTIONS,
  LAZY_PAGES_OPTIONS,
  PAGE_SERVER_OPTIONS,
  PLUGINS_OPTIONS,
  PREVIEW_OPTIONS,
  RESTORE_OPTIONS,
  SERVE_OPTIONS,
  SERVER_OPTIONS,
  SERVICE_OPTIONS,
} from "./options/restore-options.ts";
import type { Settings } from "./options/settings.ts";
import { PULL_OPTIONS, PUSH_OPTIONS, STORE_OPTIONS } from "./options/store-options.ts";

/** Runs a command, again and again with --watch. Its code is loaded only then. */
async function repeatable(settings: Settings, run: () => Promise<number>): Promise<number> {
  if (!settings.watch && settings.reportFiles === undefined) return await run();
  return await (await import("./watch.ts")).repeatable(settings, run);
}

const RESTORE_HELP =
  "Exit codes: 0 restored, 1 failed and rolled back, 2 bad usage or configuration, 3 failed after the commit point (the message says what " +
  "runs).";

const STORE_HELP =
  "NAME is a name on the server in NATS_URL; nats://HOST:PORT/NAME is one on any server. The command needs the package @restage/fleet. Exit " +
  "codes: 0 done, 1 failed, 2 bad usage.";

const CHECKPOINT: Command = {
  says: "make a checkpoint of a process and its descendants",
  operand: "[PID]",
  options: CHECKPOINT_COMMAND_OPTIONS,
  help:
    "The tree is killed when its images are complete, unless --leave-running or --leave-stopped is given. " +
    "Exit codes: 0 saved, 1 failed and the tree resumed, 2 bad usage or configuration, 3 saved but some tasks did not end.",
  run: async (settings, pid) => (await import("./commands/checkpoint.ts")).checkpointCommand(settings, pid),
};

/** The commands. Each loads its code when it is called, because start-up time is part of a restore. */
export const COMMANDS: Commands = {
  restore: {
    says: "restore a checkpoint",
    options: RESTORE_OPTIONS,
    help: RESTORE_HELP,
    run: async (settings) => (await import("./commands/restore.ts")).restoreCommand(settings),
  },
  plan: {
    says: "print what each task would do, stage by stage, without doing it",
    options: PREVIEW_OPTIONS,
    run: async (settings) => {
      const { planCommand } = await import("./commands/plan.ts");
      return await repeatable(settings, () => planCommand(settings));
    },
  },
  check: {
    says: "list every obstacle to a restore on this machine",
    options: PREVIEW_OPTIONS,
    help: "Without a checkpoint, it checks only the machine. Exit codes: 0 no obstacle, 1 obstacles.",
    run: async (settings) => {
      const { checkCommand } = await import("./commands/check.ts");
      return await repeatable(settings, () => checkCommand(settings));
    },
  },
  checkpoint: CHECKPOINT,
  dump: { ...CHECKPOINT, says: "another name for checkpoint" },
  "pre-dump": {
    says: "save only the memory of a process and its descendants, for a later checkpoint",
    operand: "[PID]",
    options: CHECKPOINT_COMMAND_OPTIONS,
    help: "The tree keeps running. Pass the directory to the next pre-dump or checkpoint: --prev-images-dir DIR. Exit codes: 0 made, 1 failed, 2 bad usage.",
    run: async (settings, pid) => (await import("./commands/checkpoint.ts")).preDumpCommand(settings, pid),
  },
  cpuinfo: {
    says: "save a description of this processor, or compare this processor with it",
    operand: "dump|check",
    options: CPUINFO_OPTIONS,
    help: "The description is cpuinfo.img in the directory of the images. Exit codes: 0 saved or compatible, 1 failed or not compatible.",
    run: async (settings, action) => (await import("./commands/cpuinfo.ts")).cpuinfoCommand(settings, action),
  },
  plugins: {
    says: "list duties with their plugins, and the hooks that are tapped",
    options: PLUGINS_OPTIONS,
    help: "Taps are listed in the order of calls, each with the duty of its plugin, or with the plugin if it has none.",
    run: async (settings) => (await import("./commands/plugins.ts")).pluginsCommand(settings),
  },
  init: {
    says: "make a project with a configuration, a plugin and its test",
    operand: "[DIR]",
    options: INIT_OPTIONS,
    help: "DIR is the working directory by default. Existing files are not changed, except package.json, to which missing entries are added.",
    run: async (settings, directory) => (await import("./commands/init.ts")).initCommand(settings, directory),
  },
  swrk: {
    says: "serve the requests of a container engine, as `criu swrk` does",
    operand: "FD [REQUEST...]",
    options: SERVER_OPTIONS,
    help: "FD is a socket (SOCK_SEQPACKET) that the engine passes. Messages follow CRIU's rpc.proto. Nothing is printed. REQUEST is one that has been received already, in Base64.",
    run: async (_settings, fd, ...request) => (await import("./commands/swrk.ts")).swrkCommand(fd, request),
  },
  service: {
    says: "serve callers that connect to a socket, as `criu service` does",
    options: SERVICE_OPTIONS,
    help: "Only root and the user of the service can connect. Messages follow CRIU's rpc.proto.",
    run: async (settings) => (await import("./commands/service.ts")).serviceCommand(settings),
  },
  serve: {
    says: "keep a template of a checkpoint, and make clones of it for restage clone",
    operand: "[DIR]",
    options: SERVE_OPTIONS,
    help:
      "DIR holds the images; --images-dir is the same. Only root and the user of the service can ask for clones. A request is one line of JSON, " +
      '{"values":{"NAME":"TEXT"},"pidfile":"/PATH"}, and so is the answer.',
    run: async (settings, images) => (await import("./commands/serve.ts")).serveCommand(settings, images),
  },
  clone: {
    says: "ask restage serve for a clone, and print its pid",
    options: CLONE_OPTIONS,
    help: "Exit codes: 0 the clone runs, 1 it failed, 2 no service answers.",
    run: async (settings) => (await import("./commands/clone.ts")).cloneCommand(settings),
  },
  "page-server": {
    says: "receive the memory of one dump over TCP, as `criu page-server` does",
    options: PAGE_SERVER_OPTIONS,
    help: "Anyone can connect, and nothing is encrypted: use it only in a network that you trust. Exit codes: 0 complete, 1 failed.",
    run: async (settings) => (await import("./commands/page-server.ts")).pageServerCommand(settings),
  },
  "lazy-pages": {
    says: "serve memory to a tree that is restored with --lazy-pages, as `criu lazy-pages` does",
    options: LAZY_PAGES_OPTIONS,
    help:
      "Start it before the restore. It ends when the tree has all its pages. If it cannot get the pages, it kills the tree. " +
      "Exit codes: 0 the tree has all pages, 1 failed.",
    run: async (settings) => (await import("./commands/lazy-pages.ts")).lazyPagesCommand(settings),
  },
  "install-criu": {
    says: "install Restage as programs named criu and crit in a directory",
    operand: "DIR",
    options: SERVER_OPTIONS,
    help: "Container engines run the first criu in their PATH: put DIR first.",
    run: async (_settings, directory) => (await import("./commands/install-criu.ts")).installCriuCommand(directory),
  },
  inspect: {
    says: "show a checkpoint's tasks, files and memory, or decode one of its images",
    operand: "[IMAGE]",
    options: INSPECT_OPTIONS,
    run: async (settings, image) => (await import("./commands/inspect.ts")).inspectCommand(settings, image),
  },
  push: {
    says: "push a checkpoint to a store in NATS JetStream",
    operand: "DIR NAME",
    options: PUSH_OPTIONS,
    help: STORE_HELP,
    run: async (settings, directory, to) => (await import("./commands/store.ts")).pushCommand(settings, directory, to),
  },
  pull: {
    says: "pull a checkpoint from a store",
    operand: "NAME DIR",
    options: PULL_OPTIONS,
    help: STORE_HELP,
    run: async (settings, from, directory) =>
      (await import("./commands/store.ts")).pullCommand(settings, from, directory),
  },
  store: {
    says: "list a store (ls), remove a checkpoint (rm NAME), or free space (gc)",
    operand: "ACTION [NAME]",
    options: STORE_OPTIONS,
    help: STORE_HELP,
    run: async (settings, action, name) => (await import("./commands/store.ts")).storeCommand(settings, action, name),
  },
  agent: {
    says: "join a fleet of hosts, and carry out its orders",
    operand: "[URL]",
    options: AGENT_OPTIONS,
    help: "URL is nats://HOST:PORT; by default NATS_URL. The command needs the package @restage/fleet. SIGTERM ends the agent after the orders that it has begun.",
    run: async (settings, server) => (await import("./commands/agent.ts")).agentCommand(settings, server),
  },
  fleet: {
    says: "list a fleet (ps), give orders to its hosts (run, clone, checkpoint, migrate, stop), or follow them (logs)",
    operand: "ACTION [NAME] [NAME]",
    options: FLEET_OPTIONS,
    help:
      "Actions: ps; run CHECKPOINT[@HOST],... [TREE,...]; clone CHECKPOINT [TREE]; checkpoint TREE,... CHECKPOINT; migrate TREE HOST; stop TREE; logs ORDER; cancel ORDER; rm ORDER. " +
      "Several trees, with commas between them, are a gang: they pass every stage together, or none runs. " +
      "The command needs the package @restage/fleet. Exit codes: 0 done, 1 failed, 2 bad usage.",
    run: async (settings, action, first, second) =>
      (await import("./commands/fleet.ts")).fleetCommand(settings, action, first, second),
  },
  completion: {
    says: "print a script that completes command lines in a shell",
    operand: "SHELL",
    options: SERVER_OPTIONS,
    help: "SHELL is bash, zsh or fish. For example: `source <(restage completion bash)`.",
    run: async (_settings, shell) => (await import("./commands/completion.ts")).completionCommand(shell, COMMANDS),
  },
  man: {
    says: "print the manual page, for man(1)",
    options: SERVER_OPTIONS,
    help: "For example: `restage man > /usr/local/share/man/man1/restage.1`.",
    run: async () => (await import("./commands/man.ts")).manCommand(COMMANDS),
  },
};
