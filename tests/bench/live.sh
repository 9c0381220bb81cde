#!/bin/bash
# Runs in the guest: a flood is captured by both programs, and by each alone. Leaves, for each run,
# what they said, how long the flood took and how long nldissect then took to end (both in us), and
# a sample of each process for each second: its name, peak memory in KB, processor time in ticks.
work=/run/work

begin_nldissect() {
    nldissect live -w nldissect.pcapng >/dev/null 2>nldissect.err &
    main=$!
    until grep -q listening nldissect.err; do sleep 0.1; done
    tap=$(pgrep -P "$main")
}

begin_tcpdump() {
    ip -br link show type nlmon | grep -q . || ip link add nlmon0 up type nlmon
    tcpdump -Z root -i nlmon0 -s 0 -B 32768 -w tcpdump.pcap 2>tcpdump.err &
    tcpdump=$!
    until grep -q listening tcpdump.err; do sleep 0.1; done
}

sample() { # NAME PID
    local peak key value rest fields
    while read -r key value rest; do [ "$key" = VmHWM: ] && peak=$value; done <"/proc/$2/status"
    read -r -a fields <"/proc/$2/stat"
    [ -z "$peak" ] || echo "$1 $peak $((fields[13] + fields[14]))"
}

samples() {
    while sleep 1; do
        [ -n "$main" ] && { sample decodes "$main"; sample captures "$tap"; }
        [ -n "$tcpdump" ] && sample tcpdump "$tcpdump"
    done >samples 2>/dev/null
}

flood() {
    ip link add many type dummy
    ip link set many up
    ip monitor all >/dev/null &
    local listener=$! i
    ip -batch "$work/add"
    for i in 1 2 3 4 5; do ip route show table all >/dev/null; done
    ip -batch "$work/change"
    ip link del many
    kill $listener
}

run() { # NAME PROGRAM...
    local name=$1 program main='' tap='' tcpdump='' sampler begun ended
    shift
    mkdir -p "$work/$name"
    cd "$work/$name" || exit
    for program; do "begin_$program"; done
    samples &
    sampler=$!
    begun=${EPOCHREALTIME/./}
    flood
    ended=${EPOCHREALTIME/./}
    echo "$((ended - begun))" >flood
    sleep 3
    # In this order, as the link goes with nldissect.
    [ -n "$tcpdump" ] && { kill -INT "$tcpdump"; wait "$tcpdump"; }
    begun=${EPOCHREALTIME/./}
    [ -n "$main" ] && { kill -INT "$main"; wait "$main"; }
    ended=${EPOCHREALTIME/./}
    echo "$((ended - begun))" >end
    kill $sampler
    ip link del nlmon0 2>/dev/null
    rm -f -- *.pcap*
}

mkdir -p "$work"
mount -t tmpfs -o size=85% work "$work"
for ((i = 0; i < 20000; i++)); do
    echo "route add 10.$((i >> 8)).$((i & 255)).0/24 dev many" >&3
    ((i < 5000)) && echo "route change 10.$((i >> 8)).$((i & 255)).0/24 dev many metric 0 mtu 1400" >&4
done 3>"$work/add" 4>"$work/change"
modprobe nlmon
(run nldissect nldissect)
(run tcpdump tcpdump)
(run both nldissect tcpdump)
rm "$work/add" "$work/change"
cp -r "$work" /lab/results
