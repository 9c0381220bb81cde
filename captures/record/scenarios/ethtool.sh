# what: settings of a veth, a netdevsim and an e1000e read and set with ethtool and ynl, ethtool --monitor beside
modprobe netdevsim
echo "1 1" >/sys/bus/netdevsim/new_device
sleep 1
modprobe e1000e
sleep 2
ip link set eth0 up
ip link set eth1 up
ip link add v0 type veth peer name v1
ethtool --monitor &
sleep 1
ethtool v0
ethtool eth0
ethtool eth1
ethtool lo
ethtool -k eth0
ethtool -g eth0
ethtool -l eth0
ethtool -c eth0
ethtool -a eth0
ethtool -T eth0
ethtool -i eth0
ethtool -P eth0
ethtool --show-fec eth0
ethtool --show-tunnels eth0
ethtool -g eth1
ethtool -c eth1
ethtool -a eth1
ethtool -m eth1
ethtool -T eth1
ethtool -S eth1
ethtool -d eth1
ethtool --show-eee eth1
ethtool --show-priv-flags eth1
ethtool --show-module eth1
ethtool -S eth0 --all-groups
ethtool -I -a eth0
ethtool --json -k v0
ethtool -K v0 gro on tso off
ethtool -K v0 nosuch on
ethtool -L v0 rx 2 tx 2
ethtool -C eth0 rx-usecs 10 tx-frames 4 adaptive-rx on
ethtool -G eth0 rx 256 tx 128
ethtool -G eth0 rx 99999
ethtool -A eth0 rx on tx off
ethtool --set-fec eth0 encoding rs
ethtool -s eth1 wol g
ethtool -s eth1 msglvl drv on probe on
ethtool -s eth1 autoneg off speed 100 duplex full
ethtool --set-eee eth1 eee on tx-lpi on tx-timer 50
ethtool -L v0 rx 99
ethtool --cable-test eth0
ethtool -N eth0 rx-flow-hash tcp4 sdfn
ethtool nosuch
ynl --spec ethtool --dump features-get
ynl --spec ethtool --dump linkinfo-get
ynl --spec ethtool --dump linkmodes-get
ynl --spec ethtool --dump linkstate-get
ynl --spec ethtool --dump rings-get
ynl --spec ethtool --dump channels-get
ynl --spec ethtool --dump coalesce-get
ynl --spec ethtool --dump pause-get
ynl --spec ethtool --dump tsinfo-get
ynl --spec ethtool --dump debug-get
ynl --spec ethtool --dump wol-get
ynl --spec ethtool --dump privflags-get
ynl --spec ethtool --dump tunnel-info-get
ynl --spec ethtool --dump fec-get
ynl --spec ethtool --dump strset-get --json '{"header": {"flags": ["compact-bitsets"]}}'
ynl --spec ethtool --do strset-get --json '{"header": {"dev-name": "v0"}}'
ynl --spec ethtool --do features-get --json '{"header": {"dev-name": "v0", "flags": ["compact-bitsets"]}}'
ynl --spec ethtool --do stats-get --json '{"header": {"dev-name": "eth0"}, "groups": {"size": 4, "value": "0f000000", "nomask": true}}'
ynl --spec ethtool --do features-get --json '{"header": {"dev-name": "nosuch"}}'
ynl --spec ethtool --do rings-set --json '{"header": {"dev-name": "eth0"}, "rx": 64}'
kill %1
