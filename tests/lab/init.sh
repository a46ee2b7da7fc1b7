#!/bin/ash
# PID 1 of a lab device: boots it, boots it anew when `reboot` sends HUP, and applies committed
# configuration when `reload_config` sends USR1. Each boot is a new time namespace (uptime from 0),
# a new boot id, an empty /tmp and a new dropbear; what is on the overlay stays.
# It tells the lab on stdout: `up <port> <boot id>` when the server listens, `down` when all is dead.
. /lab/spec
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
ID=/lab/run/boot_id
RUNNING=/var/run/lab-config
again=
trap 'again=1' HUP
trap apply USR1

: >$ID
mount --bind $ID /proc/sys/kernel/random/boot_id

# The port of the dropbear whose pid is $1, out of the kernel's table; nothing before it listens.
listening() {
    local inode
    for inode in $(ls -l "/proc/$1/fd" 2>/dev/null | sed -n 's/.*socket:\[\([0-9]*\)\]$/\1/p'); do
        awk -v inode="$inode" '$4 == "0A" && $10 == inode { split($2, at, ":"); print at[2] }' \
            /proc/net/tcp
    done | head -n 1
}

# What is committed becomes what runs. A changed network leaves the sessions hanging, as on a
# router whose address goes away under them: the command goes on, the client hears nothing more.
apply() {
    sleep "$LAB_RELOAD_S"
    if ! cmp -s /etc/config/network $RUNNING/network; then
        for pid in $(pgrep -f 'dropbear.* -2 [0-9]+$'); do kill -STOP "$pid"; done
    fi
    adopt
}

adopt() {
    mkdir -p $RUNNING
    cp /etc/config/* $RUNNING/
    busybox hostname "$(uci -q -P /lab/run get system.@system[0].hostname)"
}

# Stage 2 of an upgrade: $1 is 1 for -n, $2 the new version. What is not kept is as in the image;
# -n keeps nothing, so the device has new host keys and no password.
upgrade() {
    local file path old
    old=$(cat /etc/openwrt_version)
    find /overlay/upper ! -type d | while read -r file; do
        path=${file#/overlay/upper}
        case $1$path in
        ?/lab/*) continue ;;
        0/etc/config/* | 0/etc/dropbear/* | 0/etc/passwd | 0/etc/shadow | 0/etc/group) continue ;;
        esac
        if [ -e "/rom$path" ]; then cp -a "/rom$path" "$path"; else rm -f "$path"; fi
    done
    for file in /etc/openwrt_version /etc/openwrt_release /etc/banner /lab/board.json; do
        sed -i "s/${old//./\\.}/$2/g" $file
    done
    [ "$1" = 1 ] || return 0
    sed -i 's/^root:[^:]*:/root::/' /etc/shadow
    rm /etc/dropbear/*
    dropbearkey -t ed25519 -f /etc/dropbear/dropbear_ed25519_host_key >/dev/null 2>&1
    dropbearkey -t rsa -s 2048 -f /etc/dropbear/dropbear_rsa_host_key >/dev/null 2>&1
}

fresh_tmp() {
    umount -l /tmp 2>/dev/null
    mount -t tmpfs -o "size=$LAB_TMP_BYTES,mode=1777" tmpfs /tmp
    mkdir -p /tmp/run /tmp/log /tmp/lock /tmp/state /tmp/sysinfo /tmp/resolv.conf.d
    : >/tmp/resolv.conf
    : >/tmp/log/messages
    jsonfilter -i /etc/board.json -e @.model.id >/tmp/sysinfo/board_name
    jsonfilter -i /etc/board.json -e @.model.name >/tmp/sysinfo/model
}

boot() {
    local pidfile=/var/run/dropbear.1.pid hex uptime script
    # shellcheck disable=SC2046  # two words
    [ ! -e /lab/run/upgrade ] || upgrade $(cat /lab/run/upgrade)
    rm -f /lab/run/upgrade
    cat /proc/sys/kernel/random/uuid >$ID
    fresh_tmp
    adopt
    read -r uptime _ </proc/uptime
    # -B: root without a password gets in, as OpenWrt patches its dropbear to do.
    # shellcheck disable=SC2086  # options are words
    /lab/bin/unshare $LAB_LOGIN_NS --time --boottime "-${uptime%.*}" --fork --kill-child \
        $LAB_CONFINE /usr/sbin/dropbear -F -E -P $pidfile -p "$LAB_ADDRESS:$LAB_PORT" \
        -r /etc/dropbear/dropbear_ed25519_host_key -r /etc/dropbear/dropbear_rsa_host_key \
        -B -K 300 -T 3 -W 262144 &
    server=$!
    for script in /etc/rc.d/S*; do "$script" start; done
    while :; do
        hex=$(listening "$(cat $pidfile 2>/dev/null)")
        [ -n "$hex" ] && break
        kill -0 $server 2>/dev/null || exit 1 # its own words are on stderr
        sleep 0.02
    done
    LAB_PORT=$(printf %d "0x$hex") # the same door after every boot
    echo "up $LAB_PORT $(cat $ID)"
}

while :; do
    boot
    while [ -z "$again" ] && kill -0 $server 2>/dev/null; do wait $server; done
    [ -n "$again" ] || exit 1
    again=
    sleep "$LAB_SHUTDOWN_S"
    kill -9 -1
    echo down
    sleep "$LAB_AWAY_S"
done
