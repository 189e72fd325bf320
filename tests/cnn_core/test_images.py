"""Pictures of every format and kind, broken ones, samples, cropping, resizing and grey."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps
from skimage import data
from skimage.color import rgb2gray

from cnn_core import images
from cnn_core.images import CropBox, ImageError, load_image

Pixels = NDArray[np.uint8]


def _noise() -> Pixels:
    rng = np.random.default_rng(7)
    return np.kron(rng.integers(0, 256, (6, 9, 3)), np.ones((4, 4, 1))).astype(np.uint8)  # (24, 36, 3)


PIXELS = _noise()
RGB = Image.fromarray(PIXELS)
ALPHA = np.tile(np.linspace(0, 255, 36).astype(np.uint8), (24, 1))
RGBA = Image.fromarray(np.dstack([PIXELS, ALPHA]))
LAB = ImageCms.profileToProfile(
    RGB, ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB"
)
assert LAB is not None


def encode(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.copy().save(buffer, kind, **options)
    return buffer.getvalue()


def frames(kind: str, **options: object) -> bytes:
    rest = [Image.fromarray(np.roll(PIXELS, 4 * i, axis=1)) for i in (1, 2)]
    return encode(RGB, kind, save_all=True, append_images=rest, **options)


def as_pillow_sees_it(content: bytes) -> Pixels:
    """The independent reference: Pillow's own reading of the whole file, laid on white by Pillow."""
    with Image.open(io.BytesIO(content)) as file:
        file.load()
        image: Image.Image = ImageOps.exif_transpose(file)
        if image.has_transparency_data:
            rgba = image.convert("RGBA")
            image = Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba)
        return np.asarray(image.convert("RGB"))


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


PICTURES = {
    "jpeg": encode(RGB, "JPEG"),
    "jpeg progressive": encode(RGB, "JPEG", progressive=True),
    "jpeg grey": encode(RGB.convert("L"), "JPEG"),
    "jpeg cmyk (adobe, inverted)": encode(RGB.convert("CMYK"), "JPEG"),
    "mpo": frames("MPO"),
    "png": encode(RGB, "PNG"),
    "png 1 bit": encode(RGB.convert("1"), "PNG"),
    "png grey": encode(RGB.convert("L"), "PNG"),
    "png grey, alpha": encode(RGBA.convert("LA"), "PNG"),
    "png palette": encode(RGB.convert("P"), "PNG"),
    "png palette, transparent": encode(RGB.convert("P"), "PNG", transparency=3),
    "png grey, transparent": encode(RGB.convert("L"), "PNG", transparency=int(np.asarray(RGB.convert("L"))[0, 0])),
    "png alpha": encode(RGBA, "PNG"),
    "png animated": frames("PNG"),
    "webp": encode(RGB, "WEBP"),
    "webp alpha": encode(RGBA, "WEBP", lossless=True),
    "webp animated": frames("WEBP", lossless=True),
    "bmp": encode(RGB, "BMP"),
    "bmp 1 bit": encode(RGB.convert("1"), "BMP"),
    "bmp palette": encode(RGB.convert("P"), "BMP"),
    "bmp alpha": encode(RGBA, "BMP"),
    "gif": encode(RGB.convert("P"), "GIF"),
    "gif animated": frames("GIF"),
    "gif transparent": encode(RGBA, "GIF"),
    "tiff": encode(RGB, "TIFF"),
    "tiff lzw": encode(RGB, "TIFF", compression="tiff_lzw"),
    "tiff jpeg": encode(RGB, "TIFF", compression="jpeg"),
    "tiff fax": encode(RGB.convert("1"), "TIFF", compression="group4"),
    "tiff palette": encode(RGB.convert("P"), "TIFF", compression="packbits"),
    "tiff alpha": encode(RGBA, "TIFF", compression="tiff_deflate"),
    "tiff grey, alpha": encode(RGBA.convert("LA"), "TIFF"),
    "tiff cmyk": encode(RGB.convert("CMYK"), "TIFF"),
    "tiff ycbcr": encode(RGB.convert("YCbCr"), "TIFF"),
    "tiff lab": encode(LAB, "TIFF"),
    "tiff big": encode(RGB, "TIFF", big_tiff=True),
    "tiff pages": frames("TIFF", compression="tiff_lzw"),
}
# What follows the first picture of these is padding, or other pictures that a JPEG's end marker hides.
CUT_EXEMPT = {"mpo"}


@pytest.mark.parametrize("name", PICTURES)
def test_every_kind_reads_as_pillow_reads_it(name: str) -> None:
    got = load_image(PICTURES[name])
    assert got.dtype == np.uint8 and got.flags.c_contiguous and got.flags.writeable
    np.testing.assert_array_equal(got, as_pillow_sees_it(PICTURES[name]))


@pytest.mark.parametrize("name", sorted(PICTURES.keys() - CUT_EXEMPT))
def test_a_file_cut_at_any_byte_is_refused(name: str) -> None:
    content = PICTURES[name]
    end = len(content.rstrip(b"\0")) if name == "tiff pages" else len(content)  # padding after the last page
    for n in (*range(min(64, end)), *range(64, end, max(1, end // 150)), *range(max(0, end - 24), end)):
        with pytest.raises(ImageError):
            load_image(content[:n])


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_upright_by_exif(kind: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[274] = orientation
    content = encode(RGB, kind, exif=exif, **({"lossless": True} if kind == "WEBP" else {}))
    np.testing.assert_array_equal(load_image(content), as_pillow_sees_it(content))
    assert load_image(content).shape == ((36, 24, 3) if orientation > 4 else (24, 36, 3))


@given(st.binary(max_size=200))
def test_bad_exif_does_not_refuse_a_good_picture(exif: bytes) -> None:
    plain = PICTURES["jpeg"]
    block = b"Exif\0\0" + exif
    content = plain[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + plain[2:]
    assert sorted(load_image(content).shape) == [3, 24, 36]


def test_sixteen_bit_grey_is_scaled() -> None:
    values = np.array([[0, 257, 128 * 257, 65535]], np.uint16)
    for kind in ("PNG", "TIFF"):
        got = load_image(encode(Image.fromarray(values), kind))
        np.testing.assert_array_equal(got[0, :, 0], [0, 1, 128, 255])
        np.testing.assert_array_equal(got[..., 0], got[..., 2])


def test_big_endian_and_white_is_zero_sixteen_bit() -> None:
    def tiff(order: str, photometric: int) -> bytes:
        tags = [(256, 4, 2), (257, 4, 1), (258, 3, 16), (259, 3, 1), (262, 3, photometric), (273, 4, 8), (277, 3, 1),
                (278, 4, 1), (279, 4, 4)]
        head = (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, 12)
        body = struct.pack(order + "HH", 257, 65535)
        ifd = struct.pack(order + "H", len(tags))
        for tag, kind, value in tags:
            short = struct.pack(order + ("HH" if kind == 3 else "I"), *((value, 0) if kind == 3 else (value,)))
            ifd += struct.pack(order + "HHI", tag, kind, 1) + short
        return head + body + ifd + struct.pack(order + "I", 0)

    for order in "<>":
        np.testing.assert_array_equal(load_image(tiff(order, 1))[0, :, 0], [1, 255])
    np.testing.assert_array_equal(load_image(tiff("<", 0))[0, :, 0], [254, 0])


@pytest.mark.parametrize(("values", "expected"), [
    (np.array([[0.0, 0.5, 1.0]], np.float32), [0, 128, 255]),
    (np.array([[0.0, 100.0, 255.0]], np.float32), [0, 100, 255]),
    (np.array([[-1.0, 0.0, 3.0]], np.float32), [0, 64, 255]),
    (np.array([[np.nan, 1.0, np.inf]], np.float32), [0, 255, 0]),
    (np.array([[-3e38, 3e38]], np.float32), [0, 255]),
    (np.array([[0, 7, 255]], np.int32), [0, 7, 255]),
    (np.array([[0, 257, 65535]], np.int32), [0, 1, 255]),
    (np.array([[-10, 90]], np.int32), [0, 255]),
])
def test_measurements_become_grey(values: NDArray[np.generic], expected: list[int]) -> None:
    np.testing.assert_array_equal(load_image(encode(Image.fromarray(values), "TIFF"))[0, :, 1], expected)


@pytest.mark.parametrize(("content", "code", "found"), [
    (b"", "image_empty", None),
    (b"hello, this is a text of some length", "image_not_an_image", None),
    (bytes(1000), "image_not_an_image", None),
    (b"%PDF-1.7 ...............", "image_unknown_format", "PDF"),
    (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image_unknown_format", "SVG"),
    (b"<?xml version='1.0'?>\n<!-- x -->\n<svg/>", "image_unknown_format", "SVG"),
    (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "image_unknown_format", "HEIC"),
    (b"\0\0\0\x18ftypavif\0\0\0\0mif1heic", "image_unknown_format", "AVIF"),
    (b"\0\0\1\0\1\0\x10\x10\0\0\1\0\x20\0\x68\4\0\0", "image_unknown_format", "ICO"),
    (b"\0\0\2" + bytes(9) + b"\x10\0\x10\0\x18\x20" + bytes(768), "image_unknown_format", "TGA"),
    (b"\0\1\1\0\0\0\1\x18" + bytes(4) + b"\x10\0\x10\0\x08\0" + bytes(1024), "image_unknown_format", "TGA"),
    (b"8BPS\0\1" + bytes(20), "image_unknown_format", "Photoshop"),
    (b"P6\n2 2\n255\n" + bytes(12), "image_unknown_format", "Netpbm"),
    (b"PK\3\4" + bytes(40), "image_unknown_format", "ZIP"),
    (b"\x89PNG", "image_truncated", None),
    (b"RIFF\x10\0\0\0WEB", "image_truncated", None),
    (b"BM", "image_truncated", None),
])
def test_what_is_not_one_of_the_six_is_refused_by_name(content: bytes, code: str, found: str | None) -> None:
    with pytest.raises(ImageError) as caught:
        load_image(content)
    assert caught.value.code == code
    assert caught.value.facts.get("found") == found


@pytest.mark.filterwarnings("error")
def test_signalling_nans_and_the_smallest_numbers_are_read_in_silence() -> None:
    from cnn_core.images.decode import _from_numbers

    signalling = np.array([[0x7F800001, 0x3F800000]], np.uint32).view(np.float32)  # a NaN that speaks up, and 1.0
    np.testing.assert_array_equal(load_image(encode(Image.fromarray(signalling), "TIFF"))[0, :, 1], [0, 255])
    np.testing.assert_array_equal(_from_numbers(np.array([[-1e-310, 0.0, 1e-310]]))[0], [0, 128, 255])


def test_too_many_pixels_are_refused_from_the_header_alone() -> None:
    wide = struct.pack(">IIBBBBB", 40_000, 1_001, 8, 2, 0, 0, 0)
    headers = [
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", wide),
        b"\xff\xd8\xff\xc0\0\x11\x08" + struct.pack(">HH", 40_000, 1_001) + b"\3" + bytes(9),
        b"GIF89a" + struct.pack("<HH", 40_000, 1_001) + bytes(3),
        b"BM" + bytes(8) + struct.pack("<IIiiHHI", 54, 40, 40_000, -1_001, 1, 24, 0) + bytes(20),
        b"RIFF" + struct.pack("<I", 22) + b"WEBPVP8X" + struct.pack("<I", 10) + bytes(4)
        + (39_999).to_bytes(3, "little") + (1_000).to_bytes(3, "little"),
    ]
    for header in headers:
        with pytest.raises(ImageError) as caught:
            load_image(header + bytes(64))
        assert caught.value.code == "image_too_large"
        assert caught.value.facts["width"] * caught.value.facts["height"] == 40_040_000
    square = struct.pack(">IIBBBBB", 8_000, 5_000, 1, 0, 0, 0, 0)  # forty million are allowed
    rows = zlib.compress(bytes(5_000 * 1_001))
    content = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", square) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    assert load_image(content).shape == (5_000, 8_000, 3)


def test_bombs_are_defused() -> None:
    bomb = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(50_000_000)))
    png = PICTURES["png"]
    np.testing.assert_array_equal(load_image(png[:33] + bomb * 3 + png[33:]), PIXELS)  # text is never unpacked
    with pytest.raises(ImageError):
        load_image(b"II*\0\x08\0\0\0\xff\xff" + struct.pack("<HHI4s", 256, 4, 0xFFFFFFFF, b"\xff\xff\xff\x7f") * 500)
    with pytest.raises(ImageError):  # a directory that leads back to itself
        load_image(b"II*\0\x08\0\0\0\0\0\x08\0\0\0")
    with pytest.raises(ImageError):  # more segments than any photograph has
        load_image(b"\xff\xd8" + b"\xff\xfe\0\2" * 100_000 + PICTURES["jpeg"][2:])


def test_a_tiff_whose_strips_do_not_cover_it_is_not_shown_half() -> None:
    content = bytearray(PICTURES["tiff"])
    at = struct.unpack_from("<I", content, 4)[0]
    for i in range(struct.unpack_from("<H", content, at)[0]):
        entry = at + 2 + 12 * i
        if struct.unpack_from("<H", content, entry)[0] == 278:  # rows in a strip
            struct.pack_into("<HHII", content, entry, 278, 4, 1, 12)
    with pytest.raises(ImageError):
        load_image(bytes(content))


@given(st.sampled_from(sorted(PICTURES)), st.randoms(use_true_random=False))
def test_a_mutated_file_is_a_picture_or_an_image_error(name: str, random) -> None:  # type: ignore[no-untyped-def]
    content = bytearray(PICTURES[name])
    for _ in range(random.randint(1, 6)):
        at = random.randrange(min(len(content), random.choice((40, 200, len(content)))))
        content[at : at + random.choice((0, 1, 1, 4))] = random.choice((b"", b"\0", b"\xff" * 4, random.randbytes(2)))
    try:
        got = load_image(bytes(content))
    except ImageError:
        return
    assert got.ndim == 3 and got.shape[2] == 3 and got.dtype == np.uint8 and got.size > 0


def test_any_failure_of_a_decoder_becomes_an_image_error(monkeypatch: pytest.MonkeyPatch) -> None:
    from cnn_core.images import decode

    for failure in (MemoryError(), struct.error("x"), SyntaxError("x"), RecursionError(), SystemError("x")):
        def fail(*_: object, failure: Exception = failure) -> None:
            raise failure

        monkeypatch.setitem(decode._DECODERS, "PNG", fail)
        with pytest.raises(ImageError) as caught:
            load_image(PICTURES["png"])
        assert caught.value.code == "image_broken"


def test_samples_are_scikit_images_own() -> None:
    samples = images.samples()
    assert list(samples)[:3] == ["astronaut", "coffee", "chelsea"]
    for name in samples:
        assert samples[name].ndim == 3 and not samples[name].flags.writeable
    np.testing.assert_array_equal(samples["coffee"], data.coffee())
    np.testing.assert_array_equal(samples["rocket"], data.rocket())
    np.testing.assert_array_equal(samples["camera"][..., 1], data.camera())
    assert "no such picture" not in samples and len(samples) == len(images.SAMPLES)


def test_grey_equals_scikit_image() -> None:
    for image in (images.samples()["chelsea"], PIXELS, PIXELS[:, ::2], PIXELS[:1, :1], PIXELS / 255):
        assert np.abs(images.to_grey(image) - rgb2gray(image)).max() < 1e-12
    np.testing.assert_allclose(images.to_grey(PIXELS[..., 0]), PIXELS[..., 0] / 255, atol=1e-15)


@given(st.integers(1, 50), st.integers(1, 50), st.floats(-1, 2), st.floats(-1, 2))
def test_the_square_is_inside_and_as_large_as_can_be(width: int, height: int, x: float, y: float) -> None:
    box = CropBox.square(width, height, (x, y))
    assert box.width == box.height == min(width, height)
    assert 0 <= box.left <= width - box.width and 0 <= box.top <= height - box.height
    assert box.cut(np.zeros((height, width, 3), np.uint8)).shape == (box.height, box.width, 3)


def test_square_crop_follows_its_centre() -> None:
    np.testing.assert_array_equal(images.square_crop(PIXELS), PIXELS[:, 6:30])
    np.testing.assert_array_equal(images.square_crop(PIXELS, (1.0, 0.0)), PIXELS[:, 12:])


def test_shrinking_takes_the_mean_of_the_area() -> None:
    np.testing.assert_array_equal(images.resize(PIXELS, 9, 6), PIXELS[::4, ::4])  # blocks of 4×4 of one colour
    stripes = np.zeros((8, 8, 3), np.uint8)
    stripes[:, ::2] = 200
    np.testing.assert_array_equal(images.resize(stripes, 4, 4), np.full((4, 4, 3), 100))  # no aliasing
    assert images.resize(PIXELS, 72, 6).shape == (6, 72, 3)
    np.testing.assert_array_equal(images.resize(np.full((3, 5, 3), 77, np.uint8), 50, 40), np.full((40, 50, 3), 77))
    with pytest.raises(ImageError):
        images.resize(PIXELS, 0, 5)


def test_fit_within_keeps_proportions_and_never_enlarges() -> None:
    assert images.fit_within(PIXELS, 18).shape == (12, 18, 3)
    assert images.fit_within(PIXELS, 36) is PIXELS
    assert images.fit_within(np.zeros((1, 1000, 3), np.uint8), 10).shape == (1, 10, 3)
