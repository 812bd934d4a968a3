"""What a core says of itself to those who run it."""

from __future__ import annotations

from collections import Counter

from nodes.coalition import Coalition
from nodes.core.ingest import Ingest
from nodes.core.views import Views
from nodes.link import topics
from nodes.link.endpoint import LinkEndpoint
from nodes.link.liveness import Life, life_after
from nodes.operations.state import CoreState


class Watch:
    """Follows one nation's core: what stands, what is missing for how long, who is silent."""

    def __init__(
        self,
        endpoint: LinkEndpoint,
        views: Views,
        ingest: Ingest,
        coalition: Coalition,
        nation: str,
        hub: str = "",
    ) -> None:
        self._hub = hub
        self._endpoint = endpoint
        self._views = views
        self._ingest = ingest
        self._coalition = coalition
        self._nation = nation
        self.warned: Counter[str] = Counter()
        """Warnings published, by status."""
        self._final_ns = 0
        self._final_s: float | None = None
        self._missing_s: float | None = None

    def state(self, now_s: float, counts: dict[str, int], journal_failure: str = "") -> CoreState:
        """How the core is now; ``counts`` says what became of its reports."""
        shared, picture = self._views.shared, self._views.shared.picture
        moved = picture.final_time_ns != self._final_ns or picture.final_time_ns >= picture.time_ns
        if moved or self._final_s is None:
            self._final_ns, self._final_s = picture.final_time_ns, now_s
        self._missing_s = (self._missing_s or now_s) if counts["missing"] else None
        final_ns = picture.final_time_ns
        lag_s = max(0, picture.time_ns - final_ns) * 1e-9 if final_ns else 0.0
        return CoreState(
            final_time_ns=final_ns,
            final_lag_s=lag_s,
            final_still_s=now_s - self._final_s,
            folded=counts["folded"],
            late=counts["late"],
            duplicate=counts["duplicate"],
            missing=counts["missing"],
            missing_for_s=0.0 if self._missing_s is None else now_s - self._missing_s,
            gaps=self._endpoint.receiver.repairs.gaps,
            requested=self._endpoint.receiver.repairs.requested,
            kept_bytes=self._endpoint.publisher.journals[topics.REPORT].bytes,
            journal_failure=journal_failure,
            tracks=picture.live,
            disagreements=self._ingest.disagreements,
            warnings=dict(self.warned),
            nodes=self._nodes(now_s),
            cores=self._cores(now_s),
            input_digest=shared.input_digest,
            picture_digest=shared.picture_digest,
            hub=self._hub,
        )

    def _nodes(self, now_s: float) -> dict[str, Life]:
        life = self._ingest.life
        return {n.id: life.state(n.id, now_s) for n in self._coalition.current.released_to(self._nation)}

    def _cores(self, now_s: float) -> dict[str, Life]:
        received_s = self._ingest.neighbour_received_s
        return {
            nation: life_after(now_s - received_s[nation]) if nation in received_s else Life.GONE
            for nation in self._coalition.current.nations
            if nation != self._nation
        }
