import { isFile } from "../../memory/mappings/format.ts";
import { type Changes, type Edit, stringOf, wordsOf } from "./edit.ts";
import { roomOfChunk } from "./glibc-chunk.ts";
import { type Pointer, type SavedMemory, WORD } from "./saved-memory.ts";

/** Addresses [start, end). */
export interface Range {
  readonly start: bigint;
  readonly end: bigint;
}

/** What a C program had of its environment. */
export interface CEnvironment {
  /** The values that each variable had. */
  readonly values: ReadonlyMap<string, ReadonlySet<string>>;
  /** What /proc/PID/environ shows from now on; undefined if that stays. */
  readonly shown: Range | undefined;
}

/** A string `NAME=VALUE`. */
interface Variable {
  readonly address: bigint;
  readonly name: string;
  readonly text: string;
}

/** A NULL-terminated array of variables that `environ` points to, at first or after setenv(3). */
interface List {
  readonly start: bigint;
  readonly entries: readonly bigint[];
  /** The words outside of the stack that point to it. */
  readonly owners: readonly bigint[];
}

/**
 * Changes what getenv(3) finds and execve(2) passes on.
 *
 * The kernel puts the strings on the stack, and below them an array of pointers to them, to which libc's `environ` points. When a program sets variables, libc
 * allocates strings and another array. So every word that points to a string of a changed variable, or to its value, gets the address of the new one. A longer
 * array is put elsewhere, and the words outside of the stack that point to the old one, among them `environ`, get its address.
 */
export function changeCEnvironment(edit: Edit, changes: Changes): CEnvironment {
  const { memory } = edit;
  const first = readFirstStrings(memory);
  const named = findVariables(memory, changes);
  const starts = new Map([...first, ...named].map((variable) => [variable.address, variable.text]));
  const pointers = memory.pointersTo([...starts.keys(), ...named.map(valueAddress)]);
  const used = new Set(pointers.map(({ to }) => to));
  const live = named.filter(({ address }) => used.has(address));
  const lists = findLists(memory, pointers, starts);
  const added = addedVariables(edit, lists, changes);

  const { moved, shown, addresses } = replaceStrings(edit, { first, live, added }, changes);
  const done = new Set<bigint>();
  for (const list of lists) {
    const kept = list.entries.filter((entry) => changes.get(nameAt(memory, entry)) !== null);
    const names = new Set(kept.map((entry) => nameAt(memory, entry)));
    const more = added.filter((name) => !names.has(name)).map((name) => addresses.get(name) as bigint);
    if (kept.length === list.entries.length && more.length === 0) continue;
    const entries = [...kept.map((entry) => moved.get(entry) ?? entry), ...more];
    if (replaceList(edit, list, entries)) for (const [n] of entries.entries()) done.add(list.start + BigInt(n) * WORD);
    else edit.problems.push(...added.map((name) => notExtended(name)));
  }
  for (const { at, to } of pointers) {
    const target = moved.get(to);
    if (target !== undefined && target !== to && !done.has(at)) edit.writeWord(at, target);
  }
  return { values: valuesOf(live), shown };
}

/** The strings that the kernel put on the stack, as they are now. None if the program has written over them, as setproctitle(3) does. */
function readFirstStrings(memory: SavedMemory): readonly Variable[] {
  const { mm_env_start: start, mm_env_end: end, mm_arg_end: argEnd } = memory.mm;
  const length = Number(end - start);
  if (length <= 0 || length > MAX_ENVIRONMENT || memory.bytes(argEnd - 1n, 1)?.[0] !== 0) return [];
  let address = start;
  const texts = memory.bytes(start, length)?.toString("latin1").split("\0") ?? [];
  return texts.flatMap((text) => {
    const variable = { address, name: nameOf(text), text };
    address += BigInt(text.length + 1);
    return text === "" ? [] : [variable];
  });
}

/** A quarter of the largest stack that arguments and environment may use. Source: execve(2), "Limits on size of arguments and environment". */
const MAX_ENVIRONMENT = 6 * 1024 * 1024;

/** Every text that begins like one of the variables, whether or not it is one. */
function findVariables(memory: SavedMemory, changes: Changes): readonly Variable[] {
  const names = [...changes.keys()];
  return memory.find(names.map((name) => Buffer.from(`${name}=`))).flatMap(({ address, index }) => {
    const text = memory.text(address);
    return text === undefined ? [] : [{ address, name: names[index] as string, text }];
  });
}

function findLists(
  memory: SavedMemory,
  pointers: readonly Pointer[],
  strings: ReadonlyMap<bigint, string>,
): readonly List[] {
  const arrays = new Map<bigint, readonly bigint[]>();
  const known = new Set<bigint>();
  const initial = initialArray(memory);
  if (initial !== undefined) arrays.set(initial, entriesAt(memory, initial) ?? []);
  for (const { at, to } of pointers) {
    if (known.has(at) || !strings.has(to)) continue;
    let start = at;
    while (isVariable(memory, memory.word(start - WORD))) start -= WORD;
    const entries = entriesAt(memory, start);
    if (entries === undefined) continue;
    arrays.set(start, entries);
    for (const [n] of entries.entries()) known.add(start + BigInt(n) * WORD);
  }
  const stack = memory.vmaAt(memory.mm.mm_start_stack);
  const outside = memory.pointersTo(arrays.keys()).filter(({ at }) => memory.vmaAt(at) !== stack);
  return [...arrays].flatMap(([start, entries]) => {
    const owners = outside.filter(({ to }) => to === start).map(({ at }) => at);
    return owners.length === 0 ? [] : [{ start, entries, owners }];
  });
}

/** Where the kernel put the array: argc is at the start of the stack, and argv and a NULL follow. Source: create_elf_tables() in fs/binfmt_elf.c. */
function initialArray(memory: SavedMemory): bigint | undefined {
  const { mm_start_stack: stack } = memory.mm;
  const count = memory.word(stack);
  if (count === undefined || count > BigInt(MAX_ENVIRONMENT)) return undefined;
  const end = stack + (count + 1n) * WORD;
  return memory.word(end) === 0n ? end + WORD : undefined;
}

/** The variables of an array; undefined if it has other words before a NULL. */
function entriesAt(memory: SavedMemory, start: bigint): readonly bigint[] | undefined {
  const entries: bigint[] = [];
  for (;;) {
    const word = memory.word(start + BigInt(entries.length) * WORD);
    if (word === 0n) return entries;
    if (word === undefined || !isVariable(memory, word)) return undefined;
    entries.push(word);
  }
}

function isVariable(memory: SavedMemory, address: bigint | undefined): boolean {
  return address !== undefined && address !== 0n && (memory.text(address)?.indexOf("=") ?? -1) > 0;
}

/** The variables that at least one list gets. */
function addedVariables({ memory, problems }: Edit, lists: readonly List[], changes: Changes): readonly string[] {
  const set = [...changes].filter(([, value]) => value !== null).map(([name]) => name);
  if (lists.length === 0) problems.push(...set.map((name) => notExtended(name)));
  return set.filter((name) => lists.some(({ entries }) => !entries.some((entry) => nameAt(memory, entry) === name)));
}

/** The strings of a task, in three groups: those from execve(2), those of changed variables that are in use, and new ones. */
interface Strings {
  readonly first: readonly Variable[];
  readonly live: readonly Variable[];
  readonly added: readonly string[];
}

/** Writes the new strings. Returns the new address for each old one and for its value, and those of added variables. */
function replaceStrings(edit: Edit, { first, live, added }: Strings, changes: Changes) {
  const moved = new Map<bigint, bigint>();
  const addresses = new Map<string, bigint>();
  const newText = (name: string, old = "") => {
    const value = changes.get(name);
    return value === undefined ? old : value === null ? "" : `${name}=${value}`;
  };
  const fits = ({ name, text }: Variable) => newText(name, text) !== "" && newText(name, text).length <= text.length;
  let shown: Range | undefined;
  if (first.length > 0 && (added.length > 0 || !first.every(fits))) {
    const kept = first.filter(({ name, text }) => newText(name, text) !== "");
    const texts = [...kept.map(({ name, text }) => newText(name, text)), ...added.map((name) => newText(name))];
    const block = Buffer.concat(texts.map(stringOf));
    const start = edit.put(block);
    shown = { start, end: start + BigInt(block.length) };
    let address = start;
    for (const [n, text] of texts.entries()) {
      const old = kept[n];
      if (old === undefined) addresses.set(added[n - kept.length] as string, address);
      else if (changes.has(old.name) && !fits(old)) moved.set(old.address, address);
      address += BigInt(text.length + 1);
    }
  } else for (const name of added) addresses.set(name, edit.put(stringOf(newText(name))));
  const stack = edit.memory.vmaAt(edit.memory.mm.mm_start_stack);
  for (const { address, name, text } of [...first.filter(({ name }) => changes.has(name)), ...live]) {
    if (changes.get(name) === null || moved.has(address)) continue;
    const vma = edit.memory.vmaAt(address);
    const isFixed = vma !== undefined && (vma === stack || isFile(vma));
    const to = edit.replaceString(address, text, newText(name), isFixed);
    if (to !== undefined) moved.set(address, to);
    else edit.problems.push(noRoom(name, text.length - name.length - 1));
  }
  for (const variable of live) {
    const to = moved.get(variable.address);
    if (to !== undefined) moved.set(valueAddress(variable), valueAddress({ ...variable, address: to }));
  }
  return { moved, addresses, shown };
}

/** Gives a list other entries. Returns false if it would have to be longer, and the program may free the old one in a way that is not known. */
function replaceList(edit: Edit, { start, entries: old, owners }: List, entries: readonly bigint[]): boolean {
  const words = wordsOf([...entries, 0n]);
  const isOnStack = edit.memory.vmaAt(start) === edit.memory.vmaAt(edit.memory.mm.mm_start_stack);
  const room = isOnStack ? undefined : roomOfChunk(edit.memory, start);
  if (entries.length <= old.length || words.length <= (room ?? 0)) {
    edit.write(start, words);
    return true;
  }
  // Where only `environ` points to an array, libc takes it for one of the program's own, and never frees it.
  if (!isOnStack && room === undefined && owners.length > 1) return false;
  const to = edit.put(words);
  for (const owner of owners) edit.writeWord(owner, to);
  return true;
}

function nameOf(text: string): string {
  return text.slice(0, Math.max(0, text.indexOf("=")));
}

function nameAt(memory: SavedMemory, address: bigint): string {
  return nameOf(memory.text(address) ?? "");
}

function valueAddress({ address, name }: Pick<Variable, "address" | "name">): bigint {
  return address + BigInt(name.length + 1);
}

function valuesOf(variables: readonly Variable[]): ReadonlyMap<string, ReadonlySet<string>> {
  const values = new Map<string, Set<string>>();
  for (const { name, text } of variables)
    values.set(name, (values.get(name) ?? new Set()).add(text.slice(name.length + 1)));
  return values;
}

function noRoom(variable: string, room: number) {
  const why = "the program may free its memory, and not with the malloc of glibc";
  return { severity: "refuse", variable, why, hint: `choose a value of at most ${room} bytes` } as const;
}

function notExtended(variable: string) {
  const why = "its environment cannot be extended: no `environ` was found, or one that the program may free";
  return { severity: "refuse", variable, why } as const;
}
