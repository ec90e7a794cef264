/**
 * Values of fields for which CRIU has no enumeration in its protobuf files: bit masks and states that its headers define.
 *
 * @module
 */

/** Values of `task_core_entry.task_state` that images hold (CRIU: compel/include/uapi/task-state.h). */
export const taskState = {
  ALIVE: 1,
  DEAD: 2,
  STOPPED: 3,
  ZOMBIE: 6,
} as const;

/** Bits of `pagemap_entry.flags` (CRIU: criu/include/pagemap.h). */
export const pageFlags = {
  /** The data is in the images of the parent dump. */
  PE_PARENT: 1,
  /** The pages may be loaded on first access. */
  PE_LAZY: 2,
  /** The data is in the pages image. */
  PE_PRESENT: 4,
} as const;

/** Bits of `vma_entry.status` that images hold (CRIU: criu/include/image.h). */
export const vmaStatus = {
  VMA_AREA_REGULAR: 1 << 0,
  VMA_AREA_STACK: 1 << 1,
  VMA_AREA_VSYSCALL: 1 << 2,
  VMA_AREA_VDSO: 1 << 3,
  VMA_AREA_HEAP: 1 << 5,
  VMA_FILE_PRIVATE: 1 << 6,
  VMA_FILE_SHARED: 1 << 7,
  VMA_ANON_SHARED: 1 << 8,
  VMA_ANON_PRIVATE: 1 << 9,
  VMA_AREA_SYSVIPC: 1 << 10,
  VMA_AREA_SOCKET: 1 << 11,
  VMA_AREA_VVAR: 1 << 12,
  VMA_AREA_AIORING: 1 << 13,
  VMA_AREA_MEMFD: 1 << 14,
  VMA_AREA_SHSTK: 1 << 15,
  VMA_AREA_GUARD: 1 << 16,
  VMA_AREA_UPROBES: 1 << 17,
  VMA_EXT_PLUGIN: 1 << 27,
} as const;
