# what: the netdev family through ynl while links come and go, a subscriber beside
modprobe -a netdevsim veth
ynl --spec netdev --subscribe mgmt --sleep 12 &
sleep 5
echo "1 1" >/sys/bus/netdevsim/new_device
ip link add v0 type veth peer name v1
ip link set v0 up
ip link set v1 up
ip link set eth0 up
wait
echo y >/sys/kernel/debug/netdevsim/netdevsim1/ports/0/pp_hold
ynl --spec netdev --dump dev-get
ynl --spec netdev --do dev-get --json '{"ifindex": 1}'
ynl --spec netdev --do dev-get --json '{"ifindex": 4711}'
ynl --spec netdev --dump queue-get
ynl --spec netdev --dump queue-get --json '{"ifindex": 1}'
ynl --spec netdev --dump napi-get
ynl --spec netdev --dump page-pool-get
ynl --spec netdev --dump qstats-get
ynl --spec netdev --dump qstats-get --json '{"scope": "queue"}'
