#!/usr/bin/env python3
"""A thermometer for vfleet: what a device of type `external` looks like as a program.

It reads and writes lines of JSON (docs/external-devices.md) and needs nothing but Python. One process speaks for one
device or for a whole group; every line that it reads names its device.

Settings (settings.NAME in the fleet file, `vfleet set ext-1 settings.limit=30` while it runs):
  every   seconds between two `temperature` reports, 5
  limit   degrees above which it sends `alarm`, 40
Reports: temperature, alarm. Actions: heat by=DEGREES, open, close.
"""

import json
import queue
import sys
import threading
import time


def say(**message):
    print(json.dumps(message), flush=True)  # one line, and at once: a buffer would keep it


def log(text):
    print(text, file=sys.stderr, flush=True)


class Refused(Exception):
    """Something that this device does not do; the text is what the operator reads."""


class Thermometer:
    def __init__(self, start):
        self.name = start["device"]
        state = start.get("state", {})  # what we said of ourselves before a restart
        self.celsius = float(state.get("celsius", 20.0))
        self.door = state.get("door", "closed")
        self.configure(start["config"])
        self.due = time.monotonic() + self.every
        self.show()

    def configure(self, settings):
        self.every = max(0.05, float(settings.get("every", 5)))
        self.limit = float(settings.get("limit", 40))
        self.due = time.monotonic() + self.every

    def show(self):
        say(type="state", device=self.name, celsius=self.celsius, limit=self.limit, door=self.door)

    def report(self, report, answers=None, **data):
        message = {"type": "report", "device": self.name, "report": report, "data": data}
        if answers is not None:
            message["id"] = answers  # who waits for this trigger waits for this report
        say(**message)

    def temperature(self, answers=None, **fields):
        self.report("temperature", answers, **{"celsius": self.celsius, "door": self.door, **fields})

    def tick(self, now):
        if now < self.due:
            return
        self.due += self.every * (1 + int((now - self.due) / self.every))  # never a burst
        self.temperature()

    # What the platform and operators ask; each answers `ok`, or `error` with the reason.

    def trigger(self, message):
        fields = message.get("fields", {})
        if message["report"] == "temperature":
            self.temperature(message["id"], **fields)
        elif message["report"] == "alarm":
            self.report("alarm", message["id"], **{"celsius": self.celsius, "limit": self.limit, **fields})
        else:
            raise Refused(f"a thermometer has no report '{message['report']}'")

    def do(self, message):
        action, args = message["action"], message.get("args", {})
        if action == "heat":
            try:
                self.celsius += float(args.get("by", 1))
            except (TypeError, ValueError):
                raise Refused(f"by={args['by']}: expected degrees") from None
            if self.celsius > self.limit:
                self.report("alarm", celsius=self.celsius, limit=self.limit)
        elif action in ("open", "close"):
            if action == "open" and self.door == "open":
                raise Refused("the door is open already")
            self.door = {"open": "open", "close": "closed"}[action]
            self.temperature()
        else:
            raise Refused(f"unknown action '{action}'; a thermometer can heat, open and close")
        self.show()


def handle(devices, line):
    """One line of vfleet. Returns False when it is time to end."""
    try:
        message = json.loads(line)
        kind = message["type"]
    except (ValueError, TypeError, KeyError):
        say(type="error", text="this is no JSON object with a type")
        return True
    answer = {"id": message["id"]} if "id" in message else {}
    name = message.get("device")
    if name is not None:
        answer["device"] = name
    try:
        if kind == "quit":
            return False
        if kind == "ping":
            say(type="pong", **answer)
        elif kind == "error":
            log(f"vfleet says: {message.get('text')}")
        elif kind == "start":
            if message.get("v") != 1:
                raise Refused(f"this program speaks version 1, not {message.get('v')}")
            devices[name] = Thermometer(message)
        elif kind == "remove":
            devices.pop(name, None)
        elif kind in ("online", "offline"):
            log(f"{name} is {kind}")
        elif kind == "message":
            log(f"{name}: the platform says {message['text']}")
        elif kind == "config":
            devices[name].configure(message["config"])
            devices[name].show()
        elif kind == "trigger":
            devices[name].trigger(message)
            say(type="ok", **answer)
        elif kind == "do":
            devices[name].do(message)
            say(type="ok", **answer)
        else:
            raise Refused(f"unknown type '{kind}'")
    except Refused as reason:
        say(type="error", text=str(reason), **answer)
    except (KeyError, TypeError, ValueError) as reason:
        say(type="error", text=f"this {kind} cannot be used: {reason!r}", **answer)
    return True


def main():
    lines = queue.Queue()

    def read():
        for line in sys.stdin:
            lines.put(line)
        lines.put(None)  # vfleet closed our input, or is gone

    threading.Thread(target=read, daemon=True).start()
    devices = {}
    while True:
        due = min((device.due for device in devices.values()), default=None)
        try:
            line = lines.get(timeout=None if due is None else max(0.0, due - time.monotonic()))
        except queue.Empty:
            line = ""
        if line is None or (line and not handle(devices, line)):
            break
        for device in devices.values():
            device.tick(time.monotonic())
    log("a thermometer ends in order")


if __name__ == "__main__":
    main()
