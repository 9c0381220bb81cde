# what: a netdevsim device with two ports read, set and reloaded with devlink and ynl, devlink monitor beside
modprobe netdevsim
devlink monitor &
sleep 1
echo "1 2" >/sys/bus/netdevsim/new_device
sleep 1
dev=netdevsim/netdevsim1
devlink dev show
devlink dev info
devlink port show
devlink dev param show
devlink dev param set $dev name max_macs value 64 cmode driverinit
devlink dev eswitch show $dev
echo 2 >/sys/bus/netdevsim/devices/netdevsim1/sriov_numvfs
devlink dev eswitch set $dev mode switchdev
devlink port show
devlink port function rate show
devlink port function rate add $dev/group1
devlink port function rate set $dev/group1 tx_max 10mbit
devlink health show
devlink health set $dev reporter dummy grace_period 1000 auto_recover false
devlink health diagnose $dev reporter dummy
echo "a message" >/sys/kernel/debug/netdevsim/netdevsim1/health/break_health
devlink health dump show $dev reporter dummy
devlink health recover $dev reporter dummy
devlink health test $dev reporter dummy
devlink resource show $dev
devlink resource set $dev path /IPv4/fib size 512
devlink region show
devlink region new $dev/dummy snapshot 3
devlink region dump $dev/dummy snapshot 3
devlink region read $dev/dummy snapshot 3 address 16 length 32
devlink region del $dev/dummy snapshot 3
devlink trap show
devlink -s trap show $dev trap ttl_value_is_too_small
devlink trap set $dev trap fid_miss action trap
devlink trap group show
devlink trap policer set $dev policer 1 rate 2000 burst 256
devlink trap policer show
devlink sb show
devlink lc show
devlink dev flash $dev file nosuch.bin
devlink dev reload $dev
devlink dev selftests show
devlink port split $dev/0 count 4
devlink dev show netdevsim/netdevsim99
ynl --spec devlink --dump get
ynl --spec devlink --dump port-get
ynl --spec devlink --dump info-get
ynl --spec devlink --dump health-reporter-get
ynl --spec devlink --dump trap-get
ynl --spec devlink --dump trap-group-get
ynl --spec devlink --dump trap-policer-get
ynl --spec devlink --dump region-get
ynl --spec devlink --dump rate-get
ynl --spec devlink --do eswitch-get --json '{"bus-name": "netdevsim", "dev-name": "netdevsim1"}'
ynl --spec devlink --do port-get --json '{"bus-name": "netdevsim", "dev-name": "netdevsim1", "port-index": 0}'
ynl --spec devlink --do get --json '{"bus-name": "pci", "dev-name": "nosuch"}'
echo 1 >/sys/bus/netdevsim/del_device
sleep 1
kill %1
