"""From a protocol to the YAML text of a study file."""

from __future__ import annotations

from io import StringIO
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.representer import Representer

from celltrial.protocol.model import Protocol

#: Line breaks, of Unicode too: outside double quotes a YAML reader folds them.
_BREAKS: Final = frozenset("\n\r\x85\u2028\u2029")


def format_protocol(protocol: Protocol) -> str:
    """Return the YAML of a protocol: the fields that were written, in the order of the model.

    Reading the text gives an equal protocol.
    """
    return format_yaml(protocol.model_dump(mode="json", exclude_unset=True))


def format_yaml(data: Any) -> str:
    """Return plain data as YAML in block style; texts are never broken over lines."""
    writer = YAML(typ="rt", pure=True)
    writer.Representer = _Representer
    writer.default_flow_style = False
    writer.allow_unicode = True
    writer.width = 1_000_000
    writer.indent(mapping=2, sequence=4, offset=2)
    stream = StringIO()
    writer.dump(data, stream)
    return stream.getvalue()


class _Representer(Representer):
    """Writes each value for itself: no anchors for equal ones, names in their order, line breaks escaped."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.sort_base_mapping_type_on_output = False

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the library's signature
        return True

    def represent_str(self, data: str) -> ScalarNode:
        style = '"' if _BREAKS & set(data) else None
        node: ScalarNode = self.represent_scalar("tag:yaml.org,2002:str", data, style=style)
        return node


_Representer.add_representer(str, _Representer.represent_str)
