"""The help of the command line in Chinese: what commands and options are for, from the one catalogue `help_zh.txt`.

The English of a help is its key: it stands where the option is declared, and a test holds that each has its Chinese and none is
left over. The catalogue is read only where Chinese help is asked for: by `--lang zh`, or by the language of the system.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

#: What the library writes around the helps, in English, to what stands there in Chinese.
_FRAME: Final = (
    (re.compile(r"^Usage: ", re.MULTILINE), "用法："),
    (re.compile(r"\[OPTIONS\]"), "[选项]"),
    (re.compile(r"\bCOMMAND \[ARGS\]\.\.\."), "命令 [参数]…"),
    (re.compile(r"^Options:$", re.MULTILINE), "选项："),
    (re.compile(r"^Arguments:$", re.MULTILINE), "参数："),
    (re.compile(r"^Commands:$", re.MULTILINE), "命令："),
    (re.compile(r"\[required\]"), "[必填]"),
    (re.compile(r"\[default:\s+"), "[默认："),
    (re.compile(r"\[env\s+var:\s+"), "[环境变量："),
    (re.compile(r"; required\]"), "；必填]"),
    (re.compile(r";\s+default:\s+"), "；默认："),
    (re.compile(r"<str>"), "<文本>"),
    (re.compile(r"<int(?: range)?>"), "<整数>"),
    (re.compile(r"<float(?: range)?>"), "<数值>"),
    (re.compile(r"<path>"), "<路径>"),
    (re.compile(r"<datetime>"), "<时间>"),
    (re.compile(r"<(?:date|day)>"), "<日期>"),
    (re.compile(r"Show this message and exit\."), "显示此说明并结束。"),
)


def catalogue() -> Mapping[str, str]:
    """Return the Chinese of every help, by its English on one line."""
    lines = Path(__file__).with_name("help_zh.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split("\t", 1) for line in lines)


def key_of(text: str) -> str:
    """Return a help as the catalogue names it: on one line."""
    return " ".join(text.split())


def chinese_help(command: Any, words: Sequence[str]) -> str:
    """Return the help of the command that the words name, in Chinese.

    command: the whole command line.   words: as typed; what is no command's name is passed over.
    """
    context = command.context_class(command, info_name="celltrial")
    for word in words:
        inner = getattr(command, "commands", {})
        if word in inner:
            command = inner[word]
            context = command.context_class(command, info_name=word, parent=context)
    known = catalogue()
    _put(command, known)
    for inner in getattr(command, "commands", {}).values():
        _put(inner, known)
    said = str(context.get_help())
    for english, chinese in _FRAME:
        said = english.sub(chinese, said)
    return said


def _put(command: Any, known: Mapping[str, str]) -> None:
    """Put a command and its options into Chinese."""
    if command.help:
        command.help = known.get(key_of(command.help), command.help)
        command.short_help = command.help
    for item in command.params:
        if getattr(item, "help", None):
            item.help = known.get(key_of(item.help), item.help)
