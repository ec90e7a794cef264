#!/bin/bash
# Starts the server in a network namespace of its own, whose link is on the network of the host, and prints its pid: a high one, which is free on the other host.
echo 20000 > /proc/sys/kernel/ns_last_pid
unshare --net setsid bash -c '
  until ip link show eth0; do sleep 0.02; done
  ip link set lo up
  ip address add 10.77.0.50/24 dev eth0
  ip link set eth0 up
  exec python3 "$1"' bash "$1" < /dev/null > /dev/null 2>&1 &
server=$!
ip link add web link eth0 type macvlan mode bridge
until [ "$(readlink /proc/$server/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.02; done
ip link set web name eth0 netns $server
until grep -q :1B58 /proc/$server/net/tcp; do sleep 0.02; done
echo $server
