import type { AddressRange } from "@restage/linux";
import type { Service } from "../plugin/service.ts";
import type { ImageSet } from "./image-set.ts";
import type { ServiceDescriptors } from "./service-descriptors.ts";
import type { StubTask } from "./stub.ts";
import type { Tree } from "./tree.ts";

/** What `template` taps work with. */
export interface TemplateContext {
  readonly tree: Tree;
  readonly images: ImageSet;
  /** The process that every clone is a fork of, with an empty address space. */
  readonly stub: StubTask;
  readonly serviceDescriptors: ServiceDescriptors;
  /** Says that the stub has memory at addresses that no task of the tree uses. */
  occupy(range: AddressRange): void;
  /** Keeps something for the clones, which find it with `clone.kept`. */
  keep<T>(key: Service<T>, value: T): void;
}
