"""Hosts in network namespaces of their own, and the network between them: a process that passes packets on.

Each host has one device, ``net0`` (TUN), and a loopback. The process holds the other ends and does to packets
what it is told by lines on its input: ``set NAME VALUE`` (delay and jitter in seconds; loss, repeat and
reorder as probabilities of a packet), ``cut FROM TO``, ``heal``, ``heal FROM TO``. What happens to the k-th
packet follows from a seed.
Run as: python hosts.py HOST=ADDRESS ...
"""

from __future__ import annotations

import ctypes
import fcntl
import heapq
import os
import random
import select
import shutil
import socket
import struct
import subprocess
import sys
import time
from itertools import permutations
from pathlib import Path

_TUNSETIFF, _IFF_TUN, _IFF_NO_PI, _CLONE_NEWNET = 0x400454CA, 0x0001, 0x1000, 0x40000000
_HELD_BACK_S = 0.05
"""How much later than its turn a packet comes that is put out of order."""
_QUALITIES = ("delay", "jitter", "loss", "repeat", "reorder")


def can_run() -> bool:
    """Whether this machine and user can have such hosts."""
    return os.geteuid() == 0 and Path("/dev/net/tun").exists() and shutil.which("ip") is not None


class Hosts:
    """Namespaces by host's name; ``addresses`` are theirs in one /24."""

    def __init__(self, addresses: dict[str, str]) -> None:
        self.addresses = addresses
        self._names = {host: f"triwatch-{os.getpid()}-{host.lower()}" for host in addresses}
        for name in self._names.values():
            subprocess.run(["ip", "netns", "add", name], check=True)
            subprocess.run(["ip", "-n", name, "link", "set", "lo", "up"], check=True)
        command = [sys.executable, __file__, *(f"{self._names[h]}={a}" for h, a in addresses.items())]
        self._between = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._between.stdout is not None
        assert self._between.stdout.readline() == "ready\n"
        for host, address in addresses.items():
            name = self._names[host]
            subprocess.run(["ip", "-n", name, "addr", "add", f"{address}/24", "dev", "net0"], check=True)
            subprocess.run(["ip", "-n", name, "link", "set", "net0", "up"], check=True)

    def within(self, host: str) -> list[str]:
        """The words that run a command there, in a pid namespace of its own."""
        apart = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]
        return ["ip", "netns", "exec", self._names[host], *apart]

    def set(self, **qualities: float) -> None:
        """From now on every packet has these: ``delay``, ``jitter`` (s, one way), ``loss``, ``repeat``,
        ``reorder``; what is not named stays as it is."""
        for name, value in qualities.items():
            assert name in _QUALITIES, name
            self._tell(f"set {name} {value}")

    def cut(self, host: str) -> None:
        """No packet comes from or to a host any more; nobody is told."""
        for other in self.addresses.keys() - {host}:
            self.cut_between(host, other)

    def cut_between(self, one: str, other: str) -> None:
        """These two do not reach each other."""
        self.cut_from(one, other)
        self.cut_from(other, one)

    def cut_from(self, sender: str, receiver: str) -> None:
        """The receiver gets nothing from the sender any more; the other way is open."""
        self._tell(f"cut {self._names[sender]} {self._names[receiver]}")

    def heal_between(self, one: str, other: str) -> None:
        """These two reach each other again."""
        for a, b in ((one, other), (other, one)):
            self._tell(f"heal {self._names[a]} {self._names[b]}")

    def heal(self) -> None:
        """Every host is reached again, and every packet passes as it came."""
        self._tell("heal")
        self.set(**dict.fromkeys(_QUALITIES, 0.0))

    def close(self) -> None:
        """Delete all of it."""
        self._between.kill()
        self._between.wait()
        for name in self._names.values():
            subprocess.run(["ip", "netns", "delete", name], check=False)

    def _tell(self, line: str) -> None:
        assert self._between.stdin is not None
        self._between.stdin.write(f"{line}\n")
        self._between.stdin.flush()


def _open_device(namespace: str) -> int:
    """A TUN device in a namespace; this process stays where it was."""
    libc = ctypes.CDLL(None, use_errno=True)
    home, there = os.open("/proc/self/ns/net", os.O_RDONLY), os.open(f"/run/netns/{namespace}", os.O_RDONLY)
    if libc.setns(there, _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), f"cannot enter {namespace}")
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, _TUNSETIFF, struct.pack("16sH22x", b"net0", _IFF_TUN | _IFF_NO_PI))
    libc.setns(home, _CLONE_NEWNET)
    os.close(home)
    os.close(there)
    return device


class _Network:
    """What becomes of packets."""

    def __init__(self, names: list[str], seed: int = 1) -> None:
        self._pairs = list(permutations(names, 2))
        self._cut: set[tuple[str, str]] = set()
        self._quality = dict.fromkeys(_QUALITIES, 0.0)
        self._last_s: dict[tuple[str, str], float] = {}
        """When the last packet comes that keeps its turn."""
        self._random = random.Random(seed)

    def obey(self, words: list[str]) -> None:
        if words[0] == "set":
            self._quality[words[1]] = float(words[2])
        elif words[0] == "cut":
            self._cut.add((words[1], words[2]))
        else:
            self._cut -= {(words[1], words[2])} if len(words) > 1 else set(self._pairs)

    def comes_s(self, sender: str, receiver: str, now_s: float) -> list[float]:
        """When each copy of a packet comes: none, one or two of them. A way that takes now longer and now
        less keeps packets in their turn; ``reorder`` is what does not."""
        way = (sender, receiver)
        if way in self._cut:
            return []
        q, draw = self._quality, self._random.random
        copies = 0 if draw() < q["loss"] else 2 if draw() < q["repeat"] else 1
        comes_s = []
        for _ in range(copies):
            due_s = now_s + q["delay"] + q["jitter"] * draw()
            if draw() < q["reorder"]:
                comes_s.append(due_s + _HELD_BACK_S)
            else:
                self._last_s[way] = max(due_s, self._last_s.get(way, 0.0))
                comes_s.append(self._last_s[way])
        return comes_s


def main(hosts: list[str]) -> None:
    """Pass packets on until the input ends."""
    devices: dict[bytes, tuple[str, int]] = {}
    for host in hosts:
        name, _, address = host.partition("=")
        devices[socket.inet_aton(address)] = (name, _open_device(name))
    named = {device: name for name, device in devices.values()}
    network = _Network(list(named.values()))
    print("ready", flush=True)
    queue, number, line = list[tuple[float, int, int, bytes]](), 0, b""
    os.set_blocking(0, False)
    while True:
        wait_s = max(0.0, queue[0][0] - time.monotonic()) if queue else None
        readable, _, _ = select.select([0, *named], [], [], wait_s)
        if 0 in readable:
            said = os.read(0, 4096)
            if not said:
                return
            *lines, line = (line + said).split(b"\n")
            for words in (text.decode().split() for text in lines):
                network.obey(words)
        for device in (d for d in readable if d):
            for _ in range(64):
                try:
                    packet = os.read(device, 65536)
                except BlockingIOError:
                    break
                if len(packet) < 20 or packet[0] >> 4 != 4 or packet[16:20] not in devices:
                    continue
                receiver, out = devices[packet[16:20]]
                for due_s in network.comes_s(named[device], receiver, time.monotonic()):
                    number += 1
                    heapq.heappush(queue, (due_s, number, out, packet))
        while queue and queue[0][0] <= time.monotonic():
            *_, out, packet = heapq.heappop(queue)
            try:
                os.write(out, packet)
            except OSError:
                continue  # its device is down, or full: the packet is lost, as on any network


if __name__ == "__main__":
    main(sys.argv[1:])
