"""``triwatch score``: a recording against its truth."""

from __future__ import annotations

from pathlib import Path

import click

from nodes.cli.output import console, json_option, write_json
from nodes.cli.replay import exit_code
from nodes.errors import BadInput


def _checked(ctx: click.Context, param: click.Parameter, value: Path | None) -> Path | None:
    """Refuse at once what could not be drawn after the work is done."""
    if value is None:
        return value
    if value.suffix.lower() != ".png":
        raise BadInput(f"--plot {value}: pictures are drawn as PNG; name a file that ends in .png")
    if not value.parent.is_dir():
        raise BadInput(f"--plot {value}: cannot write there; name a file in an existing directory")
    return value


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option(
    "--compare",
    "pair",
    nargs=2,
    metavar="A B",
    type=click.Path(path_type=Path),
    help="Score two recordings and put their figures side by side.",
)
@click.option(
    "--plot",
    metavar="FILE.png",
    type=click.Path(dir_okay=False, path_type=Path),
    callback=_checked,
    help="Draw the course of the exercise; where missiles fly, what sharing is worth to FILE-sharing.png.",
)
@click.option(
    "--contender",
    "contenders",
    multiple=True,
    metavar="PACKAGE.MODULE:FACTORY",
    help="A fusion of your own, scored on the recorded reports beside ours; several times for several.",
)
@json_option
def score(
    file: Path | None,
    pair: tuple[Path, Path] | None,
    plot: Path | None,
    contenders: tuple[str, ...],
    json_to: str | None,
) -> int:
    """Score a recording against its truth channel.

    What sharing was worth: how much sooner each missile was warned of than by any nation alone, how much
    better its impact was known, what no nation alone saw. Then completeness, accuracy and agreement of the
    nations' pictures, how good their covariances and warnings were, and how near sharing tracks comes to
    having all detections in one place. With --plot the same minute by minute. Ends with 1 where final
    warnings are not what the reports make, with 3 where the file is damaged and what could be read of it
    was scored.
    """
    if (file is None) == (pair is None):
        raise click.UsageError("give a recording FILE, or --compare A B")
    if pair is not None:
        if plot is not None or contenders:
            raise click.UsageError("--plot and --contender are of one recording; leave them or --compare out")
        return _compare(pair, json_to)
    assert file is not None
    from nodes.scoring.recording import score_recording
    from nodes.scoring.scorecard import print_scorecard
    from nodes.scoring.sharing import add_sharing

    result = score_recording(file, plot)
    views = add_sharing(file, result)
    if contenders:
        from nodes.contenders.contest import contend
        from nodes.recording import Recording

        result["contenders"] = contend(Recording(file), contenders)
    out = console(json_to)
    print_scorecard(result, out)
    if plot is not None and views:
        from nodes.scoring.sharing import report
        from nodes.scoring.sharing_plot import plot as plot_sharing

        plot_sharing(views, plot.with_stem(f"{plot.stem}-sharing"))
        print("\n".join(report(views)), file=out)
    for one in result.get("contenders", {}).values():
        if one["said"]:
            click.echo(f"triwatch: {one['said']}", err=True)
    if result["warnings"]:
        from nodes.replay.replay import check_warnings

        for line in check_warnings(file, result["pictures"]):
            click.echo(f"triwatch: {line}", err=True)
    write_json(json_to, result)
    return exit_code(result)


def _compare(pair: tuple[Path, Path], json_to: str | None) -> int:
    """Score two recordings and print their figures side by side; the exit code."""
    from nodes.scoring.compare import compare, print_comparison
    from nodes.scoring.recording import score_recording

    results = [score_recording(file) for file in pair]
    for file, result in zip(pair, results, strict=True):
        if result["score"] is None:
            raise BadInput(f"{file} has no truth channel, so there is nothing to compare")
    differences = compare(*results)
    print_comparison(differences, (str(pair[0]), str(pair[1])), console(json_to))
    write_json(json_to, {"first": results[0], "second": results[1], "differences": differences})
    return max(exit_code(result) for result in results)
