"""What a living room, bedroom, study and dining room are furnished with, the large things first.

Each theme is a function that fills an `Arrangement`. What does not belong here: how a place is found (`layout.py`).
"""

from collections.abc import Callable

import numpy as np

from resources.sources.layouts.synthetic_rooms.furniture import (
    containers,
    lamps,
    plants,
    screens,
    seats,
    storage,
    tables,
    tableware,
    wall_items,
)
from resources.sources.layouts.synthetic_rooms.furniture.pieces import Piece, Style, choose
from resources.sources.layouts.synthetic_rooms.layout import REST_M, Arrangement, NoRoom, Placed
from resources.sources.layouts.synthetic_rooms.shapes import rigid

Builder = Callable[[np.random.Generator, Style], Piece]
FACING = (-0.12, 0.12)
"""Turn of things that are put down straight, radians."""


def _needed(placed: Placed | None, what: str) -> Placed:
    if placed is None:
        raise NoRoom(what)
    return placed


def _opposite(wall: int) -> tuple[int, ...]:
    return ((wall + 2) % 4,)


def _wall_behind(room: Arrangement, placed: Placed) -> int:
    """The wall whose inward normal is nearest to the front of a piece."""
    front = -placed.world_from_object[:3, 1]
    return int(np.argmax([front @ -room.room.world_from_wall(wall)[:3, 1] for wall in range(4)]))


def fill_shelf(room: Arrangement, style: Style, shelf: Placed, books: int) -> None:
    """A row of upright books whose last one leans, ornaments on the other boards, a plant or box on top."""
    rng = room.rng
    top = len(shelf.piece.supports) - 1
    first, *others = (int(level) for level in rng.permutation(np.arange(top - 1) + 1))
    _book_row(room, style, shelf, first, books)
    ornaments = (containers.storage_box, tableware.bowl, tableware.bottle, tableware.lying_book)
    for level, k in zip((*others, 0)[:2], rng.permutation(len(ornaments)), strict=False):
        room.on(ornaments[k](rng, style), shelf, level, FACING, y=(-0.3, 0.3))
    room.on(choose(rng, (plants.small_plant, plants.vase))(rng, style), shelf, top, FACING)


def _book_row(room: Arrangement, style: Style, shelf: Placed, level: int, count: int) -> None:
    rng, rest = room.rng, shelf.piece.supports[level]
    x, end = rest.center[0] - rest.size[0] / 2 + 0.01, rest.center[0] + rest.size[0] / 2
    for k in range(count):
        piece = tableware.book(rng, style)
        while piece.bounds[1, 2] > rest.clearance - 0.02:
            piece = tableware.book(rng, style)
        thick, height, depth = np.ptp(piece.bounds[:, 0]), piece.bounds[1, 2], np.ptp(piece.bounds[:, 1])
        lean = rng.uniform(0.16, 0.3) if k == count - 1 else 0.0
        # Turned by -lean about y, its upper left corner is the leftmost point and its lower left corner the lowest.
        left = thick / 2 * np.cos(lean) + height * np.sin(lean)
        if x + left + thick > end:
            return
        y = rest.center[1] - rest.size[1] / 2 + depth / 2 + rng.uniform(0.015, 0.04)
        at = (x + left, y, rest.center[2] + REST_M + thick / 2 * np.sin(lean))
        room.try_to_put(piece, shelf.world_from_object @ rigid(at, (0, -lean, 0)))
        x += left + thick / 2 + rng.uniform(0.003, 0.008)


def lean_cushions(room: Arrangement, style: Style, sofa: Placed, count: int) -> None:
    """Cushions on a sofa, pushed against its back rest."""
    rng, rest = room.rng, sofa.piece.supports[0]
    for x in np.linspace(-1, 1, count) if count > 1 else (rng.uniform(-0.5, 0.5),):
        piece = seats.throw_cushion(rng, style)
        side, lean = np.ptp(piece.bounds[:, 0]), rng.uniform(1.15, 1.3)
        spread = rest.size[0] / 2 - side / 2
        height = side / 2 * np.sin(lean) + 0.004
        at = (rest.center[0] + x * spread * rng.uniform(0.75, 1.0), rest.center[1] - 0.25, rest.center[2] + height)
        start = sofa.world_from_object @ rigid(at, (lean, 0, rng.uniform(-0.12, 0.12)))
        room.slide(piece, start, sofa.world_from_object[:3, 1], 0.6)


def hang_pictures(room: Arrangement, style: Style, above: list[Placed], count: int, clock: bool) -> None:
    """Pictures above furniture first, then on free walls; and a clock."""
    rng, hung = room.rng, 0
    for anchor in above:
        if hung < count:
            wall = _wall_behind(room, anchor)
            local = np.linalg.inv(room.room.world_from_wall(wall)) @ anchor.world_from_object
            piece = wall_items.wall_picture(rng, style)
            hung += room.hang(piece, wall, local[0, 3] + rng.uniform(-0.15, 0.15), rng.uniform(1.5, 1.62)) is not None
    wanted = [wall_items.wall_picture] * (count - hung) + [wall_items.wall_clock] * clock
    for builder in wanted:
        piece = builder(rng, style)
        for _ in range(40):
            wall = int(rng.integers(4))
            half = room.room.wall_length(wall) / 2 - 0.5
            if room.hang(piece, wall, rng.uniform(-half, half), rng.uniform(1.5, 1.65)):
                break


def _set_down(room: Arrangement, style: Style, on: Placed, builders: tuple[Builder, ...]) -> None:
    for builder in builders:
        room.on(builder(room.rng, style), on)


def living_room(room: Arrangement, style: Style) -> None:
    rng = room.rng
    sofa = _needed(room.against_wall(seats.sofa(rng, style), gap=0.1, along=(-0.4, 0.4)), "sofa")
    front = sofa.piece.bounds[0, 1]
    low = tables.coffee_table(rng, style)
    near = front - 0.36 + low.bounds[0, 1]
    table = _needed(room.beside(low, sofa, (-0.2, 0.2), (near - 0.1, near), FACING), "coffee table")
    wall = _wall_behind(room, sofa)
    stand = room.against_wall(storage.television_stand(rng, style), _opposite(wall), along=(-0.45, 0.45))
    if stand is None:
        stand = _needed(room.against_wall(storage.cabinet(rng, style)), "television stand")
    room.on(screens.television(rng, style), stand, 0, (-0.05, 0.05), x=(-0.3, 0.3), y=(0.0, 0.6))
    side = choose(rng, (-1, 1))
    reach, turn = sorted((side * 1.35, side * 1.7)), sorted((-side * 1.1, -side * 2.0))
    chair = room.beside(seats.armchair(rng, style), sofa, reach, (near - 0.3, near + 0.1), turn, 0.1)
    shelf = _needed(room.against_wall(storage.bookshelf(rng, style)), "bookshelf")
    lamp_x = -side * (sofa.piece.bounds[1, 0] + 0.28)
    lamp = lamps.floor_lamp(rng, style)
    room.beside(lamp, sofa, (lamp_x - 0.06, lamp_x + 0.06), (0.0, 0.25), (-3, 3)) or room.in_corner(lamp)
    room.in_corner(plants.plant(rng, style))
    fill_shelf(room, style, shelf, 4)
    lean_cushions(room, style, sofa, 2)
    if chair:
        lean_cushions(room, style, chair, 1)
    _set_down(room, style, table, (tableware.bowl, tableware.mug, tableware.lying_book, tableware.mug))
    room.anywhere(choose(rng, (containers.basket, seats.ottoman))(rng, style))
    hang_pictures(room, style, [sofa], 2, clock=False)


def bedroom(room: Arrangement, style: Style) -> None:
    rng = room.rng
    bed = _needed(room.against_wall(seats.bed(rng, style), gap=0.08, along=(-0.35, 0.35), turn=0.02), "bed")
    half, head = bed.piece.bounds[1, 0], bed.piece.bounds[1, 1]
    stands = []
    for side in (-1, 1):
        piece = storage.nightstand(rng, style)
        x, y = side * (half + 0.09 + piece.bounds[1, 0]), head - piece.bounds[1, 1] - 0.03
        stands.append(room.beside(piece, bed, (x - 0.03, x + 0.03), (y - 0.05, y), (-0.04, 0.04)))
    stands = [stand for stand in stands if stand]
    dresser = _needed(room.against_wall(storage.dresser(rng, style)), "dresser")
    desk = room.against_wall(tables.desk(rng, style))
    shelf = room.against_wall(storage.bookshelf(rng, style)) if desk is None else None
    if desk:
        _seat_at(room, seats.chair(rng, style), desk)
        room.on(screens.laptop(rng, style), desk, 0, (-0.25, 0.25), x=(-0.4, 0.4), y=(-0.2, 0.3))
        _set_down(room, style, desk, (tableware.mug, tableware.lying_book))
        room.on(lamps.desk_lamp(rng, style), desk, 0, (-0.6, 0.6), y=(0.3, 1.0))
    if shelf:
        fill_shelf(room, style, shelf, 3)
    for stand in stands:
        room.on(lamps.table_lamp(rng, style), stand, y=(0.0, 1.0))
        room.on(choose(rng, (tableware.mug, tableware.lying_book))(rng, style), stand)
    for x in ((-1.0, -0.85), (0.85, 1.0)):
        room.on(seats.pillow(rng, style), bed, 0, (-0.1, 0.1), x=x)
    room.on(seats.throw_cushion(rng, style), bed, 1, y=(-0.2, 1.0))
    room.on(tableware.lying_book(rng, style), bed, 1, y=(-1.0, 0.5))
    _set_down(room, style, dresser, (plants.vase, containers.storage_box))
    room.in_corner(plants.plant(rng, style))
    if rng.uniform() < 0.5:
        room.beside(seats.ottoman(rng, style), bed, (-0.5, 0.5), (-head - 0.55, -head - 0.35), (-3, 3), 0.08)
    else:
        room.anywhere(containers.basket(rng, style), 0.15)
    if desk:
        room.beside(containers.waste_bin(rng, style), desk, (-1.1, 1.1), (-0.1, 0.2), (-3, 3))
    hang_pictures(room, style, [bed, dresser], 2, clock=False)


def _seat_at(room: Arrangement, piece: Piece, table: Placed, x: tuple[float, float] = (-0.12, 0.12)) -> Placed | None:
    """A chair before a desk, facing it, pulled out a little and turned."""
    edge = table.piece.bounds[0, 1]
    return room.beside(piece, table, x, (edge - 0.34, edge - 0.12), (np.pi - 0.5, np.pi + 0.5), 0.02)


def study(room: Arrangement, style: Style) -> None:
    rng = room.rng
    desk = _needed(room.against_wall(tables.desk(rng, style), gap=0.08, along=(-0.6, 0.6)), "desk")
    _needed(_seat_at(room, seats.office_chair(rng, style), desk), "office chair")
    shelf = _needed(room.against_wall(storage.bookshelf(rng, style)), "bookshelf")
    cabinet = _needed(room.against_wall(storage.cabinet(rng, style)), "cabinet")
    chair = room.anywhere(seats.armchair(rng, style), 0.25)
    room.on(screens.monitor(rng, style), desk, 0, (-0.2, 0.2), x=(-0.25, 0.25), y=(0.5, 1.0))
    room.on(screens.keyboard(rng, style), desk, 0, (-0.08, 0.08), x=(-0.3, 0.3), y=(-0.8, -0.4))
    room.on(lamps.desk_lamp(rng, style), desk, 0, (-0.8, 0.8), y=(0.2, 1.0))
    _set_down(room, style, desk, (tableware.mug, tableware.lying_book))
    fill_shelf(room, style, shelf, 4)
    room.on(plants.small_plant(rng, style), cabinet)
    if chair:
        lean_cushions(room, style, chair, 1)
        room.in_corner(lamps.floor_lamp(rng, style))
    room.beside(containers.waste_bin(rng, style), desk, (-1.1, 1.1), (-0.1, 0.2), (-3, 3))
    carton = room.in_corner(containers.carton(rng, style)) or room.anywhere(containers.carton(rng, style), 0.1)
    if carton:
        room.on(choose(rng, (containers.storage_box, tableware.lying_book))(rng, style), carton)
    room.anywhere(seats.stool(rng, style), 0.15)
    room.in_corner(plants.plant(rng, style))
    hang_pictures(room, style, [cabinet], 2, clock=True)


def dining_room(room: Arrangement, style: Style) -> None:
    rng = room.rng
    turn = rng.uniform(-0.25, 0.25) + (np.pi / 2 if room.room.depth > room.room.width else 0)
    place = rigid((rng.uniform(-0.4, 0.4), rng.uniform(-0.2, 0.2), 0), (0, 0, turn))
    table = _needed(room.try_to_put(tables.table(rng, style), place), "table")
    width, depth = np.ptp(table.piece.bounds[:, :2], axis=0)
    of_one_set = int(rng.integers(1000))
    for x in (-0.24 * width, 0.24 * width):
        for side, facing in ((-1, np.pi), (1, 0.0)):
            y = side * (depth / 2 + 0.16)
            piece = seats.chair(np.random.default_rng(of_one_set), style)
            room.beside(piece, table, (x - 0.06, x + 0.06), (y - 0.1, y + 0.1), (facing - 0.4, facing + 0.4), 0.02)
    cabinet = _needed(room.against_wall(storage.cabinet(rng, style)), "cabinet")
    shelf = room.against_wall(storage.bookshelf(rng, style))
    room.on(tableware.bowl(rng, style), table, x=(-0.4, 0.4), y=(-0.4, 0.4))
    _set_down(room, style, table, (tableware.mug, tableware.mug, tableware.bottle, tableware.mug))
    _set_down(room, style, cabinet, (lamps.table_lamp, plants.vase))
    if shelf:
        fill_shelf(room, style, shelf, 3)
    room.in_corner(plants.plant(rng, style))
    room.in_corner(lamps.floor_lamp(rng, style))
    stool = room.anywhere(seats.stool(rng, style), 0.2)
    if stool:
        room.on(tableware.lying_book(rng, style), stool)
    room.in_corner(containers.basket(rng, style)) or room.in_corner(containers.waste_bin(rng, style))
    hang_pictures(room, style, [cabinet], 2, clock=True)


THEMES: tuple[Callable[[Arrangement, Style], None], ...] = (living_room, bedroom, study, dining_room)
"""A room's seed chooses in turn, so that the first four seeds make four kinds of room."""
