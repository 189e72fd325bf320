"""The catalogue as it is read: complete, translated, without torch."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st

from cnn_core import architectures
from cnn_core.architectures import own_designs
from cnn_core.architectures.catalogue import LIMITS, Architecture, Family, Option, option
from cnn_core.architectures.declared import read_package
from cnn_core.errors import ArchitectureError, UnknownEntry

ROOT = Path(__file__).parents[3]
FAMILIES = tuple(architectures.families().values())
ROWS = tuple(architectures.get(id) for id in architectures.ids())
ALL: tuple[Architecture | Family, ...] = (*ROWS, *FAMILIES)


@pytest.fixture(scope="module")
def spanish() -> dict[str, str]:
    with (ROOT / "assets/locale/es/LC_MESSAGES/catalogue.po").open("rb") as file:
        return {str(message.id): str(message.string) for message in read_po(file) if message.id}


def test_reading_the_catalogue_does_not_import_torch() -> None:
    script = (
        "import sys\n"
        "from cnn_core import architectures\n"
        "assert architectures.get('resnet18').params == 11_689_512\n"
        "assert architectures.families()['vgg'].year == 2014\n"
        "assert not {'torch', 'torchvision', 'timm', 'numpy'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, cwd=ROOT)


def test_every_network_of_the_design_is_there() -> None:
    design = (
        "lenet5 alexnet nin vgg16 googlenet resnet18 all_cnn mini_inception mini_resnet xception seresnet50 mobilenet_v2 "
        "efficientnet_b0 lenet5_1998 lenet5_keras mnist_cnn alexnet_2012 vgg_a vgg_a_lrn vgg_b vgg_c vgg_d vgg_e "
        "all_cnn_base all_cnn_strided all_cnn_convpool resnet20 resnet32 resnet44 resnet56 resnet9 se_inception mobilenet_v1 "
        "standard_cnn separable_cnn tf_efficientnet_lite0"
    )
    assert set(design.split()) <= set(architectures.ids())


def test_every_classification_network_of_torchvision_is_there() -> None:
    from torchvision import models

    assert set(models.list_models(module=models)) <= set(architectures.ids())


def test_an_unknown_id_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownEntry) as caught:
        architectures.get("lenet")
    assert str(caught.value) == "no architecture 'lenet'; did you mean 'lenet5'?"
    assert caught.value.code == "unknown_architecture"


def test_the_catalogue_runs_from_the_oldest_to_the_newest() -> None:
    years = [row.year for row in ROWS]
    assert years == sorted(years)
    assert architectures.ids()[0] == "lenet5"
    assert {row.family.id for row in ROWS} == {family.id for family in FAMILIES}, "a family without a network"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_the_facts_of_a_row_are_whole(row: Architecture) -> None:
    assert re.fullmatch(r"[a-z0-9_]+", row.id)
    assert row.title == row.title.strip() != ""
    assert row.params > 0
    assert row.option("in_channels").default == row.input_shape[0]
    assert row.num_classes in (10, 1000)
    if row.has_option("image_size"):
        assert row.input_shape[1:] == (row.option("image_size").default,) * 2
    if row.small:
        assert architectures.get(row.small).input_shape[1] <= 32
    elif row.input_shape[1] > 200:
        assert row.family.id in {"vit", "swin", "swin_v2", "maxvit"} or runs_small(row), "large, and no small form"


def runs_small(row: Architecture) -> bool:
    """Networks whose own form takes 32×32 and 28×28, which ``test_sizes`` checks."""
    return row.family.id in {"xception", "aligned_xception", "efficientnet_lite", "bn_inception"} or row.id == "se_inception"


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.id)
def test_the_facts_of_a_family_are_whole(family: Family) -> None:
    assert 1998 <= family.year <= 2026
    assert re.search(r"arXiv:\d{4}\.\d{4,5}|doi:10\.\d+/|lesson|thesis|blog|Myrtle|Convolab", family.paper)
    assert re.search(r"\((19|20)\d\d\)", family.paper) or "lesson" in family.paper
    assert family.authors
    assert sentences(family.brought) == 2
    published = re.search(r"arXiv:(\d\d)\d\d\.", family.paper)
    if published:
        assert family.year == 2000 + int(published[1])


def sentences(text: str) -> int:
    assert text.endswith(".")
    return len(re.findall(r"[.?!](?= [A-ZÁÉÍÓÚ¿¡0-9«]|$)", text))


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.id)
def test_a_family_speaks_spanish(family: Family, spanish: dict[str, str]) -> None:
    assert sentences(spanish[f"catalogue.{family.id}.brought"]) == 2
    assert (f"catalogue.{family.id}.differs" in spanish) == bool(family.differs) or clashes(family)
    for field in ("title", "authors", "paper"):
        if "course" in getattr(family, field) or has_words(family.title) * (field == "title"):
            assert spanish[f"catalogue.{family.id}.{field}"]


def clashes(family: Family) -> bool:
    """A network bears the family's id: the message is the network's then, and the family may not have one of its own."""
    return family.id in architectures.ids() and not family.differs


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_a_row_speaks_spanish(row: Architecture, spanish: dict[str, str]) -> None:
    assert (f"catalogue.{row.id}.differs" in spanish) == bool(row.differs)
    if has_words(row.title):
        assert spanish[f"catalogue.{row.id}.title"] != row.title


def has_words(title: str) -> bool:
    """English words, not names: they are lower case and longer than a unit."""
    return bool(re.search(r"(?<![\w-])(?!torchvision|timm|airbench)[a-z]{3,}(?![\w-])", title))


def test_spanish_has_no_message_without_a_row(spanish: dict[str, str]) -> None:
    owners = {row.id for row in ALL} | {own_designs.FAMILY.id}
    assert {message.split(".")[1] for message in spanish} <= owners
    assert all(message.startswith("catalogue.") and spanish[message] for message in spanish)


@pytest.mark.parametrize("row", ALL, ids=lambda row: f"{type(row).__name__}-{row.id}")
def test_numbers_in_spanish_are_those_in_english(row: Architecture | Family, spanish: dict[str, str]) -> None:
    for field in ("brought", "differs") if isinstance(row, Family) else ("differs",):
        english = getattr(row, field)
        if english:
            assert digits(spanish[f"catalogue.{row.id}.{field}"]) == digits(english)


def digits(text: str) -> list[str]:
    """The numbers of a sentence, without the marks that group and split them."""
    return sorted(re.sub(r"\D", "", number) for number in re.findall(r"\d[\d.,\u00a0 ]*\d|\d", text.replace("3.6 billion", "3600")))


# Options -------------------------------------------------------------------------------------------------------------


@given(st.sampled_from(sorted(LIMITS)), st.integers(-10**9, 10**9))
def test_whole_numbers_pass_exactly_within_the_limits(name: str, value: int) -> None:
    minimum, maximum = LIMITS[name]
    checked = option(name, 1 if name != "width" else 1.0)
    if minimum <= value <= maximum:
        assert checked.check(value, "lenet5") == value
    else:
        with pytest.raises(ArchitectureError) as caught:
            checked.check(value, "lenet5")
        assert caught.value.code == "option_out_of_range"
        assert caught.value.facts["option"] == name


@pytest.mark.parametrize("value", [2.5, "ten", True, None, [10]])
def test_classes_must_be_whole(value: object) -> None:
    with pytest.raises(ArchitectureError) as caught:
        option("num_classes", 10).check(value, "lenet5")
    assert caught.value.code == "option_not_whole"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0, 0.0, 1e6])
def test_an_absurd_width_is_refused(value: float) -> None:
    with pytest.raises(ArchitectureError, match=r"width must be between 0\.05 and 4\.0"):
        option("width", 1.0).check(value, "vgg_d")


def test_a_picture_must_be_whole_patches() -> None:
    with pytest.raises(ArchitectureError, match="image_size must be a multiple of 16, not 28"):
        architectures.get("vit_b_16").checked({"image_size": 28})


def test_an_option_that_is_not_there_is_named() -> None:
    with pytest.raises(ArchitectureError, match="resnet18 has no option 'depth'; it has: num_classes, in_channels"):
        architectures.build("resnet18", depth=3)


def test_options_follow_the_picture() -> None:
    assert architectures.get("resnet18").options_for((1, 20, 30)) == {"in_channels": 1}
    assert architectures.get("mini_inception").options_for((3, 32, 32)) == {"in_channels": 3, "image_size": 32}
    with pytest.raises(ArchitectureError) as caught:
        architectures.get("mini_inception").options_for((1, 28, 32))
    assert caught.value.code == "input_not_square"


def test_equal_options_are_equal() -> None:
    assert option("num_classes", 10) == Option("num_classes", 10, 1, 65_536)


# Reading the files -----------------------------------------------------------------------------------------------------


def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, code: str) -> str:
    (tmp_path / name).mkdir()
    (tmp_path / name / "__init__.py").touch()
    (tmp_path / name / "newnet.py").write_text(code, "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    return name


def test_a_new_network_is_one_new_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = package(tmp_path, monkeypatch, "one_new_file", '''
family(id="new", title="New", year=2026, authors="N. N.", paper="", brought="Two " "parts.")
@architecture(family="new", title="NewNet", input_shape=(3, 8, 8), params=1_000)
def newnet(num_classes: int = 7, in_channels: int = 3, width: float = 1.0):
    raise RuntimeError("the file is read, not run")
''')
    families, declared = read_package(name)
    assert families[0].brought == "Two parts."
    row = declared[0].row({"new": families[0]})
    assert (row.id, row.builder, row.params, row.num_classes) == ("newnet", "newnet:newnet", 1_000, 7)
    assert [o.name for o in row.options] == ["num_classes", "in_channels", "width"]


@pytest.mark.parametrize(("line", "code"), [
    ('@architecture(family="new", title="N", input_shape=(3, 8, 8), params=2 * N)\ndef n(num_classes: int = 7): ...', "row_not_literal"),
    ('@architecture(family="new", title="N", input_shape=(3, 8, 8), params=2)\ndef n(num_classes: int): ...', "row_without_default"),
])
def test_a_row_that_cannot_be_read_says_where(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, code: str
) -> None:
    with pytest.raises(ArchitectureError) as caught:
        read_package(package(tmp_path, monkeypatch, f"package_{code}", "\n" + line))
    assert caught.value.code == code
    assert str(caught.value).startswith("newnet.py:")
