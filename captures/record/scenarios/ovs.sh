# what: an Open vSwitch bridge with traffic: datapath, vports, flows, upcalls, meters and conntrack limits
# file: ovs.pcap.gz
modprobe openvswitch
ovsdb-tool create /tmp/conf.db /usr/share/openvswitch/vswitch.ovsschema
mkdir -p /run/openvswitch
ovsdb-server /tmp/conf.db --remote=punix:/run/openvswitch/db.sock --pidfile --detach --no-chdir --log-file=/dev/null
ovs-vsctl --no-wait init
ovs-vswitchd --pidfile --detach --no-chdir --log-file=/tmp/vswitchd.log
sleep 3
ovs-vsctl add-br br0
ynl --spec ovs_datapath --dump get
for i in 1 2; do ip netns add "n$i"; ip link add "v$i" type veth peer name eth0 netns "n$i"; ip link set "v$i" up; ip -n "n$i" addr add "192.0.2.$i/24" dev eth0; ip -n "n$i" link set eth0 up; ovs-vsctl add-port br0 "v$i"; done
sleep 2
ovs-ofctl -O OpenFlow13 add-meter br0 'meter=1,kbps,band=type=drop,rate=1000'
ovs-ofctl -O OpenFlow13 add-flow br0 'priority=9,icmp,actions=meter:1,ct(commit,zone=4),normal'
ip netns exec n1 ping -c 3 -i 0.3 192.0.2.2
ovs-appctl dpctl/show -s
ovs-appctl dpctl/dump-flows -m
ovs-appctl dpctl/ct-set-limits zone=4,limit=10
ovs-appctl dpctl/ct-get-limits zone=4
ovs-appctl dpctl/dump-conntrack
ovs-ofctl -O OpenFlow13 meter-stats br0
ovs-appctl dpctl/add-flow 'in_port(2),eth(),eth_type(0x0800),ipv4(dst=192.0.2.9)' 'set(ipv4(ttl=9)),push_vlan(vid=5,pcp=0),3'
ovs-appctl dpctl/dump-flows
ovs-vsctl show
ynl --spec ovs_datapath --dump get
index=$(cat /sys/class/net/ovs-system/ifindex)
ynl --spec ovs_vport --dump get --json "{\"dp-ifindex\": $index}"
ynl --spec ovs_flow --dump get --json "{\"dp-ifindex\": $index}"
ovs-vsctl del-br br0
ovs-appctl exit --cleanup
