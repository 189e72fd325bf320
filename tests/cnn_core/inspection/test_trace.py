"""Traces of small networks, against numbers that can be worked out by hand."""

from __future__ import annotations

import pickle

import pytest
import torch
from torch import nn

from cnn_core import inspection
from cnn_core.errors import TraceError
from cnn_core.inspection import trace
from tests.cnn_core.inspection.networks import Functional, Gate, Residual, Shared, lenet


def test_lenet_by_hand() -> None:
    traced = trace(lenet(), (1, 32, 32))
    first = traced.layers[0]
    assert (first.path, first.kind, first.type) == ("0", "conv", "Conv2d")
    assert first.params == 6 * (1 * 5 * 5 + 1) == 156
    assert first.macs == 28 * 28 * 6 * 25 == 117_600
    assert first.input_shapes == ((1, 1, 32, 32),)
    assert first.activation_bytes == 6 * 28 * 28 * 4
    assert [layer.output_shape for layer in traced.layers if layer.kind in ("conv", "pool", "linear")] == [
        (1, 6, 28, 28), (1, 6, 14, 14), (1, 16, 10, 10), (1, 16, 5, 5), (1, 120, 1, 1), (1, 84), (1, 10)]
    assert traced.params == 61_706
    assert traced.macs == 117_600 + 10 * 10 * 16 * 150 + 120 * 400 + 120 * 84 + 84 * 10
    assert [layer.inputs for layer in traced.layers] == [(i - 1,) for i in range(12)]
    assert traced.output_shape == (1, 10)


def test_lenet_sees_the_whole_picture_at_its_last_convolution() -> None:
    layers = trace(lenet(), (1, 32, 32)).layers
    sizes = [layer.receptive_field.size[0] if layer.receptive_field else None for layer in layers]
    # 5, then 5 + 1·1 = 6 with jump 2, 6 + 4·2 = 14, 14 + 1·2 = 16 with jump 4, 16 + 4·4 = 32; one position is left.
    assert sizes == [5, 5, 6, 14, 14, 16, 32, 32, 32, 32, 32, 32]


def test_batch_in_front_or_not() -> None:
    assert trace(lenet(), (64, 1, 32, 32)).output_shape == (64, 10)
    assert trace(lenet(), (64, 1, 32, 32)).macs == 64 * trace(lenet(), (1, 32, 32)).macs
    assert trace(nn.Linear(784, 10), (784,)).output_shape == (1, 10)
    assert trace(nn.Linear(784, 10), (64, 784)).output_shape == (64, 10)
    assert trace(nn.Conv1d(2, 4, 3), (2, 9)).output_shape == (1, 4, 7)
    assert trace(nn.Conv3d(3, 4, 3), (3, 8, 8, 8)).output_shape == (1, 4, 6, 6, 6)
    assert trace(nn.Flatten(), (5, 8), batched=False).output_shape == (1, 40)


def test_functional_operations_are_layers() -> None:
    traced = trace(Functional(), (3, 8, 8))
    assert [(layer.path, layer.kind) for layer in traced.layers] == [
        (":mul", "multiply"), (":max_pool2d", "pool"), (":relu", "activation"), (":cat", "concat"), (":mean", "pool"),
        ("fc", "linear")]
    multiply, _, _, join, mean, _ = traced.layers
    assert multiply.params == 3
    assert join.inputs == (1, 2)
    assert join.output_shape == (1, 6, 4, 4)
    assert mean.receptive_field is None
    assert join.functional
    assert not traced.layer("fc").functional


def test_in_place_operations_keep_the_edges() -> None:
    layers = trace(nn.Sequential(nn.Conv2d(3, 8, 1), Residual(8)), (3, 9, 9)).layers
    assert [layer.path for layer in layers] == ["0", "1.conv1", "1:relu", "1.conv2", "1:add", "1:relu#2"]
    assert layers[4].inputs == (3, 0)
    assert layers[4].kind == "add"
    assert layers[4].activation_bytes == layers[5].activation_bytes == 0
    assert [layer.block for layer in layers] == ["", *["1"] * 5]


def test_dropout_does_not_steal_the_shortcut() -> None:
    class Skip(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.drop = nn.Conv2d(3, 3, 1), nn.Dropout(0.5)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = self.conv(x)
            return x + self.drop(x)

    _, drop, add = trace(Skip(), (3, 4, 4)).layers
    assert (drop.kind, drop.activation_bytes, add.inputs) == ("dropout", 0, (0, 1))


def test_shared_weights_are_counted_once() -> None:
    traced = trace(Shared(), (4, 8, 8))
    first, second = traced.layers
    assert (first.params, first.shared) == (148, False)
    assert (second.params, second.shared, second.shared_params) == (0, True, 148)
    assert first.macs == second.macs == 8 * 8 * 4 * 36
    assert (first.call, second.call, second.path) == (1, 2, "conv")
    assert traced.params == 148


def test_tied_weights_of_two_layers_are_counted_once() -> None:
    encoder, decoder = nn.Linear(8, 8), nn.Linear(8, 8)
    decoder.weight = encoder.weight
    traced = trace(nn.Sequential(encoder, decoder), (8,))
    assert [layer.params for layer in traced.layers] == [72, 8]
    assert traced.layers[1].shared_params == 64
    assert traced.params == 80


def test_frozen_weights_are_told_apart() -> None:
    network = lenet()
    network[0].requires_grad_(False)
    traced = trace(network, (1, 32, 32))
    assert (traced.layers[0].frozen_params, traced.layers[0].trainable_params) == (156, 0)
    assert (traced.frozen_params, traced.trainable_params) == (156, 61_550)


def test_constants_made_on_the_way_are_no_layers() -> None:
    class Masked(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            mask = x.new_zeros(8, 8)
            mask[2:4, :] = 1
            grid = torch.arange(8, device=x.device, dtype=x.dtype)
            return x.masked_fill(mask == 0, 0.0) * grid + torch.ones_like(x)

    assert [layer.type for layer in trace(Masked(), (3, 8, 8)).layers] == ["masked_fill", "mul", "add"]


def test_broadcasting_by_hand() -> None:
    class Outer(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            rows, columns = x.mean(3, keepdim=True), x.mean(2, keepdim=True)
            return torch.where(rows > columns, rows, columns) - x[0, 0]

    *_, last = trace(Outer(), (3, 8, 6)).layers
    assert (last.output_shape, last.receptive_field) == ((1, 3, 8, 6), None)


def test_a_gate_sees_everything() -> None:
    layers = trace(nn.Sequential(nn.Conv2d(3, 4, 3), Gate(4), nn.Conv2d(4, 4, 3)), (3, 16, 16)).layers
    assert layers[0].receptive_field is not None
    assert [layer.receptive_field for layer in layers[1:]] == [None] * (len(layers) - 1)
    assert next(layer for layer in layers if layer.kind == "multiply").inputs[0] == 0


def test_attention_by_hand() -> None:
    class SelfAttention(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.mix = nn.MultiheadAttention(16, 4, batch_first=True)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.mix(x, x, x, need_weights=False)[0]

    layer, = trace(SelfAttention(), (2, 5, 16), batched=True).layers
    assert (layer.path, layer.kind, layer.type) == ("mix", "attention", "MultiheadAttention")
    assert layer.params == 3 * 16 * 16 + 48 + 16 * 16 + 16
    # four projections of 16 × 16 for each of 5 tokens, then 5 × 5 scores, made and used over 16 features
    assert layer.macs == 2 * (4 * 5 * 16 * 16 + 2 * 5 * 5 * 16)


def test_a_module_that_only_rearranges_around_one_operation_is_one_layer() -> None:
    class ChannelNorm(nn.LayerNorm):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)

    layers = trace(nn.Sequential(nn.Conv2d(3, 8, 3), ChannelNorm(8), nn.Conv2d(8, 8, 3, padding=1, padding_mode="reflect")),
                   (3, 8, 8)).layers
    assert [(layer.path, layer.kind, layer.type) for layer in layers] == [
        ("0", "conv", "Conv2d"), ("1", "norm", "ChannelNorm"), ("2", "conv", "Conv2d")]
    assert [layer.inputs for layer in layers] == [(-1,), (0,), (1,)]
    assert layers[2].receptive_field == inspection.ReceptiveField((5, 5), (1, 1), (-1, -1), True)


def test_the_model_is_left_as_it_was_found() -> None:
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Dropout(0.5)).train()
    network[1].eval()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    trace(network, (1, 8, 8))
    assert [module.training for module in network.modules()] == [True, True, False, True]
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in network.modules())
    for name, tensor in network.state_dict().items():
        assert torch.equal(tensor, before[name])


def test_hooks_are_gone_and_modes_restored_after_a_failure() -> None:
    network = lenet().train()
    with pytest.raises(TraceError):
        trace(network, (1, 40, 40))
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in network.modules())
    assert all(module.training for module in network.modules())
    assert trace(network, (1, 32, 32)).params == 61_706


def test_weights_may_be_of_any_type() -> None:
    traced = trace(lenet().to(torch.bfloat16), (1, 32, 32))
    assert traced.param_bytes == 2 * 61_706
    assert traced.layers[0].activation_bytes == 6 * 28 * 28 * 2


def test_records_survive_pickling_and_hashing() -> None:
    traced = trace(lenet(), (1, 32, 32))
    assert pickle.loads(pickle.dumps(traced)) == traced
    assert len(set(traced.layers)) == 12


def test_tables() -> None:
    traced = trace(lenet(), (1, 32, 32))
    frame = traced.to_dataframe()
    assert len(frame) == 12
    assert frame["params"].sum() == 61_706
    assert frame.loc[0, "output_shape"] == (1, 6, 28, 28)
    lines = traced.to_csv().splitlines()
    assert lines[0].startswith("index,path,kind")
    assert "1×6×28×28" in lines[1]
    assert len(lines) == 13
    markdown = traced.to_markdown().splitlines()
    assert markdown[2].startswith("| 0 | Conv2d | 1×6×28×28 | 156 | 117,600 | 5×5 |")
    assert "61,706" in markdown[-1]


def test_everything_public_can_be_imported() -> None:
    for name, home in inspection._HOMES.items():
        assert getattr(inspection, name).__name__ == name
        assert home not in inspection._HOMES  # importing that module would hide the function of its name
    with pytest.raises(AttributeError):
        _ = inspection.nothing_of_the_kind
