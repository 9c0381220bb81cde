# what: IPsec states and policies made, listed, changed and deleted, ip xfrm monitor beside
ip xfrm monitor &
sleep 1
# Keys of this capture's own, counted up and used nowhere else.
cipher=0x000102030405060708090a0b0c0d0e0f
hash=0x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
ip xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x100 reqid 5 mode tunnel enc 'cbc(aes)' $cipher auth 'hmac(sha256)' $hash replay-window 32 flag af-unspec sel src 198.51.100.0/24 dst 203.0.113.0/24
ip xfrm state add src 192.0.2.2 dst 192.0.2.1 proto esp spi 0x101 mode transport aead 'rfc4106(gcm(aes))' ${cipher}00112233 128 flag esn replay-window 64 limit time-hard 3600 limit packet-soft 1000
ip xfrm state add src 2001:db8::1 dst 2001:db8::2 proto ah spi 0x102 mode tunnel auth-trunc 'hmac(sha1)' 0x000102030405060708090a0b0c0d0e0f10111213 96 mark 7 mask 0xff if_id 3
ip xfrm state add src 192.0.2.1 dst 192.0.2.3 proto esp spi 0x103 mode tunnel enc 'ecb(cipher_null)' '' auth 'hmac(md5)' $cipher encap espinudp 4500 4500 0.0.0.0
ip xfrm state add src 192.0.2.1 dst 192.0.2.4 proto comp spi 0x104 mode tunnel comp deflate
ip xfrm state allocspi src 192.0.2.1 dst 192.0.2.5 proto esp mode tunnel min 0x200 max 0x210
ip xfrm policy add src 198.51.100.0/24 dst 203.0.113.0/24 dir out priority 7 tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 5 mode tunnel
ip xfrm policy add src 203.0.113.0/24 dst 198.51.100.0/24 proto tcp dport 80 dir in action block mark 7 mask 0xff if_id 3
ip xfrm policy add src 2001:db8:1::/48 dst 2001:db8:2::/48 dir fwd tmpl src 2001:db8::2 dst 2001:db8::1 proto esp mode tunnel level use
ip -s xfrm state
ip xfrm state get src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x100
ip -s xfrm policy
ip xfrm policy get src 198.51.100.0/24 dst 203.0.113.0/24 dir out
ip xfrm state count
ip xfrm policy count
ip xfrm policy update src 198.51.100.0/24 dst 203.0.113.0/24 dir out priority 9 tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 5 mode tunnel
ip xfrm policy setdefault in block fwd accept out accept
ip xfrm policy getdefault
ip xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x100 mode tunnel enc 'cbc(aes)' $cipher
ip xfrm state add src 192.0.2.1 dst 192.0.2.9 proto esp spi 0x109 mode tunnel enc 'cbc(aes)' 0x0001
ip xfrm state delete src 192.0.2.1 dst 192.0.2.99 proto esp spi 0x1
ip xfrm state deleteall proto comp
ip xfrm state flush
ip xfrm policy flush
kill %1
