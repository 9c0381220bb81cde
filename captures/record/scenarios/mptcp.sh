# what: MPTCP endpoints, limits and the events of a connection, with ip mptcp and ynl
ip mptcp monitor &
ip link add d0 type dummy
ip link set d0 up
ip addr add 192.0.2.1/24 dev d0
ip addr add 192.0.2.2/24 dev d0
ip -6 addr add 2001:db8::1/64 dev d0 nodad
ip mptcp limits set subflow 2 add_addr_accepted 2
ip mptcp limits show
ip mptcp endpoint add 192.0.2.1 dev d0 subflow
ip mptcp endpoint add 192.0.2.2 dev d0 signal port 5002
ip mptcp endpoint add 2001:db8::1 dev d0 id 9 subflow backup
ip mptcp endpoint add 192.0.2.1 dev d0 subflow
ip mptcp endpoint show
ip mptcp endpoint show id 9
ip mptcp endpoint change id 9 nobackup
sleep 1
python3 /lab/bin/mptcp.py
ynl --spec mptcp_pm --dump get-addr
ynl --spec mptcp_pm --do get-limits
ynl --spec mptcp_pm --do get-addr --json '{"addr": {"id": 9}}'
ynl --spec mptcp_pm --do get-addr --json '{"addr": {"id": 77}}'
ynl --spec mptcp_pm --do add-addr --json '{"addr": {"family": 2, "addr4": 3221225987, "flags": 1}}'
ip mptcp endpoint delete id 9
ip mptcp endpoint flush
kill %1
