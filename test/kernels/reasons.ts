/** Why fixtures are not restored on other kernels, by their names. A failure that is not here is a fault. */
export const REASONS: Readonly<Record<string, string>> = {
  memory:
    "the vdso of this kernel is another one, so the recorded vdso comes back as ordinary memory. Programs do not notice, but this fixture compares the names of its mappings",
};
