# what: settings of a veth and a netdevsim read and set with ethtool and ynl, ethtool --monitor beside
modprobe netdevsim
echo "1 1" >/sys/bus/netdevsim/new_device
sleep 1
ip link set eth0 up
ip link add v0 type veth peer name v1
ethtool --monitor &
sleep 1
ethtool v0
ethtool eth0
ethtool lo
for what in -k -g -l -c -a -m -T -S -i -P -d --show-eee --show-fec --show-priv-flags --show-tunnels --show-mm --show-module --show-pse --get-plca-cfg; do ethtool $what eth0; done
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
ethtool --set-eee eth0 eee on tx-lpi on tx-timer 50
ethtool -s eth0 wol g
ethtool -s eth0 msglvl drv on probe on
ethtool -L v0 rx 99
ethtool --cable-test eth0
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
