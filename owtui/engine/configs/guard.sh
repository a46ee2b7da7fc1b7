#!/bin/sh
# owtui's guard: puts new files on this router and takes them back unless somebody confirms them.
#
#   start ID WINDOW SETTLE [OPTION…]        check, keep the old files, put the new ones, await a confirm
#   stage ID WINDOW SETTLE HOLD [OPTION…]   the same up to the moment before the first file moves
#   commit ID | abort ID                    go on with what is staged | drop it, as HOLD s do
#   confirm ID | restore ID [REASON]        keep the new files for good | take them back now
#   status ID                               none staged pending applied restoring restored confirmed
#   swap ID, settle ID, watch ID, boot ID   its own: detached, by procd, by /etc/uci-defaults
#
# start and stage run in the folder of the upload: plan ("OLDMD5|- NEWMD5|- MODE|- PATH" a line),
# new/PATH, services ("NAME VERB" a line), guard (this file) and sums (sha256 of them all).
# OPTION: reboot (one reboot belongs to the push), ping=ADDRESS (reboot where that answers before
# and stays silent after a restore). WINDOW, SETTLE and HOLD are seconds.
# The answer is a line: a state and the id, or a refusal in capitals and what it is about.
umask 077
PATH=/usr/sbin:/usr/bin:/sbin:/bin

RAM=/tmp/owtui # lock, state, deadline, this script: may be lost at any time
FLASH=/etc/owtui
KEPT=$FLASH/guard # what a restore needs; as long as it has "preparing" or "staged", nothing has moved
BOOT=/etc/uci-defaults/00-owtui-guard
ACCESS="/etc/config/network /etc/config/firewall /etc/config/wireless /etc/config/dropbear
/etc/config/system /etc/config/uhttpd /etc/config/rpcd /etc/passwd /etc/shadow
/etc/dropbear/authorized_keys /etc/rc.local"

say() { printf '%s\n' "$*"; }

refuse() {
    say "$@"
    exit 1
}

# Not the clock: when it is stepped, a deadline by date is over at once or never.
uptime_s() {
    local up rest
    read -r up rest </proc/uptime
    echo "${up%%.*}"
}

md5() {
    local sum
    if sum=$(md5sum "$1" 2>/dev/null); then echo "${sum%% *}"; else echo -; fi
}

dotted() { echo "${1%/*}/.owtui-${1##*/}"; }

# On a full flash a copy may end short without a word, so each is compared.
copy() { cp -p "$1" "$2" 2>/dev/null && cmp -s "$1" "$2"; }

lock() { # [-n]
    mkdir -p $RAM && exec 9>$RAM/lock && flock "$@" 9
}

unlock() { exec 9>&-; }

# The push that the boot guard stands for, if any. One that is still being prepared has changed
# nothing: whoever comes next, or a reboot, sweeps it.
owner() { [ -e $KEPT/preparing ] || sed -n 's/^# confirmed //p' $BOOT 2>/dev/null; }

left() {
    local end=0
    [ ! -s $RAM/deadline ] || read -r end <$RAM/deadline
    end=$((end - $(uptime_s)))
    echo $((end > 0 ? end : 0))
}

# The state of this push in RAM ("applied", "restoring deadline"), nothing where it has none.
noted() {
    local what id rest
    [ -s $RAM/state ] && read -r what id rest <$RAM/state && [ "$id" = "$ID" ] || return 0
    echo "$what${rest:+ $rest}"
}

note() { say "$1 $ID${2:+ $2}" >$RAM/state; }

status() {
    local what mark='' id='' rest
    what=$(noted)
    if [ "${what%% *}" = restoring ]; then
        say "restoring $ID${what#restoring}"
    elif [ "$(owner)" = "$ID" ]; then
        [ ! -e $KEPT/staged ] || what=staged
        say "${what:-pending} $ID $(left)"
    else
        read -r mark what id rest 2>/dev/null <$FLASH/last
        case "$mark $what $id" in
        "# confirmed $ID") say "confirmed $ID" ;;
        "# restored $ID") sed 's/^# //' $FLASH/last ;;
        *) say "none $ID" ;;
        esac
    fi
}

# --- nothing is changed in here ---

check_device() {
    local program device at type options rest bad=''
    for program in flock md5sum sha256sum cmp setsid uci ubus jsonfilter; do
        command -v $program >/dev/null || refuse MISSING $program
    done
    # The last mount on / is the one in force. A root in RAM would lose the guard at a reboot.
    while read -r device at type options rest; do
        [ "$at" = / ] || continue
        case "$type $device" in
        tmpfs* | ramfs* | rootfs* | *overlayfs:/tmp/*) bad=VOLATILE ;;
        squashfs*) bad=READONLY ;;
        *) bad= ;;
        esac
        case $options in ro | ro,*) bad=READONLY ;; esac
    done </proc/mounts
    [ -z "$bad" ] || refuse $bad
}

# Each file is what the new one was made from, and nobody has an edit of it under way.
check_base() { # OLD PATH [what to do instead of a plain refusal]
    local old=$1 path=$2
    shift 2
    [ ! -L "$path" ] && [ ! -d "$path" ] || "${@:-refuse}" NOTFILE "$path"
    [ "$(md5 "$path")" = "$old" ] || "${@:-refuse}" CHANGED "$path"
    case $path in /etc/config/*) ;; *) return ;; esac
    [ ! -s "/tmp/.uci/${path##*/}" ] || "${@:-refuse}" STAGED "${path##*/}"
}

check_upload() {
    local old new mode path package
    sha256sum -c sums >/dev/null 2>&1 || refuse UPLOAD
    mkdir parse
    while read -r old new mode path; do
        check_base "$old" "$path"
        case $path in /etc/config/*) package=${path##*/} ;; *) continue ;; esac
        [ "$new" != - ] || continue
        # Under another name: to its own, uci would add what anybody has staged (also with -c).
        cp "new$path" "parse/zz_$package" 2>/dev/null || refuse NOSPACE /tmp
        uci -q -c "$PWD/parse" show "zz_$package" >/dev/null 2>&1 || refuse SYNTAX "$package"
    done <plan
}

# --- what a restore needs, on flash ---

keep() { # OLD NEW PATH; NEW is "=" for what we only look after
    say "$1 $2 $3" >>manifest || return 1
    [ "$1" != - ] || return 0
    mkdir -p "$KEPT/old${3%/*}" 2>/dev/null && copy "$3" "$KEPT/old$3" &&
        [ "$(md5 "$KEPT/old$3")" = "$1" ]
}

# First the means to sweep what a cut leaves, then the rest.
keep_all() {
    local old new mode path
    say "# confirmed $ID
[ ! -f $KEPT/guard ] || exec sh $KEPT/guard boot $ID" >boot
    (umask 022 && mkdir -p ${BOOT%/*} 2>/dev/null)
    mkdir -p $KEPT 2>/dev/null && true >$KEPT/preparing && copy guard $KEPT/guard &&
        copy plan $KEPT/plan && copy boot $KEPT/boot && mv -f $KEPT/boot $BOOT || return 1
    true >manifest
    while read -r old new mode path; do keep "$old" "$new" "$path" || return 1; done <plan
    for path in $ACCESS; do
        [ -f "$path" ] && ! grep -q " $path\$" plan || continue
        keep "$(md5 "$path")" = "$path" || return 1
    done
    ls /etc/rc.d >rc.d
    say "$WINDOW $SETTLE" >times
    say "# restored $ID unknown" >restored
    for path in manifest rc.d times restored services; do
        copy $path $KEPT/$path || return 1
    done
}

make_folder() {
    [ ! -d "$1" ] || return 0
    make_folder "${1%/*}" && say "$1" >>folders && copy folders $KEPT/folders &&
        (umask 022 && mkdir "$1" 2>/dev/null)
}

# New files beside their targets, on one file system with them: what is left is to rename.
place_all() {
    local old new mode path dot
    while read -r old new mode path; do
        [ "$new" != - ] || continue
        dot=$(dotted "$path")
        make_folder "${path%/*}" || return 1
        [ "$old" = - ] || cp -p "$path" "$dot" 2>/dev/null || return 1 # keeps mode and owner
        cat "new$path" 2>/dev/null >"$dot" && [ "$(md5 "$dot")" = "$new" ] || return 1
        [ "$mode" = - ] || chmod "$mode" "$dot" || return 1
    done <plan
}

# Removes what of ours has moved nothing; also what a cut has left. Until the boot guard is gone,
# a boot would do this again; with it gone, it must not find half of the rest.
sweep() {
    local old new mode path
    [ ! -f $KEPT/plan ] || while read -r old new mode path; do
        [ -z "$path" ] || rm -f "$(dotted "$path")"
    done <$KEPT/plan
    remove_folders
    rm -f $BOOT
    rm -rf $KEPT $RAM/state $RAM/deadline $RAM/told $RAM/swap
}

remove_folders() {
    local path
    [ ! -f $KEPT/folders ] || sort -r $KEPT/folders | while read -r path; do
        rmdir "$path" 2>/dev/null
    done
}

# procd starts it again when it is killed. Each push has one of its own name, so that the end of
# one cannot end that of the next.
watched() {
    local name=owtui-guard-$ID
    ubus call service set "{\"name\":\"$name\",\"instances\":{\"watch\":{\"command\":
        [\"/bin/sh\",\"$RAM/guard\",\"watch\",\"$ID\"],\"respawn\":[\"0\",\"1\",\"0\"]}}}" \
        >/dev/null 2>&1 9>&- &&
        [ "$(ubus call service list "{\"name\":\"$name\"}" 2>/dev/null |
            jsonfilter -e "@['$name'].instances.watch.running")" = true ]
}

unwatched() { ubus call service delete "{\"name\":\"owtui-guard-$ID\"}" >/dev/null 2>&1 9>&-; }

begin() { # STATE SECONDS
    note "$1" && say $(($(uptime_s) + $2)) >$RAM/deadline && [ -s $RAM/deadline ]
}

reached() { ping -c 1 -W 2 "$1" >/dev/null 2>&1; }

give_up() {
    unwatched
    sweep
    refuse "$@"
}

prepare() { # STATE SECONDS [OPTION…]
    local state=$1 seconds=$2 option found what
    shift 2
    lock -n || refuse BUSY
    found=$(owner)
    [ -z "$found" ] || [ "$found" = "$ID" ] || refuse PENDING "$found"
    found=$(status)
    [ "$found" = "none $ID" ] || refuse "$found" # sent twice
    read -r what found 2>/dev/null <$RAM/state
    [ "$what" != restoring ] || revive # of a restore that was cut
    check_device
    check_upload
    sweep
    rm -f $RAM/ping
    if ! { keep_all && place_all; }; then
        while read -r found what what option; do check_base "$found" "$option" give_up; done <plan
        give_up NOSPACE
    fi
    for option; do
        case $option in
        reboot) true >$KEPT/reboot || give_up NOSPACE ;;
        ping=*) ! reached "${option#ping=}" || say "${option#ping=}" >$RAM/ping ;;
        esac
    done
    [ "$state" != staged ] || true >$KEPT/staged || give_up NOSPACE
    copy guard $RAM/guard && begin "$state" "$seconds" || give_up NOSPACE /tmp
    watched || give_up NOWATCHDOG
    sync
    rm -f $KEPT/preparing # from here on the device heals itself
    sync
}

# --- the swap ---

# Detached, since the new configuration may end the session; it inherits the lock. The variable is
# the mark by which a session's leftovers are ended, which this is not one of.
launch() {
    (
        trap - HUP PIPE
        unset OWTUI_RUN
        exec setsid sh $RAM/guard swap "$ID" >/dev/null 2>&1 </dev/null
    ) &
    say "STARTED $ID"
}

commit() {
    local old new path window settle
    lock
    [ "$(owner)" = "$ID" ] && [ -e $KEPT/staged ] || refuse "$(status)"
    while read -r old new path; do
        [ "$new" != = ] || continue
        check_base "$old" "$path" give_up
        [ "$new" = - ] || [ "$(md5 "$(dotted "$path")")" = "$new" ] || give_up UPLOAD
    done <$KEPT/manifest
    read -r window settle <$KEPT/times
    begin pending "$window" || give_up NOSPACE /tmp
    rm -f $KEPT/staged # from here on a restore puts the old files back
    sync
    launch
}

abort() {
    lock
    if [ "$(owner)" = "$ID" ] && [ -e $KEPT/staged ]; then
        sweep
        sync
        unwatched
    fi
    status
}

swap() {
    local old new path failed=''
    [ "$(owner)" = "$ID" ] || exit 1
    say $$ >$RAM/swap
    # Copies and syncs take seconds on a slow flash, in which somebody may have committed.
    while read -r old new path; do
        [ "$new" = = ] || check_base "$old" "$path" give_up
    done <$KEPT/manifest
    while read -r old new path; do
        case $new in
        =) ;;
        -) rm -f "$path" || failed=1 ;;
        *) mv -f "$(dotted "$path")" "$path" || failed=1 ;;
        esac
    done <$KEPT/manifest
    sync
    if [ -n "$failed" ]; then
        restore swap
        revive
        exit
    fi
    while read -r old new path; do [ "$new" = = ] || tell "$path"; done <$KEPT/manifest
    unlock
    reload_config # only for its record: it tells nobody of a package that it sees first
    while read -r old new; do serve "$old" "$new"; done <$KEPT/services
    settle
}

# A service acts seconds after it was told: until then a confirm would confirm nothing.
settle() {
    local window settle
    read -r window settle <$KEPT/times
    sleep "$settle"
    lock
    rm -f $RAM/swap
    [ "$(owner) $(noted)" != "$ID pending" ] || note applied
}

tell() {
    case $1 in
    /etc/config/*)
        ubus call service event \
            "{\"type\":\"config.change\",\"data\":{\"package\":\"${1##*/}\"}}" >/dev/null 2>&1 9>&-
        ;;
    esac
}

serve() { "/etc/init.d/$1" "$2" >/dev/null 2>&1 </dev/null 9>&-; }

# --- the end: kept, or taken back ---

confirm() {
    local now
    lock
    now=$(status)
    case $now in
    applied*) ;;
    pending*) refuse NOTYET "$ID" ;;
    confirmed*) say "$now" && exit ;;
    *) refuse "$now" ;;
    esac
    mv -f $BOOT $FLASH/last || refuse NOTYET "$ID" # this one act commits, and is the record of it
    sync
    rm -rf $KEPT $RAM/state $RAM/deadline
    unwatched
    say "confirmed $ID"
}

put_back() { # OLD NEW PATH
    local now kept=$KEPT/old$3
    now=$(md5 "$3")
    if [ "$1" = - ]; then
        [ "$now" != - ] || return 0
        save "$now" "$@"
        rm -f "$3"
    else
        # One that we changed goes back even if it is equal: its mode may not be.
        [ -f "$kept" ] && { [ "$2" != = ] || [ "$now" != "$1" ]; } || return 0
        save "$now" "$@"
        mv -f "$kept" "$3" # needs no space
    fi
    say "$3" >>$RAM/told
}

# What is neither the old nor the new file is somebody's work: kept by a link, which needs no space.
save() { # NOW OLD NEW PATH
    case $1 in - | "$2" | "$3") return ;; esac
    mkdir -p "$FLASH/lost/$ID${4%/*}" 2>/dev/null &&
        ln -f "$4" "$FLASH/lost/$ID$4" 2>/dev/null && say "# lost $4" >>$RAM/last
}

put_back_links() {
    local link name verb
    while read -r link; do
        [ -L "/etc/rc.d/$link" ] || ln -s "../init.d/${link#???}" "/etc/rc.d/$link"
    done <$KEPT/rc.d
    while read -r name verb; do
        for link in /etc/rc.d/[SK][0-9][0-9]"$name"; do
            grep -qx "${link##*/}" $KEPT/rc.d || rm -f "$link"
        done
    done <$KEPT/services
}

# A swap that still waits for a service would go on after us.
end_swap() {
    local pid
    read -r pid 2>/dev/null <$RAM/swap && [ "$pid" != $$ ] || return 0
    ! grep -q "swap" "/proc/$pid/cmdline" 2>/dev/null || kill -9 "-$pid" 2>/dev/null
    rm -f $RAM/swap
}

# May be cut at any point and done again. The lock is held.
restore() { # REASON
    local old new path
    note restoring "$1"
    end_swap
    say "# restored $ID $1" >$RAM/last
    while read -r old new path; do
        put_back "$old" "$new" "$path"
        rm -f "$(dotted "$path")"
    done <$KEPT/manifest
    put_back_links
    remove_folders
    sync
    # On a full flash the record is the one that was written in time, without the reason.
    ! copy $RAM/last $KEPT/last || mv -f $KEPT/last $KEPT/restored
    mv -f $KEPT/restored $FLASH/last
    rm -f $BOOT
    sync
}

# The old files are there: now what runs follows them.
revive() {
    local name verb path
    [ ! -f $RAM/told ] || sort -u $RAM/told | while read -r path; do tell "$path"; done
    sleep 2
    while read -r name verb; do
        [ "$verb" = reload ] || verb=stop
        [ $verb = reload ] || ! grep -q "^S..$name\$" $KEPT/rc.d || verb=restart
        serve "$name" $verb
    done <$KEPT/services
    serve dropbear start
    serve firewall reload
    reload_config 9>&-
    rm -rf $KEPT $RAM/state $RAM/deadline $RAM/told
}

take_back() { # [REASON]
    lock
    case $(status) in
    pending* | applied*)
        restore "${1:-request}"
        revive
        unwatched
        ;;
    esac
    status
}

watch() {
    local ours=''
    while :; do
        while [ "$(owner)" = "$ID" ] && [ "$(left)" -gt 0 ] && ! restoring; do sleep 1; done
        lock
        # Whoever had the lock may have confirmed, committed or restored meanwhile.
        [ "$(owner)" = "$ID" ] && [ "$(left)" -gt 0 ] && ! restoring || break
        unlock
    done
    if [ "$(owner)" = "$ID" ]; then
        ours=1
        [ -e $KEPT/staged ] || restore "$(restoring && noted | cut -d ' ' -f 2 || echo deadline)"
    fi
    if restoring; then ours=1 && revive; elif [ -n "$ours" ]; then sweep; fi
    unlock
    [ -z "$ours" ] || escalate
    unwatched
}

restoring() { case $(noted) in restoring*) ;; *) return 1 ;; esac; }

# What is not in the configuration (nft, ip) may still keep everybody out; a reboot drops it.
escalate() {
    local address try
    read -r address 2>/dev/null <$RAM/ping || return 0
    sleep 30
    for try in 1 2 3; do
        ! reached "$address" || return 0
        sleep 5
    done
    lock -n && [ -z "$(owner)" ] || return 0 # a newer push has begun
    case $(status) in "restored $ID"*) reboot ;; esac
}

# By uci-defaults, before network, firewall and dropbear start; 0 lets the boot guard be deleted.
boot() {
    local window settle
    lock
    copy $KEPT/guard $RAM/guard
    if [ -e $KEPT/preparing ] || [ -e $KEPT/staged ]; then
        sweep
        exit 0
    fi
    if [ -e $KEPT/reboot ] && rm -f $KEPT/reboot && sync && [ ! -e $KEPT/reboot ]; then
        read -r window settle <$KEPT/times
        if begin pending "$window" && watched; then
            setsid sh $RAM/guard settle "$ID" >/dev/null 2>&1 </dev/null 9>&- &
            exit 1
        fi
    fi
    restore reboot
    rm -rf $KEPT $RAM/state $RAM/told
}

verb=${1-} ID=${2-}
case $ID in '' | *[!A-Za-z0-9-]*) refuse USAGE ;; esac
case $verb in start | stage) WINDOW=${3-} SETTLE=${4-} ;; esac
shift 2
case $verb in
swap | settle | watch | boot) $verb ;;
*)
    trap '' HUP PIPE # the client may go away in the middle
    case $verb in
    start)
        shift 2
        prepare pending "$WINDOW" "$@"
        launch
        ;;
    stage)
        shift 2
        prepare staged "$@"
        status
        ;;
    commit | abort | confirm | status) $verb ;;
    restore) take_back "$@" ;;
    *) refuse USAGE ;;
    esac
    ;;
esac
