#!/usr/bin/python3
"""An MQTT client that is not ours: prints a JSON line for each message.

Usage: mqtt_listener.py PORT VERSION CLIENT_ID FILTER

VERSION is 3 or 5. The first line is {"ready": true}, once the server took the subscription. The session is
persistent and the connection is made again when it is lost.
"""

import json
import sys

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties


def say(**line):
    print(json.dumps(line), flush=True)


def main():
    port, version, client_id, topic = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
    if version == "5":
        client = mqtt.Client(client_id, protocol=mqtt.MQTTv5)
        client.on_connect = lambda c, data, flags, reason, properties: c.subscribe(topic, qos=2)
        client.on_subscribe = lambda c, data, mid, reasons, properties: say(ready=True)
    else:
        client = mqtt.Client(client_id, clean_session=False, protocol=mqtt.MQTTv311)
        client.on_connect = lambda c, data, flags, reason: c.subscribe(topic, qos=2)
        client.on_subscribe = lambda c, data, mid, granted: say(ready=True)

    def on_message(_client, _data, message):
        user = getattr(message, "properties", None)
        say(topic=message.topic, payload=message.payload.decode(), qos=message.qos, retain=message.retain,
            user=dict(getattr(user, "UserProperty", [])))

    client.on_message = on_message
    client.reconnect_delay_set(min_delay=1, max_delay=1)
    if version == "5":
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = 600
        client.connect("127.0.0.1", port, clean_start=False, properties=properties)
    else:
        client.connect("127.0.0.1", port)
    client.loop_forever()


main()
