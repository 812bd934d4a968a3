"""What the members may do to their policy: found a coalition, add, remove, rotate and revoke keys.

Every change is a new version, signed with the nations' keys that are on this machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from msgspec.structs import replace

from nodes.coalition import chain
from nodes.coalition.chain import Coalition
from nodes.coalition.keys import CONTROL, Ring, has_ring, load_ring, new_ring, save_ring, with_fresh
from nodes.coalition.policy import Fence, Key, Member, Policy, checked, core_id, reader_id
from nodes.coalition.signing import Signer, key_id
from nodes.errors import BadInput


def found(root: Path, policy: Policy, *, exercise: bool = False) -> Coalition:
    """Make a coalition in ``root``: version 1 of ``policy``, with fresh keys for everybody.

    ``exercise`` adds a key for its control, which may read everything. Raises BadInput.
    """
    if chain.version_file(root, 1).exists():
        raise BadInput(f"{root}: there is a coalition already; choose another directory")
    rings = [ring for nation in policy.nations for ring in _of_nation(nation)]
    rings += [new_ring(node.id, node.nation, "node") for node in policy.nodes]
    rings += [new_ring(CONTROL, "", "control")] if exercise else []
    policy = checked(replace(policy, keys=_public(rings)), str(root))
    signers = [s for ring in rings if ring.role == "nation" for s in ring.signers()]
    version = chain.publish(root, None, chain.sign(chain.unsigned(policy), signers))
    for ring in rings:
        save_ring(root, replace(ring, coalition=version.digest))
    return Coalition((version,), root)


def add(
    root: Path, nations: Iterable[str] = (), nodes: Iterable[Member] = (), effective_ns: int = 0
) -> Coalition:
    """Admit nations and nodes from a scenario time on, with fresh keys. Raises BadInput."""
    coalition = chain.load(root)
    old, nations, nodes = coalition.current, tuple(nations), tuple(nodes)
    if known := [n for n in nations if n in old.nations]:
        raise BadInput(f"{known[0]} is a member already")
    rings = [ring for nation in nations for ring in _of_nation(nation)]
    rings += [new_ring(node.id, node.nation, "node") for node in nodes]
    for ring in rings:
        if has_ring(root, ring.nation, ring.id):
            raise BadInput(f"{root}: there are keys of {ring.id} already; choose another name")
    policy = replace(
        old, nations=old.nations + nations, nodes=old.nodes + nodes, keys=old.keys + _public(rings)
    )
    newcomers = [s for r in rings if r.role == "nation" for s in r.signers()]
    waiting = None
    try:
        _amend(coalition, policy, effective_ns, newcomers)
    except chain.Unsigned as error:
        waiting = error
    for ring in rings:
        save_ring(root, replace(ring, coalition=coalition.id))
    if waiting is not None:
        raise waiting
    return coalition


def remove(
    root: Path, nations: Iterable[str] = (), nodes: Iterable[str] = (), effective_ns: int = 0
) -> Coalition:
    """Let nations, with all that is theirs, and nodes go from a scenario time on. Raises BadInput."""
    coalition = chain.load(root)
    old, gone, leaving = coalition.current, set(nations), set(nodes)
    for name in sorted(gone - set(old.nations)):
        raise BadInput(f"{name} is no member of the coalition: {', '.join(old.nations)}")
    for name in sorted(leaving):
        old.member(name)
    kept = tuple(n for n in old.nodes if n.nation not in gone and n.id not in leaving)

    def without(group: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(nation for nation in group if nation not in gone)

    policy = replace(
        old,
        nations=tuple(n for n in old.nations if n not in gone),
        nodes=tuple(
            replace(n, releasable_to=without(n.releasable_to), groups=tuple(map(without, n.groups)))
            for n in kept
        ),
        keys=tuple(k for k in old.keys if k.nation not in gone and k.owner not in leaving),
    )
    if not policy.nations:
        raise BadInput("a coalition of nobody is none; remove its directory instead")
    return _amend(coalition, policy, effective_ns)


def keys_left(root: Path) -> list[Path]:
    """The files here with the secret keys of who is in the newest version no more."""
    policy = chain.load(root).current
    owners = {CONTROL, *policy.nations, *(node.id for node in policy.nodes)}
    owners |= {name(nation) for nation in policy.nations for name in (core_id, reader_id)}
    return sorted(file for file in (root / "keys").glob("*/*.json") if file.stem not in owners)


def copy(root: Path, out: Path, nation: str, *, signing: bool = False) -> list[str]:
    """Make in ``out`` what a nation's machine needs: every version of the policy, and the secret keys of the
    nation's processes; of the nation itself, which sign the policy, only where asked for.

    Whose keys they are. Raises BadInput.
    """
    coalition = chain.load(root)
    if nation not in coalition.current.nations:
        raise BadInput(f"{nation} is no member of the coalition in {root}")
    if chain.version_file(out, 1).exists():
        raise BadInput(f"{out}: there is a coalition already; choose another directory")
    for number, version in enumerate(coalition.chain, 1):
        file = chain.version_file(out, number)
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(chain.encoded(version.document))
        except OSError as error:
            raise BadInput(f"{out}: {error.strerror}; name a writable directory") from None
    ids = [file.stem for file in sorted((root / "keys" / nation).glob("*.json"))]
    taken = [i for i in ids if signing or i != nation]
    for process_id in taken:
        save_ring(out, load_ring(root, nation, process_id))
    return taken


def rotate(root: Path, owner: str, effective_ns: int = 0) -> Coalition:
    """Give a process, or a nation as a member, new keys from a scenario time on.

    Signatures: the old key counts before it, the new one from it on. CURVE: both are let in, and the
    process uses the new one from its next start. Raises BadInput.
    """
    coalition = chain.load(root)
    old = coalition.current
    mine = [key for key in old.keys if key.owner == owner]
    if not mine:
        owners = ", ".join(dict.fromkeys(key.owner for key in old.keys))
        raise BadInput(f"{owner} has no keys in the policy; it knows {owners}")
    nation, role = mine[0].nation, mine[0].role
    ring = load_ring(root, nation, owner) if has_ring(root, nation, owner) else None
    ring = with_fresh(ring or Ring(id=owner, nation=nation, role=role, coalition=coalition.id))
    known = {key.id for key in old.keys}
    fresh = tuple(key for key in _public([ring]) if key.id not in known)
    connecting = tuple(k for k in old.keys_of(owner, "connect"))[-1:]
    kept = tuple(k for k in old.keys if k.owner != owner or k in connecting)
    # written before the policy names them: a process must never lack the secret of a key that is its own
    save_ring(root, ring)
    return _amend(coalition, replace(old, keys=kept + fresh), effective_ns)


def revoke(root: Path, key: str, effective_ns: int = 0) -> Coalition:
    """Take a key out of the policy from a scenario time on; what it signed before still counts.

    Raises BadInput.
    """
    coalition = chain.load(root)
    old = coalition.current
    found = [k for k in old.keys if k.id == key]
    if not found:
        raise BadInput(f"key {key} is not in the policy; see: triwatch coalition show {root}")
    if found[0].role == "nation":
        raise BadInput(f"key {key} signs the policy for {found[0].nation}; rotate it instead")
    return _amend(coalition, replace(old, keys=tuple(k for k in old.keys if k.id != key)), effective_ns)


def fence(root: Path, node_id: str, ends: Mapping[str, Mapping[int, int]]) -> Coalition:
    """Let nothing of a node count after these numbers, and wait for nothing after them: by stream and start
    the last sequence. Raises BadInput."""
    coalition = chain.load(root)
    old = coalition.current
    known = {node.id: node for policy in coalition.versions for node in policy.nodes}
    if node_id not in known:
        raise BadInput(f"node {node_id} is not in the coalition's policy; it knows {', '.join(known)}")
    streams = known[node_id].streams
    for stream in ends:
        if stream not in streams:
            raise BadInput(f"{node_id} has no stream {stream!r}; it has {', '.join(map(repr, streams))}")
    fences = tuple(
        Fence(node=node_id, stream=stream, incarnation=incarnation, last_sequence=last)
        for stream, starts in sorted(ends.items())
        for incarnation, last in sorted(starts.items())
    )
    if not fences:
        raise BadInput(f"{node_id}: no start of it is known; name one, and its last sequence")
    return _amend(coalition, replace(old, fences=old.fences + fences), 0)


def sign(root: Path) -> Coalition:
    """Add the signatures of the nations whose keys are here to the version that waits for them.

    Raises BadInput where none waits, or signatures are still lacking.
    """
    coalition = chain.load(root)
    last = coalition.chain[-1]
    file = chain.draft_file(root, last.policy.version + 1)
    if not file.exists():
        raise BadInput(f"{root}: no version waits for signatures")
    document = chain.read(file)
    draft = chain.policy_of(document, str(file))
    newcomers = replace(draft, nations=tuple(n for n in draft.nations if n not in last.policy.nations))
    signers = [*_members(root, last.policy), *_members(root, newcomers)]
    chain.publish(root, last, chain.sign(document, signers))
    coalition.refresh()
    return coalition


def _amend(
    coalition: Coalition, policy: Policy, effective_ns: int, newcomers: Iterable[Signer] = ()
) -> Coalition:
    """Sign ``policy`` as the next version and write it."""
    root, last = coalition.root, coalition.chain[-1]
    assert root is not None
    policy = replace(
        policy,
        version=last.policy.version + 1,
        previous=last.digest,
        effective_ns=max(effective_ns, last.policy.effective_ns),
    )
    checked(policy, str(root))
    document = chain.sign(chain.unsigned(policy), [*_members(root, last.policy), *newcomers])
    chain.publish(root, last, document)
    coalition.refresh()
    return coalition


def _members(root: Path, policy: Policy) -> Iterable[Signer]:
    """The members' signing keys that are on this machine."""
    valid = {key.id for key in policy.keys if key.role == "nation"}
    for nation in policy.nations:
        if has_ring(root, nation, nation):
            yield from (s for s in load_ring(root, nation, nation).signers() if s.key_id in valid)


def _of_nation(nation: str) -> list[Ring]:
    return [
        new_ring(nation, nation, "nation"),
        new_ring(core_id(nation), nation, "core"),
        new_ring(reader_id(nation), nation, "reader"),
    ]


def _public(rings: Iterable[Ring]) -> tuple[Key, ...]:
    return tuple(key for ring in rings for key in _keys_of(ring))


def _keys_of(ring: Ring) -> Iterable[Key]:
    for use, publics in (
        ("sign", [s.public for s in ring.signers()]),
        ("connect", [p.public for p in ring.pairs()]),
    ):
        for public in publics:
            yield Key(
                id=key_id(public),
                owner=ring.id,
                nation=ring.nation,
                role=ring.role,
                use="sign" if use == "sign" else "connect",
                public=public.hex(),
            )
