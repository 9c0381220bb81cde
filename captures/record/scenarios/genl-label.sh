# what: NetLabel: mappings, CIPSO and CALIPSO definitions, unlabelled traffic
netlabelctl mgmt version
netlabelctl mgmt protocols
netlabelctl cipsov4 add trans doi:1 tags:1 levels:0=0,1=7,2=3 categories:0=1,1=0,2=9
netlabelctl cipsov4 add pass doi:2 tags:1
netlabelctl cipsov4 add local doi:3
netlabelctl cipsov4 list
netlabelctl cipsov4 list doi:1
netlabelctl cipsov4 list doi:2
netlabelctl cipsov4 list doi:99
netlabelctl calipso add pass doi:5
netlabelctl calipso list
netlabelctl calipso list doi:5
netlabelctl map list
netlabelctl map del default
netlabelctl map add default address:192.0.2.0/24 protocol:cipsov4,2
netlabelctl map add default address:0.0.0.0/0 protocol:unlbl
netlabelctl map add default address:2001:db8::/32 protocol:calipso,5
netlabelctl map add domain:greenhouse_t protocol:cipsov4,1
netlabelctl map list
netlabelctl unlbl accept on
netlabelctl unlbl list
netlabelctl unlbl add interface:lo address:192.0.2.1/32 label:system_u:object_r:netlabel_peer_t:s0
netlabelctl unlbl add default address:2001:db8::1/128 label:system_u:object_r:netlabel_peer_t:s0
say NLBL_UNLBL 4+dump
say NLBL_UNLBL 7+dump
netlabelctl unlbl del interface:lo address:192.0.2.1/32
netlabelctl map del domain:greenhouse_t
netlabelctl map del default
netlabelctl cipsov4 del doi:1
netlabelctl calipso del doi:5
