"""Courses over the ground from + - x / alone, so that a theatre's file is the same on every machine.

A degree of latitude has a fixed length here, one of longitude that times the cosine of the latitude; sine and
cosine are polynomials. Over a few hundred kilometres that is off by half a percent, which changes where an
invented ship goes, and nothing else.
"""

from __future__ import annotations

from nodes.theatre.dice import Dice

DEGREE_M = 111_200.0
_RADIAN = 0.017453292519943295
_TERMS = 13


def sine_cosine(angle_deg: float) -> tuple[float, float]:
    """Sine and cosine by their power series, to 1e-12."""
    turns = angle_deg / 360.0
    x = (turns - float(round(turns))) * 360.0 * _RADIAN
    sine, cosine, term = 0.0, 0.0, 1.0
    for n in range(2 * _TERMS):
        # term = x^n / n!
        if n % 2 == 0:
            cosine += term if n % 4 == 0 else -term
        else:
            sine += term if n % 4 == 1 else -term
        term = term * x / float(n + 1)
    return sine, cosine


def moved(lat_deg: float, lon_deg: float, north_m: float, east_m: float) -> tuple[float, float]:
    """Where one comes from a place by so many metres."""
    lat = lat_deg + north_m / DEGREE_M
    return lat, lon_deg + east_m / (DEGREE_M * sine_cosine(lat_deg)[1])


def course(
    dice: Dice,
    start: tuple[float, float, float],
    until_s: float,
    course_deg: float,
    speed_mps: float,
    leg_s: tuple[float, float],
    turn_deg: tuple[float, float],
) -> list[tuple[float, float, float]]:
    """Rows t_s, lat_deg, lon_deg from ``start`` to ``until_s``: legs, and to either side a turn after each.

    One that lies still has two rows at one place.
    """
    t_s, lat, lon = start
    rows = [start]
    while t_s < until_s:
        lasts_s = dice.between(*leg_s) if speed_mps > 0.0 else until_s - t_s
        ends_s = t_s + lasts_s
        if until_s - t_s - lasts_s < 0.5 * leg_s[0]:
            lasts_s, ends_s = until_s - t_s, until_s  # no stump of a leg at the end, and none of an ulp
        sine, cosine = sine_cosine(course_deg)
        lat, lon = moved(lat, lon, cosine * speed_mps * lasts_s, sine * speed_mps * lasts_s)
        t_s = ends_s
        rows.append((t_s, lat, lon))
        turn = dice.between(*turn_deg)
        course_deg += turn if dice.unit() < 0.5 else -turn
    return rows
