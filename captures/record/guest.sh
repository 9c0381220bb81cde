#!/bin/bash
# Runs in the guest: records the scenario named in /lab/scenario to /lab/out.
# A scenario is a shell script whose head says, in comments, what runs ("what:") and, where it is
# not the usual recorder and file name, how it is recorded ("with:", "file:").
name=$(cat /lab/scenario)
script=/lab/scenarios/$name.sh
export PATH=/lab/bin:$PATH PYTHONDONTWRITEBYTECODE=1
setting() { sed -n "s/^# $1: //p" "$script"; }

busybox mount -t debugfs debugfs /sys/kernel/debug
modprobe nlmon
ip link add nlmon0 type nlmon
ip link set nlmon0 up
cd /tmp || exit

file=$(setting file)
file=${file:-$name.pcap}
recorder=$(setting with)
${recorder:-tcpdump -i nlmon0 -s 0 -B 16384} -w "/tmp/${file%.gz}" 2>/tmp/recorder &
for _ in $(seq 100); do grep -qE 'listening|^File:' /tmp/recorder && break; sleep 0.1; done

timeout 250 bash -c "PS4='\$ '; set -x; uname -r
$(<"$script")
exit 0" >"/lab/out/$name.log" 2>&1 </dev/null
rc=$?
sleep 1
kill -INT %1
wait %1
cat /tmp/recorder

case $file in *.gz) gzip -n "/tmp/${file%.gz}" ;; esac
part=0
for ring in "/tmp/${name}_"*.pcapng; do
    [ -e "$ring" ] && mv "$ring" "/tmp/$name-$((++part)).pcapng"
done
cp "/tmp/$name"*.pcap* /lab/out/
chmod 644 /lab/out/*
exit $rc
