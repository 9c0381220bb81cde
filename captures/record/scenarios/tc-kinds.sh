# what: the kinds of qdiscs, classes, filters, actions and ematches that tc leaves out, with their statistics
# file: tc-kinds.pcap.gz
modprobe -a ifb act_ife act_mpls act_nat act_simple act_skbmod act_gate act_ctinfo act_connmark act_ct sch_taprio sch_etf em_meta em_nbyte em_text em_cmp em_u32 em_canid em_ipset xt_set ts_kmp cls_cgroup cls_flow cls_route 2>/dev/null
tc monitor >/dev/null &
sleep 1
ip link add d0 numtxqueues 4 numrxqueues 4 type veth peer name d1 numtxqueues 4 numrxqueues 4
ip link set d1 up
ip link set d0 up
ip addr add 192.0.2.1/24 dev d0
ip neigh add 192.0.2.2 lladdr 02:00:5e:10:00:02 dev d0
one() {
    tc qdisc replace dev d0 root handle 1: "$@"
    ping -c 2 -i 0.2 -W 1 192.0.2.2 >/dev/null
    tc -s -d qdisc show dev d0
    tc qdisc del dev d0 root
}
one bfifo limit 30000
one pfifo limit 30
one pfifo_head_drop limit 30
one blackhole
one choke limit 100 bandwidth 10mbit avpkt 1000 min 10 max 40 ecn
one codel limit 100 target 4ms interval 80ms ecn ce_threshold 3ms
one fq_pie limit 1000 flows 64 target 10ms ecn
one pie limit 100 target 20ms tupdate 30ms alpha 2 beta 20 ecn bytemode
one hhf limit 500 hh_limit 100 quantum 1500
one sfb rehash 60000 db 10000 limit 500 max 25 target 20 increment 0.001 decrement 0.0001 penalty_rate 10 penalty_burst 20
one skbprio limit 64
one multiq
one prio bands 4 priomap 1 2 2 2 1 2 0 0 1 1 1 1 1 1 1 1
one plug limit 10000
one cbs idleslope 10000 sendslope -90000 hicredit 150 locredit -1350
one etf clockid CLOCK_TAI delta 300000 deadline_mode
one gred setup DPs 4 default 2 grio
one mqprio num_tc 2 map 0 0 1 1 0 0 0 0 0 0 0 0 0 0 0 0 queues 2@0 2@2 hw 0
one taprio num_tc 2 map 0 0 1 1 0 0 0 0 0 0 0 0 0 0 0 0 queues 2@0 2@2 base-time 1000 sched-entry S 01 300000 sched-entry S 02 300000 clockid CLOCK_TAI
tc qdisc replace dev d0 root handle 1: gred setup DPs 3 default 1
tc qdisc change dev d0 root gred limit 60KB min 15K max 45K burst 20 avpkt 1000 bandwidth 10Mbit DP 1 probability 0.02 prio 2
tc -s qdisc show dev d0
tc qdisc del dev d0 root
tc qdisc add dev d0 root handle 1: drr
tc class add dev d0 parent 1: classid 1:1 drr quantum 1500
tc filter add dev d0 parent 1: protocol ip prio 1 handle 1 flow hash keys src,dst,proto perturb 10 divisor 1024 baseclass 1:1
tc filter add dev d0 parent 1: protocol ip prio 2 handle 1 cgroup
tc filter add dev d0 parent 1: protocol ip prio 3 route from 7 classid 1:1
tc filter add dev d0 parent 1: protocol ip prio 4 handle 4 flow map key src and 0xff addend -10 baseclass 1:1
ping -c 1 -W 1 192.0.2.2
tc -s class show dev d0
tc -s filter show dev d0
tc class del dev d0 classid 1:1
tc qdisc del dev d0 root
tc qdisc add dev d0 root handle 1: qfq
tc class add dev d0 parent 1: classid 1:1 qfq weight 10 maxpkt 1500
tc -s class show dev d0
tc qdisc del dev d0 root
tc qdisc add dev d0 root handle 1: hfsc default 1
tc class add dev d0 parent 1: classid 1:1 hfsc sc umax 1500b dmax 30ms rate 500kbit ul rate 1mbit
tc class add dev d0 parent 1: classid 1:2 hfsc ls m1 1mbit d 10ms m2 500kbit
ping -c 1 -W 1 192.0.2.2
tc -s class show dev d0
tc qdisc del dev d0 root
tc qdisc add dev d0 root handle 1: ets bands 4 strict 1 quanta 4000 3000 2000 priomap 3 2 1 0
tc -s class show dev d0
tc class change dev d0 classid 1:2 ets quantum 5000
tc -s qdisc show dev d0
tc qdisc del dev d0 root
tc qdisc add dev d0 clsact
act() { tc filter add dev d0 egress protocol ip prio "$1" matchall action "${@:2}"; }
act 1 connmark zone 3
act 2 ctinfo dscp 0xfc000000 0x01000000 cpmark 0xff
act 3 gate clockid CLOCK_TAI base-time 200000000000ns sched-entry open 200000000ns -1 8000000b sched-entry close 100000000ns
act 4 ife encode allow mark use prio 7 type 0xed3e
act 5 mpls push protocol mpls_uc label 100 tc 3 ttl 64
act 6 nat egress 192.0.2.0/24 198.51.100.0
act 7 simple sdata "a word"
act 8 skbmod set smac 02:00:5e:10:00:09 dmac 02:00:5e:10:00:0a set etype 0x88b5
act 9 ct commit zone 5 mark 0x7/0xf label 01000000000000000000000000000000 nat src addr 198.51.100.1-198.51.100.9 port 1000-2000
act 10 pedit ex munge ip ttl set 9 munge ip tos set 0x10 munge tcp dport add 1 pipe action csum ip4h and tcp
act 11 police rate 10mbit burst 20k peakrate 20mbit mtu 1500 overhead 4 linklayer ethernet conform-exceed drop/pipe
act 12 police pkts_rate 1000 pkts_burst 20
act 13 tunnel_key set src_ip 192.0.2.1 dst_ip 192.0.2.9 id 7 dst_port 6081 ttl 9 geneve_opts 0102:80:0011223344556677 csum
act 14 tunnel_key set src_ip 192.0.2.1 dst_ip 192.0.2.9 id 8 vxlan_opts 65793
act 15 tunnel_key unset
act 16 vlan push id 7 protocol 802.1ad priority 3
act 17 vlan pop_eth
act 18 skbedit queue_mapping 2 priority 1:3 mark 7/0xff ptype host
act 19 gact drop random netrand ok 10
act 20 mirred egress redirect dev d0
act 21 mpls mac_push protocol mpls_uc label 7
act 22 bpf bytecode '1,6 0 0 4294967295'
tc -s filter show dev d0 egress
tc -s actions ls action gact
tc actions add action gact ok index 77 cookie a1b2c3d4 no_percpu
tc actions change action gact drop index 77
tc -s actions get action gact index 77
tc actions del action gact index 77
tc actions flush action skbedit
tc filter add dev d0 ingress protocol ip prio 1 basic match 'cmp(u8 at 9 layer network mask 0xff gt 5)' action ok
tc filter add dev d0 ingress protocol ip prio 2 basic match 'u32(u16 0x1122 0xffff at nexthdr+4)' action ok
tc filter add dev d0 ingress protocol ip prio 3 basic match 'meta(priority eq 2) or not meta(rtiif mask 0xff gt 3)' action ok
tc filter add dev d0 ingress protocol ip prio 4 basic match 'nbyte("warm" at 20 layer transport)' action ok
tc filter add dev d0 ingress protocol ip prio 5 basic match 'text(kmp "warm" from 2 to 90)' action ok
tc filter add dev d0 ingress protocol all prio 6 basic match 'canid(sff 0x123 eff 0x12345)' action ok
ipset create hosts hash:ip
tc filter add dev d0 ingress protocol ip prio 7 basic match 'ipset(hosts src)' action ok
tc filter add dev d0 ingress protocol ip prio 8 flower ct_state +trk+est ct_zone 5 action goto chain 3
tc filter add dev d0 ingress protocol ip chain 3 prio 1 flower ip_proto tcp tcp_flags 0x2/0x7 ip_flags frag/firstfrag dst_port 80-90 action ok
tc filter add dev d0 ingress protocol mpls_uc prio 9 flower mpls lse depth 1 label 100 bos 0 ttl 9 lse depth 2 label 200 action ok
tc filter add dev d0 ingress protocol 802.1q prio 10 flower num_of_vlans 2 vlan_id 7 vlan_ethtype 802.1q cvlan_id 8 action ok
tc filter add dev d0 ingress protocol ip prio 11 flower enc_dst_ip 192.0.2.1 enc_key_id 7 enc_dst_port 4789 geneve_opts 0102:80:00112233/ffff:ff:ffffffff action ok
tc filter add dev d0 ingress protocol arp prio 12 flower arp_op request arp_tip 192.0.2.1 action ok
tc filter add dev d0 ingress protocol ip prio 13 flower ip_proto udp src_port 53 action ok
tc filter add dev d0 ingress prio 14 bpf bytecode '4,40 0 0 12,21 0 1 2048,6 0 0 4294967295,6 0 0 0' action ok
tc -s filter show dev d0 ingress
tc filter get dev d0 ingress protocol ip prio 1 handle 1 basic
tc chain add dev d0 ingress chain 9 protocol ip flower ip_proto tcp dst_mac 00:00:00:00:00:00
tc chain show dev d0 ingress
tc chain del dev d0 ingress chain 9
tc qdisc del dev d0 clsact
tc qdisc add dev d0 ingress_block 22 egress_block 23 clsact
tc filter add block 22 protocol ip prio 1 matchall action ok
tc filter show block 22
kill %1
