#!/bin/ash
# PID 1 of a lab device: boots it, boots it anew when `reboot` sends HUP, and applies configuration
# when a `config.change` event sends USR1. Each boot is a new time namespace (uptime from 0), a new
# boot id, an empty /tmp and a new dropbear; what is on the overlay stays. USR2 cuts the power.
# It tells the lab on stdout: `up <port> <boot id>` when the device is up, `down` when all is dead.
. /lab/spec
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
ID=/lab/run/boot_id
RUNNING=/var/run/lab-config
EVENTS=/var/run/lab-events
again=
trap 'again=reboot' HUP
trap 'again=cut' USR2
trap apply USR1

: >$ID
mount --bind $ID /proc/sys/kernel/random/boot_id

# What is committed becomes what runs. A changed network leaves the sessions hanging, as on a
# router whose address goes away under them: the command goes on, the client hears nothing more.
apply() {
    local event package
    sleep "$LAB_RELOAD_S"
    for event in $EVENTS/*; do
        [ -e "$event" ] || return
        rm -f "$event"
        package=${event##*/}
        if [ "$package" = network ] && ! cmp -s /etc/config/network $RUNNING/network; then
            for pid in $(pgrep -f 'dropbear.* -2 [0-9]+$'); do kill -STOP "$pid"; done
        fi
        adopt "$package"
        case $package in
        system) hostname ;;
        network | firewall) kill -USR1 "$(cat /lab/run/procd)" ;;
        dropbear) : >/var/run/lab-reload && kill -USR1 "$(cat /lab/run/procd)" ;;
        esac
    done
}

adopt() {
    rm -f "$RUNNING/$1"
    cp "/etc/config/$1" "$RUNNING/" 2>/dev/null
}

hostname() {
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
    local uptime
    # shellcheck disable=SC2046  # two words
    [ ! -e /lab/run/upgrade ] || upgrade $(cat /lab/run/upgrade)
    rm -f /lab/run/upgrade
    cat /proc/sys/kernel/random/uuid >$ID
    fresh_tmp
    read -r uptime _ </proc/uptime
    # shellcheck disable=SC2086  # options are words
    /lab/bin/unshare $LAB_LOGIN_NS --time --boottime "-${uptime%.*}" --fork --kill-child \
        /lab/procd &
    server=$!
    until [ -n "$again" ] || [ -e /var/run/lab-up ]; do
        kill -0 $server 2>/dev/null || exit 1 # its own words are on stderr
        sleep 0.02
    done
    [ -z "$again" ] || return
    hostname
    echo "up $(cat /lab/run/port) $(cat $ID)"
}

while :; do
    boot
    while [ -z "$again" ] && kill -0 $server 2>/dev/null; do wait $server; done
    [ -n "$again" ] || exit 1
    [ $again = cut ] || sleep "$LAB_SHUTDOWN_S"
    again=
    kill -9 -1
    echo down
    sleep "$LAB_AWAY_S"
done
