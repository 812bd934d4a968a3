"""``triwatch fly``: one ballistic truth trajectory."""

from __future__ import annotations

import click

from nodes.cli.finite import Finite
from nodes.cli.output import console, json_option, write_json
from nodes.errors import BadInput


@click.command()
@click.option("--apogee-km", type=Finite(), required=True, help="Greatest height above the ellipsoid.")
@click.option("--range-km", type=Finite(), required=True, help="Ground range from launch to impact.")
@click.option("--burn-s", type=Finite(), help="How long the engine burns; without it a representative time.")
@click.option(
    "--azimuth-deg",
    type=Finite(-360.0, 360.0),
    default=90.0,
    show_default=True,
    help="Bearing of the impact point from the launch point, clockwise from north.",
)
@click.option("--lat-deg", type=Finite(-90.0, 90.0), default=39.2, show_default=True, help="Launch latitude.")
@click.option(
    "--lon-deg", type=Finite(-180.0, 360.0), default=125.7, show_default=True, help="Launch longitude."
)
@json_option
def fly(
    apogee_km: float,
    range_km: float,
    burn_s: float | None,
    azimuth_deg: float,
    lat_deg: float,
    lon_deg: float,
    json_to: str | None,
) -> None:
    """Fly one missile: powered ascent, free flight, re-entry. The model is a representative invention."""
    from nodes.simulation.fly import fly as fly_one

    try:
        flight = fly_one(apogee_km, range_km, burn_s, azimuth_deg, lat_deg, lon_deg)
    except BadInput as error:
        key, _, what = str(error).partition(": ")
        raise BadInput(f"fly: --{key.replace('_', '-')}: {what}") from None
    burnout, impact, peak = flight["burnout"], flight["impact"], flight["peak_g"]
    rows = [
        ("flight time", f"{flight['flight_time_s']:.1f} s"),
        ("apogee", f"{flight['apogee_km']:.1f} km"),
        ("range", f"{flight['range_km']:.1f} km"),
        (
            "burnout",
            f"{burnout['time_s']:.1f} s, {burnout['altitude_km']:.1f} km up, {burnout['speed_mps']:.0f} m/s,"
            f" {burnout['flight_path_deg']:.1f}° above the horizontal",
        ),
        (
            "impact",
            f"{impact['lat_deg']:.3f}°, {impact['lon_deg']:.3f}°, {impact['speed_mps']:.0f} m/s,"
            f" {-impact['flight_path_deg']:.1f}° below the horizontal",
        ),
        (
            "peak",
            f"{peak['ascent']:.1f} g under power, {peak['reentry']:.1f} g falling",
        ),
    ]
    for name, text in rows:
        click.echo(f"{name:<12} {text}", file=console(json_to))
    write_json(json_to, flight)
