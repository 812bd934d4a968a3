"""The command ``triwatch``: a table of subcommands, each imported only when it is called.

A command's module should import no more than click at its top and do its work behind the function's
own imports: every process of an exercise passes through here, and ``triwatch --help`` imports all.
"""

from __future__ import annotations

import errno
import importlib
import importlib.util
import os
import signal
import sys
from collections.abc import Sequence
from functools import partial
from typing import Any

import click

from nodes.errors import BadInput

COMMANDS = {
    "demo": "nodes.cli.demo:demo",
    "node": "nodes.cli.node:node",
    "core": "nodes.cli.core:core",
    "replay": "nodes.cli.replay:replay",
    "score": "nodes.cli.score:score",
    "scenarios": "nodes.cli.scenarios:scenarios",
    "constants": "nodes.cli.constants:constants",
    "theatre": "nodes.cli.theatre:theatre",
    "fly": "nodes.cli.fly:fly",
    "journal": "nodes.cli.journal:journal",
    "coalition": "nodes.cli.coalition:coalition",
    "export": "nodes.cli.export:export",
    "gateway": "nodes.cli.gateway:gateway",
    "page": "nodes.cli.page:page",
    "status": "nodes.cli.status:status",
    "campaign": "nodes.cli.campaign:campaign",
    "bench": "nodes.cli.bench:bench",
}

NOT_WRITTEN = (errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
"""What an operating system answers where a stream takes no more."""

EXIT_FAILURE = 1
EXIT_BAD_INPUT = 2
EXIT_SIGNALLED = 128
"""And the number of the signal, as shells have it."""
EXIT_INTERRUPTED = 130


class Commands(click.Group):
    """The group: lazy import, and one way to fail.

    ``BadInput`` and bad usage end with one line on standard error and 2; an interrupt with 130. A
    command may return its exit code.
    """

    def invoke(self, ctx: click.Context) -> Any:
        from nodes.cli.output import drop_output

        try:
            code = super().invoke(ctx)
            sys.stdout.flush()
        except OSError as error:
            if error.errno not in NOT_WRITTEN or error.filename is not None:
                raise
            # files are guarded where they are written; click would end a closed pipe with 1 without a word
            drop_output()
            if error.errno == errno.EPIPE:
                _fail("whoever read standard output has left; the rest was not written", EXIT_FAILURE)
            raise BadInput(f"standard output: {error.strerror}; send it where there is room") from None
        return code

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name in COMMANDS if _exists(name)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if not _exists(cmd_name):
            return None
        module, _, attribute = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        prog_name = prog_name or "triwatch"
        run = partial(super().main, args, prog_name, complete_var, standalone_mode=False, **extra)
        if not standalone_mode:
            return run()
        from nodes.cli.kernel_cache import keep_kernels
        from nodes.cli.output import speak_plainly

        _mind_sigterm()
        speak_plainly()
        keep_kernels()
        try:
            code: object = run()
        except click.exceptions.NoArgsIsHelpError as error:
            click.echo(error.format_message(), err=True)
            sys.exit(EXIT_BAD_INPUT)
        except BadInput as error:
            _fail(str(error), EXIT_BAD_INPUT)
        except click.UsageError as error:
            where = error.ctx.command_path if error.ctx else "triwatch"
            _fail(f"{error.format_message()} (see {where} --help)", EXIT_BAD_INPUT)
        except click.ClickException as error:
            _fail(error.format_message(), EXIT_FAILURE)
        except click.Abort:
            sys.exit(EXIT_INTERRUPTED)
        sys.exit(code if isinstance(code, int) else 0)


def _mind_sigterm() -> None:
    """Let SIGTERM end this process until it minds the signal itself. The first process of a container, or of
    any pid namespace, would not be ended by it while it still imports: such a process has no default."""
    if os.getpid() == 1:
        signal.signal(signal.SIGTERM, lambda number, _: os._exit(EXIT_SIGNALLED + number))


def _exists(name: str) -> bool:
    return name in COMMANDS and importlib.util.find_spec(COMMANDS[name].partition(":")[0]) is not None


def _fail(message: str, code: int) -> None:
    click.echo(f"triwatch: {' '.join(message.split())}", err=True)
    sys.exit(code)


@click.group(
    cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "TRIWATCH"}
)
@click.option(
    "--config",
    envvar="TRIWATCH_CONFIG",
    metavar="FILE",
    help="Options from a TOML file: [all], [core], [node] and so on; each is also in the environment, "
    "such as $TRIWATCH_CORE_LISTEN.",
)
@click.version_option(package_name="triwatch", message="triwatch %(version)s")
@click.pass_context
def main(ctx: click.Context, config: str | None) -> None:
    """Nations share missile warnings: sensor nodes, one fused picture, the same at every nation."""
    if config and ctx.invoked_subcommand:
        from pathlib import Path

        from nodes.cli.configured import defaults

        assert isinstance(ctx.command, click.Group)
        read = defaults(Path(config), ctx.command, ctx, ctx.invoked_subcommand)
        ctx.default_map = {ctx.invoked_subcommand: read}
