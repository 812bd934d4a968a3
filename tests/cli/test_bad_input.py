"""Whatever is wrong with the input, the command says so in one line and exits with a status of its own."""

import pytest

import bad_input

CASES = {f"{group}: {case.title}": case for group, cases in bad_input.GROUPS.items() for case in cases}


@pytest.fixture(scope="module")
def outcomes() -> dict[str, tuple[int, str]]:
    return bad_input.run_all()


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_one_clear_line_and_its_exit_status(case: str, outcomes: dict[str, tuple[int, str]]) -> None:
    status, said = outcomes[case]
    assert status == CASES[case].status, said
    assert said.startswith("triwatch: ")
    assert said.count("\n") == 1
    assert "Traceback" not in said


@pytest.mark.slow
def test_the_page_shows_what_is_printed(outcomes: dict[str, tuple[int, str]]) -> None:
    written = bad_input.PAGE.read_text(encoding="utf-8")
    assert written == bad_input.page(outcomes), "run: python tests/kits/bad_input.py"
