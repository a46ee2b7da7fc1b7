"""Which busybox applets a lab device has: those of OpenWrt 24.10, by directory.

Debian's busybox has more (timeout, stat, base64, truncate…) and a few less; what is not listed here
gets no link, so a command line that leans on it fails in the lab as it fails on a router.
"""

from __future__ import annotations

APPLETS: dict[str, str] = {
    "/bin": "ash busybox cat chgrp chmod chown cp date dd df dmesg echo egrep false fgrep grep "
    "gunzip gzip kill ln ls mkdir mknod mktemp mount mv netstat nice pidof ping ping6 ps pwd rm "
    "rmdir sed sh sleep sync tar touch traceroute traceroute6 true umount uname vi zcat",
    "/sbin": "hwclock ifconfig ip mkswap pivot_root route start-stop-daemon swapoff swapon "
    "switch_root sysctl",
    "/usr/bin": "[ [[ awk basename clear cmp cut dirname du env expr find free head hexdump id "
    "killall less md5sum mkfifo nc nslookup printf readlink reset seq setsid sha256sum sort "
    "strings tail taskset tee test time top tr uniq uptime wc wget which xargs yes",
    "/usr/sbin": "brctl chroot",
}

ABSENT = "base64 bash hostname nohup python python3 rsync sha512sum stat timeout truncate"
"""What openwrt.md saw missing; the lab asserts it and the engine must live without."""


def links() -> dict[str, str]:
    """Return link path to target, every target being the one busybox."""
    return {
        f"{folder}/{name}": "/bin/busybox"
        for folder, names in APPLETS.items()
        for name in names.split()
        if name != "busybox"
    }
