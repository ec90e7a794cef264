import { expect, it } from "vitest";
import type { Mountinfo } from "../../src/namespaces/mount/mountinfo.ts";
import { coversOf } from "../../src/namespaces/mount/tmpfs-content/hidden-mount.ts";

const mount = (id: number, parent: number, mountPoint: string) => ({ id, parent, mountPoint }) as Mountinfo;

it("a hidden mount is reached by unmounting what is on it and on directories above it, each as often as there are mounts", () => {
  const hidden = mount(2, 1, "/a/b");
  const root = mount(1, 0, "/");
  const others = [mount(3, 1, "/c"), mount(4, 2, "/a/b/inner")];
  expect(coversOf(hidden, [root, hidden, ...others])).toEqual([]);
  const covers = [mount(5, 2, "/a/b"), mount(6, 1, "/a"), mount(7, 6, "/a"), mount(8, 7, "/a/b")];
  expect(coversOf(hidden, [root, hidden, ...others, ...covers])).toEqual(["/a", "/a", "/a/b"]);
});
