"""All figures of one exercise: several nations' pictures of one truth.

Rules, beyond the published formulas:

- An object counts while the coalition sees it (`fusion.score.in_view`). What comes before the first
  detection, after the last and in longer gaps counts neither for nor against anybody.
- Sums run over all nations' pictures, each while its core took part.
- Shared, single (`fusion.score.errors`) and centralised errors are compared where all three exist.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from fusion.arrays import Bools, Float
from fusion.score.assignment import assign
from fusion.score.centralised import Detections
from fusion.score.consistency import anees, likeliest, normalised
from fusion.score.errors import best_single, central_error_m, own_error_m, primary
from fusion.score.gospa import CUTOFF_M, mean_gospa_m
from fusion.score.in_view import VIEW_LOOKS, VIEW_S, seen_by_tracks, seen_in
from fusion.score.phases import PHASES, phases
from fusion.score.siap import Siap, commonality, siap
from fusion.score.tables import ENVIRONMENTS, GATE_M, Shown, Truth
from fusion.score.tgospa import INSTANTS, SWITCH_M, mean_tgospa


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
            pairs = [
                pair for name, n in self.nations.items() for pair in zip(n.nodes, own[name], strict=True)
            ]
            seen = seen_by_tracks(truth, pairs)
        self.truth = replace(truth, in_view=truth.in_view & seen)
        shape = self.truth.in_view.shape
        self._shared_m = {
            name: primary(n.shown, self.assigned[name], self.assigned[name].error_m, shape)
            for name, n in self.nations.items()
        }
        self.likeliest = {
            name: likeliest(truth, n.shown, self.assigned[name]) for name, n in self.nations.items()
        }
        self._number = {
            name: np.nan_to_num(primary(n.shown, self.assigned[name], n.shown.number.astype(float), shape))
            for name, n in self.nations.items()
        }
        self._own_m = {name: own_error_m(n.nodes, own[name], shape) for name, n in self.nations.items()}
        self._single_m = best_single(list(self._own_m.values()), self.truth.in_view)
        self._central_m = self._central_told_m = None
        if detections is not None:
            self._central_m = central_error_m(truth, detections, None)
            if detections.told_ns is not None:
                self._central_told_m = central_error_m(truth, detections, detections.told_ns)

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

    def objects_of_tracks(self, nation: str) -> Iterator[tuple[int, dict[int, str]]]:
        """Each instant, UTC ns, with the object that every track number of a nation stood for then."""
        shown, assigned = self.nations[nation].shown, self.assigned[nation]
        bounds = shown.bounds(len(self.truth.time_ns))
        for time_ns, first, last in zip(self.truth.time_ns, bounds[:-1], bounds[1:], strict=True):
            of = zip(shown.number[first:last], assigned.object[first:last], strict=True)
            yield int(time_ns), {int(number): self.truth.object_id[j] for number, j in of if j >= 0}

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
            mine = self.likeliest[name]
            rows = np.flatnonzero(mine >= 0)
            rows = rows[seen[n.shown.instant[rows], mine[rows]]]
            k, j = n.shown.instant[rows], mine[rows]
            truth, environment = self.truth.state[k, j], self.truth.environment[k, j]
            errors = normalised(truth, environment, n.shown.state[rows], n.shown.covariance[rows])
            inside, states = inside + int(errors.inside.sum()), states + len(rows)
            found = anees(k, errors)
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
