"""The YAML of a file of options: values as they are written, each name once.

Its numbers are left to the options, as on the command line: YAML 1.1 reads `1:30` as 90 and `010`
as 8. Of two values of one name PyYAML keeps the last.
"""

from typing import Any

import yaml

_KINDS = {f"tag:yaml.org,2002:{kind}" for kind in ("bool", "null", "merge")}


class GivenTwice(ValueError):
    """A name stands twice."""


def parse(text: str) -> Any:
    """What a text says, None where it is empty. Numbers and dates are texts.

    Raises:
        ValueError: it is no YAML; GivenTwice: a name stands twice in one table.
    """
    try:
        loader = yaml.SafeLoader(text)
        loader.yaml_implicit_resolvers = {
            first: [(tag, pattern) for tag, pattern in kinds if tag in _KINDS]
            for first, kinds in loader.yaml_implicit_resolvers.items()
        }
        root = loader.get_single_node()
        if root is None:
            return None
        _check_names(root)
        return loader.construct_document(root)
    except yaml.YAMLError as err:
        raise ValueError(" ".join(str(err).split())) from err


def _check_names(root: Any) -> None:
    waiting, seen = [root], set()
    while waiting:
        node = waiting.pop()
        if id(node) in seen:  # named by an alias
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            waiting += node.value
        elif isinstance(node, yaml.MappingNode):
            lines: dict[str, int] = {}
            for key, value in node.value:
                name, line = str(key.value), key.start_mark.line + 1
                if name in lines:
                    raise GivenTwice(f"{name:.80}: given twice, in lines {lines[name]} and {line}")
                lines[name] = line
                waiting.append(value)
