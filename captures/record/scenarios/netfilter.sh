# what: conntrack events and dumps, ipset, ipvs and logged packets (nflog)
modprobe -a nf_conntrack_netlink nf_nat nf_log_syslog nfnetlink_log xt_NFLOG
sysctl -q net.netfilter.nf_conntrack_acct=1 net.netfilter.nf_conntrack_timestamp=1
iptables-nft -A INPUT -m conntrack --ctstate NEW,ESTABLISHED -j CONNMARK --set-mark 5
ip6tables-nft -A INPUT -m conntrack --ctstate NEW -j ACCEPT
iptables-nft -t nat -A OUTPUT -p tcp -d 127.0.0.9 --dport 81 -j DNAT --to 127.0.0.1:5001
iptables-nft -A OUTPUT -p icmp -j NFLOG --nflog-group 7 --nflog-prefix "ping of the example"
conntrack -E -o timestamp &
tcpdump -i nflog:7 -c 2 -w /tmp/logged &
sleep 2
ping -c 2 -i 0.3 127.0.0.1
python3 /lab/bin/connect.py
ip addr add 2001:db8::1/128 dev lo
ping -c 1 2001:db8::1
conntrack -I -p udp -s 192.0.2.1 -d 192.0.2.2 --sport 1000 --dport 53 -t 60 --mark 9
conntrack -U -p udp -s 192.0.2.1 -d 192.0.2.2 --sport 1000 --dport 53 --mark 10
conntrack -L
conntrack -L -f ipv6
conntrack -G -p udp -s 192.0.2.1 -d 192.0.2.2 --sport 1000 --dport 53
conntrack -S
conntrack -C
conntrack -L expect
conntrack -D -p udp --mark 10
conntrack -D -p udp -s 192.0.2.99
ipset create hosts hash:ip timeout 60 counters comment
ipset add hosts 192.0.2.5 comment "the fifth"
ipset add hosts 192.0.2.5
ipset create nets hash:net,port family inet6
ipset add nets 2001:db8::/32,tcp:80
ipset create both list:set
ipset add both hosts
ipset list
ipset test hosts 192.0.2.6
ipset swap hosts nets
ipset destroy nosuch
ipset destroy both
ipset destroy
ip addr add 192.0.2.1/32 dev lo
ipvsadm -A -t 192.0.2.1:80 -s rr -p 300
ipvsadm -a -t 192.0.2.1:80 -r 192.0.2.50:80 -m -w 3
ipvsadm -A -u 192.0.2.1:53 -s wlc
ipvsadm -a -u 192.0.2.1:53 -r 192.0.2.51 -g
ipvsadm -A -t '[2001:db8::1]:80' -s sh
ipvsadm -Ln --stats
ipvsadm -L --timeout
ipvsadm -D -t 192.0.2.99:80
ipvsadm -C
kill %1
wait
