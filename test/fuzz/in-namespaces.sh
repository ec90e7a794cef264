#!/bin/sh
# Runs a command as in-namespaces.sh of test/support does, and in a cgroup namespace too. All that it can write to is a /tmp and a /dev/shm of its own, of
# limited size: images with odd values can name any file.
exec "$(dirname "$0")/../support/in-namespaces.sh" unshare --cgroup -- bash --norc -c '
  set -e
  # Killed before others should images ask for all memory.
  echo 1000 >/proc/self/oom_score_adj
  mount -o remount,nodev,size=512m /tmp
  mount -o remount,nodev,size=64m /dev/shm
  mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 fuzz /dev/pts
  mount --bind /dev/pts/ptmx /dev/ptmx
  findmnt -rno TARGET | while read -r path; do
    case $path in /tmp | /dev/shm | /dev/pts | /dev/ptmx | /proc | /proc/*) ;; *) mount -o remount,bind,ro "$path" ;; esac
  done
  exec "$@"
' bash "$@"
