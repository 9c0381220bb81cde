# what: small families: team, fou, tcp_metrics, macsec, l2tp, tipc, batman-adv, ieee802154, seg6, ioam6, taskstats
modprobe -a team_mode_activebackup fou tcp_metrics l2tp_netlink l2tp_eth l2tp_ip tipc batman_adv ieee802154_6lowpan mac802154_hwsim 2>/dev/null
ip link add d0 type dummy
ip link set d0 up
ip addr add 192.0.2.1/24 dev d0
ip -6 addr add 2001:db8::1/64 dev d0 nodad
ip link add d1 type dummy
ip link add team0 type team
teamnl team0 setoption mode activebackup
ip link set d1 master team0
teamnl team0 monitor all &
sleep 1
ip link set d1 up
teamnl team0 setoption activeport "$(cat /sys/class/net/d1/ifindex)"
sleep 1
kill %1
teamnl team0 options
teamnl team0 ports
ip fou add port 7777 ipproto 47
ip fou add port 7778 gue local 192.0.2.1 peer 192.0.2.2 peer_port 9
ip fou show
ip fou add port 7777 ipproto 47
ynl --spec fou --dump get
ynl --spec fou --do get --json '{"port": 7777, "ipproto": 47, "af": 2}'
ip fou del port 7777
ip addr add 192.0.2.7/32 dev lo
python3 /lab/bin/connect_metrics.py
ip tcp_metrics show
ynl --spec tcp_metrics --dump get
ip tcp_metrics delete 192.0.2.7
ip tcp_metrics show 192.0.2.99
ip link add link d0 name ms0 type macsec encrypt on
ip macsec add ms0 tx sa 0 pn 1 on key 01 000102030405060708090a0b0c0d0e0f
ip macsec add ms0 rx port 1 address 02:00:5e:10:00:01
ip macsec add ms0 rx port 1 address 02:00:5e:10:00:01 sa 0 pn 1 on key 02 0f0e0d0c0b0a09080706050403020100
ip -s macsec show
ip macsec del ms0 tx sa 3
ip l2tp add tunnel tunnel_id 1 peer_tunnel_id 2 encap udp local 192.0.2.1 remote 192.0.2.2 udp_sport 5000 udp_dport 6000
ip l2tp add session tunnel_id 1 session_id 10 peer_session_id 20 cookie 0011223344556677
ip l2tp show tunnel
ip l2tp show session
ip l2tp del tunnel tunnel_id 1
tipc node set identity greenhouse
tipc bearer enable media eth device d0
tipc bearer list
tipc link list
tipc link stat show
tipc node list
tipc nametable show
tipc bearer disable media eth device d0
batctl meshif bat0 interface create
batctl meshif bat0 interface add d1
batctl meshif bat0 o
batctl meshif bat0 gw_mode server
batctl meshif bat0 gwl
iwpan list
iwpan dev
iwpan phy phy0 set channel 0 5
ip sr hmac show
ip sr tunsrc set 2001:db8::1
ip sr tunsrc show
ip ioam namespace add 12 data 0x1 wide 0x2
ip ioam schema add 3 "a schema"
ip ioam namespace set 12 schema 3
ip ioam namespace show
ip ioam schema show
python3 /lab/bin/taskstats.py
