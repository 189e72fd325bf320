"""The PyTorch source of one network, runnable as it stands: what the page shows as "the code".

A network written here is gathered from its family's file: the function that builds it, what that function uses, what that uses
in turn, from this package's other files too, and nothing else. One of torchvision or timm is the few lines that build it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from cnn_core.architectures.catalogue import Architecture

PACKAGE = "cnn_core.architectures"


def listing(row: Architecture, options: Mapping[str, Any]) -> str:
    """See ``cnn_core.architectures.code``."""
    values = row.checked(options)
    if row.source == "design":
        return f"from cnn_core import designs\n\nnetwork = {_call('designs.build', {'text': row.recipe['text'], **values})}\n"
    return _own(row, values) if row.source == "convolab" else _vendors(row, values)


def _call(function: str, values: Mapping[str, Any]) -> str:
    return f"{function}({', '.join(f'{name}={value!r}' for name, value in values.items())})"


# Written here --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Definition:
    """One statement of a file: its own text with the comment above it, and the names it uses."""

    text: str
    uses: frozenset[str]


class File:
    """A file of this package taken apart: what it defines, and where its other names come from."""

    def __init__(self, module: str) -> None:
        source = resources.files(PACKAGE).joinpath(f"{module}.py").read_text("utf-8")
        self.definitions: dict[str, Definition] = {}
        self.imports: dict[str, str] = {}  # a name → the statement that imports it
        self.borrowed: dict[str, str] = {}  # a name → the module of this package that defines it
        lines, after = source.splitlines(), 0
        for node in ast.parse(source).body:
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PACKAGE):
                self.borrowed |= {alias.name: str(node.module).rpartition(".")[2] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                self.imports |= {alias.name: f"from {node.module} import {alias.name}" for alias in node.names}
            elif isinstance(node, ast.Import):
                self.imports |= {alias.name: f"import {alias.name}" for alias in node.names}
            elif name := _defined(node):
                text = [*_comment(lines, after, node), *lines[node.lineno - 1 : node.end_lineno]]
                self.definitions[name] = Definition("\n".join(text).removesuffix("  # fmt: skip"), _names(node))
            after = node.end_lineno or after


def _defined(node: ast.stmt) -> str:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return node.name
    target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
    return target.id if isinstance(target, ast.Name) else ""


def _names(node: ast.stmt) -> frozenset[str]:
    """What a statement uses, the decorators that put it into the catalogue left out."""
    if isinstance(node, ast.FunctionDef):
        node.decorator_list.clear()
    return frozenset(part.id for part in ast.walk(node) if isinstance(part, ast.Name))


def _comment(lines: list[str], after: int, node: ast.stmt) -> Iterator[str]:
    """The comment above a statement, without the rules that divide a file."""
    yield from (line for line in lines[after : node.lineno - 1] if line.startswith("# ") and not line.endswith("----"))


def _own(row: Architecture, values: Mapping[str, Any]) -> str:
    module, function = row.builder.split(":")
    files: dict[str, File] = {}
    parts: dict[str, str] = {}
    imports: set[str] = set()

    def gather(module: str, name: str) -> None:
        """The definition of a name after everything that it uses."""
        file = files.setdefault(module, File(module))
        if name in file.borrowed:
            gather(file.borrowed[name], name)
        elif name in file.imports:
            imports.add(file.imports[name])
        elif name in file.definitions and name not in parts:
            definition = file.definitions[name]
            parts[name] = ""  # keeps what refers to itself from being gathered for ever
            for used in (other for other in (*file.borrowed, *file.imports, *file.definitions) if other in definition.uses):
                gather(module, used)
            del parts[name]
            parts[name] = definition.text

    gather(module, function)
    head = "from __future__ import annotations\n\n" + "\n".join(_merged(imports))
    return "\n\n\n".join([head, *parts.values(), f"network = {_call(function, values)}.eval()"]) + "\n"


def _merged(imports: set[str]) -> Iterator[str]:
    """The import statements in their usual order, one a module: the standard library's, a line between, torch's."""
    whole = sorted(line for line in imports if line.startswith("import "))
    names: dict[str, list[str]] = {}
    for line in sorted(imports - set(whole)):
        _, module, _, name = line.split()
        names.setdefault(module, []).append(name)
    parts = [f"from {module} import {', '.join(found)}" for module, found in names.items()]
    standard = [line for line in [*whole, *parts] if not line.split()[1].startswith("torch")]
    yield from standard
    if standard:
        yield ""
    yield from (line for line in [*whole, *parts] if line not in standard)


# From torchvision and timm -------------------------------------------------------------------------------------------


def _vendors(row: Architecture, values: Mapping[str, Any]) -> str:
    name, channels = row.recipe["name"], values["in_channels"]
    if row.source == "timm":
        arguments = {"num_classes": values["num_classes"], "in_chans": channels}
        return f"import timm\n\nnetwork = timm.create_model({name!r}, {_call('', arguments)[1:-1]}).eval()\n"
    arguments = {"width_mult" if option == "width" else option: value for option, value in values.items()}
    del arguments["in_channels"]
    lines = ["from torchvision import models", "", f"network = {_call(f'models.{name}', {**arguments, **row.recipe['arguments']})}"]
    if channels != 3:
        lines += ["", "# The first convolution sees the picture.", *TAKE_CHANNELS.format(channels=channels).splitlines()]
    if "whole" in row.recipe:
        lines += ["", "# A stem for small pictures: these convolutions keep the size.", f"for path in {row.recipe['whole']!r}:"]
        lines += KEEP_SIZE.splitlines()
        if row.recipe["dropped"]:
            lines += [f"for path in {row.recipe['dropped']!r}:", "    network.set_submodule(path, nn.Identity())"]
    if any("nn." in line for line in lines):
        lines.insert(0, "from torch import nn")
    return "\n".join([*lines, "", "network.eval()"]) + "\n"


TAKE_CHANNELS = """\
path, conv = next((path, layer) for path, layer in network.named_modules() if isinstance(layer, nn.Conv2d))
network.set_submodule(path, nn.Conv2d(
    {channels}, conv.out_channels, conv.kernel_size, conv.stride, conv.padding, bias=conv.bias is not None,
))"""

KEEP_SIZE = """\
    conv = network.get_submodule(path)
    kernel = min(conv.kernel_size[0], 3)
    network.set_submodule(path, nn.Conv2d(
        conv.in_channels, conv.out_channels, kernel, padding=kernel // 2, groups=conv.groups, bias=conv.bias is not None,
    ))"""
