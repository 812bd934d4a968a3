"""All figures of one exercise: several nations' pictures of one truth.

Rules, beyond the published formulas:

- An object counts while the coalition sees it: between detections at most ``VIEW_S`` apart, from whatever
  sensor, and between two of one sensor at most ``VIEW_LOOKS`` of its periods apart (where no detections are
  known: reports of tracks within the object's gate). What comes before the first, after the last and in
  longer gaps counts neither for nor against anybody.
- Sums run over all nations' pictures, each while its core took part.
- A single nation's picture of an object is the most certain of its own nodes' tracks of it. For every object
  that nation is taken which did best over the object's whole life, among those that held it at least
  half as long as any did. Shared, single and centralised errors are compared where all three exist.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final

import numpy as np

from fusion.arrays import Bools, Float, Ints
from fusion.constants import SCORED, Chosen
from fusion.score.assignment import assign
from fusion.score.centralised import Detections, centralised
from fusion.score.consistency import anees, nees
from fusion.score.gospa import CUTOFF_M, mean_gospa_m
from fusion.score.phases import PHASES, phases
from fusion.score.siap import Siap, commonality, siap
from fusion.score.tables import ENVIRONMENTS, GATE_M, Assigned, Shown, Truth
from fusion.score.tgospa import INSTANTS, SWITCH_M, mean_tgospa

VIEW_S: Final[
    Annotated[
        float,
        Chosen(
            "s",
            "longest time between two detections of an object that counts as seeing it: some scans of "
            "a slow sensor",
            SCORED,
        ),
    ]
] = 30.0
VIEW_LOOKS: Final[
    Annotated[
        float,
        Chosen(
            "1",
            "so many periods of a sensor that looks more seldom than every ``VIEW_S`` / ``VIEW_LOOKS``",
            SCORED,
        ),
    ]
] = 3.0
INSIDE_95 = 12.591587243743977
"""Chi-square, 6 degrees of freedom: 95 in 100 of a consistent track's errors lie within."""


@dataclass(frozen=True, slots=True)
class National:
    """What one nation's core showed, and what its own nodes reported."""

    shown: Shown
    taking_part: Bools
    """(k,) instants at which its core published."""
    nodes: Sequence[Shown]


class Exercise:
    """One truth and the nations' pictures of it, every track paired with its object.

    ``truth.in_view`` says where objects exist; what of that the coalition saw is found here.
    """

    def __init__(self, truth: Truth, nations: Mapping[str, National], detections: Detections | None) -> None:
        self.nations = dict(sorted(nations.items()))
        self.assigned = {name: assign(truth, n.shown) for name, n in self.nations.items()}
        own = {name: [assign(truth, shown) for shown in n.nodes] for name, n in self.nations.items()}
        if detections is not None:
            seen = seen_in(truth, detections)
        else:
            seen = _in_view(truth, *_sightings(truth, self.nations, own), VIEW_S)
        self.truth = replace(truth, in_view=truth.in_view & seen)
        shape = self.truth.in_view.shape
        self._shared_m = {
            name: _primary(n.shown, self.assigned[name], self.assigned[name].error_m, shape)
            for name, n in self.nations.items()
        }
        self._number = {
            name: np.nan_to_num(_primary(n.shown, self.assigned[name], n.shown.number.astype(float), shape))
            for name, n in self.nations.items()
        }
        self._own_m = {name: _own_error_m(n.nodes, own[name], shape) for name, n in self.nations.items()}
        self._single_m = _best_single(list(self._own_m.values()), self.truth.in_view)
        self._central_m = self._central_told_m = None
        if detections is not None:
            self._central_m = _central_error_m(truth, detections, None)
            if detections.told_ns is not None:
                self._central_told_m = _central_error_m(truth, detections, detections.told_ns)

    def figures(self) -> dict[str, Any]:
        """Every figure, of all environments together and of each."""
        result = self._figures(None)
        result["by_phase"] = self._by_phase()
        result["by_environment"] = {name: self._figures(code) for name, code in ENVIRONMENTS.items()}
        result["by_nation"] = {
            name: siap(self._truth_of(name), n.shown, self.assigned[name]).attributes()
            for name, n in self.nations.items()
        }
        result["rules"] = {
            "gospa_cutoff_m": CUTOFF_M,
            "tgospa_switch_m": SWITCH_M,
            "tgospa_instants": INSTANTS,
            "gate_m": {name: GATE_M[code] for name, code in ENVIRONMENTS.items()},
            "in_view_s": VIEW_S,
            "in_view_looks": VIEW_LOOKS,
        }
        return result

    def series(self) -> dict[str, Float]:
        """The course of the exercise, (k,) each.

        Seconds, objects in view, objects shown (mean of the nations), and by environment the median
        position error of the shared picture and of the centralised filter; NaN where there is none.
        """
        truth, seen = self.truth, self.truth.in_view
        shown = np.zeros(seen.shape)
        for error in self._shared_m.values():
            shown += np.isfinite(error) & seen
        result = {
            "time_s": (truth.time_ns - truth.time_ns[0]) * 1e-9,
            "in_view": seen.sum(axis=1).astype(float),
            "shown": shown.sum(axis=1) / max(1, len(self.nations)),
        }
        for name, code in ENVIRONMENTS.items():
            mine = seen & (truth.environment == code)
            if mine.any():
                shared = [np.where(mine, error, np.nan) for error in self._shared_m.values()]
                if shared:
                    result[f"shared_m/{name}"] = _median(np.concatenate(shared, axis=1))
                if self._central_m is not None:
                    result[f"centralised_m/{name}"] = _median(np.where(mine, self._central_m, np.nan))
        return result

    def object_of_track(self, nation: str) -> dict[int, str]:
        """The object that each track number of a nation stood for most of the time."""
        shown, assigned = self.nations[nation].shown, self.assigned[nation]
        hit = assigned.object >= 0
        pairs, count = np.unique(
            np.stack([shown.number[hit], assigned.object[hit]]), axis=1, return_counts=True
        )
        by_count = np.argsort(count, kind="stable")
        return {int(pairs[0, i]): self.truth.object_id[pairs[1, i]] for i in by_count}

    def _truth_of(self, nation: str) -> Truth:
        part = self.nations[nation].taking_part
        return replace(self.truth, in_view=self.truth.in_view & part[:, None])

    def _figures(self, environment: int | None) -> dict[str, Any]:
        total, distances = Siap(), []
        whole: list[float] = []
        before: National | None = None
        seen = self.truth.in_view
        if environment is not None:
            seen = seen & (self.truth.environment == environment)
        for name, n in self.nations.items():
            truth = self._truth_of(name)
            total = total + siap(truth, n.shown, self.assigned[name], environment)
            distance = mean_gospa_m(truth, n.shown, self.assigned[name], environment)
            if distance is not None:
                distances.append(distance)
            if before is None or not _alike(before, n):
                course = mean_tgospa(truth, n.shown, self.assigned[name], environment)
                whole += [course.distance_m] if course is not None else []
            before = n
        attributes = total.attributes()
        attributes["commonality"] = self._commonality(seen)
        return {
            "siap": attributes,
            "objects": int(seen.any(axis=0).sum()),
            "mean_objects_in_view": _mean_count(seen),
            "gospa_m": float(np.mean(distances)) if distances else None,
            "tgospa_m": float(np.mean(whole)) if whole else None,
            **self._consistency(seen),
            "rmse_m": self._rmse(seen),
            "sharing": self._sharing(seen),
        }

    def _by_phase(self) -> dict[str, Any]:
        """What does not need tracks of nothing, of the objects while each is in a phase of its motion."""
        found = {}
        phase = phases(self.truth)
        for code, name in enumerate(PHASES):
            seen = self.truth.in_view & (phase == code)
            shown = [int((np.isfinite(error) & seen).sum()) for error in self._shared_m.values()]
            found[name] = {
                "objects": int(seen.any(axis=0).sum()),
                "completeness": float(np.mean(shown) / seen.sum()) if shown and seen.any() else None,
                **self._consistency(seen),
                "rmse_m": self._rmse(seen),
            }
        return found

    def _commonality(self, seen: Bools) -> float | None:
        if len(self.nations) < 2:
            return None
        numbers = [number.astype(np.int64) for number in self._number.values()]
        return commonality(numbers, seen, [n.taking_part for n in self.nations.values()])

    def _consistency(self, seen: Bools) -> dict[str, Any]:
        """ANEES of the primary tracks of objects in view, the nations' pictures taken one by one."""
        results, inside, states = [], 0, 0
        for name, n in self.nations.items():
            mine = self.assigned[name]
            rows = np.flatnonzero(mine.primary)
            rows = rows[seen[n.shown.instant[rows], mine.object[rows]]]
            k, j = n.shown.instant[rows], mine.object[rows]
            error, covariance = n.shown.state[rows] - self.truth.state[k, j], n.shown.covariance[rows]
            inside, states = inside + int((nees(error, covariance) <= INSIDE_95).sum()), states + len(rows)
            found = anees(k, error, covariance)
            if found is not None:
                results.append(found)
        if not results:
            return dict.fromkeys(("anees", "anees_interval_95", "anees_inside", "containment_95"))
        low, high = np.mean([r.interval_95 for r in results], axis=0)
        return {
            "anees": float(np.mean([r.value for r in results])),
            "anees_interval_95": [float(low), float(high)],
            "anees_inside": float(np.mean([r.inside for r in results])),
            "containment_95": inside / states,
        }

    def _sharing(self, seen: Bools) -> dict[str, Any]:
        """What each nation would have seen alone beside what all are shown.

        ``objects`` counts those that were shown at least once, ``completeness`` the share of the time in
        view in which they were. ``no_nation_alone`` counts the objects that the shared picture shows beyond
        those of the nation that sees most alone.
        """
        shown = np.zeros(seen.shape, np.bool_)
        for error in self._shared_m.values():
            shown |= np.isfinite(error)
        views = {"shared": shown & seen}
        views |= {name: np.isfinite(error) & seen for name, error in self._own_m.items()}
        total = max(1, int(seen.sum()))
        result = {
            name: {"objects": int(held.any(axis=0).sum()), "completeness": float(held.sum() / total)}
            for name, held in views.items()
        }
        most = max((result[name]["objects"] for name in self._own_m), default=0)
        alone = {name: result[name] for name in self._own_m}
        beyond = max(0, result["shared"]["objects"] - most)
        both = [self._object_errors_m(j, seen[:, j]) for j in range(seen.shape[1])]
        errors = np.array([pair for pair in both if pair is not None]).reshape(-1, 2)
        typical = np.median(errors, axis=0).tolist() if len(errors) else [None, None]
        return {
            "shared": result["shared"],
            "alone": alone,
            "no_nation_alone": beyond,
            "typical_error_m": {"shared": typical[0], "alone": typical[1]},
            "nearer": int((errors[:, 0] < errors[:, 1]).sum()),
            "compared": len(errors),
        }

    def _object_errors_m(self, j: int, seen: Bools) -> tuple[float, float] | None:
        """RMS error of one object, shared and with the nation best on it, while both had it."""
        single = self._single_m[:, j]
        shared = [error[:, j] for error in self._shared_m.values()]
        common = seen & np.isfinite(single)
        squared = [error[common & np.isfinite(error)] ** 2 for error in shared]
        common &= np.any([np.isfinite(error) for error in shared], axis=0) if shared else False
        if not common.any():
            return None
        return float(np.sqrt(np.concatenate(squared).mean())), float(np.sqrt((single[common] ** 2).mean()))

    def _rmse(self, seen: Bools) -> dict[str, float | None]:
        """Position errors where shared, single and, if known, centralised tracks exist."""
        common = seen & np.isfinite(self._single_m)
        if self._central_m is not None:
            common &= np.isfinite(self._central_m)
        shared = [error[common & np.isfinite(error)] for error in self._shared_m.values()]
        held = [np.isfinite(error) for error in self._shared_m.values()]
        common &= np.any(held, axis=0) if held else False
        central, told = self._central_m, self._central_told_m
        waiting = None if told is None else _root_mean_square(told[common & np.isfinite(told)])
        return {
            "shared": _root_mean_square(np.concatenate([*shared, np.zeros(0)])),
            "best_single_nation": _root_mean_square(self._single_m[common]),
            "centralised": None if central is None else _root_mean_square(central[common]),
            "centralised_at_reports": waiting,
        }


def _alike(one: National, other: National) -> bool:
    """Whether two nations showed the same: they mostly do, and then a figure is the same."""
    return (
        np.array_equal(one.taking_part, other.taking_part)
        and np.array_equal(one.shown.instant, other.shown.instant)
        and np.array_equal(one.shown.number, other.shown.number)
        and np.array_equal(one.shown.state, other.shown.state)
    )


def _median(values: Float) -> Float:
    """(k,) median over each instant's finite values; NaN where there are none."""
    result = np.full(len(values), np.nan)
    some = np.isfinite(values).any(axis=1)
    result[some] = np.nanmedian(values[some], axis=1)
    return result


def _mean_count(seen: Bools) -> float:
    """Mean over the instants at which there is anything."""
    count = seen.sum(axis=1)
    return float(count[count > 0].mean()) if count.any() else 0.0


def _root_mean_square(error_m: Float) -> float | None:
    return float(np.sqrt((error_m**2).mean())) if len(error_m) else None


def seen_in(truth: Truth, detections: Detections) -> Bools:
    """(k, m) where the coalition sees what is there, by its detections."""
    seen_ns = detections.time_ns[detections.scan]
    return _in_view(truth, seen_ns, detections.object, VIEW_S) | _in_slow_view(truth, detections)


def _sightings(
    truth: Truth, nations: Mapping[str, National], own: Mapping[str, Sequence[Assigned]]
) -> tuple[Ints, Ints]:
    """When the coalition saw which object, by its nodes' tracks."""
    times, objects = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for name, n in nations.items():
        for shown, assigned in zip(n.nodes, own[name], strict=True):
            hit = assigned.object >= 0
            times.append(truth.time_ns[shown.instant[hit]])
            objects.append(assigned.object[hit])
    return np.concatenate(times), np.concatenate(objects)


def _central_error_m(truth: Truth, detections: Detections, known_ns: Ints | None) -> Float:
    """(k, m) how far off the filter is that has every detection from ``known_ns`` (s,) on."""
    states = centralised(truth.time_ns, truth.environment.max(axis=0, initial=0), detections, known_ns)
    error: Float = np.linalg.norm((states - truth.state)[:, :, :3], axis=2)
    return error


def _in_slow_view(truth: Truth, detections: Detections) -> Bools:
    """(k, m) one sensor saw the object before and after, at most ``VIEW_LOOKS`` of its periods apart."""
    view = np.zeros(truth.in_view.shape, np.bool_)
    if detections.sensor is None or detections.period_s is None:
        return view
    for sensor in np.unique(detections.sensor):
        scans = detections.sensor == sensor
        longest_s = VIEW_LOOKS * float(detections.period_s[scans].max())
        if longest_s > VIEW_S:
            mine = scans[detections.scan]
            seen_ns = detections.time_ns[detections.scan[mine]]
            view |= _in_view(truth, seen_ns, detections.object[mine], longest_s)
    return view


def _in_view(truth: Truth, seen_ns: Ints, seen_object: Ints, longest_s: float) -> Bools:
    """(k, m) the object was seen at that instant, or before and after it at most ``longest_s`` apart."""
    view = np.zeros(truth.in_view.shape, np.bool_)
    order = np.lexsort((seen_ns, seen_object))
    objects = len(truth.object_id)
    edges = np.searchsorted(seen_object[order], np.arange(objects + 1))
    for j in range(objects):
        times = seen_ns[order[edges[j] : edges[j + 1]]]
        if len(times):
            before = np.searchsorted(times, truth.time_ns, side="right") - 1
            after = np.searchsorted(times, truth.time_ns, side="left")
            inside = (before >= 0) & (after < len(times))
            gap_ns = times[np.minimum(after, len(times) - 1)] - times[before]
            view[:, j] = inside & (gap_ns <= longest_s * 1e9)
    return view


def _primary(shown: Shown, assigned: Assigned, values: Float, shape: tuple[int, ...]) -> Float:
    """(k, m) the value of each object's primary track; NaN where it has none."""
    dense = np.full(shape, np.nan)
    rows = assigned.primary
    dense[shown.instant[rows], assigned.object[rows]] = values[rows]
    return dense


def _own_error_m(nodes: Sequence[Shown], assigned: Sequence[Assigned], shape: tuple[int, ...]) -> Float:
    """(k, m) the error of the most certain of one nation's own tracks of each object."""
    best, error = np.full(shape, np.inf), np.full(shape, np.nan)
    for shown, mine in zip(nodes, assigned, strict=True):
        spread = np.trace(shown.covariance[:, :3, :3], axis1=1, axis2=2)
        certain = _primary(shown, mine, spread, shape)
        better = certain < best
        best[better] = certain[better]
        error[better] = _primary(shown, mine, mine.error_m, shape)[better]
    return error


def _best_single(error_m: Sequence[Float], seen: Bools) -> Float:
    """(k, m) for each object the errors of the nation that did best over its life."""
    result = np.full(seen.shape, np.nan)
    for j in range(seen.shape[1]):
        mine = [np.where(seen[:, j], error[:, j], np.nan) for error in error_m]
        held = [int(np.isfinite(error).sum()) for error in mine]
        able = [i for i, n in enumerate(held) if n and 2 * n >= max(held)]
        if able:
            best = min(able, key=lambda i: float(np.nanmean(mine[i] ** 2)))
            result[:, j] = mine[best]
    return result
