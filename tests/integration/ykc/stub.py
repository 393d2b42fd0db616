"""A platform for piles that speak YKC V1.6, written from the description of the protocol alone.

It shares nothing with the pile's side: framing by the length byte, CRC by crcmod, fields by their offsets. It is strict:
what a pile sends must be exactly as long as the tables say, must have a CRC that is right with the low byte first, and must
count its sequences from 0 on each connection. What is not lands in `mistakes`.
"""

import queue
import socket
import struct
import threading
import time

import crcmod.predefined

crc16 = crcmod.predefined.mkPredefinedCrcFun("modbus")

# Body lengths of what a pile may send (n: rows that vary).
LENGTHS = {0x01: 30, 0x03: 9, 0x05: 9, 0x09: 7, 0x13: 60, 0x15: 73, 0x17: 45, 0x19: 39, 0x1B: 32, 0x1D: 28, 0x21: 28,
           0x23: 44, 0x25: 31, 0x31: 51, 0x33: 26, 0x35: 10, 0x3B: 158, 0x41: 16, 0x43: 9, 0x51: 8, 0x55: 14, 0x57: 8,
           0x61: 16, 0x63: 13, 0x91: 8, 0x93: 8, 0xA1: 58, 0xA3: 33, 0xF1: 8}
# Those that answer a frame of the platform repeat its sequence.
ANSWERS = {0x33: 0x34, 0x35: 0x36, 0x41: 0x42, 0x43: 0x44, 0x45: 0x46, 0x47: 0x48, 0x51: 0x52, 0x55: 0x56, 0x57: 0x58,
           0x63: 0x62, 0x91: 0x92, 0x93: 0x94, 0xA3: 0xA4, 0xF1: 0xF0, 0x13: 0x12}


def bcd(digits, size):
    return bytes.fromhex(str(digits).rjust(2 * size, "0"))


def cp56(when):
    """(year, month, day, hour, minute, second)"""
    year, month, day, hour, minute, second = when
    return struct.pack("<HBBBBB", second * 1000, minute, hour, day, month, year - 2000)


def uncp56(body):
    ms, minute, hour, day, month, year = struct.unpack("<HBBBBB", body)
    return (2000 + (year & 0x7F), month & 0x0F, day & 0x1F, hour & 0x1F, minute & 0x3F, ms // 1000)


def frame(kind, sequence, body, encryption=0):
    inner = struct.pack("<HBB", sequence, encryption, kind) + body
    return bytes([0x68, len(inner)]) + inner + struct.pack("<H", crc16(inner))


class Frame:
    def __init__(self, kind, sequence, body):
        self.kind, self.sequence, self.body, self.at = kind, sequence, body, time.monotonic()

    def u(self, offset, size):
        return int.from_bytes(self.body[offset:offset + size], "little")

    def digits(self, offset, size):
        return self.body[offset:offset + size].hex()

    def __repr__(self):
        return f"0x{self.kind:02X} #{self.sequence} {self.body.hex()}"


class Connection:
    """One pile, or none yet: its number is known with its login."""

    def __init__(self, stub, sock):
        self.stub, self.sock = stub, sock
        self.pile = ""
        self.secret = False  # as the last frame was
        self.sequence = 0
        self.expected = 0
        self.asked = {}
        self.lock = threading.Lock()

    def say(self, kind, body, sequence=None):
        with self.lock:
            if sequence is None:
                sequence = self.sequence
                self.sequence = (self.sequence + 1) % 65536
            self.asked[(kind, sequence)] = True
            try:
                if self.secret:
                    self.sock.sendall(frame(kind, sequence, self.stub.cipher.run(True, body), 1))
                else:
                    self.sock.sendall(frame(kind, sequence, body))
            except OSError:
                pass  # the pile has gone, perhaps because it restarts

    def wrong(self, what):
        self.stub.mistakes.append(f"{self.pile or 'somebody'}: {what}")

    def run(self):
        buffer = b""
        self.stub.reads(self, True)
        try:
            while chunk := self.sock.recv(65536):
                buffer += chunk
                while len(buffer) >= 2 and len(buffer) >= buffer[1] + 4:
                    if buffer[0] != 0x68:
                        return self.wrong(f"no start byte: {buffer[:20].hex()}")
                    whole, buffer = buffer[:buffer[1] + 4], buffer[buffer[1] + 4:]
                    self.take(whole)
        except OSError:
            pass  # the pile has gone
        finally:
            self.sock.close()
            self.stub.reads(self, False)

    def take(self, whole):
        inner = whole[2:-2]
        if struct.pack("<H", crc16(inner)) != whole[-2:]:
            return self.wrong(f"the CRC of {whole.hex()} is wrong")
        sequence, encryption, kind = struct.unpack("<HBB", inner[:4])
        body = inner[4:]
        self.secret = encryption == 1 and self.stub.cipher is not None
        if self.secret:
            body = self.stub.cipher.run(False, body)
            if body is None:
                return self.wrong(f"{whole.hex()} is encrypted with another key")
        heard = Frame(kind, sequence, body)
        heard.secret = self.secret
        if encryption not in (0, int(self.secret)) or kind % 2 == 0:
            return self.wrong(f"a pile does not send {heard}")
        if kind in LENGTHS and len(heard.body) != LENGTHS[kind]:
            return self.wrong(f"{heard} has {len(heard.body)} bytes and not {LENGTHS[kind]}")
        # That an update is there, or does not come, is told much later and by the pile itself.
        late = kind == 0x93 and heard.body[7] in (0, 3)
        if late or not (kind in ANSWERS and (ANSWERS[kind], sequence) in self.asked):
            if sequence != self.expected:
                self.wrong(f"{heard}: the next sequence is {self.expected}")
            self.expected = (sequence + 1) % 65536
        number = heard.digits(0 if kind not in (0x13, 0x15, 0x17, 0x19, 0x1B, 0x1D, 0x21, 0x23, 0x25, 0x33, 0x3B, 0xA3) else 16, 7)
        if kind == 0x01:
            self.pile = number
            self.stub.connections[number] = self
        if number != self.pile:
            self.wrong(f"{heard} is of {number}")
        self.stub.heard(self, heard)


class Stub:
    """Listens, answers what must be answered, and keeps everything that it hears. Switches: answer_bills,
    refuse_first_logins."""

    def __init__(self, prices=((1.2, 0.3), (1.0, 0.3), (0.8, 0.3), (0.6, 0.3)), model=17, cipher=None):
        self.cipher = cipher  # of piles that encrypt their frames
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.connections = {}
        self.frames = {}  # pile -> list of Frame
        self.mistakes = []
        self.reading = set()
        self.answer_bills = True
        self.answer_heartbeats = True
        self.refuse_first_logins = False
        self.refused = set()
        self.prices, self.model = prices, model
        self.news = threading.Condition()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            sock, _ = self.socket.accept()
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=Connection(self, sock).run, daemon=True).start()

    def reads(self, connection, still):
        with self.news:
            (self.reading.add if still else self.reading.discard)(connection)
            self.news.notify_all()

    def model_body(self, pile, model=None):
        body = bcd(pile, 7) + bcd(self.model if model is None else model, 2)
        for energy, service in self.prices:
            body += struct.pack("<II", round(energy * 100000), round(service * 100000))
        # Sharp and valley in turn, so that a short charge meets both at most once.
        return body + bytes([0]) + bytes([2] * 48)

    def heard(self, connection, it):
        say, pile = connection.say, connection.pile
        number = bcd(pile or 0, 7)
        if it.kind == 0x01:
            refuse = self.refuse_first_logins and pile not in self.refused
            self.refused.add(pile)
            say(0x02, number + bytes([refuse]), it.sequence)
            if refuse:
                connection.sock.shutdown(socket.SHUT_RDWR)
        elif it.kind == 0x03 and self.answer_heartbeats:
            say(0x04, number + it.body[7:8] + b"\0", it.sequence)
        elif it.kind == 0x05:
            same = it.body[7:9] == bcd(self.model, 2)
            say(0x06, it.body + bytes([not same]), it.sequence)
        elif it.kind == 0x09:
            say(0x0A, self.model_body(pile), it.sequence)
        elif it.kind == 0x3B and self.answer_bills:
            say(0x40, it.body[:16] + b"\0", it.sequence)
        with self.news:
            self.frames.setdefault(pile, []).append(it)
            self.news.notify_all()

    # What tests ask.

    def all(self, pile, kind):
        with self.news:
            return [each for each in self.frames.get(pile, []) if each.kind == kind]

    def wait(self, condition, what, patience=30):
        """Until condition() is something; that."""
        deadline = time.monotonic() + patience
        with self.news:
            while True:
                found = condition()
                if found:
                    return found
                left = deadline - time.monotonic()
                if left <= 0:
                    raise AssertionError(f"not in {patience} s: {what}; mistakes: {self.mistakes[:5]}")
                self.news.wait(min(left, 0.2))

    def wait_for(self, pile, kind, which=lambda frame: True, what="", patience=30):
        """The first frame of that kind that `which` likes."""
        return self.wait(lambda: next((f for f in self.frames.get(pile, []) if f.kind == kind and which(f)), None),
                         f"0x{kind:02X} of {pile} {what}", patience)

    def say(self, pile, kind, body):
        self.connections[pile].say(kind, bcd(pile, 7) + body)

    def start(self, pile, gun, order, balance=0, card="D14B0A54"):
        self.connections[pile].say(0x34, bcd(order, 16) + bcd(pile, 7) + bcd(gun, 1) + bcd(1000000573, 8) +
                                   bcd(card, 8) + struct.pack("<I", balance))

    def stop(self, pile, gun):
        self.say(pile, 0x36, bcd(gun, 1))

    def update(self, pile, port, user, password, path):
        """0x94 of a DC pile, now, by FTP."""
        def text(what, size):
            return what.encode("ascii").ljust(size, b"\0")
        self.say(pile, 0x94, bytes([1]) + struct.pack("<H", 120) + text("127.0.0.1", 16) + struct.pack("<H", port) +
                 text(user, 16) + text(password, 16) + text(path, 32) + bytes([1, 1]))


class Bill:
    """0x3B"""

    def __init__(self, it):
        self.order, self.pile, self.gun = it.digits(0, 16), it.digits(16, 7), it.digits(23, 1)
        self.start, self.end = uncp56(it.body[24:31]), uncp56(it.body[31:38])
        self.rates = []
        for i in range(4):
            at = 38 + 16 * i
            self.rates.append(tuple(it.u(at + 4 * k, 4) for k in range(4)))  # price, energy, adjusted, amount
        self.meter_start, self.meter_end = it.u(102, 5), it.u(107, 5)
        self.energy, self.adjusted, self.cost = it.u(112, 4), it.u(116, 4), it.u(120, 4)
        self.vin = it.body[124:141].decode("ascii")
        self.mark, self.trade, self.reason = it.body[141], uncp56(it.body[142:149]), it.body[149]
        self.card = it.digits(150, 8)

    def check(self):
        assert self.meter_end - self.meter_start == self.energy, vars(self)
        assert sum(rate[1] for rate in self.rates) == self.energy, vars(self)
        assert sum(rate[3] for rate in self.rates) == self.cost, vars(self)
        for price, energy, adjusted, amount in self.rates:
            assert adjusted == energy
            assert abs(amount - price * energy / 100000) <= 0.5, vars(self)
        assert self.end >= self.start
