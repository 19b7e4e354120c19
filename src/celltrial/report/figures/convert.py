"""Vega-Lite to SVG in a process of its own.

vl-convert carries a JavaScript engine. An engine that dies or never answers would take with it whatever process
holds it, a running trial among them; here it takes a helper, which is started again once and then given up.
"""

from __future__ import annotations

import atexit
import base64
import json
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Final

#: The largest figure of a report takes under two seconds; the first waits for the engine to start as well.
_PATIENCE_S: Final = 90.0
_PROGRAM: Final = Path(__file__).with_name("vega.py")


class ConversionError(RuntimeError):
    """A chart could not be drawn: a defect of ours, or the engine died twice over it."""


class Converter:
    """A drawing process, started when first asked and again after a failure; safe to share among threads."""

    def __init__(self, program: Path = _PROGRAM, patience_s: float = _PATIENCE_S) -> None:
        self._program, self._patience = program, patience_s
        self._process: subprocess.Popen[str] | None = None
        self._answers: SimpleQueue[str] = SimpleQueue()
        self._one_at_a_time = threading.Lock()

    def convert(self, spec: Mapping[str, Any]) -> str:
        """Return the SVG of a Vega-Lite specification.

        Raises ConversionError: the specification is refused, or the engine failed twice.
        """
        return str(self._answered(json.dumps(spec))["svg"])

    def rasterise(self, svg: str, scale: float) -> bytes:
        """Return the picture of an SVG as PNG, `scale` times as large. Raises ConversionError, as `convert`."""
        return base64.b64decode(self._answered(json.dumps({"svg": svg, "scale": scale}))["png"])

    def _answered(self, line: str) -> dict[str, Any]:
        with self._one_at_a_time:
            answer = self._ask(line) or self._ask(line)
        if answer is None:
            raise ConversionError("the drawing engine died or gave no answer, twice")
        if "error" in answer:
            raise ConversionError(answer["error"])
        return answer

    def close(self) -> None:
        """End the process; the next chart starts a new one."""
        if self._process is not None:
            process, self._process = self._process, None
            process.kill()
            process.wait()
            assert process.stdin is not None
            with suppress(OSError):  # what it had not read yet
                process.stdin.close()

    def _ask(self, line: str) -> dict[str, Any] | None:
        process = self._process or self._start()
        try:
            assert process.stdin is not None
            process.stdin.write(line + "\n")
            process.stdin.flush()
            answer = self._answers.get(timeout=self._patience)
        except (OSError, Empty):
            answer = ""
        if not answer:
            self.close()
            return None
        read: dict[str, Any] = json.loads(answer)
        return read

    def _start(self) -> subprocess.Popen[str]:
        process = subprocess.Popen(  # noqa: S603 - this interpreter, our own file
            [sys.executable, "-P", str(self._program)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            text=True, encoding="utf-8",
        )  # fmt: skip
        answers: SimpleQueue[str] = SimpleQueue()
        self._answers = answers

        def listen() -> None:
            assert process.stdout is not None
            with process.stdout:
                for answer in process.stdout:
                    answers.put(answer)
            answers.put("")  # the end: it died

        threading.Thread(target=listen, daemon=True).start()
        self._process = process
        return process


_SHARED: Final = Converter()
atexit.register(_SHARED.close)


def vegalite_to_svg(spec: Mapping[str, Any]) -> str:
    """Return the SVG of a Vega-Lite specification, drawn by the process that this one shares.

    Raises ConversionError.
    """
    return _SHARED.convert(spec)


def svg_to_png(svg: str, *, scale: float = 2.0) -> bytes:
    """Return the picture of an SVG as PNG, for paper that takes no SVG. Raises ConversionError."""
    return _SHARED.rasterise(svg, scale)
