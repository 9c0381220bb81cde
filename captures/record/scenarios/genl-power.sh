# what: thermal zones, clocks (dpll), TLS handshakes and the old TIPC interface, as far as the guest has any
modprobe -a tipc tls
say hear thermal event 6 &
say hear acpi_event acpi_mc_group 4 &
sleep 1
say thermal 1+dump
for command in 2 3 4 6; do say thermal $command 2:u32=0; done
say thermal 5+dump
ynl --spec dpll --dump device-get
ynl --spec dpll --dump pin-get
ynl --spec dpll --do device-get --json '{"id": 0}'
ynl --spec dpll --do pin-id-get --json '{"clock-id": 7}'
ynl --spec handshake --do accept --json '{"handler-class": "tlshd"}'
ynl --spec handshake --do done --json '{"status": 0, "sockfd": 0}'
say TIPC 1 header=0000000000000000
say TIPC 1 header=0000000002000000
say TIPC 1 header=0000000099000000
wait
