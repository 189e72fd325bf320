"""Reads the catalogue's rows out of the family files without running them.

A family file is torch code from its first class on, and importing torch takes seconds; a page that lists the
catalogue should not wait for it. Splitting each family into a file of rows and a file of code would put one network in two
places. So the rows stand beside the code as ordinary decorators with literal arguments, and are read by parsing the file, as
packaging tools read a ``__version__``: forty milliseconds for all of them, and a new architecture is one new file, nothing else.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from typing import Any

from cnn_core.architectures.catalogue import Architecture, Family, Option, option
from cnn_core.errors import ArchitectureError


@dataclass(frozen=True)
class Declared:
    """An ``@architecture(…)`` as it stands in a file, before its family is looked up."""

    id: str
    module: str
    facts: dict[str, Any]
    options: tuple[Option, ...]

    def row(self, families: dict[str, Family]) -> Architecture:
        facts = dict(self.facts)
        return Architecture(
            id=self.id, family=families[facts.pop("family")], source="convolab",
            builder=f"{self.module}:{self.id}", options=self.options, **facts,
        )


def read_package(package: str) -> tuple[list[Family], list[Declared]]:
    """The families and architectures declared in the modules of a package, in the order of files and lines."""
    families: list[Family] = []
    declared: list[Declared] = []
    for file in sorted(resources.files(package).iterdir(), key=lambda entry: entry.name):
        if not file.name.endswith(".py"):
            continue
        source = file.read_text("utf-8")
        if "\n@architecture(" in source or "\nfamily(" in source:
            tree = ast.parse(source, file.name)
            families += [Family(**_literals(call, file.name)) for call in _family_calls(tree)]
            declared += _declared(tree, file.name)
    return families, declared


def _family_calls(tree: ast.Module) -> Iterator[ast.Call]:
    for node in tree.body:
        if isinstance(node, ast.Expr) and (call := _call_of(node.value, "family")):
            yield call


def _declared(tree: ast.Module, file: str) -> Iterator[Declared]:
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef):
            continue
        for decorator in node.decorator_list:
            if call := _call_of(decorator, "architecture"):
                yield Declared(node.name, file.removesuffix(".py"), _literals(call, file), _options(node, file))


def _call_of(node: ast.expr, name: str) -> ast.Call | None:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
        return node
    return None


def _options(function: ast.FunctionDef, file: str) -> tuple[Option, ...]:
    arguments = function.args.args
    defaults = [_literal(value, file) for value in function.args.defaults]
    if len(defaults) != len(arguments):
        raise ArchitectureError(
            f"{file}:{function.lineno}: every parameter of {function.name} needs a default",
            code="row_without_default", file=file, line=function.lineno,
        )
    return tuple(option(argument.arg, value) for argument, value in zip(arguments, defaults, strict=True))


def _literals(call: ast.Call, file: str) -> dict[str, Any]:
    return {keyword.arg or "": _literal(keyword.value, file) for keyword in call.keywords}


def _literal(node: ast.expr, file: str) -> Any:
    try:
        return ast.literal_eval(node)
    except ValueError as error:
        raise ArchitectureError(
            f"{file}:{node.lineno}: a row of the catalogue is read without running the file, so it must be a literal",
            code="row_not_literal", file=file, line=node.lineno,
        ) from error
