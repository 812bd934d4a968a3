"""The policy of a simulated coalition: what the members order comes to each machine at a time of its own."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
from world import START_NS, Host, World

import trust_kit
from nodes.bench.unprotected import Unprotected
from nodes.coalition import Coalition, Member, Policy, trust
from nodes.coalition.chain import Document, Version
from nodes.coalition.keys import Ring, load_ring
from nodes.coalition.policy import Fence, Key
from nodes.coalition.signing import Signer, key_id
from nodes.link.trust import Peer

LATE_MAX_S = 8.0
"""A version comes to a machine so much after it was signed, at most."""


class Orders:
    """The versions of the policy, and the keys that go with them."""

    def __init__(self, world: World, first: Version, rings: dict[str, Ring]) -> None:
        self._world = world
        self._chain = (first,)
        self._comes_s: list[dict[str, float]] = [{}]
        self._rings = dict(rings)

    @property
    def newest(self) -> Policy:
        return self._chain[-1].policy

    def known_to(self, name: str) -> tuple[Version, ...]:
        """The versions that have come to a machine."""
        now_s = self._world.now
        return tuple(
            v for v, at in zip(self._chain, self._comes_s, strict=True) if at.get(name, 0.0) <= now_s
        )

    def comes_s(self, name: str) -> float:
        """When the newest version comes to a machine."""
        return self._comes_s[-1].get(name, 0.0)

    def ring(self, process_id: str) -> Ring:
        """The secret keys of a process."""
        return self._rings[process_id]

    def give(self, policy: Policy, effective_s: float) -> None:
        """The members sign a new version, in force from a moment on, which may be past."""
        last = self.newest
        effective_ns = max(last.effective_ns, START_NS + round(effective_s * 1e9))
        policy = msgspec.structs.replace(policy, version=last.version + 1, effective_ns=effective_ns)
        source = self._world.random_for(f"policy {policy.version}")
        before = self._comes_s[-1]
        comes_s = {
            name: max(before.get(name, 0.0), self._world.now + LATE_MAX_S * source.random())
            for name in sorted(self._world.hosts)
        }
        self._chain = (*self._chain, Version(policy, Document(signed=f"{policy.version}", signatures=())))
        self._comes_s.append(comes_s)
        for host in self._world.hosts.values():
            self._world.at(comes_s.get(host.name, 0.0), host.wake)

    def rotate(self, owner: str, effective_s: float) -> Signer:
        """A process gets a new key to sign with; the old one."""
        ring = self._rings[owner]
        seed = hashlib.sha256(f"{self._world.seed} {owner} {len(ring.signing)}".encode()).hexdigest()
        self._rings[owner] = msgspec.structs.replace(ring, signing=(*ring.signing, seed))
        policy = self.newest
        keys = [k for k in policy.keys if (k.owner, k.use) != (owner, "sign")]
        public = Signer(bytes.fromhex(seed)).public
        fresh = Key(
            id=key_id(public), owner=owner, nation=ring.nation, role="node", use="sign", public=public.hex()
        )
        self.give(msgspec.structs.replace(policy, keys=(*keys, fresh)), effective_s)
        return Signer(bytes.fromhex(ring.signing[-1]))

    def let_go(self, node_id: str, effective_s: float) -> None:
        """The members go on without a node."""
        policy = self.newest
        nodes = tuple(n for n in policy.nodes if n.id != node_id)
        keys = tuple(k for k in policy.keys if k.owner != node_id)
        self.give(msgspec.structs.replace(policy, nodes=nodes, keys=keys), effective_s)

    def admit(self, node: Member, ring: Ring, effective_s: float) -> None:
        """The members admit a node."""
        self._rings[node.id] = ring
        policy = self.newest
        keys = [
            Key(
                id=key_id(public),
                owner=node.id,
                nation=node.nation,
                role="node",
                use=use,
                public=public.hex(),
            )
            for use, publics in (
                ("sign", [s.public for s in ring.signers()]),
                ("connect", [p.public for p in ring.pairs()]),
            )
            for public in publics
        ]
        nodes = (*policy.nodes, node)
        self.give(msgspec.structs.replace(policy, nodes=nodes, keys=(*policy.keys, *keys)), effective_s)

    def fence(self, node_id: str, stream: str, ends: dict[int, int]) -> None:
        """Of these starts of a node nothing after these numbers counts."""
        policy = self.newest
        fences = tuple(
            Fence(node=node_id, stream=stream, incarnation=incarnation, last_sequence=last)
            for incarnation, last in sorted(ends.items())
        )
        self.give(msgspec.structs.replace(policy, fences=(*policy.fences, *fences)), 0.0)


class SimulatedTrust(Unprotected):
    """What a member believes, as far as orders have come to it. CURVE is left out, and a signature is a hash
    that whoever has the public key could make: real ones cost a simulation most of its time, and what they
    are worth is tested where nothing else is (tests/coalition, tests/link)."""

    signatures = True

    def __init__(self, orders: Orders, host: Host) -> None:
        self._orders, self._host = orders, host
        super().__init__(Coalition(orders.known_to(host.name)), orders.ring(host.name))

    def serves(self, peer: Peer, public: bytes) -> bool:
        """Without CURVE keys: whether the policy lets such a process in at all."""
        return bool(self.coalition.current.keys_of(peer.id, "connect"))

    def refresh(self) -> bool:
        known = self._orders.known_to(self._host.name)
        if len(known) == len(self.coalition.chain):
            return False
        self.coalition._take(known)
        self._adopt(self._orders.ring(self._host.name))
        return True


def first_rings(folder: Any) -> dict[str, Ring]:
    """The keys of everybody in a coalition directory."""
    files = sorted((folder / "keys").glob("*/*.json"))
    return {f.stem: load_ring(folder, trust_kit.nation_of(f.stem), f.stem) for f in files}


def prepare(patch: Any) -> None:
    """Within, signatures cost nothing."""

    def sign(signer: Signer, signed: bytes) -> bytes:
        return hashlib.blake2b(signer.public + signed, digest_size=64).digest()

    def verifies(public: bytes, signature: bytes, signed: bytes) -> bool:
        return signature == hashlib.blake2b(public + signed, digest_size=64).digest()

    patch.setattr(Signer, "sign", sign)
    patch.setattr(trust, "verifies", verifies)
