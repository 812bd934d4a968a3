"""An existing Dask cluster as the place where cases run. It keeps nothing: what is done is in the journal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Final

from fusion.constants import OPERATION, Chosen
from nodes.campaign.code_version import code_version
from nodes.campaign.run_case import Row, Work, failed, run_case
from nodes.errors import BadInput

CONNECT_S: Final[Annotated[float, Chosen("s", "wall time to connect to a cluster", OPERATION)]] = 10.0
AHEAD: Final[
    Annotated[
        int, Chosen("1", "cases given to the cluster for each of its threads, so that none waits", OPERATION)
    ]
] = 3


class SchedulerLost(Exception):
    """The cluster's scheduler went away; what is done is kept."""


def run_on_cluster(works: Iterable[Work], address: str) -> Iterator[Row]:
    """Run all of ``works`` on the workers of a scheduler; rows come as they are done.

    Raises BadInput where there is no scheduler, no worker, or workers of other code; SchedulerLost.
    """
    try:
        from distributed import Client
    except ImportError:
        raise BadInput(
            "--scheduler needs distributed; install it with: pip install 'triwatch[campaign]'"
        ) from None
    try:
        client = Client(address, timeout=CONNECT_S, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise BadInput(
            f"--scheduler {address}: no Dask scheduler answers there ({type(error).__name__});"
            " start one with: dask scheduler"
        ) from None
    with client:
        _refuse_unlike(client, address)
        yield from _rows(client, iter(works))


def _refuse_unlike(client: Any, address: str) -> None:
    mine = code_version()
    try:
        theirs = client.run(code_version)
    except Exception as error:  # whatever a worker without this package raises
        raise BadInput(
            f"--scheduler {address}: a worker cannot import this package ({error});"
            " install the same wheel there"
        ) from None
    if not theirs:
        raise BadInput(f"--scheduler {address}: it has no worker; start some with: dask worker {address}")
    for worker, version in sorted(theirs.items()):
        if version != mine:
            raise BadInput(
                f"--scheduler {address}: worker {worker} has other code; install the same wheel there"
            )


def _rows(client: Any, works: Iterator[Work]) -> Iterator[Row]:
    from distributed import as_completed

    threads = sum(client.nthreads().values())
    key_of: dict[Any, str] = {}

    def submit() -> Any:
        work = next(works, None)
        if work is None:
            return None
        future = client.submit(run_case, work, key=f"triwatch-{work.key}", pure=False)
        key_of[future] = work.key
        return future

    first = [future for _ in range(AHEAD * max(1, threads)) if (future := submit()) is not None]
    if not first:
        return
    running = as_completed(first, loop=client.loop)
    for future in running:
        key = key_of.pop(future)
        if future.status == "finished":
            row: Row = future.result()
        elif future.status == "error":
            row = failed(key, f"on the cluster: {future.exception()!r}")
        else:
            raise SchedulerLost
        future.release()
        yield row
        if (further := submit()) is not None:
            running.add(further)
