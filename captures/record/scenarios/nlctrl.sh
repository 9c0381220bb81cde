# what: family listing, look-up, policies, and notifications while modules come and go
genl ctrl list
genl ctrl get name nlctrl
genl ctrl get name nosuch
genl ctrl policy name nlctrl
genl ctrl policy name ethtool
genl ctrl monitor &
sleep 1
modprobe wireguard
rmmod wireguard
modprobe team
sleep 1
kill %1
ynl --spec nlctrl --dump getfamily
ynl --spec nlctrl --do getfamily --json '{"family-name": "devlink"}'
ynl --spec nlctrl --do getfamily --json '{"family-name": "nosuch"}'
ynl --spec nlctrl --dump getpolicy --json '{"family-name": "netdev", "op": 1}'
ynl --spec nlctrl --dump getpolicy --json '{"family-name": "tcp_metrics"}'
