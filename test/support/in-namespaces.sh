#!/bin/sh
# Runs a command, such as the worker of a test, in pid, mount, net, ipc and uts namespaces of its own with a /tmp, a /dev/shm and
# terminals of its own: two workers restore checkpoints with the same pids, ports, files and terminals side by side, and what a test leaves ends with its worker. KEEP: paths that it needs even if they
# are below /tmp. Bash stays as the init that reaps orphans. A worker's standard input is a socket, and then bash runs ~/.bashrc, without --norc; one that waits
# for a lock lets the worker start too late.
exec unshare --pid --fork --kill-child --mount --propagation private --mount-proc --net --ipc --uts -- bash --norc -c '
  set -e
  mount -t tmpfs -o mode=1777 tests /mnt
  for path in $KEEP; do
    case $path in /tmp/*)
      mkdir -p "/mnt${path#/tmp}"
      mount --bind "$path" "/mnt${path#/tmp}" ;;
    esac
  done
  mount --move /mnt /tmp
  mount -t tmpfs -o mode=1777 tests /dev/shm
  mount -t devpts -o newinstance,ptmxmode=0666,mode=0620,gid=5 tests /dev/pts
  mount --bind /dev/pts/ptmx /dev/ptmx
  ip link set lo up
  "$@"
  exit $?
' bash "$@"
