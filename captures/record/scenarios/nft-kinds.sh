# what: expressions, objects, sets of every key, maps, flowtables and resets that nftables leaves out; old matches and targets
# file: nft-kinds.pcap.gz
modprobe -a nft_ct nft_limit nft_quota nft_connlimit nft_log nft_queue nft_reject_inet nft_masq nft_redir nft_nat nft_fib_inet nft_socket nft_tproxy nft_osf nft_tunnel nft_xfrm nft_synproxy nft_numgen nft_hash nft_dup_ipv4 nft_fwd_netdev nft_dup_netdev nft_flow_offload nf_flow_table_inet nft_objref nft_compat nf_nat nf_conntrack_ftp 2>/dev/null
nft monitor >/dev/null &
nft monitor trace >/dev/null &
sleep 1
ip link add d0 type dummy
ip link set d0 up
ip addr add 192.0.2.1/24 dev d0
cat >/tmp/rules <<'R'
table inet plants {
    comment "of everything"
    counter water { packets 5 bytes 500; comment "litres" }
    quota light { over 1 mbytes used 10 kbytes }
    limit slow { rate 10/minute burst 3 packets }
    limit wide { rate over 1 mbytes/second burst 2 mbytes }
    ct helper ftp-standard { type "ftp" protocol tcp; l3proto inet; }
    ct timeout gentle { protocol tcp; l3proto ip; policy = { established: 100, close: 4 }; }
    ct timeout udpish { protocol udp; l3proto ip; policy = { unreplied: 10, replied: 30 }; }
    ct expectation soon { protocol udp; dport 9876; timeout 2m; size 12; l3proto ip; }
    synproxy https { mss 1460; wscale 7; timestamp sack-perm }
    flowtable fast { hook ingress priority filter; devices = { d0 }; counter; }
    set hosts { type ipv4_addr; flags interval, timeout; timeout 1h; gc-interval 10m; elements = { 192.0.2.0/24 timeout 10m expires 5m comment "beds", 198.51.100.7-198.51.100.9 } }
    set six { type ipv6_addr; flags interval; auto-merge; elements = { 2001:db8::/32 } }
    set macs { type ether_addr; elements = { 02:00:5e:10:00:01, 02:00:5e:10:00:02 } }
    set ports { type inet_service; flags constant; elements = { ssh, 80, 8080 } }
    set marks { type mark; size 64; elements = { 0x7, 0xffffffff } }
    set names { type ifname; flags interval; elements = { "d0", "eth*" } }
    set protos { type inet_proto; elements = { tcp, udp } }
    set icmps { typeof icmp type; elements = { echo-request, 13 } }
    set vlans { typeof vlan id; elements = { 7, 4094 } }
    set dscps { typeof ip dscp; elements = { cs1, af21 } }
    set states { typeof ct state; elements = { new, established } }
    set three { type ipv4_addr . inet_proto . inet_service; flags interval; elements = { 192.0.2.0/24 . tcp . 80-90, 198.51.100.7 . udp . 53 } }
    set wide { type ipv6_addr . mark . ifname; elements = { 2001:db8::1 . 0x7 . "d0" } }
    set counted { type ipv4_addr; flags dynamic,timeout; timeout 5m; counter; elements = { 192.0.2.5 counter packets 3 bytes 300 } }
    set limited { type ipv4_addr; flags dynamic; limit rate 5/second; }
    map nats { type ipv4_addr : ipv4_addr . inet_service; elements = { 192.0.2.5 : 10.0.0.1 . 80 } }
    map verdicts { type inet_service : verdict; elements = { 22 : accept, 23 : drop, 80 : jump web } }
    map ranges { type inet_service : ipv4_addr; flags interval; elements = { 1000-2000 : 10.0.0.9, 3000 : 10.0.0.8 } }
    map named { type ipv4_addr : counter; elements = { 192.0.2.9 : "water" } }
    map tomarks { typeof ip saddr . tcp dport : meta mark; elements = { 192.0.2.1 . 80 : 0x7 } }
    chain web { counter name "water" accept; }
    chain input {
        type filter hook input priority -5; policy accept;
    }
    chain nat { type nat hook prerouting priority dstnat; }
    chain post { type nat hook postrouting priority srcnat; }
    chain mangle { type filter hook prerouting priority mangle; }
}
table netdev dev {
    chain in { type filter hook ingress device "d0" priority 0; dup to "d0"; fwd to "d0"; ether type vlan vlan id 7; meta iif "d0"; }
}
table bridge br { chain forward { type filter hook forward priority 0; policy accept; }; }
table arp a { chain input { type filter hook input priority 0; policy accept; }; }
table ip four { chain out { type filter hook output priority 5; policy accept; }; }
R
load() {
    local line
    while ! nft -f "$1" 2>/tmp/wrong; do
        line=$(sed -n 's/^[^:]*:\([0-9]*\):.*/\1/p' /tmp/wrong | head -1)
        [ -n "$line" ] || { cat /tmp/wrong; break; }
        echo "$(sed -n "${line}p" "$1"): $(head -1 /tmp/wrong)"
        sed -i "${line}d" "$1"
    done
}
load /tmp/rules
cat >/tmp/more <<'R'
add rule inet plants input meta nfproto ipv4 ip saddr @hosts counter accept
add rule inet plants input ip6 saddr @six log prefix "six: " level info flags all
add rule inet plants input ether saddr @macs
add rule inet plants input meta iiftype ether accept
add rule inet plants input tcp dport @ports ct state new,established ct mark set meta mark or 0x10
add rule inet plants input ip saddr . ip protocol . th dport @three accept
add rule inet plants input ip6 saddr . meta mark . iifname @wide drop
add rule inet plants input tcp dport vmap @verdicts
add rule inet plants input tcp dport vmap { 100-200 : drop, 7000 : continue }
add rule inet plants input ip saddr { 10.0.0.0/8, 172.16.0.0/12 } drop
add rule inet plants input ip saddr . tcp dport { 10.0.0.1 . 22, 10.0.0.2 . 80-90 } accept
add rule inet plants input update @counted { ip saddr counter }
add rule inet plants input add @limited { ip saddr limit rate 5/second }
add rule inet plants input meta mark set ip saddr . tcp dport map @tomarks
add rule inet plants input meta mark set jhash ip saddr . ip daddr mod 7 seed 0xdead offset 10
add rule inet plants input meta mark set symhash mod 4
add rule inet plants input meta mark set numgen inc mod 3 offset 100
add rule inet plants input meta mark set numgen random mod 2 map { 0 : 0x1, 1 : 0x2 }
add rule inet plants input quota over 10 mbytes drop
add rule inet plants input quota name "light" drop
add rule inet plants input limit name "slow" accept
add rule inet plants input limit rate over 100 kbytes/second burst 10 kbytes drop
add rule inet plants input ct helper set "ftp-standard"
add rule inet plants input ct timeout set "gentle"
add rule inet plants input ct expectation set "soon"
add rule inet plants input ct count over 20 reject with tcp reset
add rule inet plants input ct original ip saddr 192.0.2.7 ct bytes > 100000 ct avgpkt > 10
add rule inet plants input ct zone 5
add rule inet plants input ct label 3
add rule inet plants input ct status expected,assured ct direction reply ct expiration 1m-2m ct id 0x7 ct l3proto ipv4
add rule inet plants input osf ttl loose name "Linux"
add rule inet plants input socket transparent 1 socket mark 0x7 socket wildcard 0
add rule inet plants input fib saddr . iif oif missing drop
add rule inet plants input fib daddr type { local, broadcast } accept
add rule inet plants input ipsec in reqid 7
add rule inet plants input meta skuid 1000
add rule inet plants input meta skgid 1000 meta cpu 1
add rule inet plants input meta cgroup 0x1 meta priority 1:2
add rule inet plants input meta pkttype multicast
add rule inet plants input meta time > "2024-01-01 00:00:00"
add rule inet plants input meta hour "09:00"-"17:00" meta day "Monday"
add rule inet plants input tcp flags & (syn|ack) == syn tcp option maxseg size set 1200
add rule inet plants input tcp option sack-perm exists
add rule inet plants input ip option lsrr exists
add rule inet plants input exthdr frag exists
add rule inet plants input frag id 7
add rule inet plants input exthdr hbh exists
add rule inet plants input rt type 0
add rule inet plants input dst nexthdr udp
add rule inet plants input hbh nexthdr udp
add rule inet plants input ip dscp set cs3 ip ttl set 9 ip ecn ce
add rule inet plants input ip frag-off & 0x1fff != 0 drop
add rule inet plants input @nh,96,32 0xc0000201 @th,16,16 & 0xff 0x50 @ll,0,48 0x01005e000000
add rule inet plants input icmp type { echo-request, echo-reply } icmp code 0
add rule inet plants input icmpv6 type nd-router-advert
add rule inet plants input icmp id 7
add rule inet plants input udp length 8-100
add rule inet plants input udplite csumcov 8
add rule inet plants input sctp chunk data exists
add rule inet plants input dccp type request
add rule inet plants input ah spi 0x7
add rule inet plants input esp spi 0x100
add rule inet plants input comp cpi 0x9
add rule inet plants input igmp type membership-query
add rule inet plants input mh type 5
add rule inet plants input tcp option timestamp exists
add rule inet plants input tcp option fastopen exists
add rule inet plants input meta l4proto tcp synproxy name "https"
add rule inet plants input log group 7 snaplen 100 queue-threshold 20 prefix "seven"
add rule inet plants input queue flags bypass,fanout to 1-3
add rule inet plants input reject with icmpx admin-prohibited
add rule inet plants input reject with icmpv6 no-route
add rule inet plants input notrack comment "alone"
add rule inet plants input flow add @fast
add rule inet plants input return
add rule inet plants input ip saddr 192.0.2.7 rt ip nexthop 192.0.2.9
add rule inet plants input rt mtu 1400
add rule inet plants nat dnat ip to ip saddr map @nats
add rule inet plants nat dnat ip to tcp dport map @ranges
add rule inet plants nat tcp dport 80 redirect to :8080 random,persistent
add rule inet plants nat tcp dport 81 dnat ip6 to [2001:db8::1]:80-90
add rule inet plants post ip protocol tcp masquerade to :1000-2000 fully-random
add rule inet plants post snat ip prefix to ip saddr map { 10.0.0.0/24 : 192.0.2.0/24 }
add rule inet plants mangle tcp dport 82 tproxy ip to 127.0.0.1:8080 accept
add rule inet plants mangle tcp dport 83 meta mark set 1 tproxy to :8080
add rule inet plants mangle notrack
add rule ip four out dup to 192.0.2.9 device "d0"
add rule ip four out ip saddr . ip daddr { 192.0.2.1 . 198.51.100.0/24 } accept
add rule bridge br forward ether daddr 01:00:5e:00:00:00 meta ibrname "br0"
add rule arp a input arp htype 1 arp saddr ip 192.0.2.7 arp daddr ether 02:00:5e:10:00:01
R
load /tmp/more
nft insert rule inet plants input meta nftrace set 1
ping -c 1 -W 1 127.0.0.1
nft list ruleset
nft -a list chain inet plants input >/dev/null
nft list set inet plants three
nft get element inet plants hosts '{ 192.0.2.7 }'
nft get element inet plants three '{ 192.0.2.7 . tcp . 85 }'
nft list counters
nft reset counters
nft reset quotas
nft reset counter inet plants water
nft list flowtables
nft list objects 2>/dev/null
nft list ct helpers
nft list synproxys
nft add element inet plants hosts '{ 203.0.113.0/25 timeout 2m }'
nft delete element inet plants hosts '{ 203.0.113.0/25 }'
nft add element inet plants verdicts '{ 443 : goto web }'
nft insert rule inet plants input index 0 tcp dport 9 drop comment '"ninth"'
nft replace rule inet plants input handle 9999 drop
nft rename chain inet plants web shop
nft add set inet plants later '{ type ipv4_addr . ether_addr; size 8; policy memory; }'
nft add element inet plants later '{ 192.0.2.1 . 02:00:5e:10:00:01 }'
nft flush set inet plants later
nft delete set inet plants later
python3 - <<'P'
import struct
import sys
sys.path.insert(0, "/lab/bin")
from rtnl import Rtnl, be32, text
head = bytes([1, 0, 0, 0])
table = text(1, "plants")
with Rtnl(12) as netlink:
    for what, kind, body in (
        ("rules, reset", 25, table + text(2, "input")),
        ("elements, reset", 33, table + text(2, "counted")),
    ):
        print(what, netlink.dump(0x0A00 | kind, head + body))
    for kind, body in (
        (28, table + text(2, "nosuch")), (30, table + text(2, "hosts")), (29, table + text(2, "vlans")),
        (31, table + text(2, "slow") + be32(3, 4)), (32, table + text(2, "nosuch")),
        (27, table + text(3, "nosuch")), (26, text(1, "nosuch")),
    ):
        batch = b""
        for number, (what, flags, run) in enumerate((
            (16, 1, struct.pack(">BBH", 0, 0, 10)), (0x0A00 | kind, 5, head + body),
            (17, 1, struct.pack(">BBH", 0, 0, 10)),
        )):
            message = struct.pack("IHHII", 16 + len(run), what, flags, number, 0) + run
            batch += message
        netlink.socket.send(batch)
        netlink.socket.settimeout(1)
        try:
            answer = netlink.socket.recv(65536)
            print("destroy", kind, struct.unpack_from("i", answer, 16)[0])
        except TimeoutError:
            print("destroy", kind, "no answer")
P
nft delete flowtable inet plants fast
nft delete quota inet plants light
nft flush ruleset
iptables-nft -A INPUT -m addrtype --dst-type LOCAL -m comment --comment "old words" -m connbytes --connbytes 10: --connbytes-dir both --connbytes-mode packets -j MARK --set-xmark 0x7/0xff
iptables-nft -A INPUT -p tcp -m multiport --dports 80,90:99 -m connlimit --connlimit-above 5 -m hashlimit --hashlimit-name h --hashlimit-above 10/sec -j REJECT --reject-with tcp-reset
iptables-nft -A INPUT -p tcp -m tcp --tcp-flags SYN,ACK SYN -m tcpmss --mss 500:600 -m length --length 60:1500 -m ttl --ttl-gt 3 -j LOG --log-prefix "old: "
iptables-nft -A INPUT -m iprange --src-range 10.0.0.1-10.0.0.9 -m mac --mac-source 02:00:5e:10:00:01 -m pkttype --pkt-type multicast -m statistic --mode random --probability 0.25 -j CONNMARK --save-mark
iptables-nft -A INPUT -m string --string warm --algo bm --from 10 --to 90 -m time --timestart 09:00 --weekdays Mon -m recent --name door --set -m quota --quota 1000
iptables-nft -A INPUT -m conntrack --ctstate INVALID --ctproto 6 --ctorigdst 192.0.2.7 -m state --state NEW -m helper --helper ftp -m physdev --physdev-in d0 -m realm --realm 7 -m owner --uid-owner 5
iptables-nft -A INPUT -m bpf --bytecode "1,6 0 0 65535" -m cpu --cpu 1 -m devgroup --src-group 3 -m dscp --dscp 10 -m ecn --ecn-tcp-cwr -m rpfilter --loose
iptables-nft -A INPUT -p sctp -m sctp --dport 80 --chunk-types any DATA -m policy --dir in --pol ipsec --reqid 7 --proto esp
iptables-nft -A INPUT -p esp -m esp --espspi 7:9
iptables-nft -A INPUT -m cgroup --cgroup 7 -m socket --transparent -m limit --limit 5/min --limit-burst 9 -j NFLOG --nflog-group 3 --nflog-prefix old
iptables-nft -A INPUT -p icmp --icmp-type 8/0 -j NFQUEUE --queue-balance 1:3 --queue-bypass
iptables-nft -t mangle -A PREROUTING -j DSCP --set-dscp 10
iptables-nft -t mangle -A PREROUTING -j TTL --ttl-set 9
iptables-nft -t mangle -A PREROUTING -j TOS --set-tos 0x10/0xff
iptables-nft -t mangle -A PREROUTING -p tcp --tcp-flags SYN SYN -j TCPMSS --clamp-mss-to-pmtu
iptables-nft -t mangle -A PREROUTING -p tcp -j TPROXY --on-port 80 --tproxy-mark 0x1/0x1
iptables-nft -t mangle -A POSTROUTING -j CLASSIFY --set-class 1:2
iptables-nft -t mangle -A POSTROUTING -p udp -j CHECKSUM --checksum-fill
iptables-nft -t mangle -A PREROUTING -j TEE --gateway 192.0.2.9
iptables-nft -t mangle -A PREROUTING -j IDLETIMER --timeout 9 --label nap
iptables-nft -t raw -A PREROUTING -p tcp --dport 21 -j CT --helper ftp --zone 7
iptables-nft -t nat -A PREROUTING -p tcp -j DNAT --to-destination 10.0.0.1-10.0.0.9:80-90
iptables-nft -t nat -A POSTROUTING -p tcp -j MASQUERADE --to-ports 1000-2000
iptables-nft -t nat -A POSTROUTING -d 192.0.2.0/24 -j NETMAP --to 198.51.100.0/24
iptables-nft -t nat -A PREROUTING -p tcp -j REDIRECT --to-ports 8080
ip6tables-nft -A INPUT -m rt --rt-type 0 -m hl --hl-lt 9 -m frag --fragfirst -m ipv6header --header hop-by-hop -m mh --mh-type 1 -m ah --ahspi 7 -m hbh --hbh-len 8 -m dst --dst-len 8
ip6tables-nft -A INPUT -m srh --srh-segs-left 1 -m eui64
ip6tables-nft -t mangle -A PREROUTING -j HL --hl-set 7
iptables-nft -F
iptables-nft -t mangle -F
ebtables-nft -A FORWARD -p ARP --arp-op Request --arp-ip-src 192.0.2.7 -j mark --mark-set 7
arptables-nft -A INPUT -s 192.0.2.7 -j mangle --mangle-ip-d 192.0.2.9
iptables-nft -L -v >/dev/null
ip6tables-nft -S
nft flush ruleset
kill %1 %2
