import { declareOption, type Option } from "./option.ts";
import { on } from "./readers.ts";
import { KEY_FILE, SERVER_OPTIONS } from "./restore-options.ts";

export const REPLACE: Option = declareOption("--replace", "replace a checkpoint of the same name", (to, given) => {
  to.store.replace = on(given);
});

const JSON_OUTPUT: Option = declareOption("--json", "print JSON", (to, given) => {
  to.json = on(given);
});

export const PUSH_OPTIONS: readonly Option[] = [REPLACE, KEY_FILE, JSON_OUTPUT, ...SERVER_OPTIONS];
export const PULL_OPTIONS: readonly Option[] = [KEY_FILE, JSON_OUTPUT, ...SERVER_OPTIONS];
export const STORE_OPTIONS: readonly Option[] = [JSON_OUTPUT, ...SERVER_OPTIONS];
