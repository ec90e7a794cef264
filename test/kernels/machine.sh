#!/bin/bash
# Boots a kernel in QEMU, over a throw-away copy (overlay) of this machine's files, and runs a command there as root. What the command prints, appears as
# it comes. The command finds the directory CARRIED at /run/carried, where it can leave files. The machine emulates the processor if KVM does not work: then
# everything takes about ten times as long. Usage: machine.sh KERNEL SECONDS CARRIED COMMAND
#   KERNEL: a directory with an unpacked kernel package of Debian, of the generic kind, which has 9p and overlay
set -u
kernel=$(readlink -f "$1") seconds=$2 carried=$3 command=$4
work=$(mktemp -d /tmp/machine.XXXXXX)
trap 'rm -rf "$work"' EXIT
trap 'exit 143' TERM INT HUP
version=$(basename "$kernel"/lib/modules/*)
root=$work/root
mkdir -p "$root"/{bin,modules,proc,sys,dev,below,above,new}
cp "$(command -v busybox)" "$root/bin/busybox"
: >"$root/modules/order"

# Adds a module, after those that it needs. Kernels can have it built in.
seen=" "
add_module() {
	local name=$1 file needed
	[[ $seen == *" $name "* ]] && return
	seen+="$name "
	file=$(find "$kernel/lib/modules" -name "$name.ko" -o -name "$name.ko.xz" | head -n 1)
	[ -n "$file" ] || return
	case $file in
	*.xz) xz -dc "$file" >"$root/modules/$name.ko" ;;
	*) cp "$file" "$root/modules/$name.ko" ;;
	esac
	for needed in $(modinfo -F depends "$root/modules/$name.ko" | tr , ' '); do add_module "$needed"; done
	echo "$name" >>"$root/modules/order"
}
for name in virtio_pci 9pnet_virtio 9p overlay; do add_module "$name"; done
# The kernel loads all others from the package when they are needed.
depmod -b "$kernel" "$version"

printf '%s\n' "$command" >"$root/command"
echo "$kernel/lib/modules" >"$root/modules/place"
cat >"$root/init" <<'INIT'
#!/bin/busybox sh
for name in cat chmod cp insmod ip ln mkdir mount poweroff switch_root; do eval "$name() { /bin/busybox $name \"\$@\"; }"; done
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
for module in $(cat /modules/order); do insmod /modules/$module.ko 2>/dev/null; done
mount -t 9p -o trans=virtio,version=9p2000.L,ro,msize=512000,cache=loose files /below || poweroff -f
mount -t tmpfs -o size=3g above /above
mkdir /above/files /above/work
mount -t overlay -o lowerdir=/below,upperdir=/above/files,workdir=/above/work root /new || poweroff -f
for name in proc sys dev; do mkdir -p /new/$name; mount --move /$name /new/$name; done
mkdir -p /new/dev/pts /new/dev/shm /new/lib/modules
mount --bind "/new$(cat /modules/place)" /new/lib/modules
ln -s /proc/self/fd /new/dev/fd
mount -t devpts -o gid=5,mode=620,ptmxmode=666 devpts /new/dev/pts
mount -t tmpfs shm /new/dev/shm
mount -t tmpfs -o mode=755 run /new/run
mkdir /new/run/carried
mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000 carried /new/run/carried
mount -t tmpfs -o mode=755 cgroup /new/sys/fs/cgroup
for name in cpu cpuacct cpuset memory devices freezer blkio pids; do
	mkdir -p /new/sys/fs/cgroup/$name
	mount -t cgroup -o $name cgroup /new/sys/fs/cgroup/$name 2>/dev/null
done
mkdir -p /new/sys/fs/cgroup/unified
mount -t cgroup2 cgroup2 /new/sys/fs/cgroup/unified
ip link set lo up
cp /command /new/run/command
cp /bin/busybox /new/run/busybox
cat >/new/run/start <<'START'
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 TERM=dumb
cd /
bash /run/command </dev/null >/dev/ttyS1 2>&1
sync
/run/busybox poweroff -f
START
exec /bin/busybox switch_root /new /bin/bash /run/start
INIT
chmod +x "$root/init"
(cd "$root" && find . | cpio -o -H newc --quiet | gzip -1) >"$work/initrd"

# Some machines have /dev/kvm although KVM does not work there, so it must be asked for: ACCEL=kvm.
# Without what few processors have: checkpoints of the machine are restored outside.
accel=${ACCEL:-tcg,thread=multi} cpu=max,-mpx,-pku
[ "$accel" = kvm ] && cpu=host
timeout -k 5 "$seconds" qemu-system-x86_64 -accel "$accel" -cpu "$cpu" -smp 2 -m 4G -nodefaults -display none -no-reboot -monitor none \
	-kernel "$kernel/boot/vmlinuz-$version" -initrd "$work/initrd" -append "console=ttyS0 quiet panic=-1 mitigations=off" \
	-virtfs local,path=/,mount_tag=files,security_model=none,readonly=on,multidevs=remap \
	-virtfs local,path="$carried",mount_tag=carried,security_model=none \
	-serial file:"$work/console" -serial stdio </dev/null 2>"$work/errors" &
machine=$!
trap 'kill "$machine" 2>/dev/null; wait "$machine"; exit 143' TERM INT HUP
wait "$machine"
status=$?
[ $status = 0 ] && exit 0
{
	echo "the machine ended with status $status"
	tail -n 5 "$work/console" "$work/errors"
} >&2
exit "$status"
