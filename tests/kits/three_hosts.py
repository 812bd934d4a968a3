"""Hosts in network namespaces of their own, and the network between them: a process that passes packets on.

Each host has one device, ``net0`` (TUN), and a loopback. The process holds the other ends: it delays
packets and
drops those of hosts that are cut off, by lines that it reads: ``delay SECONDS``, ``cut HOST``, ``heal``.
Run as: python three_hosts.py HOST=ADDRESS ...
"""

from __future__ import annotations

import ctypes
import fcntl
import heapq
import os
import select
import shutil
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

_TUNSETIFF, _IFF_TUN, _IFF_NO_PI, _CLONE_NEWNET = 0x400454CA, 0x0001, 0x1000, 0x40000000


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
        return [
            "ip",
            "netns",
            "exec",
            self._names[host],
            "unshare",
            "--pid",
            "--fork",
            "--kill-child",
            "--mount-proc",
        ]

    def delay(self, one_way_s: float) -> None:
        """Every packet takes so long."""
        self._tell(f"delay {one_way_s}")

    def cut(self, host: str) -> None:
        """No packet comes from or to a host any more; nobody is told."""
        self._tell(f"cut {self._names[host]}")

    def heal(self) -> None:
        """Every host is reached again."""
        self._tell("heal")

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


def main(hosts: list[str]) -> None:
    """Pass packets on until the input ends."""
    devices: dict[bytes, tuple[str, int]] = {}
    for host in hosts:
        name, _, address = host.partition("=")
        devices[socket.inet_aton(address)] = (name, _open_device(name))
    named = {device: name for name, device in devices.values()}
    print("ready", flush=True)
    delay_s, cut, queue, number, line = 0.0, set[str](), list[tuple[float, int, int, bytes]](), 0, b""
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
                if words[0] == "delay":
                    delay_s = float(words[1])
                elif words[0] == "cut":
                    cut.add(words[1])
                else:
                    cut.clear()
        for device in (d for d in readable if d):
            for _ in range(64):
                try:
                    packet = os.read(device, 65536)
                except BlockingIOError:
                    break
                if len(packet) < 20 or packet[0] >> 4 != 4 or packet[16:20] not in devices:
                    continue
                to, out = devices[packet[16:20]]
                if not cut & {to, named[device]}:
                    number += 1
                    heapq.heappush(queue, (time.monotonic() + delay_s, number, out, packet))
        while queue and queue[0][0] <= time.monotonic():
            *_, out, packet = heapq.heappop(queue)
            try:
                os.write(out, packet)
            except OSError:
                continue  # its device is down, or full: the packet is lost, as on any network


if __name__ == "__main__":
    main(sys.argv[1:])
