"""Where tracks under water may be, as the page draws it: made once for all browsers, kept while it stands."""

from __future__ import annotations

from fusion.contract import SUBSURFACE
from fusion.update.picture_table import PictureTable
from fusion.update.region import HALF, MOST, Polygon, region_of
from fusion.update.track_rows import Records
from triwatch.v1 import page_pb2


class Regions:
    """Of one nation's picture."""

    def __init__(self) -> None:
        self._made: dict[int, tuple[int, page_pb2.Region]] = {}
        """By number: the revision of the row that it was made of, and what was made."""

    def copy(self) -> Regions:
        """Independent ones."""
        twin = Regions()
        twin._made = dict(self._made)
        return twin

    def of(self, table: PictureTable, rows: Records) -> list[page_pb2.Region]:
        """One for each of these rows of the table that is under water."""
        under = rows[rows["environment"] == SUBSURFACE]
        self._made = {number: made for number, made in self._made.items() if number in table}
        found = []
        for row in under:
            number, revision = int(row["number"]), int(row["revision"])
            made = self._made.get(number)
            if made is None or made[0] != revision:
                region = region_of(row["state"], row["covariance"], table.heard.get(number))
                if region is None:
                    continue
                message = page_pb2.Region(
                    track=number,
                    fix=region.fix,
                    area_m2=region.area_m2(MOST),
                    most=map(_told, region.polygons(MOST)),
                    half=map(_told, region.polygons(HALF)),
                )
                made = self._made[number] = (revision, message)
            found.append(made[1])
        return found


def _told(one: Polygon) -> page_pb2.Polygon:
    points = [degrees for pair in zip(one.lat_deg, one.lon_deg, strict=True) for degrees in pair]
    return page_pb2.Polygon(lat_lon_deg=points, offset=one.offset)
