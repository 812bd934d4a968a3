"""What a core holds, judged by versions of the policy of which it learned after their time.

What counts at a time is decided by the version in force then. Whoever learns of one late has taken in what by
that version is signed with no key that counts: it is let go of, with all that was concluded from it, and is
missing until it comes signed as it must be.
"""

from __future__ import annotations

from nodes.admission import Judgement, Start
from nodes.link import codec, topics
from nodes.link.endpoint import LinkEndpoint
from nodes.link.errors import WireError


def review(endpoint: LinkEndpoint, judgement: Judgement, now_s: float) -> None:
    """Let go of the reports, heartbeats and proofs that do not count; ``now_s`` is the monotonic wall clock.
    The pictures are to be made anew."""
    archive, latest = endpoint.publisher.journals[topics.REPORT], endpoint.publisher.latest
    evidence = judgement.evidence

    def counts(topic: str, body: bytes) -> bool:
        try:
            codec.judge_anew(topics.parse(topic.encode()), body, endpoint.trust)
        except WireError:
            return False
        return True

    proofs = evidence.equivocations.proofs
    for start, proof in list(proofs.items()):
        text = topics.report(start.stream, start.node_id)
        if not all(counts(text, body) for body in proof.bodies):
            del proofs[start]
            archive.replace(text, start.incarnation, proof.sequence, ())
    evidence.contradictions.review(
        lambda start, body: counts(topics.status(start.stream, start.node_id), body)
    )
    for text, incarnation, sequence, kept in list(archive.all()):
        if not counts(text, kept.body):
            topic = topics.parse(text.encode())
            archive.drop(text, incarnation, sequence)
            endpoint.receiver.repairs.discard(topic, incarnation, sequence, now_s)
            evidence.contradictions.discard(Start(topic.source, incarnation, topic.stream), sequence)
    for stream, status in list(judgement.words.all()):
        text = topics.status(stream, status.node_id)
        if not counts(text, latest[text]):
            judgement.words.forget(status.node_id, stream)
            del latest[text]
            said_of = topics.parse(topics.report(stream, status.node_id).encode())
            repairs = endpoint.receiver.repairs
            repairs.retract(said_of, now_s)
            before = evidence.contradictions.last_word(Start(status.node_id, status.incarnation, stream))
            if before is not None:
                # what the node said last that counts
                word = codec.decode(topics.parse(text.encode()), before, endpoint.trust).message
                judgement.words.receive(stream, word)
                latest[text] = before
                for mark in word.punctuation:
                    repairs.announce(said_of, word.incarnation, mark.last_sequence, now_s, word.time_ns)
