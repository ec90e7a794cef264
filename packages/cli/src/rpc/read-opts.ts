import { existsSync } from "node:fs";
import { RestoreError } from "@restage/core";
import { readCriuConfig } from "../options/criu-config.ts";
import type { Option } from "../options/option.ts";
import { parseWords } from "../options/parse-words.ts";
import { createSettings, type Settings } from "../options/settings.ts";
import type { CriuOpts } from "./messages.ts";
import { wordsOf } from "./words.ts";

/** The configuration of the machine, unless RESTAGE_CONFIG names another one. */
const MACHINE_CONFIG = "/etc/restage/restore.config.ts";

/**
 * The settings of a request. Directories are those of the caller's descriptors, reached through /proc.
 *
 * Like CRIU, it reads `/etc/criu/default.conf`, `~/.criu/default.conf` and CRIU_CONFIG_FILE before the request, and `config_file` after it. The
 * configuration of Restage is never searched in the working directory, which is that of the caller.
 *
 * Throws ERR_OPTION and ERR_CONFIG.
 *
 * @param peer the pid of the caller.
 * @param options those of the command that serves the request.
 */
export function readOpts(opts: CriuOpts, peer: number, options: readonly Option[]): Settings {
  const { config_file, pid } = opts;
  const { images, work } = directoriesOf(opts, peer);
  const settings = createSettings();
  const own = [`--images-dir=${images}`];
  if (work !== undefined) own.push(`--work-dir=${work}`);
  if (pid !== undefined) own.push(`--tree=${pid}`);
  const words = [...defaultConfigs(), ...own, ...wordsOf(opts), ...configWords(config_file)];
  parseWords(words, options, settings);
  const config = settings.config ?? process.env["RESTAGE_CONFIG"] ?? MACHINE_CONFIG;
  if (config !== MACHINE_CONFIG || existsSync(config)) settings.config = config;
  return settings;
}

/** The directories of a request, for its images and for the files that the command itself writes. Throws ERR_OPTION for a descriptor that is not open. */
export function directoriesOf({ images_dir_fd, images_dir = ".", work_dir_fd = -1 }: CriuOpts, peer: number) {
  return {
    images: images_dir_fd < 0 ? images_dir : descriptorPath(peer, images_dir_fd),
    work: work_dir_fd < 0 ? undefined : descriptorPath(peer, work_dir_fd),
  };
}

/** CRIU's own configurations, those that exist. Source: criu(8), "CONFIGURATION FILES". */
function defaultConfigs(): readonly string[] {
  const { HOME, CRIU_CONFIG_FILE } = process.env;
  const user = HOME === undefined ? undefined : `${HOME}/.criu/default.conf`;
  return ["/etc/criu/default.conf", user, CRIU_CONFIG_FILE].flatMap(configWords);
}

/** A file that does not exist has no options. */
function configWords(file: string | undefined): readonly string[] {
  return file === undefined || file === "" || !existsSync(file) ? [] : readCriuConfig(file);
}

function descriptorPath(peer: number, descriptor: number): string {
  const path = `/proc/${peer}/fd/${descriptor}`;
  if (existsSync(path)) return path;
  throw new RestoreError(
    "ERR_OPTION",
    `The request names descriptor ${descriptor}, which process ${peer} does not have`,
  );
}
