# what: a WireGuard interface with five peers made, read and changed with wg
ip link add wg0 type wireguard
# Keys of this capture's own, made from the digits and used nowhere else.
key() { printf '%032d' "$1" | base64; }
key 1000 >/tmp/private
key 2000 >/tmp/shared
wg set wg0 private-key /tmp/private listen-port 51820 fwmark 0x20
for i in 1 2 3 4 5; do wg set wg0 peer "$(key "$i" | wg pubkey)" allowed-ips "198.51.100.$i/32,2001:db8:$i::/64" endpoint "192.0.2.$i:51820" persistent-keepalive 25; done
wg set wg0 peer "$(key 1 | wg pubkey)" preshared-key /tmp/shared endpoint '[2001:db8::99]:51821'
wg show wg0
wg show all dump
wg set wg0 peer "$(key 2 | wg pubkey)" remove
wg set wg0 peer "$(key 3 | wg pubkey)" allowed-ips ''
wg show wg0 allowed-ips
wg set nosuch listen-port 1
ip link set wg0 up
ip -d link show wg0
ip link del wg0
