#!/bin/sh
# Runs once in the new namespaces, still on the host's root: unpacks the image (a tar on stdin) on a
# private tmpfs, puts an overlay of real, limited size over it and makes that the root.
# Everything lives in this mount namespace, so nothing is left on the host however the device ends.
set -eu
base=/mnt # any folder every host has; the host's own content is hidden in here only
mount --make-rprivate /
mount -t tmpfs -o mode=755 lab "$base"
cd "$base"
mkdir rom overlay root
tar -x -f - -C rom
mount -t tmpfs -o "size=$LAB_OVERLAY_BYTES,mode=755" overlay overlay
mkdir overlay/upper overlay/work
mount -t overlay -o "lowerdir=rom,upperdir=overlay/upper,workdir=overlay/work" overlayfs:/overlay root
mount --bind rom root/rom
mount --bind overlay root/overlay
mount --bind "$LAB_STDLIB" "root/lab/lib/$LAB_PYTHON"
# In a user namespace the host's mount flags are locked; there the file permissions protect it.
mount -o remount,bind,ro "root/lab/lib/$LAB_PYTHON" 2>/dev/null || true
mount -t proc proc root/proc
# The host's kernel is not the device's to set. (In a user namespace it cannot be, and flags are locked.)
mount --bind root/proc/sys root/proc/sys
mount -o remount,bind,ro root/proc/sys 2>/dev/null || true
[ ! -e root/proc/sysrq-trigger ] || mount --bind /dev/null root/proc/sysrq-trigger
mount -t tmpfs -o size=512k,mode=755 tmpfs root/dev
for node in null zero full random urandom tty; do
    # A user namespace may make no device nodes; there the host's are mounted.
    cp -a "/dev/$node" root/dev/ 2>/dev/null || {
        : >"root/dev/$node"
        mount --bind "/dev/$node" "root/dev/$node"
    }
done
mkdir root/dev/pts
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts root/dev/pts
ln -s pts/ptmx root/dev/ptmx
cd root
pivot_root . .
umount -l .
exec chroot . /lab/init </dev/null
