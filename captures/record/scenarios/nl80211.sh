# what: two mac80211_hwsim radios, hostapd and wpa_supplicant: phys, scan, association, stations, regulatory
# file: nl80211.pcap.gz
modprobe mac80211_hwsim radios=2
sleep 1
iw event -t &
iw dev
iw dev wlan0 info
cat >/tmp/hostapd.conf <<'CONF'
interface=wlan0
driver=nl80211
ssid=greenhouse
hw_mode=g
channel=1
ieee80211n=1
wpa=2
wpa_key_mgmt=WPA-PSK
rsn_pairwise=CCMP
wpa_passphrase=an example only
CONF
wpa_passphrase greenhouse "an example only" >/tmp/supplicant.conf
ip link set wlan1 up
hostapd -B /tmp/hostapd.conf
iw dev wlan1 scan trigger freq 2412
sleep 4
iw dev wlan1 scan dump
wpa_supplicant -B -i wlan1 -D nl80211 -c /tmp/supplicant.conf
sleep 18
iw dev wlan1 link
iw dev wlan1 station dump
iw dev wlan0 station dump
iw dev wlan1 set power_save on
iw dev wlan1 get power_save
iw dev wlan1 survey dump
iw reg get
iw reg set US
sleep 1
iw phy phy1 interface add mon0 type monitor
iw dev wlan0 set channel 99
iw dev nosuch info
kill "$(pidof wpa_supplicant)"
sleep 2
kill "$(pidof hostapd)"
iw dev wlan1 connect nosuch-network
sleep 2
kill %1
