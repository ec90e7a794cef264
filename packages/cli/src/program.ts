import { Command } from "commander";
import { addCheckpointOptions, addRestoreOptions, type CheckpointFlags, type RestoreFlags } from "./options/restore-options.ts";

const VERSION = "0.1.0";

/** The command line. What a command needs is loaded when it is called: start-up time is part of a restore. */
export function createProgram(): Command {
  const program = new Command("restage")
    .description("Restores Linux process trees from CRIU checkpoints, stage by stage.")
    .version(VERSION)
    .exitOverride()
    .showSuggestionAfterError();
  addRestoreOptions(program.command("restore").description("restore a checkpoint"))
    .addHelpText("after", EXIT_CODES)
    .action(async (flags: RestoreFlags) => {
      const { restoreCommand } = await import("./commands/restore.ts");
      await restoreCommand(flags);
    });
  addRestoreOptions(program.command("plan").description("print what each task would do, touching nothing")).action(
    async (flags: RestoreFlags) => {
      const { planCommand } = await import("./commands/plan.ts");
      await planCommand(flags);
    },
  );
  addRestoreOptions(program.command("check").description("say all that stands against a restore here")).action(
    async (flags: RestoreFlags) => {
      const { checkCommand } = await import("./commands/check.ts");
      process.exitCode = await checkCommand(flags);
    },
  );
  addCheckpointOptions(program.command("inspect").description("show tree, files and memory, or one image decoded"))
    .argument("[image]", "an image file, for example core-1.img")
    .action(async (image: string | undefined, flags: CheckpointFlags) => {
      const { inspectCommand } = await import("./commands/inspect.ts");
      await inspectCommand(image, flags);
    });
  for (const command of program.commands) command.exitOverride().showSuggestionAfterError();
  return program;
}

const EXIT_CODES = `
Exit codes: 0 restored, 1 failed and everything undone, 2 usage,
3 failed after the commit (the message says what runs and what does not).

Options of criu restore that matter only at a dump are accepted; those that
Restage does not have yet are refused by name.`;
