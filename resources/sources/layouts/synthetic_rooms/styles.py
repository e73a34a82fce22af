"""The looks a room can have: woods, cloths and colours that go together.

What does not belong here: the recipes behind the materials (`materials.py`, `textures.py`).
"""

from resources.sources.layouts.synthetic_rooms.furniture.pieces import Style
from resources.sources.layouts.synthetic_rooms.materials import Material, fabric, painted, wood

OAK, WALNUT, PINE, TEAK, ASH = (196, 152, 100), (112, 74, 50), (222, 180, 124), (164, 104, 62), (206, 184, 150)

PLANKS = Material("planks", ((186, 142, 96), (138, 98, 62)), tile_m=2.0, grain=True, gloss=0.35)
DARK_PLANKS = Material("planks", ((140, 98, 64), (96, 64, 42)), tile_m=2.0, grain=True, gloss=0.4)
PALE_PLANKS = Material("planks", ((214, 184, 144), (172, 140, 102)), tile_m=2.0, grain=True, gloss=0.3)
HERRINGBONE = Material("herringbone", ((190, 142, 94), (140, 98, 60)), tile_m=2.0, gloss=0.4)
CHECKER = Material("tiles", ((226, 222, 212), (128, 138, 142), (176, 172, 166)), tile_m=2.4, gloss=0.45)
SLATE = Material("tiles", ((172, 164, 152), (156, 148, 138), (120, 116, 110)), tile_m=2.4, gloss=0.35)


def _plaster(*color: int) -> Material:
    return Material("plaster", (color,), tile_m=1.2)


def _paper(first: tuple[int, int, int], second: tuple[int, int, int]) -> Material:
    return Material("wallpaper", (first, second), tile_m=1.2)


STYLES = (
    Style(  # warm and mid-century
        wood(OAK), wood(WALNUT, 1), painted((236, 232, 222)), fabric((64, 98, 104)),
        ((206, 98, 58), (218, 172, 72), (60, 104, 112), (168, 62, 54), (92, 122, 84)),
        HERRINGBONE, _plaster(232, 226, 212), _plaster(122, 148, 140), ((152, 62, 48), (232, 214, 178), (54, 78, 92)),
    ),
    Style(  # light and northern
        wood(ASH, 2), wood(PINE, 3), painted((242, 242, 238)), fabric((150, 154, 158)),
        ((78, 118, 158), (232, 196, 94), (214, 122, 110), (92, 150, 138), (52, 64, 92)),
        PALE_PLANKS, _plaster(236, 236, 232), _paper((226, 228, 222), (158, 184, 186)),
        ((70, 98, 132), (236, 232, 222), (206, 164, 84)),
    ),
    Style(  # deep colours, dark wood
        wood(TEAK, 4), wood(OAK, 5), painted((52, 74, 82)), fabric((176, 128, 84)),
        ((184, 66, 58), (226, 176, 84), (70, 120, 92), (66, 90, 146), (226, 214, 194)),
        DARK_PLANKS, _plaster(226, 220, 208), _plaster(70, 98, 112), ((58, 92, 88), (226, 208, 166), (170, 78, 54)),
    ),
    Style(  # bright, with a tiled floor
        wood(PINE, 6), wood(TEAK, 7), painted((112, 146, 142)), fabric((196, 104, 86)),
        ((226, 112, 72), (64, 136, 142), (240, 200, 92), (124, 86, 132), (96, 148, 92)),
        CHECKER, _plaster(238, 232, 220), _paper((240, 230, 208), (214, 162, 122)),
        ((44, 110, 116), (240, 226, 196), (214, 120, 76)),
    ),
    Style(  # calm and earthy
        wood(WALNUT, 8), wood(ASH, 9), painted((214, 204, 186)), fabric((118, 128, 96)),
        ((172, 106, 74), (206, 180, 132), (86, 108, 122), (134, 58, 62), (66, 92, 70)),
        SLATE, _plaster(230, 222, 208), _plaster(182, 142, 116), ((116, 74, 56), (222, 206, 176), (74, 94, 84)),
    ),
    Style(  # grey, white and one strong colour
        wood(OAK, 10), wood(WALNUT, 11), painted((238, 238, 236)), fabric((78, 86, 108)),
        ((226, 168, 42), (86, 124, 170), (196, 78, 84), (110, 162, 148), (70, 72, 84)),
        PLANKS, _plaster(228, 230, 230), _plaster(142, 160, 176), ((72, 82, 108), (228, 226, 220), (214, 160, 60)),
    ),
)  # fmt: skip


def style_of(seed: int) -> Style:
    """The look of a room: six seeds in a row have six looks, and 24 give every theme each of them."""
    return STYLES[(seed + seed // 4) % len(STYLES)]
