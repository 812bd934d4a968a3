"""How far a core is, told to whoever started it."""

from __future__ import annotations

from math import inf
from typing import Annotated, Final

from fusion.constants import OPERATION, Chosen
from nodes.coalition import Coalition
from nodes.control.piped_clock import CoreProgress, TimeSource
from nodes.core.ingest import Ingest
from nodes.core.publish import Publication
from nodes.core.views import Views
from nodes.link.endpoint import LinkEndpoint

TELL_S: Final[
    Annotated[
        float,
        Chosen(
            "s",
            "least wall time between two words of a core on how far it is, to whoever started it",
            OPERATION,
        ),
    ]
] = 0.02


class Launcher:
    """Whoever started one nation's core and leads it in an exercise through ``time_source``."""

    def __init__(
        self,
        time_source: TimeSource,
        endpoint: LinkEndpoint,
        coalition: Coalition,
        ingest: Ingest,
        views: Views,
        publication: Publication,
        incarnation: int,
    ) -> None:
        self._time_source = time_source
        self._endpoint = endpoint
        self._coalition = coalition
        self._ingest = ingest
        self._views = views
        self._publication = publication
        self._incarnation = incarnation
        self._told: tuple[int, ...] = ()
        self._told_s = 0.0
        self.due_s = inf
        """When news that came too soon after the last is to be told, monotonic wall seconds."""

    def tell(self, now_s: float) -> None:
        """Tell how far the core is, when that has changed and not too often."""
        version = self._coalition.current.version
        news = (
            version,
            self._ingest.statuses,
            self._missing,
            *self._publication.published.values(),
        )
        self.due_s = inf
        if news == self._told:
            return
        if now_s < self._told_s + TELL_S:
            self.due_s = self._told_s + TELL_S
            return
        self._told, self._told_s = news, now_s
        shared = self._views.shared
        self._time_source.report(
            CoreProgress(
                policy=version,
                received={
                    node_id: status.time_ns for node_id, status in self._ingest.newest_statuses().items()
                },
                left=self._ingest.left(),
                missing=self._missing,
                counts=self._publication.counts(),
                input_digest=shared.input_digest,
                picture_digest=shared.picture_digest,
                time_ns=shared.picture.time_ns,
                final_time_ns=shared.picture.final_time_ns,
                published=self._publication.published,
                incarnation=self._incarnation,
            )
        )

    @property
    def _missing(self) -> int:
        return self._endpoint.receiver.missing + self._ingest.late.waiting(self._views.fullest)
