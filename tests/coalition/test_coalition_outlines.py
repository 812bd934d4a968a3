"""Every country may be a member: its outline and its name are found by its code."""

from nodes.coalition.outlines import country_name, nations


def test_a_nation_that_nobody_listed_is_warned_where_it_lies_and_not_elsewhere() -> None:
    members = nations(("DEU", "POL"))
    assert members.under(52.2, 21.0, 5e3, 5e3, 0.0) == ["POL"]
    assert members.under(52.5, 13.4, 5e3, 5e3, 0.0) == ["DEU"]
    assert members.under(48.9, 2.3, 5e3, 5e3, 0.0) == []


def test_what_countries_are_called() -> None:
    assert [country_name(c) for c in ("KOR", "USA", "POL")] == ["South Korea", "United States", "Poland"]
    assert country_name("XXX") == "XXX", "no country: its code must do"
