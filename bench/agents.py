#!/usr/bin/env python3
"""Agents that make no load: each tells a second of a real part again and again, as often as real agents do. What the one that
leads a run needs for many of them can be measured so on one machine.

usage: bench/agents.py PORT RUN_NAME AGENTS SECONDS FILE.part     (a NATS server on this machine)
"""
import json
import random
import socket
import struct
import sys
import threading
import time

BEAT = 0.25
# How often an agent asks for the time.
PING_BEATS = 8


class Bus:
    """A connection to NATS, on which all agents speak and hear."""

    def __init__(self, port, run, hear):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.lines, self.run, self.hear, self.lock = self.socket.makefile("rb"), run, hear, threading.Lock()
        self.send(b'CONNECT {"verbose":false}\r\nSUB flashcrowd.%s.agents 1\r\n' % run.encode())
        threading.Thread(target=self.listen, daemon=True).start()

    def send(self, data):
        with self.lock:
            self.socket.sendall(data)

    def tell(self, messages):
        """Each message is one chunk: its number, the chunk's, and how many there are."""
        out = []
        for message in messages:
            out.append(b"PUB flashcrowd.%s.lead %d\r\n" % (self.run.encode(), len(message) + 16))
            out += [struct.pack(">QII", random.getrandbits(64), 0, 1), message, b"\r\n"]
        self.send(b"".join(out))

    def listen(self):
        for line in self.lines:
            if line.startswith(b"MSG"):
                payload = self.lines.read(int(line.split()[-1]) + 2)[:-2]
                self.hear(json.loads(payload[16:]))
            elif line.startswith(b"PING"):
                self.send(b"PONG\r\n")


class Agent:
    def __init__(self, number):
        self.name, self.id = f"agent-{number:05}", random.getrandbits(63)
        self.sent = self.acknowledged = 0


def lasting(seconds):
    return {"secs": seconds, "nanos": 0}


class Crowd:
    def __init__(self, port, run, count, seconds, second):
        self.agents, self.seconds = [Agent(number) for number in range(count)], seconds
        for own in ("sequence", "end", "is_last"):
            del second[own]
        self.rest = json.dumps(second, separators=(",", ":"))[1:].encode()
        self.began, self.is_over, self.again = None, False, 0
        self.bus = Bus(port, run, self.hear)

    def hear(self, message):
        orders = message.get("orders")
        if not orders:
            return
        for agent in self.agents:
            if agent.name in orders["parts"]:
                agent.acknowledged = orders["acknowledged"][orders["parts"][agent.name][0]]
        phase = orders["phase"]
        if isinstance(phase, dict) and "go" in phase and self.began is None:
            self.began = time.monotonic()
        self.is_over = phase == "over" or (isinstance(phase, dict) and "abort" in phase)

    def second(self, agent, number):
        own = {"sequence": number, "end": lasting(number), "is_last": number == self.seconds}
        return b'{"second":["%s",%s,%s]}' % (agent.name.encode(), json.dumps(own)[:-1].encode(), self.rest)

    def report(self, agent):
        state = "ready"
        if self.began is not None:
            state = {"running": [lasting(0), lasting(0)]}
        if agent.sent == self.seconds:
            load = [lasting(0), lasting(self.seconds)]
            state = {"done": {"elapsed": load[1], "load": load, "abort": None, "failure": None, "lost_workers": 0,
                              "errors": [], "setup_data": None}}
        return json.dumps({"report": {"agent": agent.name, "id": agent.id, "state": state, "abort": None}}).encode()

    def beat(self, number):
        due = 0 if self.began is None else min(int(time.monotonic() - self.began), self.seconds)
        for agent in self.agents:
            messages = [self.report(agent)]
            if number < PING_BEATS or number % PING_BEATS == 0:
                messages.append(json.dumps({"ping": [agent.name, number]}).encode())
            # Acknowledgements come with the beats of the lead.
            if agent.acknowledged + 2 < agent.sent:
                self.again += 1
                messages.append(self.second(agent, agent.acknowledged + 1))
            while agent.sent < due:
                agent.sent += 1
                messages.append(self.second(agent, agent.sent))
            self.bus.tell(messages)

    def play(self):
        began, number = time.monotonic(), 0
        while not self.is_over:
            self.beat(number)
            number += 1
            time.sleep(max(0, began + number * BEAT - time.monotonic()))
        print(f"{self.again} seconds were sent again; {number} beats in {time.monotonic() - began:.1f} s")


def main():
    if len(sys.argv) != 6:
        sys.exit(__doc__)
    port, run, agents, seconds, part = sys.argv[1:]
    with open(part, encoding="utf-8") as lines:
        fullest = max((line for line in lines if line.startswith('{"second"')), key=len)
    Crowd(int(port), run, int(agents), int(seconds), json.loads(fullest)["second"]).play()


main()
