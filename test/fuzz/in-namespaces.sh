#!/usr/bin/env bash
# Runs a command in pid, mount, net, ipc, uts and cgroup namespaces of its own, below an init that reaps what it leaves. All that it can write to is a
# /tmp and a /dev/shm of its own: images with odd values can name any file. KEEP: paths that it needs even if they are below /tmp.
exec unshare --pid --fork --kill-child --mount --propagation private --mount-proc --net --ipc --uts --cgroup -- bash -c '
  set -e
  # Killed before others should images ask for all memory.
  echo 1000 >/proc/self/oom_score_adj
  mount -t tmpfs -o mode=1777,nodev,size=512m fuzz /mnt
  for path in $KEEP; do
    case $path in /tmp/*)
      mkdir -p "/mnt${path#/tmp}"
      mount --bind "$path" "/mnt${path#/tmp}" ;;
    esac
  done
  mount --move /mnt /tmp
  mount -t tmpfs -o mode=1777,nodev,size=64m fuzz /dev/shm
  mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 fuzz /dev/pts
  mount --bind /dev/pts/ptmx /dev/ptmx
  ip link set lo up
  findmnt -rno TARGET | while read -r path; do
    case $path in /tmp | /dev/shm | /dev/pts | /dev/ptmx | /proc | /proc/*) ;; *) mount -o remount,bind,ro "$path" ;; esac
  done
  "$@"
  exit $?
' bash "$@"
