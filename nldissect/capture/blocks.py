"""Numbers of pcapng's blocks and options (draft-ietf-opsawg-pcapng)."""

from __future__ import annotations

from typing import Final

SECTION: Final = 0x0A0D0D0A
INTERFACE: Final = 1
OBSOLETE_PACKET: Final = 2
SIMPLE_PACKET: Final = 3
STATISTICS: Final = 5
ENHANCED_PACKET: Final = 6
PROCESS: Final = 0x80006E6C
"""A block of our own, of the numbers for local use: whose a netlink port id is, from a time on.

After the block's length: interface, protocol, port id, pid (u32 each), the time in ns since
1970-01-01 UTC (u32 high, u32 low), options. It stands before the packets of that time.
"""
BYTE_ORDER_MAGIC: Final = 0x1A2B3C4D

OPT_END: Final = 0
OPT_COMMENT: Final = 1
SHB_HARDWARE: Final = 2
SHB_OS: Final = 3
SHB_USERAPPL: Final = 4
IF_NAME: Final = 2
IF_DESCRIPTION: Final = 3
IF_TSRESOL: Final = 9
IF_FILTER: Final = 11
IF_OS: Final = 12
IF_TSOFFSET: Final = 14
IF_HARDWARE: Final = 15
ISB_STARTTIME: Final = 2
ISB_ENDTIME: Final = 3
ISB_IFRECV: Final = 4
ISB_IFDROP: Final = 5
ISB_OSDROP: Final = 7
PROCESS_NAME: Final = 2
PROCESS_BY: Final = 3
