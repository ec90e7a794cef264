#!/bin/bash
# Starts a program in a network namespace of its own, with an address and a link on the network of the host. Prints its pid, a high one, which is free on the
# other host, when the program uses port 7000.
echo 20000 > /proc/sys/kernel/ns_last_pid
unshare --net setsid bash -c '
  until ip link show eth0; do sleep 0.02; done
  ip link set lo up
  ip address add "$0/24" dev eth0
  ip link set eth0 up
  exec "$@"' "$@" < /dev/null > /dev/null 2>&1 &
program=$!
ip link add web link eth0 type macvlan mode bridge
until [ "$(readlink /proc/$program/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.02; done
ip link set web name eth0 netns $program
until grep -q :1B58 /proc/$program/net/tcp; do sleep 0.02; done
echo $program
