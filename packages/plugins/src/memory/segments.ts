import type { ImageSet, Plan, Task } from "@restage/core";
import { guard } from "@restage/core/restore";
import { imageFileName, type PageRun, readPagemap, vmaStatus } from "@restage/images";
import { F_SEAL, MFD } from "@restage/linux/abi";
import { HUGE_PAGE_SIZE, hasHugePages } from "./huge-pages.ts";
import { has } from "./mappings/vmas.ts";

/** Memory that several mappings, tasks or descriptors may share: a memfd, or shared anonymous memory of older checkpoints. */
export interface Segment {
  readonly name: string;
  /** Bytes. */
  readonly size: bigint;
  /** F_SEAL_*, all that it has in the end. */
  readonly seals: number;
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
  /** Flags of memfd_create that ask for huge pages; 0 for others. */
  readonly hugePages: number;
  /** Its pages; addresses are offsets. */
  readonly runs: readonly PageRun[];
  /** Number of its descriptor in every task during the restore. */
  readonly number: number;
  /** The files of files.img that are open of it, by id. */
  readonly files: readonly number[];
  /** The mappings of it that have no file, by their segment id. */
  readonly shmid: bigint | undefined;
}

/** Without MFD_ALLOW_SEALING a memfd has F_SEAL_SEAL from the beginning. Shared anonymous memory is everybody's who has it mapped. */
const ANONYMOUS = { name: "/dev/zero", seals: F_SEAL.SEAL, uid: 0, gid: 0, mode: 0o777, files: [] } as const;

/** The segments that the checkpoint has in use. */
export function findSegments(plan: Plan): readonly Segment[] {
  return [...findMemfds(plan), ...findAnonymous(plan)];
}

function findMemfds({ images, serviceDescriptors }: Plan): readonly Segment[] {
  const users = new Map<number, number[]>();
  for (const { id, memfd } of images.files.values()) {
    if (memfd === undefined) continue;
    users.set(memfd.inode_id, [...(users.get(memfd.inode_id) ?? []), id]);
  }
  if (users.size === 0) return [];
  return images.values("memfd_inode").flatMap((inode) => {
    const files = users.get(Number(inode.inode_id));
    if (files === undefined) return [];
    const { name, uid, gid, size, seals, shmid, mode = 0o777, hugetlb_flag: hugePages = 0 } = inode;
    const number = serviceDescriptors.reserve(`memfd ${inode.inode_id}`);
    const runs = runsOf(images, shmid);
    return [{ name, uid, gid, size, seals, mode, hugePages, number, files, runs, shmid: undefined }];
  });
}

function findAnonymous({ images, serviceDescriptors, survivors }: Plan): readonly Segment[] {
  const sizes = new Map<bigint, bigint>();
  const hugePages = new Map<bigint, number>();
  for (const vma of survivors.flatMap((task: Task) => task.mm.vmas)) {
    if (!has(vma, vmaStatus.VMA_ANON_SHARED) || has(vma, vmaStatus.VMA_AREA_SYSVIPC)) continue;
    const end = vma.pgoff + vma.end - vma.start;
    sizes.set(vma.shmid, end > (sizes.get(vma.shmid) ?? 0n) ? end : (sizes.get(vma.shmid) ?? 0n));
    hugePages.set(vma.shmid, hasHugePages(vma) ? MFD.HUGETLB | (vma.flags & HUGE_PAGE_SIZE) : 0);
  }
  return [...sizes].map(([shmid, size]) => {
    const number = serviceDescriptors.reserve(`segment ${shmid}`);
    return { ...ANONYMOUS, size, hugePages: hugePages.get(shmid) ?? 0, number, shmid, runs: runsOf(images, shmid) };
  });
}

function runsOf(images: ImageSet, shmid: number | bigint): readonly PageRun[] {
  return guard(() => readPagemap(images.source, imageFileName("shmem_pagemap", shmid)))?.runs ?? [];
}
