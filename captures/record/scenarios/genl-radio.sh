# what: simulated radios: MAC80211_HWSIM with a medium that hears frames, MAC802154_HWSIM, the older 802.15.4 MAC
modprobe -a mac80211_hwsim mac802154_hwsim ieee802154_6lowpan
say MAC80211_HWSIM 6+dump
say MAC80211_HWSIM 4 9:u32=1 17:str=greenhouse
say MAC80211_HWSIM 4 9:u32=1 14:flag 17:str=shed 16:flag
say MAC80211_HWSIM 6+dump
say MAC80211_HWSIM 6 10:u32=0
say MAC80211_HWSIM 6 10:u32=99
python3 /lab/bin/medium.py &
sleep 2
ip link set wlan0 up
iw dev wlan0 scan >/dev/null
sleep 1
wait
say MAC80211_HWSIM 4 9:u32=2 15:flag 17:str=manifold
say MAC80211_HWSIM 6+dump
say MAC80211_HWSIM 5 17:str=greenhouse
say MAC80211_HWSIM 5 17:str=greenhouse
wpan-hwsim
wpan-hwsim add
wpan-hwsim edge add 0 1
wpan-hwsim edge lqi 0 1 50
wpan-hwsim edge list
wpan-hwsim
wpan-hwsim dot
wpan-hwsim edge del 0 1
wpan-hwsim del 2
say '802.15.4 MAC' 32+dump
say '802.15.4 MAC' 32 31:str=phy0
say '802.15.4 MAC' 31+dump
say '802.15.4 MAC' 31 1:str=wpan0
say '802.15.4 MAC' 33 31:str=phy0 1:str=monitor0 32:u8=1
iwpan dev wpan0 set pan_id 0xabcd
iwpan dev wpan0 set short_addr 0x1001
ip link set wpan0 up
say hear '802.15.4 MAC' coordinator 3 &
sleep 1
say '802.15.4 MAC' 13 1:str=wpan0 8:u16=4097 10:u16=43981 7:u8=11 23:u8=15 24:u8=15 25:u8=1 26:u8=0 27:u8=0
say '802.15.4 MAC' 9 1:str=wpan0 19:u8=1 20:u32=134215680 21:u8=2
say '802.15.4 MAC' 35 1:str=wpan0
ip link set wpan0 down
say '802.15.4 MAC' 35 1:str=wpan0 33:hex=00 34:u8=0 35:u8=1 36:s32=-70 37:u8=4 38:u8=3 39:u8=5 40:hex=03
say '802.15.4 MAC' 36 1:str=wpan0
say '802.15.4 MAC' 37 1:str=wpan0 41:u8=1 42:u8=5 43:u8=1 46:u8=7
say '802.15.4 MAC' 39 1:str=wpan0 43:u8=1 46:u8=7 48:hex=000102030405060708090a0b0c0d0e0f 49:u8=2
say '802.15.4 MAC' 42 1:str=wpan0 6:u16=43981 4:u16=4098 5:hex=0102030405060708 47:u32=0 54:u8=0 55:u8=0
say '802.15.4 MAC' 48 1:str=wpan0 51:u8=1 53:u8=32 54:u8=0
say '802.15.4 MAC' 38+dump
say '802.15.4 MAC' 41+dump
say '802.15.4 MAC' 44+dump
say '802.15.4 MAC' 47+dump
wait
say '802.15.4 MAC' 34 1:str=nosuch0
