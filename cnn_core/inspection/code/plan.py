"""From a trace to a plan that code can be written from: a name for every layer, a variable for every value."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from keyword import iskeyword
from typing import Any

from cnn_core.errors import ArchitectureError
from cnn_core.inspection.records import INPUT, LayerRecord, Trace

# Names that an attribute of nn.Module, nn.ModuleDict, keras.Model or the written code itself must not hide.
_NAMES = """
    F T_destination add_loss add_metric add_module add_variable add_weight append apply apply_lora bfloat16 bias_add
    bool buffers build build_from_config built call call_super_init children clear compile compile_from_config compiled compute_dtype
    compute_loss compute_mask compute_metrics compute_output_shape compute_output_spec count_params cpu cuda double dtype
    dtype_policy dump_patches enable_lora eval evaluate export extend extra_repr fit float forward from_config
    get_buffer get_build_config get_compile_config get_config get_extra_state get_input_at get_layer get_metrics_result
    get_output_at get_parameter get_quantization_layer_structure get_state_tree get_submodule get_weights half
    has_quantization register_backward_hook register_full_backward_pre_hook
    register_load_state_dict_post_hook register_load_state_dict_pre_hook register_state_dict_post_hook
    register_state_dict_pre_hook input input_dtype input_shape input_spec inputs insert int ipu items jit_compile keras keys layers
    load_own_variables load_state_dict load_weights long loss losses make_predict_function make_test_function
    make_train_function metrics metrics_names metrics_variables model modules mtia name named_buffers named_children
    named_modules named_parameters nn non_trainable_variables non_trainable_weights operation ops optimizer output
    output_shape outputs parameters path pop predict predict_function predict_on_batch predict_step quantization_mode
    quantize quantize_signature quantized_build quantized_call register_buffer register_forward_hook
    register_forward_pre_hook register_full_backward_hook register_module register_parameter rematerialized_call
    requires_grad_ reset_metrics reset_states run_eagerly save save_own_variables save_weights set_extra_state
    set_state_tree set_submodule set_weights share_memory stateless_call stateless_compute_loss
    state_dict summary supports_jit supports_masking symbolic_call
    test_function test_on_batch test_step to to_empty to_json torch torch_params
    train train_function train_on_batch train_step trainable trainable_variables trainable_weights training type update
    values variable_dtype variables weights x xpu zero_grad
"""
RESERVED = frozenset(_NAMES.split())

WORDS = {"conv": "conv", "linear": "linear", "pool": "pool", "norm": "norm", "dropout": "dropout", "flatten": "flatten",
         "pad": "pad", "concat": "concat", "add": "add", "multiply": "multiply"}


@dataclass(frozen=True, slots=True)
class Step:
    """One layer in the order of execution.

    Attributes:
        name: of the layer; the same at every call of one module.
        inputs, output: names of the variables it reads and writes.
        fusible: its one input is the value just computed, and nothing else reads that.
    """

    record: LayerRecord
    name: str
    inputs: tuple[str, ...]
    output: str
    fusible: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """What is written down.

    Attributes:
        branch: the first record that makes the network more than a chain; None for a chain.
        reused: names of layers with weights that run more than once.
    """

    trace: Trace
    steps: tuple[Step, ...]
    branch: LayerRecord | None
    reused: frozenset[str]

    @property
    def input_shape(self) -> tuple[int, ...]:
        return self.trace.input_shape[1:]

    def sole_follower(self, step: Step) -> Step | None:
        """The step that alone reads what this one computes, if it comes right after."""
        after = step.record.index + 1
        return self.steps[after] if after < len(self.steps) and self.steps[after].fusible else None


def refuse(message: str, code: str, **facts: Any) -> ArchitectureError:
    return ArchitectureError(message, code=code, **facts)


def label(record: LayerRecord) -> str:
    """What a record is called in a sentence."""
    return record.path.lstrip(":") or record.type


def cannot_write(record: LayerRecord, framework: str) -> ArchitectureError:
    """The refusal that names the operation."""
    layer = label(record)
    return refuse(
        f"{layer} ({record.type}) cannot be written in {framework} from its shapes alone: choose the source as it is built",
        code="code_unknown_operation", layer=layer, type=record.type, framework=framework,
    )


def plan(trace: Trace) -> Plan:
    """Names and variables for every record of a trace.

    Raises:
        ArchitectureError: the trace stopped half-way, or the network has no layer or more than one output.
    """
    layers = trace.layers
    if not trace.complete or not layers or len(trace.output_shapes) != 1:
        raise refuse("code is written for a whole network with one output", code="code_incomplete", type=trace.model_type)
    consumers: list[list[int]] = [[] for _ in layers]
    for record in layers:
        for source in record.inputs:
            if source != INPUT:
                consumers[source].append(record.index)
    ends = [record for record in layers if not consumers[record.index]]
    if len(ends) != 1:
        raise refuse("code is written for a whole network with one output", code="code_incomplete", type=trace.model_type)
    names = _names(layers)
    variables = _variables(layers, consumers)
    steps = tuple(Step(
        record, names[record.index], tuple(variables[source] for source in record.inputs), variables[record.index],
        record.index > 0 and record.inputs == (record.index - 1,) and len(consumers[record.index - 1]) == 1,
    ) for record in layers)
    branch = next((r for r in layers if len(r.inputs) != 1), None) or next(
        (r for r in layers if r.inputs != (r.index - 1,)), None)
    calls = Counter(record.module for record in layers if record.weights and not record.functional)
    reused = frozenset(step.name for step in steps if calls[step.record.module] > 1 and step.record.weights)
    return Plan(trace, steps, branch, reused)


def _names(layers: tuple[LayerRecord, ...]) -> list[str]:
    """``c1``, ``stage1_0_conv1``, and for the numbers of a row of layers what they are: ``features_conv3``."""
    keys: list[tuple[str, str]] = []  # (stem, module) where the stem is to be numbered, ("", …) where it is a name already
    stems: dict[str, str] = {}
    for record in layers:
        module, _, operation = record.path.partition(":")
        parts = module.split(".") if module else []
        if not operation and parts and not parts[-1].isdigit():
            keys.append(("", "_".join(parts)))
            continue
        while parts and parts[-1].isdigit():
            parts.pop()
        stem = "_".join([*parts, _word(record)])
        keys.append((stem, record.path))
        stems[record.path] = stem
    together = Counter(stems.values())
    numbers: dict[str, int] = {}
    given: dict[str, int] = {}
    taken = {name for stem, name in keys if not stem}
    names = []
    for stem, path in keys:
        if not stem:
            names.append(_identifier(path))
            continue
        if path not in numbers:
            given[stem] = numbers[path] = given.get(stem, 0) + 1
        name = stem if together[stem] == 1 and stem not in taken else f"{stem}{numbers[path]}"
        while name in taken:
            name += "_"
        names.append(_identifier(name))
    return names


def _word(record: LayerRecord) -> str:
    if record.kind == "norm" and "running" in record.options:
        return "bn"
    return WORDS.get(record.kind) or record.type.lower().strip("_")


def _identifier(name: str) -> str:
    """A name that Python takes and that hides nothing.

    >>> _identifier("output"), _identifier("1x1"), _identifier("block1-0")
    ('output_layer', 'layer_1x1', 'block1_0')
    """
    name = re.sub(r"\W", "_", name)
    if name in RESERVED or iskeyword(name):
        return f"{name}_layer"
    return name if name[:1].isalpha() else f"layer_{name}"


def _variables(layers: tuple[LayerRecord, ...], consumers: list[list[int]]) -> dict[int, str]:
    """A chain is ``x`` throughout; where paths part, each has a name until they meet: ``branch1``, ``gate``, ``y``."""
    remaining = Counter(source for record in layers for source in record.inputs)
    forks = {source for source, count in remaining.items() if count > 1}
    variables = {INPUT: "x"}
    live: dict[str, int] = {"x": INPUT}
    for record in layers:
        dying = []
        for source in record.inputs:
            remaining[source] -= 1
            if not remaining[source]:
                dying.append(variables[source])
                live.pop(variables[source], None)
        role = _role(record, layers, consumers) if any(source in forks for source in record.inputs) else ""
        if role.startswith("branch") or not dying:
            name = _free(role or "y", live)
        else:
            met = len(record.inputs) > 1 and "x" not in live
            name = "x" if met or "x" in dying else dying[0]
        variables[record.index] = name
        live[name] = record.index
    return variables


def _role(record: LayerRecord, layers: tuple[LayerRecord, ...], consumers: list[list[int]]) -> str:
    """What the path that begins here leads to."""
    here = record
    while len(here.inputs) == 1 or here is record:
        after = consumers[here.index]
        if len(after) != 1:
            return ""
        before, here = here, layers[after[0]]
        if here.kind == "concat":
            return f"branch{here.inputs.index(before.index) + 1}"
        if here.kind == "multiply" and len(here.inputs) == 2:
            return "gate"
    return ""


def _free(name: str, live: dict[str, int]) -> str:
    stem, number = name.rstrip("0123456789"), 2
    if name != stem:
        number = int(name[len(stem):])
    while name in live:
        name, number = f"{stem}{number}", number + 1
    return name
