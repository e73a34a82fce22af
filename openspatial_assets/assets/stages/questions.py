"""Stages of questions: asking, captions, the second computation, the gallery.

What does not belong here: the functions that make the tables (the modules of `assets`) and how a stage is run
(`runner.py`).
"""

from openspatial_assets.assets import captions, gallery, pieces, presentation, questions, reports, verifications
from openspatial_assets.assets.pieces import CAPTION, LINKS, QUESTION_INPUTS
from openspatial_assets.assets.recipe import Presentation, Recipe, stacked
from openspatial_assets.engine.questions import SUBTASKS
from openspatial_assets.partitions import SCENE, SCENE_VARIANT
from openspatial_assets.staleness import Output, Stage
from resources import tables

QUESTION_TABLES = tuple(f"qa/{name}" for name in SUBTASKS)


QUESTIONS = Recipe(
    Stage(
        "questions",
        SCENE_VARIANT,
        (
            *(Output(tables.question_table(name), questions.version_of(name)) for name in SUBTASKS if name != CAPTION),
            Output(tables.REJECTIONS, ", ".join(f"{name} {task.version}" for name, task in SUBTASKS.items())),
        ),
        inputs=("scenes", *QUESTION_INPUTS, *LINKS),
        settings=("questions",),
    ),
    pieces=lambda inputs: pieces.asking(inputs, pieces.outdated(inputs)),
    work=questions.questions_of_scene,
    join=pieces.question_tables,
    shown={
        **{
            f"qa/{name}": Presentation(task.capability, presentation.questions)
            for name, task in SUBTASKS.items()
            if name != CAPTION
        },
        "rejections": Presentation("quality", presentation.rejections),
    },
)

# A stage of its own, so that a language service that fails holds up nothing but the captions.
CAPTIONS = Recipe(
    Stage(
        "captions",
        SCENE_VARIANT,
        (Output(tables.question_table(CAPTION), f"{questions.version_of(CAPTION)}, {captions.RULE_VERSION}"),),
        inputs=QUESTIONS.stage.inputs,
        settings=("questions", "captions"),
    ),
    pieces=lambda inputs: pieces.asking(inputs, (CAPTION,)),
    work=questions.questions_of_scene,
    join=pieces.rephrased_captions,
    shown={f"qa/{CAPTION}": Presentation(SUBTASKS[CAPTION].capability, presentation.captions)},
)

VERIFICATION = Recipe(
    Stage(
        "verification",
        SCENE_VARIANT,
        (Output(tables.VERIFICATIONS, verifications.RULE_VERSION),),
        inputs=("frames", "scene_boxes", *QUESTION_TABLES),
    ),
    pieces=lambda inputs: pieces.verifying(inputs, QUESTION_TABLES),
    work=verifications.verifications_of,
    join=stacked(tables.VERIFICATIONS),
    shown={"verifications": Presentation("quality", presentation.verifications, ("numpy", "scipy"))},
)

GALLERY = Recipe(
    Stage(
        "gallery",
        SCENE,
        (Output(tables.GALLERY, gallery.page_version()),),
        inputs=("frames", "scene_boxes", "object_frames", *QUESTION_TABLES, "rejections", "verifications"),
        settings=("gallery",),
    ),
    pieces=reports.gallery_pieces,
    work=gallery.gallery_page,
    join=reports.written_gallery,
    shown={"gallery": Presentation("quality", presentation.gallery, ("html",))},
)
