# what: two simulated near-field devices that find each other (nfc)
modprobe -a nfc nfcsim
say hear nfc events 10 &
sleep 1
say nfc 1+dump
say nfc 1 1:u32=0
say nfc 2 1:u32=0
say nfc 2 1:u32=1
say nfc 15 1:u32=0
say nfc 16 1:u32=0 15:u8=10 16:u8=4 17:u16=128
say nfc 6 1:u32=0 13:u32=32
say nfc 6 1:u32=1 14:u32=32
sleep 3
say nfc 8+dump 1:u32=0
say nfc 4 1:u32=0 4:u32=1 10:u8=0 11:u8=0
say nfc 1+dump
say nfc 19 1:u32=0 19[ 1[ 1:str=urn:nfc:sn:snep ] ]
sleep 1
say nfc 5 1:u32=0
say nfc 7 1:u32=0
say nfc 26+dump
say nfc 21 1:u32=0 20:str=nosuch.fw
say nfc 3 1:u32=0
say nfc 3 1:u32=1
say nfc 1 1:u32=9
rmmod nfcsim
wait
