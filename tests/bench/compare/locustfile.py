"""Devices for Locust that do what the floor and vfleet do: one connection each, a report of COMPARE_BODY bytes.

Its best case: MQTT without paho's loop threads (a publish writes to the socket at once), HTTP with FastHttpUser.
COMPARE_RATE reports a second and device (0: flat out), lateness counted from COMPARE_WARM_UP seconds after the
last device was spawned and written to COMPARE_OUT at the end.
"""

import json
import os
import random
import time

import gevent
import paho.mqtt.client as mqtt
from locust import User, events, task
from locust.contrib.fasthttp import FastHttpUser

PORT = int(os.environ["COMPARE_PORT"])
RATE = float(os.environ["COMPARE_RATE"])
BODY = int(os.environ["COMPARE_BODY"])
WARM_UP = float(os.environ["COMPARE_WARM_UP"])
PROTOCOL = os.environ["COMPARE_PROTOCOL"]
HEADERS = {"Content-Type": "application/json"}

late_us = {}
counted_from = [float("inf")]
numbers = iter(range(1, 10**7))


@events.spawning_complete.add_listener
def spawned(**_):
    counted_from[0] = time.time() + WARM_UP


@events.quitting.add_listener
def write_down(**_):
    total = sum(late_us.values())
    out = {"count": total}
    for name, part in (("p50", 0.5), ("p99", 0.99), ("max", 1.0)):
        left = part * total
        out[name] = 0
        for us in sorted(late_us):
            left -= late_us[us]
            out[name] = us
            if left <= 0:
                break
    with open(os.environ["COMPARE_OUT"], "w", encoding="utf-8") as file:
        json.dump(out, file)


def count_late(now, due):
    if now >= counted_from[0]:
        us = int((now - due) * 1e6)
        if us >= 1000:
            us = us // 100 * 100
        late_us[us] = late_us.get(us, 0) + 1


class Device(User):
    abstract = True

    def on_start(self):
        self.name = f"dev-{next(numbers):07}"
        self.seq = 0
        head = f'{{"v":1,"dev":"{self.name}","boot":1,"seq":%d,"due_us":%016d,"type":"meter","data":{{"energy_wh":12345678,"pad":"'
        self.text = head + "x" * (BODY - len(head % (10**9, 0)) - 3) + '"}}'
        self.connect()

    def body(self, due):
        self.seq += 1
        return self.text % (10**9 + self.seq, int(due * 1e6))

    @task
    def live(self):
        if RATE == 0:
            while True:
                for _ in range(10):
                    self.send(self.body(time.time()))
                gevent.sleep(0)
        due = time.time() + random.random() / RATE
        while True:
            left = due - time.time()
            if left > 0:
                gevent.sleep(left)
            count_late(time.time(), due)
            self.send(self.body(due))
            due += 1 / RATE


if PROTOCOL == "mqtt":

    class MqttDevice(Device):
        def connect(self):
            self.client = mqtt.Client(self.name)
            self.client.connect("127.0.0.1", PORT, keepalive=600)
            self.client.loop_read()
            self.topic = f"vfleet/{self.name}/meter"

        def send(self, body):
            begin = time.perf_counter()
            done = self.client.publish(self.topic, body)
            events.request.fire(request_type="MQTT", name="meter", response_length=len(body), context={},
                                response_time=(time.perf_counter() - begin) * 1e3,
                                exception=None if done.rc == 0 else Exception(str(done.rc)))

else:

    class HttpDevice(Device, FastHttpUser):
        host = f"http://127.0.0.1:{PORT}"

        def connect(self):
            pass

        def send(self, body):
            self.client.post("/ingest", data=body, headers=HEADERS, name="meter")
