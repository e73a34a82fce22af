"""Images inside of other files: references to them, and what is refused."""

import io
import struct
import zipfile
import zlib

import cv2
import numpy as np
import pyarrow as pa
import pytest

from resources.images import ImageError, decode_depth, read_bytes, read_color
from resources.stored_images import file_of, parsed, read_stored, reference

PICTURE = np.random.default_rng(0).integers(0, 255, (12, 16, 3), np.uint8)
DEPTH = np.random.default_rng(1).integers(0, 9000, (6, 8), np.uint16)
PIXELS = {"width": 8, "height": 6}


def png(pixels: np.ndarray) -> bytes:
    return cv2.imencode(".png", pixels[..., ::-1] if pixels.ndim == 3 else pixels)[1].tobytes()


@pytest.fixture
def container(tmp_path):
    """A file of several images, and a function that names one of them by its number."""
    deflate = zlib.compressobj(wbits=-15)
    metres = (DEPTH / 1000).astype("<f4")
    blobs = [
        png(PICTURE),
        DEPTH.astype("<u2").tobytes(),
        zlib.compress(DEPTH.astype("<u2").tobytes()),
        deflate.compress(metres.tobytes()) + deflate.flush(),
        pa.compress(DEPTH.astype("<u2").tobytes(), codec="lz4_raw", asbytes=True),
    ]
    path = tmp_path / "images # of a scan.bin"
    path.write_bytes(b"head" + b"".join(blobs))
    starts = np.cumsum([4, *map(len, blobs)])

    def image(number: int, **options) -> str:
        return reference(str(path), "blob", offset=starts[number], size=len(blobs[number]), **options)

    return path, image


def test_an_image_is_read_out_of_a_container_whatever_its_codec(container):
    path, image = container
    assert file_of(image(0)) == str(path)
    assert np.array_equal(read_color(image(0)), PICTURE)
    for number, codec in ((1, "raw"), (2, "zlib"), (4, "lz4")):
        assert np.array_equal(read_stored(image(number, codec=codec, type="u2", **PIXELS)), DEPTH)
    floating = image(3, codec="deflate", type="f4", **PIXELS)
    assert np.array_equal(read_stored(floating), (DEPTH / 1000).astype(np.float32))
    encoded = read_bytes(floating)
    assert np.array_equal(decode_depth(encoded, "a TIFF"), read_stored(floating)), "encoded without loss"


def test_a_hash_sign_in_a_path_makes_no_reference(tmp_path):
    for name in ("room #2.png", "a#blob.png", "b#nothing?x=1"):
        path = tmp_path / name
        path.write_bytes(png(PICTURE))
        assert parsed(str(path)) is None
        assert np.array_equal(read_color(str(path)), PICTURE)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"offset": 4, "size": 1 << 40}, "no image"),
        ({"offset": 4, "size": 10_000}, "truncated"),
        ({"offset": 4, "size": 50, "codec": "zlib", "type": "u2", **PIXELS}, "cannot be unpacked"),
        ({"offset": 4, "size": 50, "codec": "raw", "type": "u2", "width": 200_000, "height": 200_000}, "pixels"),
    ],
)
def test_what_cannot_be_an_image_is_refused_with_the_files_name(container, options, reason):
    path, _ = container
    with pytest.raises(ImageError, match=reason) as error:
        read_stored(reference(str(path), "blob", **options))
    assert str(path) in str(error.value)


@pytest.mark.parametrize("codec", ["zlib", "deflate", "lz4"])
def test_what_unpacks_to_more_than_the_image_is_refused_before_it_fills_the_memory(tmp_path, codec):
    bomb = bytes(200_000_000)
    if codec == "lz4":
        packed = pa.compress(bomb, codec="lz4_raw", asbytes=True)
    else:
        stream = zlib.compressobj(9, wbits=15 if codec == "zlib" else -15)
        packed = stream.compress(bomb) + stream.flush()
    path = tmp_path / "bomb.bin"
    path.write_bytes(packed)
    with pytest.raises(ImageError, match="unpack"):
        read_stored(reference(str(path), "blob", offset=0, size=len(packed), codec=codec, type="u2", **PIXELS))


def test_an_lz4_block_that_unpacks_to_less_is_refused(tmp_path):
    path = tmp_path / "short.bin"
    path.write_bytes(packed := pa.compress(DEPTH.tobytes()[:-2], codec="lz4_raw", asbytes=True))
    with pytest.raises(ImageError, match=r"short\.bin: unpacks to less"):
        read_stored(reference(str(path), "blob", offset=0, size=len(packed), codec="lz4", type="u2", **PIXELS))


def test_what_lies_in_a_container_can_be_turned(container):
    path, image = container
    for inner, pixels in ((image(0), PICTURE), (image(1, codec="raw", type="u2", **PIXELS), DEPTH)):
        turned = reference(inner, "turned", quarter_turns=1)
        assert file_of(turned) == str(path)
        assert np.array_equal(read_stored(turned), np.rot90(pixels))


def test_a_member_of_an_archive_is_read_and_an_absurd_one_is_not(tmp_path):
    path = tmp_path / "sequence.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("frame-000000.color.png", png(PICTURE))
    assert np.array_equal(read_color(reference(str(path), "zip", member="frame-000000.color.png")), PICTURE)
    with pytest.raises(ImageError, match=r"sequence\.zip: the archive has no frame-7"):
        read_stored(reference(str(path), "zip", member="frame-7"))

    data = bytearray(path.read_bytes())
    entry = data.rindex(b"PK\x01\x02")
    data[entry + 24 : entry + 28] = struct.pack("<I", 0xFFFF0000)  # the size that the directory claims
    absurd = tmp_path / "absurd.zip"
    absurd.write_bytes(data)
    with pytest.raises(ImageError, match=r"absurd\.zip: .* that is no image"):
        read_stored(reference(str(absurd), "zip", member="frame-000000.color.png"))
    broken = tmp_path / "broken.zip"
    broken.write_bytes(io.BytesIO(path.read_bytes()).read(60))
    with pytest.raises(ImageError, match=r"broken\.zip"):
        read_stored(reference(str(broken), "zip", member="frame-000000.color.png"))
