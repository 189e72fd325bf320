"""The building blocks against numbers worked out by hand, the course's and the papers' figures, and NumPy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cnn_core import images, kernels
from cnn_core.blocks import (
    CARDS,
    branching,
    dense,
    downsampling,
    dropping,
    gating,
    normalising,
    residual,
    separating,
    signals,
)
from cnn_core.blocks.costs import cost
from cnn_core.blocks.threads import one_thread
from cnn_core.errors import BlockError

RNG = np.random.default_rng(3)
PICTURE = images.resize(images.samples()["astronaut"], 64, 48)


def test_every_card_has_an_idea_of_two_sentences_and_a_paper() -> None:
    for card in CARDS.values():
        assert card.idea.count(". ") == 1
        assert card.idea.endswith(".")
        assert "(" in card.paper


# Batch normalisation ---------------------------------------------------------------------------------------------------


def test_batch_norm_1d_by_hand() -> None:
    done = normalising.normalise(normalising.NUMBERS, gamma=[1, 1, 2], beta=[0, 0, 5])
    assert done.mean.tolist() == [3, 25, 1]
    assert done.var.tolist() == [3.5, 125, 3]
    assert done.counts == 4
    assert done.after[0, 0] == pytest.approx((1 - 3) / 3.5**0.5, abs=1e-5)
    assert done.after[3, 2] == pytest.approx(2 * (4 - 1) / 3**0.5 + 5, abs=1e-4)
    # What is remembered divides by the count less one: 14/3, 500/3 and 4; a tenth of it goes in.
    assert done.running_vars[-1] == pytest.approx([0.9 + 0.1 * 14 / 3, 0.9 + 0.1 * 500 / 3, 0.9 + 0.1 * 4], rel=1e-5)
    assert done.running_means[-1] == pytest.approx([0.3, 2.5, 0.1], rel=1e-6)


@pytest.mark.parametrize("kind", [normalising.colours, normalising.edges])
def test_batch_norm_2d_takes_batch_rows_and_columns_together(kind: Callable[[np.ndarray], np.ndarray]) -> None:
    batch = kind(RNG.integers(0, 256, (5, 8, 9, 3), dtype=np.uint8))
    done = normalising.normalise(batch, gamma=[1, 1, 1], beta=[0, 0, 0])
    for channel in range(3):
        values = batch[:, channel].astype(np.float64)
        assert done.counts == values.size
        expected = (values - values.mean()) / np.sqrt(values.var() + 1e-5)
        np.testing.assert_allclose(done.after[:, channel], expected, atol=1e-4)


def test_the_edges_are_the_course_s_convolutions() -> None:
    maps = normalising.edges(PICTURE[None])[0]
    grey = PICTURE.astype(np.float64).mean(axis=2) / 255
    for index, name in enumerate(normalising.EDGES):
        np.testing.assert_allclose(maps[index], kernels.apply(grey, kernels.KERNELS[name].weights), atol=1e-5)


def test_eval_mode_uses_what_was_remembered_also_for_a_single_picture() -> None:
    batches = [RNG.normal(2, 3, (6, 2, 4, 4)).astype(np.float32) for _ in range(40)]
    one = batches[0][:1]
    done = normalising.normalise(one, gamma=[1, 1], beta=[0, 0], training=False, seen=batches)
    expected = (one - done.running_means[-1][:, None, None]) / np.sqrt(done.running_vars[-1][:, None, None] + 1e-5)
    np.testing.assert_allclose(done.after, expected, atol=1e-5)
    assert done.running_means.shape == (41, 2)
    assert done.running_means[-1] == pytest.approx([2, 2], abs=0.4)


def test_a_batch_of_one_has_no_variance_in_one_dimension() -> None:
    row = normalising.NUMBERS[:1]
    with pytest.raises(BlockError) as caught:
        normalising.normalise(row, gamma=[1] * 3, beta=[0] * 3)
    assert caught.value.code == "batch_of_one"
    done = normalising.normalise(row, gamma=[1] * 3, beta=[0] * 3, training=False)
    assert done.after == pytest.approx(row, rel=1e-4)  # untrained: remembered mean 0, variance 1


# Dropout ---------------------------------------------------------------------------------------------------------------


@given(st.sampled_from([0.1, 0.25, 0.5, 0.8]), st.booleans(), st.integers(0, 99))
def test_what_survives_dropout_is_scaled_and_maps_fall_whole(p: float, whole: bool, seed: int) -> None:
    x = dropping.COURSE
    out = dropping.drop(x, p, whole_maps=whole, training=True, seed=seed)
    gone = out == 0
    np.testing.assert_allclose(out[~gone], x[~gone] / (1 - p), rtol=1e-6)
    if whole:
        assert all(gone[0, c].all() or not gone[0, c].any() for c in range(3))
    np.testing.assert_array_equal(out, dropping.drop(x, p, whole_maps=whole, training=True, seed=seed))


def test_dropout_does_nothing_in_eval_mode_and_keeps_the_mean_in_training() -> None:
    x = dropping.COURSE
    assert x.shape == (1, 3, 5, 5)
    np.testing.assert_array_equal(dropping.drop(x, 0.5, whole_maps=True, training=False, seed=1), x)
    for whole in (True, False):
        mean = dropping.mean_of_draws(x, 0.5, 4000, whole_maps=whole, seed=0)
        np.testing.assert_allclose(mean, x, rtol=0.12)


def test_a_draw_leaves_the_random_numbers_of_others_alone() -> None:
    torch.manual_seed(5)
    expected = torch.rand(2)
    torch.manual_seed(5)
    dropping.drop(dropping.COURSE, 0.5, whole_maps=True, training=True, seed=9)
    assert torch.equal(torch.rand(2), expected)


# Separable convolution -------------------------------------------------------------------------------------------------


def test_the_course_s_seventy_two_against_nine_and_eight() -> None:
    sizes = separating.PRESETS["course"]
    assert cost(separating.standard(sizes), sizes.input_shape).params == 72
    depthwise, pointwise = separating.separable(sizes)
    assert [cost(part, sizes.input_shape).params for part in (depthwise, pointwise)] == [9, 8]


@given(st.integers(1, 12), st.integers(1, 12), st.sampled_from([1, 3, 5]), st.integers(5, 9), st.data())
def test_separable_costs_by_formula(inputs: int, outputs: int, kernel: int, side: int, data: st.DataObject) -> None:
    groups = data.draw(st.sampled_from(separating.group_counts(inputs, outputs)))
    sizes = separating.Sizes(inputs, outputs, kernel, groups, side)
    one, two = cost(separating.standard(sizes), sizes.input_shape), cost(separating.separable(sizes), sizes.input_shape)
    assert one.params == kernel**2 * inputs * outputs // groups
    assert two.params == kernel**2 * inputs + inputs * outputs
    assert (one.macs, two.macs) == (one.params * side**2, two.params * side**2)
    assert one.output_shape == two.output_shape == (outputs, side, side)


@given(st.integers(1, 8), st.integers(1, 8), st.data())
def test_an_output_depends_on_the_inputs_it_is_said_to_see(inputs: int, outputs: int, data: st.DataObject) -> None:
    groups = data.draw(st.sampled_from(separating.group_counts(inputs, outputs)))
    layer = separating.standard(separating.Sizes(inputs, outputs, 3, groups))
    x = torch.randn(1, inputs, 3, 3, requires_grad=True)
    for output, seen in enumerate(separating.seen_inputs(layer)):
        (gradient,) = torch.autograd.grad(layer(x)[0, output].sum(), x)
        assert (gradient[0].abs().sum(dim=(1, 2)) > 0).tolist() == seen.tolist()


def test_groups_that_do_not_divide_are_refused() -> None:
    with pytest.raises(BlockError) as caught:
        separating.Sizes(3, 8, 3, groups=2)
    assert caught.value.code == "uneven_groups"


def test_the_maps_of_a_picture_pass_through_the_two_stages() -> None:
    maps = separating.maps(PICTURE, separating.Sizes(3, 8, 3), seed=1)
    np.testing.assert_allclose(maps.inputs, PICTURE.transpose(2, 0, 1) / 255, atol=1e-6)
    assert maps.whole.shape == maps.pointwise.shape == (8, 48, 64)
    # The pointwise stage only mixes: its maps are linear in the depthwise ones, with the rank of three channels.
    assert np.linalg.matrix_rank(maps.pointwise.reshape(8, -1), tol=1e-2) == 3


# Residual --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", residual.FORMS)
def test_with_zero_weights_the_block_hands_on_what_came_in(form: residual.Form) -> None:
    block = residual.drawn_block(3, form, skip=True, strength=0.0, seed=4)
    parts = residual.run(block, PICTURE)
    assert not parts.z.any()
    a = PICTURE.transpose(2, 0, 1) / 255
    expected = a if form == "same" else a[:, ::2, ::2]
    np.testing.assert_allclose(parts.out[:3], expected, atol=1e-6)
    assert not parts.out[3:].any()


def test_without_skip_zero_weights_leave_nothing_and_with_it_the_sum_is_cut_at_zero() -> None:
    plain = residual.run(residual.drawn_block(3, "same", skip=False, strength=0.0, seed=4), PICTURE)
    assert plain.shortcut is None
    assert not plain.out.any()
    parts = residual.run(residual.drawn_block(3, "same", skip=True, strength=1.0, seed=4), PICTURE)
    assert parts.shortcut is not None
    np.testing.assert_allclose(parts.out, np.maximum(parts.z + parts.shortcut, 0), atol=1e-6)


def test_what_the_forms_cost() -> None:
    same, projection, padded = (cost(residual.ResidualBlock(32, form), (32, 28, 28)) for form in residual.FORMS)
    assert same.params == 2 * (9 * 32 * 32 + 32) == 18_496  # the course's block
    assert padded.params == 9 * 32 * 64 + 64 + 9 * 64 * 64 + 64
    assert projection.params == padded.params + 32 * 64
    assert projection.output_shape == padded.output_shape == (64, 14, 14)


def test_gradients_fade_with_depth_and_skips_keep_them() -> None:
    found = {(depth, skip): residual.gradient_norms(depth, skip=skip) for depth in (2, 50, 100) for skip in (False, True)}
    assert [len(norms) for norms in found.values()] == [2, 2, 50, 50, 100, 100]
    assert found[2, False][0] == pytest.approx(found[2, True][0], rel=0.5)
    assert found[50, False][0] < 1e-15
    assert found[100, True][0] > 0.1 * found[2, True][0]
    assert set(residual.DEPTHS) >= {2, 100}


def test_one_thread_is_given_back() -> None:
    before = torch.get_num_threads()
    with one_thread(), one_thread():
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == before


# Squeeze and excitation ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["by_hand", "random"])
def test_the_gate_by_its_formula(how: gating.Weights) -> None:
    maps = gating.first_maps(PICTURE)
    assert maps.mean(axis=(1, 2)).max() == pytest.approx(1)
    block = gating.weighted_gate(8, 1 if how == "by_hand" else 4, how, 3.0, 2)
    done = gating.run(block, maps)
    means = maps.mean(axis=(1, 2))
    np.testing.assert_allclose(done.means, means, rtol=1e-4)
    first, second = (block.excite[i].weight.detach().numpy()[:, :, 0, 0] for i in (0, 2))
    np.testing.assert_allclose(done.weights, 1 / (1 + np.exp(-second @ np.maximum(first @ means, 0))), rtol=1e-3)
    np.testing.assert_allclose(done.weighed, maps * done.weights[:, None, None], rtol=1e-4, atol=1e-6)
    if how == "by_hand":
        np.testing.assert_array_equal(done.weights > 0.5, means > means.mean())


def test_what_a_gate_costs() -> None:
    assert cost(gating.gate(64, 16), (64, 8, 8)).params == 64 * 4 + 4 + 4 * 64 + 64


# Inception -------------------------------------------------------------------------------------------------------------


def test_inception_costs_as_the_course_and_the_paper_print_them() -> None:
    course = branching.PRESETS["course"]
    each = [cost(branching.InceptionBlock(course, [name]), course.input_shape).params for name in branching.BRANCHES]
    assert each == [544, 4_640, 12_832, 0]
    assert cost(branching.InceptionBlock(course), course.input_shape).output_shape == (112, 28, 28)
    paper = branching.PRESETS["googlenet_3a"]  # table 1: 159K weights and 128M operations, biases not counted
    found = cost(branching.InceptionBlock(paper), paper.input_shape)
    biases = 64 + 96 + 128 + 16 + 32 + 32
    assert found.params - biases == 163_328  # 159.5 · 1024
    assert found.macs == 128_049_152
    assert found.output_shape == (256, 28, 28)


def test_the_branches_of_a_picture_are_its_kernels_and_their_concatenation_the_output() -> None:
    block = branching.picture_block()
    found = branching.run(block, PICTURE)
    x = torch.from_numpy(PICTURE.transpose(2, 0, 1).copy())[None].float() / 255
    with torch.no_grad():
        np.testing.assert_allclose(np.concatenate(list(found.values())), block(x)[0].numpy(), atol=1e-6)
    grey = PICTURE.astype(np.float64).mean(axis=2) / 255
    np.testing.assert_allclose(found["one"][0], grey, atol=1e-5)
    for branch in ("three", "five"):
        for index, name in enumerate(branching.HAND_MADE[branch]):
            weights = kernels.KERNELS[name].weights
            answer = kernels.apply(grey, weights / np.abs(weights).sum(), padding="same")
            inner = (slice(4, -4), slice(4, -4))
            if weights.shape[0] <= 5:
                np.testing.assert_allclose(found[branch][index][inner], np.maximum(answer, 0)[inner], atol=1e-4)
    assert {name: len(maps) for name, maps in found.items()} == {n: len(titles) for n, titles in branching.HAND_MADE.items()}


def test_a_block_without_branches_is_refused() -> None:
    with pytest.raises(BlockError) as caught:
        branching.picture_block([])
    assert caught.value.code == "no_branch"


# Smaller maps ----------------------------------------------------------------------------------------------------------


def test_a_strided_convolution_can_be_average_pooling_and_never_is_the_maximum() -> None:
    windows = (PICTURE.reshape(24, 2, 32, 2, 3) / 255).transpose(4, 0, 2, 1, 3).reshape(3, 24, 32, 4)
    found = downsampling.halved(PICTURE, "average")
    np.testing.assert_allclose(found["average"], windows.mean(axis=3), atol=1e-6)
    np.testing.assert_allclose(found["max"], windows.max(axis=3), atol=1e-6)
    np.testing.assert_allclose(found["conv"], found["average"], atol=1e-6)
    np.testing.assert_allclose(downsampling.halved(PICTURE, "corner")["conv"], windows[..., 0], atol=1e-6)


def test_the_heads_of_the_course_s_network() -> None:
    head = downsampling.PRESETS["mnist_cnn"]
    dense_head, gap = (cost(network, head.input_shape) for network in downsampling.heads(head).values())
    assert (dense_head.params, gap.params) == (62_730, 1_290)


def test_a_mean_does_not_see_where_and_a_dense_layer_does() -> None:
    maps = gating.first_maps(images.resize(PICTURE, 16, 16))
    moved = downsampling.moved(maps, 5, 3)
    np.testing.assert_allclose(moved.after["gap"], moved.before["gap"], atol=1e-4)
    assert np.abs(moved.after["dense"] - moved.before["dense"]).max() > 0.05


# Dense as convolution --------------------------------------------------------------------------------------------------


def test_the_course_s_numbers_come_out_of_all_three_ways() -> None:
    for found in dense.answers().values():
        np.testing.assert_allclose(found, [14.9, 19.0], atol=1e-12)


@given(st.integers(1, 4), st.integers(1, 5), st.integers(1, 5), st.integers(1, 6), st.integers(1, 6))
def test_any_two_layer_head_becomes_convolutions(channels: int, height: int, width: int, hidden: int, classes: int) -> None:
    sizes = dense.HeadSizes(channels, height, width, hidden, classes)
    head = dense.linear_head(sizes)
    block = dense.as_convolutions(head, sizes)
    assert sum(p.numel() for p in head.parameters()) == sum(p.numel() for p in block.parameters())
    x = torch.randn(2, channels, height + 2, width + 1)
    with torch.no_grad():
        answers = block(x)
        assert answers.shape == (2, classes, 3, 2)
        for row, col in ((0, 0), (2, 1)):
            cut = x[:, :, row : row + height, col : col + width]
            torch.testing.assert_close(head(cut), answers[:, :, row, col], atol=1e-4, rtol=1e-4)


def test_the_head_finds_the_pieces_it_was_made_of() -> None:
    found = dense.search(PICTURE, 16, 3, place=(999, 2))
    assert found.largest_difference < 1e-4
    assert found.place == (48 - 16, 2)
    assert found.scores.shape == (3, 33, 49)
    for corner, scores in zip(found.corners, found.scores, strict=True):
        assert scores[corner] > np.quantile(scores, 0.99)
    at_piece = dense.search(PICTURE, 16, 3, place=found.corners[0])
    assert at_piece.place == dense.liveliest(PICTURE, 16, 3)[0]
    assert at_piece.hidden[0] == max(at_piece.hidden) > 1


def test_a_window_larger_than_the_picture_is_refused() -> None:
    with pytest.raises(BlockError) as caught:
        dense.search(PICTURE, 49, 3, place=(0, 0))
    assert caught.value.code == "window_over_picture"


# Activation and start --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", signals.ACTIVATIONS)
def test_gradients_of_activations_against_differences(name: str) -> None:
    x = np.linspace(-4, 4, 33) + 0.01
    at, near = signals.curve(name, x), signals.curve(name, x + 1e-6)
    np.testing.assert_allclose(at.gradient, (near.y - at.y) / 1e-6, atol=1e-4)


def test_saturation_by_hand() -> None:
    at = signals.curve("tanh", np.array([0.0, 2.0]))
    assert at.gradient == pytest.approx([1, 1 - np.tanh(2) ** 2])
    assert at.saturated.tolist() == [False, True]
    assert signals.curve("sigmoid", np.array([0.0])).gradient[0] == 0.25


def test_he_keeps_the_signal_through_relu_and_xavier_halves_it() -> None:
    x = np.random.default_rng(0).normal(size=(signals.SAMPLES, signals.WIDTH))
    he, xavier = (signals.measure(x, "relu", start, depth=20) for start in ("he", "xavier"))
    assert he.forward.shape == (21,)
    assert he.backward.shape == (20,)
    assert he.forward[-1] == pytest.approx(he.forward[1], rel=0.6)
    # Square layers: Xavier's variance is half of He's, so each layer leaves 1/√2: 20 layers 2⁻¹⁰.
    assert xavier.forward[-1] / he.forward[-1] == pytest.approx(2**-10, rel=0.01)
    assert xavier.backward[0] < 0.01 * he.backward[0]


@pytest.mark.parametrize(("start", "deviation"), [("xavier", 128**-0.5), ("he", 64**-0.5), ("small", 0.01), ("large", 0.2)])
def test_first_weights_have_the_deviation_of_their_formula(start: str, deviation: float) -> None:
    assert signals.first_weights(128, start).std() == pytest.approx(deviation, rel=0.02)


def test_noise_is_of_mean_0_and_deviation_1_and_not_the_weights() -> None:
    x = signals.noise(3)
    assert x.shape == (signals.SAMPLES, signals.WIDTH)
    assert abs(x.mean()) < 0.02
    assert x.std() == pytest.approx(1, rel=0.02)
    weights = signals.first_weights(signals.WIDTH, "he", 3)
    assert abs(np.corrcoef(x[: len(weights)].ravel(), weights.ravel())[0, 1]) < 0.05
