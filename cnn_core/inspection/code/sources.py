"""The source of a network of the catalogue, standing on its own: the call that builds it, or the parts of our files that it needs."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import resources

from cnn_core.architectures import Architecture
from cnn_core.inspection.code import pytorch
from cnn_core.inspection.code.plan import cannot_write
from cnn_core.inspection.code.writing import class_name, write
from cnn_core.inspection.records import LayerRecord, Trace

PACKAGE = "cnn_core.architectures"


def source(architecture: Architecture, options: Mapping[str, int | float | None], trace: Trace) -> str:
    """PyTorch code that makes ``model`` as ``architectures.build(id, **options)`` does, without this project installed.

    Args:
        trace: of the network built with these options; what was changed in a torchvision network is read from it.
    """
    values = architecture.checked(options)
    if architecture.source == "convolab":
        return _ours(architecture, values)
    if architecture.source == "design":
        return write(trace, name=class_name(architecture.title))
    if architecture.source == "timm":
        given = f"num_classes={values['num_classes']}, in_chans={values['in_channels']}"
        return f'import timm\n\nmodel = timm.create_model("{architecture.recipe["name"]}", pretrained=False, {given}).eval()'
    return _torchvision(architecture, values, trace)


# torchvision -----------------------------------------------------------------------------------------------------------


def _torchvision(architecture: Architecture, values: Mapping[str, int | float], trace: Trace) -> str:
    recipe = architecture.recipe
    renamed = {"width": "width_mult"}
    given = {
        "num_classes": values["num_classes"], **recipe["arguments"],
        **{renamed.get(name, name): value for name, value in values.items() if name not in ("num_classes", "in_channels")},
    }  # fmt: skip
    call = ", ".join(f"{name}={value}" for name, value in given.items())
    changed = list(recipe.get("whole", ()))
    stem = next(record for record in trace.layers if record.kind == "conv")
    if values["in_channels"] != 3 and stem.path not in changed:
        changed.insert(0, stem.path)
    changes = [f'model.set_submodule("{path}", {_made(trace.layer(path))})' for path in changed]
    changes += [f'model.set_submodule("{path}", nn.Identity())' for path in recipe.get("dropped", ())]
    head = ["from torch import nn"] if changes else []
    body = [f"model = models.{recipe['name']}({call})", *changes, "model.eval()"]
    return "\n".join([*head, "from torchvision import models", "", *body])


def _made(record: LayerRecord) -> str:
    piece = pytorch.layer(record)
    if piece is None:
        raise cannot_write(record, pytorch.TITLE)
    return piece.make


# Ours ------------------------------------------------------------------------------------------------------------------


@dataclass
class _Module:
    """One of our files: what it defines, by name, and what it imports."""

    name: str
    lines: list[str]
    defined: dict[str, ast.stmt] = field(default_factory=dict)
    imports: dict[str, tuple[str, str]] = field(default_factory=dict)  # name → (module, name there; "" for the module itself)


def _ours(architecture: Architecture, values: Mapping[str, int | float]) -> str:
    name, function = architecture.builder.split(":")
    modules: dict[str, _Module] = {}
    wanted: dict[str, set[str]] = {}
    imports: set[str] = set()
    _need(name, function, modules, wanted, imports)
    parts = []
    for opened in _after_what_they_import(modules, name):
        nodes = {id(node): node for defined, node in opened.defined.items() if defined in wanted[opened.name]}
        parts += [_text(opened, node) for node in nodes.values()]
    call = ", ".join(f"{option}={value}" for option, value in values.items())
    head = ["from __future__ import annotations", "", *_sorted_imports(imports)]
    return "\n\n\n".join(["\n".join(head), *parts, f"model = {function}({call}).eval()"])


def _need(module: str, name: str, modules: dict[str, _Module], wanted: dict[str, set[str]], imports: set[str]) -> None:
    """Mark a definition as needed, and whatever it mentions."""
    if module not in modules:
        modules[module] = _open(module)
    opened = modules[module]
    if name in wanted.setdefault(module, set()):
        return
    wanted[module].add(name)
    for mentioned in _mentioned(opened.defined[name]):
        if mentioned in opened.defined:
            _need(module, mentioned, modules, wanted, imports)
        elif mentioned in opened.imports:
            home, there = opened.imports[mentioned]
            if home.startswith(PACKAGE):
                _need(home.removeprefix(f"{PACKAGE}."), there, modules, wanted, imports)
            else:
                imports.add(f"from {home} import {there}" if there else f"import {home}")


def _after_what_they_import(modules: Mapping[str, _Module], last: str) -> list[_Module]:
    """The files in an order in which each finds what it imports."""
    ordered: list[_Module] = []

    def visit(name: str) -> None:
        for home, _ in modules[name].imports.values():
            if (other := home.removeprefix(f"{PACKAGE}.")) in modules:
                visit(other)
        if modules[name] not in ordered:
            ordered.append(modules[name])

    visit(last)
    return ordered


def _open(name: str) -> _Module:
    text = (resources.files(PACKAGE) / f"{name}.py").read_text("utf-8")
    module = _Module(name, text.split("\n"))
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            module.defined[node.name] = node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                module.defined.update({found.id: node for found in ast.walk(target) if isinstance(found, ast.Name)})
        elif isinstance(node, ast.ImportFrom) and node.module and node.module != "__future__":
            module.imports.update({alias.asname or alias.name: (node.module, alias.name) for alias in node.names})
        elif isinstance(node, ast.Import):
            module.imports.update({alias.asname or alias.name: (alias.name, "") for alias in node.names})
    return module


def _mentioned(node: ast.stmt) -> Iterator[str]:
    """Every name in a definition, but not those of its decorators: they belong to the catalogue."""
    left_out = {id(part) for decorator in getattr(node, "decorator_list", []) for part in ast.walk(decorator)}
    seen = {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and id(part) not in left_out}
    return iter(sorted(seen))


def _text(module: _Module, node: ast.stmt) -> str:
    """A definition without its decorators, with the comment that stands above it."""
    first = node.lineno - 1
    decorators = getattr(node, "decorator_list", [])
    above = min([decorator.lineno for decorator in decorators], default=node.lineno) - 2
    comment: list[str] = []
    while above >= 0 and module.lines[above].startswith("#") and not module.lines[above].rstrip().endswith("---"):
        comment.insert(0, module.lines[above])
        above -= 1
    return "\n".join([*comment, *module.lines[first : node.end_lineno]])


def _sorted_imports(imports: set[str]) -> list[str]:
    """Standard library first, then torch; names from one module on one line."""
    together: dict[str, list[str]] = {}
    plain = []
    for line in sorted(imports):
        if line.startswith("from "):
            home, name = line.removeprefix("from ").split(" import ")
            together.setdefault(home, []).append(name)
        else:
            plain.append(line)
    lines = [*plain, *(f"from {home} import {', '.join(sorted(names))}" for home, names in together.items())]
    standard = [line for line in lines if " torch" not in line]
    ours = [line for line in lines if " torch" in line]
    return [*standard, *([""] if standard and ours else []), *ours]
