"""Piles of a real fleet (`vfleet up`) against a platform that knows nothing of vfleet: stub.py.

Usage: fleet_test.py FOLDER_OF_VFLEET_PROGRAMS
"""

import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from ftp import FtpServer  # noqa: E402
from stub import ANSWERS, Bill, Stub, bcd, cp56, uncp56  # noqa: E402
from triple_des import TripleDes  # noqa: E402

PILES = [f"3201060000000{i}" for i in (1, 2, 3)]
SECRET = "32010700000001"
KEY = "0123456789ABCDEFFEDCBA9876543210"


class Fleet:
    """Three piles with short periods, so that little is waited for, and one that encrypts what it says."""

    def __init__(self, programs, port):
        self.programs = pathlib.Path(programs).resolve()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="vfleet-ykc-"))
        (self.folder / "fleet.yaml").write_text(f"""
fleet: station
groups:
  - name: pile
    type: charging_pile
    count: 3
    id: "pile-{{:05}}"
    config:
      dialect: ykc
      arrivals: {{per_day: 0}}
      ykc:
        update_time: 1s
        heartbeat_every: 1s
        realtime_charging_every: 1s
        bms_every: 1s
        login_retry: 1s
        model_retry: 2s
        bill_delay: 0s
        bill_retry: 1s
        bill_last_retry: 6s
        plug_timeout: 60s
      reboot_time: 1s
    uplink:
      ykc:
        url: "tcp://127.0.0.1:{port}"
  - name: secret
    type: charging_pile
    count: 1
    id: "secret-{{:05}}"
    config:
      dialect: ykc
      arrivals: {{per_day: 0}}
      ykc: {{pile_number: "32010700{{:06}}", cipher_key: {KEY}, heartbeat_every: 1s, realtime_charging_every: 1s, login_retry: 1s, bill_delay: 0s}}
    uplink:
      ykc:
        url: "tcp://127.0.0.1:{port}"
""")
        self.log = open(self.folder / "vfleet.log", "w+", encoding="utf-8")
        self.up = subprocess.Popen([self.programs / "vfleet", "up", self.folder / "fleet.yaml", "--workers", "1",
                                    "--run-dir", self.folder / "run"], stdout=self.log, stderr=subprocess.STDOUT)

    def ask(self, *words, fails=False):
        done = subprocess.run([self.programs / "vfleet", *words, "--run-dir", self.folder / "run"], capture_output=True,
                              text=True, timeout=60, check=False)
        if (done.returncode != 0) != fails:
            raise AssertionError(f"vfleet {' '.join(words)}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def end(self):
        self.up.terminate()
        try:
            self.up.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.up.kill()
        self.log.seek(0)
        self.text = self.log.read()
        summary = self.folder / "run" / "summary.json"
        self.summary = json.loads(summary.read_text()) if summary.exists() else {}
        shutil.rmtree(self.folder, ignore_errors=True)


def logs_in_and_is_ready(stub, fleet):
    for pile in PILES:
        login = stub.wait_for(pile, 0x01)
        assert login.body[7:9] == bytes([0, 2]), login  # DC, two guns
        assert login.body[9] == 0x10, login  # V1.6
        assert login.sequence == 0
        stub.wait_for(pile, 0x09, what="asks for the model")
        idle = stub.wait_for(pile, 0x13)
        assert idle.body[24] == 2 and idle.digits(0, 16) == "0" * 32, idle
    assert len(stub.all(PILES[0], 0x01)) >= 2, "the first login was refused"
    stub.wait_for(PILES[2], 0x03, what="heartbeat")


def starts_charges_and_bills(stub, fleet):
    pile, order = PILES[0], PILES[0] + "01" + "201121120000" + "0001"
    fleet.ask("do", "pile-00001", "plug", "connector=1", "soc=0.2")
    stub.start(pile, 1, order)
    answer = stub.wait_for(pile, 0x33)
    assert answer.digits(0, 16) == order and answer.body[24:26] == b"\1\0", answer
    live = stub.wait_for(pile, 0x13, lambda f: f.body[24] == 3 and f.u(46, 4) > 0, "charges")
    assert live.digits(0, 16) == order
    stub.wait_for(pile, 0x15)
    stub.wait_for(pile, 0x17)
    demand = stub.wait_for(pile, 0x23)
    stub.wait_for(pile, 0x25)
    assert demand.u(26, 2) > 4000, "a current towards the battery is above the offset"
    twin = next(f for f in stub.all(pile, 0x13) if f.body[24] == 3)
    assert twin.u(27, 2) > 0
    stub.stop(pile, 1)
    assert stub.wait_for(pile, 0x35).body[8:10] == b"\1\0"
    stub.wait_for(pile, 0x19)
    stub.wait_for(pile, 0x21)
    bill = Bill(stub.wait_for(pile, 0x3B))
    bill.check()
    assert bill.order == order and bill.reason == 0x40 and bill.card == "00000000d14b0a54" and len(bill.vin) == 17, vars(bill)
    assert bill.rates[2][0] == 110000 and bill.rates[2][1] == bill.energy > 0, vars(bill)
    assert bill.energy >= live.u(46, 4)
    stub.wait(lambda: [f for f in stub.frames[pile] if f.kind == 0x13 and f.body[23] == 1][-1].body[24] == 2, "idle again")
    assert len(stub.all(pile, 0x3B)) == 1, "it was confirmed"


def starts_when_the_cable_comes(stub, fleet):
    pile, order = PILES[1], PILES[1] + "02" + "201121120000" + "0002"
    stub.start(pile, 2, order)
    refused = stub.wait_for(pile, 0x33)
    assert refused.body[24:26] == b"\0\5", refused
    fleet.ask("do", "pile-00002", "plug", "connector=2")
    stub.wait_for(pile, 0x33, lambda f: f.body[24] == 1, "when the cable is in")
    stub.wait_for(pile, 0x13, lambda f: f.body[24] == 3 and f.digits(0, 16) == order)
    stub.stop(pile, 2)
    stub.wait_for(pile, 0x3B)


def repeats_bills(stub, fleet):
    pile, order = PILES[2], PILES[2] + "01" + "201121120000" + "0003"
    stub.answer_bills = False
    fleet.ask("do", "pile-00003", "plug", "connector=1")
    stub.start(pile, 1, order)
    stub.wait_for(pile, 0x13, lambda f: f.body[24] == 3)
    stub.stop(pile, 1)
    bills = stub.wait(lambda: (found := [f for f in stub.frames[pile] if f.kind == 0x3B]) and len(found) >= 5 and found,
                      "five bills")
    assert all(each.body == bills[0].body for each in bills)
    # Three retries a second apart, and the last after six: ykc_pile_test knows it to the millisecond. Less what
    # held up the first on its way; more on a machine that is busy.
    span = bills[4].at - bills[0].at
    assert span > 4.5, [each.at - bills[0].at for each in bills]
    stub.answer_bills = True
    # The next login brings it once more, and then it is gone.
    # What the pile says until it knows is still heard, so that the account closes.
    stub.connections[pile].sock.shutdown(socket.SHUT_WR)
    stub.wait(lambda: len([f for f in stub.frames[pile] if f.kind == 0x3B]) >= 6, "the bill after the login")
    kinds = [f.kind for f in stub.frames[pile]]
    last_login = len(kinds) - 1 - kinds[::-1].index(0x01)
    assert kinds[last_login:last_login + 3] == [0x01, 0x05, 0x3B], kinds[last_login:]


def obeys(stub, fleet):
    pile = PILES[0]
    stub.say(pile, 0x56, cp56((2031, 2, 3, 4, 5, 6)))
    clock = stub.wait_for(pile, 0x55)
    assert uncp56(clock.body[7:14])[:5] == (2031, 2, 3, 4, 5), clock
    stub.say(pile, 0x52, bytes([0, 50]))
    assert stub.wait_for(pile, 0x51).body[7] == 1
    shown = fleet.ask("get", "pile-00001", "power_limit")
    assert "50%" in shown, shown
    stub.say(pile, 0x58, stub.model_body(pile, 18)[7:])
    assert stub.wait_for(pile, 0x57).body[7] == 1
    stub.say(pile, 0x12, bcd(2, 1))
    stub.say(pile, 0x44, bytes([1]) + bcd(573, 8) + bcd("D14B0A54", 8))
    assert stub.wait_for(pile, 0x43).body[7:9] == b"\1\0"
    stub.say(pile, 0x48, bytes([2]) + bcd("D14B0A54", 8) + bcd("77", 8))
    known = stub.wait_for(pile, 0x47)
    assert len(known.body) == 7 + 18 and known.body[15] == 1 and known.body[24] == 0, known
    # More cards than an answer has room for: those that it tells of.
    stub.say(pile, 0x48, bytes([30]) + bcd("D14B0A54", 8) * 30)
    many = stub.wait_for(pile, 0x47, lambda f: len(f.body) == 7 + 26 * 9)
    assert all(many.body[15 + 9 * i] == 1 for i in range(26)), many
    stub.say(pile, 0x46, bytes([1]) + bcd("D14B0A54", 8))
    assert stub.wait_for(pile, 0x45).body[15] == 1
    stub.say(pile, 0xF0, bytes([1, 5]) + b"http:")
    assert stub.wait_for(pile, 0xF1).body[7] == 1
    before = len(stub.all(pile, 0x01))
    stub.say(pile, 0x92, bytes([1]))
    assert stub.wait_for(pile, 0x91).body[7] == 1
    stub.wait(lambda: len([f for f in stub.frames[pile] if f.kind == 0x01]) > before, "a login after the restart")
    check = stub.wait(lambda: [f for f in stub.frames[pile] if f.kind == 0x05 and f.body[7:9] == bcd(18, 2)],
                      "the model outlives the restart")
    assert check


def fetches_updates(stub, fleet):
    pile = PILES[2]
    ftp = FtpServer("pile", "s3cret", {"/fw/pile-9.bin": bytes(100_000)})
    stub.update(pile, ftp.port, "pile", "s3cret", "/fw/pile-8.bin")
    stub.wait_for(pile, 0x93, lambda f: f.body[7] == 3, "there is no such file")
    stub.update(pile, ftp.port, "pile", "wrong", "/fw/pile-9.bin")
    stub.wait(lambda: len([f for f in stub.frames[pile] if f.kind == 0x93]) == 2, "the password is wrong")
    assert all(f.body[7] == 3 for f in stub.all(pile, 0x93)), stub.all(pile, 0x93)
    before = len(stub.all(pile, 0x01))
    stub.update(pile, ftp.port, "pile", "s3cret", "/fw/pile-9.bin")
    stub.wait_for(pile, 0x93, lambda f: f.body[7] == 0, "it is there")
    stub.wait(lambda: len([f for f in stub.frames[pile] if f.kind == 0x01]) > before, "a login after the update")
    assert stub.all(pile, 0x01)[-1].body[10:18] == b"pile-9\0\0", stub.all(pile, 0x01)[-1]
    assert ftp.asked == ["/fw/pile-8.bin", "/fw/pile-9.bin"], ftp.asked


def speaks_in_secret(stub, fleet):
    pile, order = SECRET, SECRET + "01" + "201121120000" + "0004"
    stub.wait_for(pile, 0x13)
    fleet.ask("do", "secret-00001", "plug", "connector=1", "soc=0.2")
    stub.start(pile, 1, order)
    stub.wait_for(pile, 0x13, lambda f: f.body[24] == 3 and f.u(46, 4) > 0, "charges")
    stub.stop(pile, 1)
    Bill(stub.wait_for(pile, 0x3B)).check()
    assert all(f.secret for f in stub.frames[pile]), "every frame was encrypted"
    assert not any(f.secret for f in stub.frames[PILES[0]])


def does_what_operators_want(stub, fleet):
    pile = PILES[1]
    fleet.ask("trigger", "pile-00002", "ykc_realtime", "voltage=380.5", "soc=77")
    stub.wait_for(pile, 0x13, lambda f: f.u(27, 2) == 3805 and f.body[40] == 77, "as an operator wants it")
    fleet.ask("trigger", "pile-00002", "ykc_realtime", "state=9", fails=True)
    fleet.ask("do", "pile-00002", "answer", "message=ykc_remote_stop_answer", "with=result=failed reason=other")
    stub.say(pile, 0x36, bcd(1, 1))
    stub.wait_for(pile, 0x35, lambda f: f.body[8:10] == b"\0\3", "as an operator wants it")


def logs_in_again_when_nobody_answers(stub, fleet):
    pile = PILES[1]
    before = len(stub.all(pile, 0x01))
    stub.answer_heartbeats = False
    stub.wait(lambda: len([f for f in stub.frames[pile] if f.kind == 0x01]) > before, "a login after three misses")
    stub.answer_heartbeats = True


def main(programs):
    stub = Stub(cipher=TripleDes(KEY))
    stub.refuse_first_logins = True
    fleet = Fleet(programs, stub.port)
    failed = None
    try:
        for step in (logs_in_and_is_ready, starts_charges_and_bills, starts_when_the_cable_comes, repeats_bills, obeys,
                     fetches_updates, speaks_in_secret, does_what_operators_want, logs_in_again_when_nobody_answers):
            began = time.monotonic()
            step(stub, fleet)
            print(f"{step.__name__}: {time.monotonic() - began:.1f} s", flush=True)
        assert not stub.mistakes, stub.mistakes
    except Exception as error:  # the log of the fleet says more
        failed = error
        raise
    finally:
        fleet.end()
        if failed is not None:
            print(fleet.text[-4000:], file=sys.stderr)
    # The account of the fleet closes, and agrees with what came.
    stub.wait(lambda: not stub.reading, "the end of all connections")
    figures = fleet.summary
    heard = sum(len(frames) for frames in stub.frames.values())
    answers = sum(f.kind in ANSWERS and f.kind != 0x13 for frames in stub.frames.values() for f in frames)
    assert figures["devices"] == 4, figures
    assert heard - answers <= figures["sent"] <= heard, (heard, answers, figures)
    assert figures["acked"] + sum(figures["failed"].values()) + figures["in_flight"] == figures["sent"], figures
    assert figures["failed"]["refused"] == 4, "logins"
    assert figures["failed"]["timed_out"] >= 5, "bills"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("VFLEET_BIN_DIR", "build/dev/bin")))
