"""The CRC of YKC frames by crcmod, for ykc_crc_test.cc.

Reads lines of hexadecimal digits, a frame each. Prints a line for each of them: the CRC over all between the length byte and
the CRC, four digits, low byte first, and the same frame as crcmod would have it, once in each order.
"""

import sys

import crcmod.predefined

modbus = crcmod.predefined.mkPredefinedCrcFun("modbus")

for line in sys.stdin:
    frame = bytes.fromhex(line)
    crc = modbus(frame[2:-2]).to_bytes(2, "little")
    print(crc.hex(), (frame[:-2] + crc).hex(), (frame[:-2] + crc[::-1]).hex())
