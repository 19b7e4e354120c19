"""Progress on the terminal: a bar on standard error while a person watches, nothing otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from celltrial.core.progress import Progress, Silent
from celltrial.locale import Language, translate

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID


class _Shown:
    def __init__(self, bar: Bar, language: Language) -> None:
        self._bar = bar
        self._language = language
        self._task: TaskID | None = None

    def start(self, code: str, total: int) -> None:
        self._task = self._bar.add_task(translate(code, self._language), total=total)

    def advance(self, steps: int = 1) -> None:
        if self._task is not None:
            self._bar.advance(self._task, steps)

    def finish(self) -> None:
        if self._task is not None:
            task = self._bar.tasks[self._task]
            self._bar.update(self._task, completed=task.total)
            self._task = None


@contextmanager
def shown_progress(language: Language) -> Iterator[Progress]:
    """Show a bar on standard error where it is a terminal; otherwise stay silent."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    if not console.is_terminal:
        yield Silent()
        return
    columns = (TextColumn("{task.description:<28}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bar(*columns, console=console) as bar:
        yield _Shown(bar, language)
