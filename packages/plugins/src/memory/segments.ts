import { defineService, type ImageSet, type Plan, type Service, type Task } from "@restage/core";
import { type PageRun, vmaStatus } from "@restage/images";
import { F_SEAL, MFD, O } from "@restage/linux/abi";
import { HUGE_PAGE_SIZE, hasHugePages } from "./huge-pages.ts";
import { has } from "./mappings/format.ts";
import { ANONYMOUS_NAME } from "./memfd/format.ts";

/** Memory that several mappings, tasks or descriptors may share: a memfd, or shared anonymous memory of older images. */
export interface Segment {
  readonly name: string;
  /** Bytes. */
  readonly size: bigint;
  /** Its final F_SEAL_*. */
  readonly seals: number;
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
  /** Flags of memfd_create(2) for huge pages; 0 without. */
  readonly hugePages: number;
  /** Its pages; addresses are offsets. */
  readonly runs: readonly PageRun[];
  /** The number of its descriptor, in every task, during the restore. */
  readonly number: number;
  /** Its open files in files.img, by id. */
  readonly files: readonly number[];
  /** The one of them that is the file which makes it: the first one that can be read and written. */
  readonly maker: number | undefined;
  /** The segment id of its mappings that have no file. */
  readonly shmid: bigint | undefined;
}

/** Shared anonymous memory has no owner: every task that maps it can use it. A memfd without MFD_ALLOW_SEALING starts with F_SEAL_SEAL. */
const ANONYMOUS = {
  name: ANONYMOUS_NAME,
  seals: F_SEAL.SEAL,
  uid: 0,
  gid: 0,
  mode: 0o777,
  files: [],
  maker: undefined,
} as const;

/** The shared memory of the tree, which the duty `memfds` makes. */
export interface Segments {
  readonly all: readonly Segment[];
}

export const Segments: Service<Segments> = defineService<Segments>("segments");

/** The segments that the images use. */
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
    const maker = files.find((id) => ((images.files.get(id)?.memfd?.flags ?? 0) & O.ACCMODE) === O.RDWR);
    const number = serviceDescriptors.reserve(`memfd ${inode.inode_id}`);
    const runs = runsOf(images, shmid);
    return [{ name, uid, gid, size, seals, mode, hugePages, number, files, maker, runs, shmid: undefined }];
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
  return images.pagemap("shmem_pagemap", shmid)?.runs ?? [];
}
