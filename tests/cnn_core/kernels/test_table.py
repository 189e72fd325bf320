"""Every row of the table: what it claims to answer to is what it answers to, in both languages."""

from __future__ import annotations

import re

import numpy as np
import pytest
from babel.messages.pofile import read_po
from scipy import ndimage
from skimage import data

from cnn_core import kernels
from cnn_core.errors import KernelError, UnknownEntry
from cnn_core.kernels import KERNELS, Kernel, Parameter
from tests.conftest import ROOT

ROWS = [pytest.param(kernel, id=kernel.id) for kernel in KERNELS.values()]
PARAMETERS = [pytest.param(k, p, id=f"{k.id}-{p.id}") for k in KERNELS.values() for p in k.parameters]

SIDE = 48  # more than the largest default kernel needs
y, x = np.mgrid[:SIDE, :SIDE]
PATTERNS = {
    "flat": np.full((SIDE, SIDE), 200.0),
    "ramp": 3.0 * x - 2.0 * y,
    "vertical_stripes": 100.0 * np.random.default_rng(0).random(SIDE)[x],
    "horizontal_stripes": 100.0 * np.random.default_rng(1).random(SIDE)[y],
}
BRIGHTER_RIGHT, BRIGHTER_BELOW = 255.0 * (x >= SIDE // 2), 255.0 * (y >= SIDE // 2)


def answer(name: str, image: np.ndarray, **values: float) -> np.ndarray:
    return kernels.apply(image, KERNELS[name].make(**values))


def texts(lang: str) -> dict[str, str]:
    with (ROOT / "assets" / "locale" / lang / "LC_MESSAGES" / "kernel_table.po").open("rb") as file:
        return {str(message.id): str(message.string) for message in read_po(file, locale=lang) if message.id}


@pytest.mark.parametrize("lang", ["en", "es"])
def test_every_error_of_the_kernels_has_its_sentence(lang: str) -> None:
    with (ROOT / "assets" / "locale" / lang / "LC_MESSAGES" / "errors.po").open("rb") as file:
        known = {str(message.id) for message in read_po(file, locale=lang) if message.string}
    raised = {
        f"errors.{code}"
        for source in (ROOT / "cnn_core" / "kernels").glob("*.py")
        for code in re.findall(r'code="(\w+)"', source.read_text("utf-8"))
    }
    assert len(raised) > 20
    assert raised <= known


def test_the_courses_three_to_the_number() -> None:
    assert KERNELS["horizontal"].weights.tolist() == [[1, 1, 1], [0, 0, 0], [-1, -1, -1]]
    assert KERNELS["vertical"].weights.tolist() == [[1, 0, -1]] * 3
    assert KERNELS["laplacian"].weights.tolist() == [[0, -1, 0], [-1, 4, -1], [0, -1, 0]]
    assert KERNELS.ids()[:3] == ("horizontal", "vertical", "laplacian")


def test_what_the_lecture_needs_is_there() -> None:
    wanted = {
        "sobel_x", "sobel_y", "prewitt_x", "prewitt_y", "scharr_x", "scharr_y", "roberts_falling", "roberts_rising",
        "diagonal_falling", "diagonal_rising", "laplacian_8", "log", "sharpen", "unsharp", "emboss", "box", "gaussian",
        "motion_blur", "gabor", "identity",
    }  # fmt: skip
    assert wanted <= KERNELS.keys()


def test_a_kernel_that_is_not_there_is_named() -> None:
    with pytest.raises(UnknownEntry, match="did you mean 'sobel_x'") as caught:
        KERNELS["sobelx"]
    assert caught.value.code == "unknown_kernel"


@pytest.mark.parametrize("kernel", ROWS)
def test_the_weights_are_a_table_that_nobody_can_damage(kernel: Kernel) -> None:
    weights = kernel.weights
    assert weights.ndim == 2
    assert weights.dtype == np.float64
    assert np.isfinite(weights).all()
    assert weights.any()
    assert not np.signbit(weights[weights == 0]).any()  # the screen would show −0
    kept = weights.copy()
    weights[:] = 7.0
    assert (kernel.weights == kept).all()


@pytest.mark.parametrize("kernel", ROWS)
@pytest.mark.parametrize("pattern", PATTERNS)
def test_it_is_silent_on_what_the_row_says_and_on_nothing_else(kernel: Kernel, pattern: str) -> None:
    strongest = np.abs(kernels.apply(PATTERNS[pattern], kernel.weights)).max()
    limit = 1e-9 * np.abs(kernel.weights).sum() * np.abs(PATTERNS[pattern]).max()
    assert (strongest <= limit) == (pattern in kernel.silent_on)


@pytest.mark.parametrize("kernel", ROWS)
def test_blurs_and_sharpeners_keep_the_brightness(kernel: Kernel) -> None:
    keeps = abs(kernel.weights.sum() - 1) < 1e-12
    assert keeps == (kernel.group in ("blur", "sharpen", "other"))
    if kernel.group == "blur":
        assert (kernel.weights >= 0).all()
        assert np.allclose(kernel.weights, kernel.weights[::-1, ::-1])  # the picture stays where it is


@pytest.mark.parametrize("kernel", ROWS)
def test_the_row_is_complete_in_both_languages(kernel: Kernel) -> None:
    spanish = texts("es")
    assert kernel.group in kernels.GROUPS
    assert kernel.title
    assert kernel.answers_to.endswith(".")
    for field in ("title", "answers_to"):
        assert spanish.get(f"kernel_table.{kernel.id}.{field}"), field
    cited = re.fullmatch(r"[^()]+ \((?:1[6-9]|20)\d\d\), “[^”]+”", kernel.source)
    assert cited or spanish.get(f"kernel_table.{kernel.id}.source"), "prose that has to be translated"


@pytest.mark.parametrize("lang", ["en", "es"])
def test_groups_and_parameters_have_names_and_nothing_is_left_over(lang: str) -> None:
    spoken = texts(lang)
    parameters = {p.id: p.title for kernel in KERNELS.values() for p in kernel.parameters}
    wanted = {f"kernel_table.group.{group}" for group in kernels.GROUPS}
    wanted |= {f"kernel_table.parameter.{name}" for name in parameters}
    assert wanted <= {key for key, text in spoken.items() if text}
    known = wanted | {f"kernel_table.{name}.{field}" for name in KERNELS for field in ("title", "answers_to", "source")}
    assert spoken.keys() <= known
    if lang == "en":
        assert {name: spoken[f"kernel_table.parameter.{name}"] for name in parameters} == parameters


def test_every_group_is_used_and_rows_of_a_group_stand_together() -> None:
    in_order = list(dict.fromkeys(kernel.group for kernel in KERNELS.values()))
    assert in_order == list(kernels.GROUPS)


@pytest.mark.parametrize("kernel, parameter", PARAMETERS)
def test_every_parameter_works_from_end_to_end(kernel: Kernel, parameter: Parameter) -> None:
    default = kernel.weights
    assert np.array_equal(kernel.make(**{parameter.id: parameter.default}), default)
    changed = False
    for value in (parameter.low, parameter.low + parameter.step, parameter.high):
        weights = kernel.make(**{parameter.id: value})
        assert np.isfinite(weights).all()
        assert weights.any()
        assert max(weights.shape) <= 31
        assert weights.sum() == pytest.approx(default.sum(), abs=1e-9)
        changed |= not np.array_equal(weights, default)
    assert changed


@pytest.mark.parametrize("kernel, parameter", PARAMETERS)
def test_a_parameter_out_of_its_range_is_refused(kernel: Kernel, parameter: Parameter) -> None:
    wrong = [parameter.low - parameter.step, parameter.high + parameter.step, float("nan"), float("inf")]
    if parameter.whole:
        wrong.append(parameter.low + 0.5)
    for value in wrong:
        with pytest.raises(KernelError) as caught:
            kernel.make(**{parameter.id: value})
        assert caught.value.code == "kernel_parameter"


def test_an_unknown_parameter_is_refused() -> None:
    with pytest.raises(KernelError) as caught:
        KERNELS["gaussian"].make(radius=3)
    assert caught.value.code == "kernel_unknown_parameter"


@pytest.mark.parametrize("name", ["prewitt", "sobel", "scharr", "frei_chen"])
def test_gradients_are_positive_to_the_right_and_downwards(name: str) -> None:
    assert answer(f"{name}_x", BRIGHTER_RIGHT).min() == 0 < answer(f"{name}_x", BRIGHTER_RIGHT).max()
    assert answer(f"{name}_y", BRIGHTER_BELOW).min() == 0 < answer(f"{name}_y", BRIGHTER_BELOW).max()
    assert (KERNELS[f"{name}_y"].weights == KERNELS[f"{name}_x"].weights.T).all()


def test_the_gradients_are_ndimages() -> None:
    grey = data.camera().astype(np.float64)
    inner = (slice(1, -1), slice(1, -1))
    assert np.allclose(answer("sobel_x", grey), ndimage.sobel(grey, axis=1)[inner])
    assert np.allclose(answer("sobel_y", grey), ndimage.sobel(grey, axis=0)[inner])
    assert np.allclose(answer("prewitt_x", grey), ndimage.prewitt(grey, axis=1)[inner])
    assert np.allclose(answer("laplacian", grey), -ndimage.laplace(grey)[inner])


def test_horizontal_and_vertical_answer_with_the_sign_the_row_says() -> None:
    assert answer("horizontal", BRIGHTER_BELOW).max() == 3 * 255
    assert answer("horizontal", 255 - BRIGHTER_BELOW).min() == -3 * 255
    assert answer("vertical", BRIGHTER_RIGHT).max() == 3 * 255


@pytest.mark.parametrize("name, silent, sign", [("falling", x - y, x <= y), ("rising", x + y, x + y >= SIDE)])
def test_diagonals_follow_their_diagonal(name: str, silent: np.ndarray, sign: np.ndarray) -> None:
    along = np.random.default_rng(2).random(2 * SIDE)[silent]  # the same along the diagonal
    other = along[:, ::-1]
    edge = answer(f"diagonal_{name}", 255.0 * sign)
    assert edge.min() == 0 < edge.max()
    other_name = {"falling": "rising", "rising": "falling"}[name]
    weak, strong = np.abs(answer(f"line_{name}", other)).mean(), np.abs(answer(f"line_{name}", along)).mean()
    assert weak < strong
    line = np.zeros((SIDE, SIDE))
    line[(x == y) if name == "falling" else (x + y == SIDE)] = 1.0
    assert answer(f"line_{name}", line).max() == 6.0
    assert answer(f"line_{other_name}", line).max() < 6.0
    # Roberts: the difference along the falling diagonal sees nothing where the image is the same along it.
    assert np.abs(answer(f"roberts_{name}", along)).max() == 0 < np.abs(answer(f"roberts_{name}", other)).max()


def test_frei_chen_answers_alike_to_upright_and_diagonal_edges() -> None:
    diagonal = np.where(x == y, 0.5, x > y)
    upright = kernels.magnitude_and_direction(answer("frei_chen_x", x >= 24.0), answer("frei_chen_y", x >= 24.0))[0]
    slanted = kernels.magnitude_and_direction(answer("frei_chen_x", diagonal), answer("frei_chen_y", diagonal))[0]
    assert slanted.max() == pytest.approx(upright.max())


def test_scharr_tells_the_direction_of_a_slanted_wave_more_truly() -> None:
    def strength(name: str, along: np.ndarray) -> float:  # |H| of the kernel, from a sine and a cosine
        return float(np.sqrt(answer(name, np.sin(along)) ** 2 + answer(name, np.cos(along)) ** 2).mean())

    def error(name: str) -> float:
        angles = np.radians(np.arange(0, 91, 5))
        waves = [x * np.cos(angle) + y * np.sin(angle) for angle in angles]  # 6.3 pixels long
        found = [np.arctan2(strength(f"{name}_y", wave), strength(f"{name}_x", wave)) for wave in waves]
        return float(np.degrees(np.abs(found - angles).max()))

    assert error("scharr") < 0.6 < 1.2 < error("sobel") < error("prewitt")


@pytest.mark.parametrize("name", ["kirsch", "robinson"])
@pytest.mark.parametrize("angle", range(0, 360, 45))
def test_the_compass_points_to_where_it_gets_brighter(name: str, angle: int) -> None:
    toward = x * np.cos(np.radians(angle)) - y * np.sin(np.radians(angle))
    answers = {a: answer(name, toward, angle=a).mean() for a in range(0, 360, 45)}
    assert max(answers, key=answers.__getitem__) == angle


def test_compass_masks_as_they_are_published() -> None:
    # Kirsch's eight masks all hold three fives in a row; Robinson's are Sobel's.
    assert KERNELS["robinson"].weights.tolist() == KERNELS["sobel_x"].weights.tolist()
    assert KERNELS["robinson"].make(angle=270).tolist() == KERNELS["sobel_y"].weights.tolist()
    assert KERNELS["kirsch"].weights.tolist() == [[5, -3, -3], [5, 0, -3], [5, -3, -3]]


@pytest.mark.parametrize("angle", [0, 30, 90, 135, 270])
@pytest.mark.parametrize("sigma", [0.5, 1.0, 3.0])
def test_the_derivative_of_a_gaussian_measures_grey_levels_a_pixel(angle: float, sigma: float) -> None:
    ramp = 2.0 * x - 5.0 * y  # 2 to the right, 5 upwards
    slope = 2 * np.cos(np.radians(angle)) + 5 * np.sin(np.radians(angle))
    assert np.allclose(answer("gaussian_derivative", ramp, angle=angle, sigma=sigma), slope)


def test_gaussian_and_laplacian_of_gaussian_are_ndimages() -> None:
    spot = np.zeros((31, 31))
    spot[15, 15] = 1.0
    ours = KERNELS["gaussian"].make(sigma=2.0, size=13)
    assert np.allclose(ours, ndimage.gaussian_filter(spot, 2.0, radius=6)[9:22, 9:22])
    sigma = 3.0
    theirs = -ndimage.gaussian_laplace(spot, sigma, radius=9)[6:25, 6:25]
    hat = KERNELS["log"].make(sigma=sigma)
    assert np.corrcoef(hat.ravel(), theirs.ravel())[0, 1] > 0.999
    assert hat[9, 9] > 0 > hat[9, 9 + 5]  # it crosses zero at √2·σ = 4.2 pixels


def test_the_difference_of_gaussians_is_like_the_laplacian_of_one() -> None:
    # Marr & Hildreth (1980): a ratio of 1.6 comes nearest.
    dog = KERNELS["dog"].make(sigma=1.5)
    hat = kernels.resize_grid(KERNELS["log"].make(sigma=1.5 * 1.6**0.5), *dog.shape)
    assert np.corrcoef(dog.ravel(), hat.ravel())[0, 1] > 0.98


@pytest.mark.parametrize("angle", [0, 45, 90, 120])
def test_gabor_prefers_its_own_direction_and_wavelength(angle: int) -> None:
    def strength(direction: float, wavelength: float) -> float:
        along = x * np.cos(np.radians(direction)) - y * np.sin(np.radians(direction))
        return float(np.abs(answer("gabor", np.sin(2 * np.pi * along / wavelength), angle=angle)).max())

    best = strength(angle, 4.0)
    assert best > 4 * strength(angle + 90, 4.0)
    assert best > strength(angle + 30, 4.0)
    assert best > 2 * strength(angle, 12.0)
    assert np.abs(KERNELS["gabor"].make(angle=angle)).sum() == pytest.approx(1)


@pytest.mark.parametrize("phase", [0, 45, 90, 270])
def test_gabor_does_not_see_a_flat_wall(phase: int) -> None:
    assert np.abs(answer("gabor", PATTERNS["flat"], phase=phase, wavelength=8.0)).max() < 1e-10


def test_motion_blur_is_a_row_of_equal_shares_and_turns() -> None:
    level = KERNELS["motion_blur"].make(length=5, angle=0)
    assert np.allclose(level, kernels.resize_grid(np.full((1, 5), 0.2), 5, 5))
    upright = KERNELS["motion_blur"].make(length=5, angle=90)
    assert np.allclose(upright, level.T)
    rising = KERNELS["motion_blur"].make(length=7, angle=45)
    assert rising[0, -1] + rising[1, -2] + rising[1, -1] > 0 == rising[0, 0]
    # Stripes along the motion stay sharp.
    stripes = PATTERNS["horizontal_stripes"]
    assert np.allclose(answer("motion_blur", stripes), stripes[4:-4, 4:-4])


def test_the_disc_is_round_and_as_wide_as_it_says() -> None:
    disc = KERNELS["disk"].make(radius=4.5)
    assert disc.shape == (9, 9)
    assert np.allclose(disc, disc.T)
    assert disc[0, 0] == 0 < disc[0, 4]
    assert disc.max() == pytest.approx(1 / (np.pi * 4.5**2), rel=0.01)


def test_identity_shift_sharpen_and_unsharp() -> None:
    image = np.random.default_rng(3).random((20, 20))
    assert (answer("identity", image) == image[1:-1, 1:-1]).all()
    moved = kernels.apply(image, KERNELS["shift"].make(right=3, down=1), padding="same")
    assert (moved[1:, 3:] == image[:-1, :-3]).all()
    assert np.allclose(answer("sharpen", image), image[1:-1, 1:-1] + answer("laplacian", image))
    assert np.allclose(answer("sharpen_8", image), image[1:-1, 1:-1] + answer("laplacian_8", image))
    blurred = ndimage.gaussian_filter(image, 1.0, radius=2)[2:-2, 2:-2]
    inner = image[2:-2, 2:-2]
    assert np.allclose(answer("unsharp", image, amount=1.5), inner + 1.5 * (inner - blurred))
    assert (answer("unsharp", image, amount=0.0) == inner).all()


def test_emboss_is_lit_from_the_top_left() -> None:
    hill = 100 - np.hypot(x - 24.0, y - 24.0)
    relief = answer("emboss", hill) - hill[1:-1, 1:-1]
    assert relief[10, 10] > 0 > relief[36, 36]


def test_laws_masks_are_products_of_his_vectors() -> None:
    edge, level, spot, ripple = [-1, -2, 0, 2, 1], [1, 4, 6, 4, 1], [-1, 0, 2, 0, -1], [1, -4, 6, -4, 1]
    # The edge turned round, so that brighter below is positive under convolution.
    assert KERNELS["laws_e5l5"].weights.tolist() == np.outer(edge[::-1], level).tolist()
    assert KERNELS["laws_s5s5"].weights.tolist() == np.outer(spot, spot).tolist()
    assert KERNELS["laws_r5r5"].weights.tolist() == np.outer(ripple, ripple).tolist()
    chessboard = (-1.0) ** (x + y)
    assert np.abs(answer("laws_r5r5", chessboard)).min() == 16 * 16
