# what: a rich ruleset loaded, listed, changed and refused with nft, iptables-nft and ynl, nft monitor beside
modprobe -a nf_tables nft_ct nft_nat nft_log nft_limit nft_masq nft_fib_inet nft_synproxy
nft monitor &
sleep 1
ip link add d0 type dummy
cat >/tmp/rules <<'RULES'
table inet t {
  comment "the table of the example"
  set block { type ipv4_addr; flags interval, timeout; timeout 1h; elements = { 198.51.100.0/24, 192.0.2.66 timeout 10m comment "one" } }
  set seen { type ipv4_addr . inet_service; flags dynamic; size 128; timeout 5m; counter; }
  set six { type ipv6_addr; elements = { 2001:db8::1, 2001:db8::2 } }
  map ports { type inet_service : verdict; elements = { 22 : accept, 25 : drop, 8080 : jump web } }
  map nat4 { type ipv4_addr : ipv4_addr; elements = { 192.0.2.10 : 203.0.113.10 } }
  counter c1 { comment "dropped" }
  quota q1 { over 10 mbytes }
  limit l1 { rate 10/second burst 5 packets }
  ct helper ftp { type "ftp" protocol tcp; }
  ct timeout quick { protocol tcp; l3proto ip; policy = { established : 120, close : 4 };  }
  flowtable ft { hook ingress priority 0; devices = { d0 }; }
  chain web { tcp dport { 8080, 8443 } counter accept; }
  chain in {
    type filter hook input priority filter; policy accept;
    ct state vmap { established : accept, related : accept, invalid : drop }
    iifname "lo" accept
    tcp dport vmap @ports
    ip saddr @block counter name c1 drop
    ip6 saddr @six log prefix "six " level warn flags all accept
    ip6 daddr @six log prefix "to six " group 3 snaplen 64 queue-threshold 2 accept
    ip saddr . tcp dport @seen drop
    tcp flags & (syn | ack) == syn limit rate over 25/second burst 10 packets reject with tcp reset
    add @seen { ip saddr . tcp dport }
    meta mark set ct mark or 0x10
    ct mark set meta mark
    meta l4proto { icmp, ipv6-icmp } limit name "l1" accept
    fib saddr . iif oif missing drop
    ip dscp set cs4
    quota name "q1" drop
    socket transparent 1 mark set 7
    numgen inc mod 3 vmap { 0 : goto web, 1 : accept, 2 : continue }
    jhash ip saddr mod 4 == 1 queue num 2 bypass
    tcp dport 21 ct helper set "ftp"
    tcp dport 79 synproxy mss 1460 wscale 7 timestamp sack-perm
    udp length 8-99 meter m { ip saddr limit rate 1/second } accept
  }
  chain early { type filter hook prerouting priority raw; @th,16,16 0x35 notrack; }
  chain through { type filter hook forward priority filter; tcp option maxseg size set rt mtu; ip protocol tcp flow add @ft; }
  chain pre { type nat hook prerouting priority dstnat; dnat ip to ip daddr map @nat4; tcp dport 81 redirect to :8081; }
  chain post { type nat hook postrouting priority srcnat; oifname "d0" masquerade random; ip saddr 192.0.2.0/24 snat to 203.0.113.1-203.0.113.9 persistent; }
}
table netdev nd { chain i { type filter hook ingress device d0 priority 0; ether daddr 02:00:5e:10:00:01 fwd to lo; vlan id 5 dup to lo; }
}
table bridge b { chain f { type filter hook forward priority 0; ether type arp arp operation request drop; }
}
table ip6 six { chain o { type filter hook output priority 0; exthdr frag exists drop; ip6 hoplimit 1 reject; }
}
RULES
nft -f /tmp/rules
nft -a list ruleset
nft -j list table ip6 six
nft list chain inet t in
nft list set inet t block
nft list counters
nft reset counter inet t c1
nft add rule inet t in tcp dport 443 counter accept comment '"web"'
nft insert rule inet t in index 2 udp dport 53 accept
nft replace rule inet t in handle 99 drop
nft delete rule inet t in handle 4711
nft add element inet t block '{ 203.0.113.7 timeout 30s }'
nft get element inet t block '{ 198.51.100.3 }'
nft delete element inet t block '{ 203.0.113.7 }'
nft add element inet t block '{ 203.0.113.7 : drop }'
nft delete table inet nosuch
nft create table inet t
nft delete set inet t six
nft delete chain inet t web
nft add rule inet t in ip saddr @nosuch drop
iptables-nft -A INPUT -p tcp -m tcp --dport 25 -m comment --comment mail -j DROP
iptables-nft -A FORWARD -m conntrack --ctstate NEW -j LOG --log-prefix "fwd "
iptables-nft -t nat -A POSTROUTING -s 192.0.2.0/24 -j MASQUERADE
ip6tables-nft -A INPUT -m hl --hl-lt 5 -j REJECT
iptables-nft-save
ynl --spec nftables --dump getchain --json '{"nfgen-family": 1}'
ynl --spec nftables --dump getset --json '{"nfgen-family": 1}'
ynl --spec nftables --dump getrule --json '{"nfgen-family": 7}'
ynl --spec nftables --dump getsetelem --json '{"nfgen-family": 1, "table": "t", "set": "six"}'
ynl --spec nftables --dump getflowtable --json '{"nfgen-family": 1}'
ynl --spec nftables --do getgen
nft flush ruleset
sleep 1
kill %1
