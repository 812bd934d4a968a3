"""``triwatch status``: how the processes of this machine's coalition directory are."""

from __future__ import annotations

from pathlib import Path

import click

from nodes.cli.output import console, json_option, write_json


@click.command()
@click.option(
    "--coalition",
    "root",
    default=Path("coalition"),
    show_default=True,
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Whose processes.",
)
@json_option
def status(root: Path, json_to: str | None) -> int:
    """Who is alive, how far FINAL lags, what is missing, refused and kept.

    Ends with 1 where something is wrong. It asks the processes of this machine; what their
    cores see of other machines is in it.
    """
    import msgspec

    from nodes.operations.reporter import read_states
    from nodes.operations.state import SILENT_S, ProcessState, problems

    states, killed = read_states(root)
    wrong = [f"{name}: was killed or crashed; it left without a word" for name in killed]
    for state, age_s in states:
        if age_s > SILENT_S:
            wrong.append(f"{state.id}: hangs; it says nothing for {age_s:.0f} s")
        wrong += [f"{state.id}: {line}" for line in problems(state)]
    if not states:
        wrong.append(f"no process of the coalition in {root} is running on this machine")
    out = console(json_to)

    def show(state: ProcessState, age_s: float) -> None:
        life = "hangs" if age_s > SILENT_S else "alive"
        refused = ", ".join(f"{reason} {n}" for reason, n in sorted(state.refused.items())) or "0"
        text = f"{state.id:<12} {life}, start {state.incarnation}, policy {state.policy}, refused {refused}"
        core = state.core
        if core is not None:
            text += f", FINAL {core.final_lag_s:.1f} s behind, missing {core.missing}, folded {core.folded}, "
            text += f"kept {core.kept_bytes / 1e6:.1f} MB, {core.tracks} tracks"
        click.echo(text, out)
        through = f", through the hub core-{core.hub}" if core is not None and core.hub else ""
        click.echo(f"{'':<12} sees {', '.join(state.sees) or 'nobody'}{through}", out)

    for state, age_s in states:
        show(state, age_s)
    click.echo("Nothing is wrong" if not wrong else "Wrong:", out)
    for line in wrong:
        click.echo(f"  {line}", out)
    write_json(
        json_to,
        {
            "ok": not wrong,
            "problems": wrong,
            "killed": killed,
            "processes": [{**msgspec.to_builtins(state), "age_s": age_s} for state, age_s in states],
        },
    )
    return 1 if wrong else 0
