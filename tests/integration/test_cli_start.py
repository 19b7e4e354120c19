"""What the command line imports before a command is carried out, and that nobody can tell by what it prints."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from celltrial.cli import application
from celltrial.cli.commands import COMMANDS, GROUPS, PLAIN_GROUPS

NAMES = [*COMMANDS, *GROUPS, *PLAIN_GROUPS]


def printed(app: Any, *words: str, width: int = 80) -> tuple[int, str]:
    done = CliRunner().invoke(app, list(words), prog_name="celltrial", env={"COLUMNS": str(width)})
    return done.exit_code, done.output


def modules_after(*words: str) -> tuple[int, set[str]]:
    """Return the exit code of a fresh process and the modules it has imported at its end."""
    code = (
        "import atexit, sys\n"
        "from celltrial.cli import main\n"
        "atexit.register(lambda: print('imported:', *sys.modules))\n"
        f"sys.argv = ['celltrial', *{words!r}]\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True, encoding="utf-8")
    return done.returncode, set(done.stdout.rsplit("imported:", 1)[1].split())


@pytest.mark.parametrize("width", [40, 80, 130])
def test_the_list_of_commands_is_the_same_whether_they_are_imported_or_only_listed(width):
    whole = printed(application(), "--help", width=width)
    assert whole[0] == 0
    assert all(f"  {name} " in whole[1] for name in NAMES)
    assert printed(application(["--help"]), "--help", width=width) == whole


@pytest.mark.parametrize("name", NAMES)
def test_a_command_that_is_named_is_whole(name):
    one: Any = typer.main.get_command(application([name, "--help"]))
    whole: Any = typer.main.get_command(application())
    assert list(one.commands) == list(whole.commands)
    assert [item.name for item in one.commands[name].params] == [item.name for item in whole.commands[name].params]
    assert list(getattr(one.commands[name], "commands", ())) == list(getattr(whole.commands[name], "commands", ()))
    assert printed(application([name]), name, "--help") == printed(application(), name, "--help")


def test_an_unknown_command_is_told_which_are_near(celltrial):
    code, _, err = celltrial("reviev", "protocol.yaml")
    assert code == 2
    assert "review" in err


def test_the_list_of_commands_imports_none_of_them():
    code, modules = modules_after("--help")
    assert code == 0
    own = {name for name in modules if name.startswith("celltrial.")}
    assert own == {"celltrial.cli", "celltrial.cli.commands", "celltrial.cli.default_group"}


def test_the_version_imports_no_parser():
    code, modules = modules_after("--version")
    assert code == 0
    assert "typer" not in modules
    assert {name for name in modules if name.startswith("celltrial.")} == {"celltrial.cli"}


def test_a_command_imports_no_other_one():
    code, modules = modules_after("whoami", "--help")
    assert code == 0
    others = {f"celltrial.cli.{place.partition(':')[0]}" for name, place in COMMANDS.items() if name != "whoami"}
    assert modules & others == {"celltrial.cli.log_in"}
