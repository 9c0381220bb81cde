# what: qdiscs, classes, filters and actions made and listed with statistics, tc monitor beside
modprobe -a dummy sch_htb sch_cake
tc monitor &
ip link add d0 type dummy
ip link set d0 up
ip addr add 192.0.2.1/24 dev d0
ip link add d1 numtxqueues 4 type dummy
ip link set d1 up
tee /dev/stderr <<'BATCH' | tc -b -
qdisc add dev d0 root handle 1: htb default 10
class add dev d0 parent 1: classid 1:1 htb rate 20mbit
class add dev d0 parent 1:1 classid 1:10 htb rate 10mbit ceil 20mbit prio 1
class add dev d0 parent 1:1 classid 1:20 htb rate 5mbit
qdisc add dev d0 parent 1:10 handle 10: fq_codel limit 500 target 3ms
qdisc add dev d0 parent 1:20 handle 20: sfq perturb 10
filter add dev d0 parent 1: protocol ip prio 1 u32 match ip dst 192.0.2.0/24 match ip dport 80 0xffff flowid 1:10
filter add dev d0 parent 1: protocol all prio 2 handle 7 fw classid 1:20
filter add dev d0 parent 1: protocol ip prio 3 basic match 'cmp(u8 at 9 layer network eq 6)' classid 1:20
qdisc add dev d0 clsact
filter add dev d0 ingress protocol ip flower ip_proto tcp dst_port 80 src_ip 198.51.100.0/24 action drop
filter add dev d0 ingress protocol ip flower enc_key_id 42 enc_dst_ip 192.0.2.2 action tunnel_key unset pipe action mirred egress redirect dev lo
filter add dev d0 egress protocol 802.1q flower vlan_id 5 vlan_prio 3 action vlan pop
filter add dev d0 egress protocol ip matchall action police rate 1mbit burst 10k conform-exceed drop/ok
filter add dev d0 egress protocol ip prio 9 matchall action pedit ex munge ip ttl set 9 pipe action csum ip pipe action skbedit mark 4 pipe action ct commit zone 5
filter add dev d0 egress protocol ip prio 10 bpf bytecode '1,6 0 0 0' action ok
filter add dev d0 egress protocol ip prio 11 matchall action sample rate 100 group 5
chain add dev d0 ingress chain 5 protocol ip flower ip_proto tcp
qdisc add dev d1 root handle 2: mq
qdisc replace dev d1 root netem delay 10ms 3ms loss 1% reorder 5% rate 1mbit
BATCH
ping -c 3 -i 0.2 -W 1 192.0.2.9
tc -s -d qdisc show
tc -s -d class show dev d0
tc -s filter show dev d0
tc -s filter show dev d0 ingress
tc -s filter show dev d0 egress
tc chain show dev d0 ingress
tc qdisc replace dev d1 root tbf rate 1mbit burst 10k latency 50ms
tc qdisc replace dev d1 root cake bandwidth 10mbit diffserv4 nat
tc -s qdisc show dev d1
tee /dev/stderr <<'BATCH' | tc -b -
qdisc replace dev d1 root fq maxrate 10mbit
qdisc replace dev d1 root red limit 100000 avpkt 1000 burst 50 probability 0.1 bandwidth 10mbit
qdisc replace dev d1 root mqprio num_tc 2 map 0 0 1 1 queues 2@0 2@2 hw 0
BATCH
tc -s qdisc show dev d1
tc actions add action gact drop index 7
tc actions add action gact pass random determ drop 3 index 8
tc actions ls action gact
tc -s actions get action gact index 7
tc actions del action gact index 7
tc qdisc add dev d0 parent 1:99 fq
tc qdisc add dev d0 root nosuch
tc qdisc add dev d0 root handle 1: htb default 10
tc filter add dev d0 parent 1: protocol ip flower ip_proto tcp classid 1:10 action mirred egress redirect dev nosuch
tc filter del dev d0 parent 5: protocol ip prio 3 u32
ynl --spec tc --dump getqdisc
ynl --spec tc --dump getqdisc --json '{"ifindex": 4}'
ynl --spec tc --dump gettfilter --json '{"ifindex": 4, "parent": 65536}'
ynl --spec tc --dump getchain --json '{"ifindex": 4, "parent": 4294967282}'
tc qdisc del dev d0 root
ip link del d1
kill %1
