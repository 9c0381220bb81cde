#!/bin/bash
# Runs in the guest: all scenarios, or the one that is named. Each has a directory, which ends up in
# /lab/results, and a network namespace of its own, but for the one that needs the first.
#   guest.sh [SCENARIO]       `nldissect` and NLDEMO (a directory) are given by /lab/guest.sh

work=/run/work

# Starts `nldissect live` with these arguments; what it says goes to NAME.err, what it prints to
# NAME.out. Waits until it listens: main and tap are its processes then.
begin() { # NAME ARGUMENT...
    local name=$1
    shift
    nldissect live "$@" >"$name.out" 2>"$name.err" &
    main=$!
    until [[ $(<"$name.err") =~ listening\ on\ ([a-z0-9]+) ]]; do
        kill -0 $main || exit
        sleep 0.1
    done
    tap=$(pgrep -P $main)
}

# Waits until it has ended, and keeps its exit code in NAME.code.
ended() { # NAME
    wait $main
    echo $? >"$1.code"
}

finish() { # NAME [SIGNAL]
    kill "-${2:-INT}" $main
    ended "$1"
}

# Starts tcpdump beside it, on a link of its own: it would lose the last packets of one that goes.
beside() { # NAME
    ip link add beside up type nlmon
    tcpdump -Z root -i beside -s 0 -B 65536 -w "$1.pcap" 2>"$1.tcpdump" &
    tcpdump=$!
    until [[ $(<"$1.tcpdump") == *listening* ]]; do
        kill -0 $tcpdump || exit
        sleep 0.1
    done
}

beside_ends() {
    # It takes a second to hear of the last packets.
    sleep 1.5
    kill -INT $tcpdump
    wait $tcpdump
    ip link del beside
}

monitors() { # NAME: the nlmon links that there are
    ip -br link show type nlmon >"$1.links"
}

until_gone() { # FILE: waits for the links to go; says so
    local _
    for _ in {1..100}; do
        [ -z "$(ip -br link show type nlmon)" ] && { echo gone >"$1"; return; }
        sleep 0.1
    done
    echo "still there" >"$1"
}

routes() { # COUNT
    ip link add many type dummy
    ip link set many up
    local i
    for ((i = 0; i < $1; i++)); do
        echo "route add 10.$((i >> 8)).$((i & 255)).0/24 dev many"
    done | ip -batch -
}

some_traffic() { # NAME: of a link, to be found by it
    ip link add "$1" type dummy
    ip addr add 192.0.2.1/24 dev "$1"
    ip link set "$1" up
    ip route show table all
    ip link show
}

# Beside tcpdump, with families that come and go meanwhile.
talk() {
    begin live -w live.pcapng -T ndjson
    beside live
    {
        some_traffic dummy0
        ip -6 addr add 2001:db8::1/64 dev dummy0
        ip route add 198.51.100.0/24 via 192.0.2.2
        ip route add 203.0.113.0/24 via 233.252.0.1
        ip neigh add 192.0.2.2 lladdr 02:00:00:00:00:02 dev dummy0
        ip neigh show
        ip link add v0 type veth peer name v1
        ethtool v0
        ethtool -k v0
        ethtool -K v0 tso off
        ip link add wg0 type wireguard
        wg genkey >private
        wg set wg0 private-key private listen-port 51820
        wg set wg0 peer "$(wg genkey | wg pubkey)" allowed-ips 198.51.100.7/32
        wg show wg0
        insmod "$NLDEMO/nldemo.ko"
        python3 "$NLDEMO/nldemo.py" talk
        ip link del wg0
        ip link del nosuch
        rmmod nldemo
    } >traffic 2>&1
    sleep 0.5
    finish live
    beside_ends
    monitors live
}

# Ended by SIGTERM while it prints.
terminated() {
    begin live --own -T ndjson -w live.pcapng
    some_traffic dummy0 >/dev/null
    routes 200
    finish live TERM
    monitors live
}

# Its first process is killed.
killed() {
    begin live -w live.pcapng
    some_traffic dummy0 >/dev/null
    kill -KILL $main
    until_gone live.gone
}

# Both are killed; the next one clears up.
both_killed() {
    begin live -w live.pcapng
    some_traffic dummy0 >/dev/null
    sleep 1.5
    kill -KILL $main $tap
    ended live
    cp live.pcapng then.pcapng
    monitors live
    begin next
    finish next
    monitors next
}

# Links that were there before.
interface() {
    ip link add mine type nlmon
    ip link set mine up
    begin named -i mine -w named.pcapng
    some_traffic dummy0 >/dev/null
    finish named
    monitors named
    begin found -w found.pcapng
    some_traffic dummy1 >/dev/null
    finish found
    monitors found
}

# More than there is room for, while nobody takes it out.
drops() {
    # Room enough for a slow machine to lose nothing before tcpdump hears it as well.
    begin live -B 4 -w live.pcapng
    beside live
    some_traffic dummy0 >/dev/null
    sleep 0.5
    kill -STOP "$tap"
    routes 4000
    kill -CONT "$tap"
    sleep 1
    some_traffic dummy1 >/dev/null
    sleep 0.5
    finish live
    beside_ends
}

# The file system has no room.
full() {
    mkdir small
    mount -t tmpfs -o size=256k small small
    begin live -w small/live.pcapng
    routes 4000
    ended live
    monitors live
    cp small/live.pcapng .
    umount small
}

# The link is deleted under it.
lost() {
    ip link add mine type nlmon
    ip link set mine up
    begin live -i mine -w live.pcapng
    some_traffic dummy0 >/dev/null
    sleep 0.5
    ip link del mine
    ended live
}

# Another network namespace.
netns() {
    ip netns add other
    begin live --netns other -w live.pcapng
    some_traffic here >/dev/null
    ip netns exec other "$BASH" -c "$(declare -f some_traffic); some_traffic there" >/dev/null
    sleep 0.5
    ip netns exec other ip -br link show type nlmon >during.links
    monitors here
    finish live
    ip netns exec other ip -br link show type nlmon >live.links
    ip netns del other
}

# Files that follow each other, not so fast that one is full before the kernel could be asked again.
ring() {
    begin live -b filesize:64 -b files:3 -w live.pcapng
    local _
    for _ in {1..12}; do
        routes 100
        ip link del many
        ethtool lo >/dev/null
        sleep 0.3
    done
    sleep 0.5
    finish live
}

scenario() { # NAME
    mkdir -p "$work/$1"
    cd "$work/$1" || exit
    exec 2>commands
    PS4='$EPOCHREALTIME '
    set -x
    "$1"
}

if [ $# -gt 0 ]; then
    scenario "$1"
else
    # What hangs is killed, and told by what it did until then.
    timeout 200 "$0" talk &
    printf '%s\n' terminated killed both_killed interface drops full lost netns ring |
        xargs -P 3 -n 1 timeout 200 unshare --net "$0"
    wait
    cat /proc/uptime >"$work/uptime"
    cp -r "$work" /lab/results
fi
