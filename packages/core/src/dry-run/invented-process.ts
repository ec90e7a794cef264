import { DescriptorTable } from "./descriptor-table.ts";

/** The state of a process on which the results of its later calls depend. */
export class InventedProcess {
  /** Shared by processes that clone3 made with CLONE_FILES. */
  descriptors: DescriptorTable;
  /** The names of sockets at which it receives messages. */
  readonly names = new Set<string>();

  constructor(descriptors = new DescriptorTable()) {
    this.descriptors = descriptors;
  }
}
