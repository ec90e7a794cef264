import { CLONE, CLONE_ARGS } from "../abi/sched.ts";
import type { Stub, StubOptions, Tracee } from "../kernel.ts";
import { syscallStep } from "../program/steps.ts";
import { adopt } from "../traced-tree/adopt.ts";
import type { TracedTree } from "../traced-tree/traced-tree.ts";
import { cloneArguments, endStub, forkInit } from "./own-init.ts";

/** A tree for a fork of a template's stub. The tree before it must have resumed or ended: both use the restorer area. */
export function forkTree(template: TracedTree): TracedTree {
  template.area.keepFirstSlot();
  return template.sibling();
}

/** Forks the stub of a template, and the init if the request has one: they have its memory, copy on write. */
export async function forkStub(
  template: TracedTree,
  tree: TracedTree,
  prepared: Stub,
  { init, root, sibling = false }: StubOptions,
): Promise<Stub> {
  if (root !== undefined || sibling) throw new RangeError("Cannot fork a sibling of this process from a template");
  const forker = stubOf(template);
  const fork = syscallStep("clone3", cloneArguments(CLONE.PTRACE | CLONE.PARENT), CLONE_ARGS.size);
  await template.runner.run(forker, [fork]);
  const stub = adopt(tree, { forker, id: fork.result ?? 0, thread: false, newPidNamespace: false });
  tree.stub = stub;
  if (init !== undefined) await forkInit(tree, stub, init);
  return { ...prepared, tracee: tree.stub };
}

/** Ends a template. Trees that were forked from it run on. */
export function endTemplate(template: TracedTree): void {
  endStub(template, stubOf(template));
  template.area.close();
}

function stubOf({ stub }: TracedTree): Tracee {
  if (stub === undefined) throw new Error("The template has no stub");
  return stub;
}
