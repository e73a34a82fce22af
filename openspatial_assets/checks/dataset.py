"""Checks of `dataset` and `training_export`."""

from openspatial_assets.checks.rule import Rule

RULES = (
    Rule(
        "dataset",
        "splits_share_no_scene",
        "All questions of a scene are in one split.",
        "select variant, scene_id, count(distinct split) as splits from dataset group by all having splits > 1",
    ),
    Rule(
        "dataset",
        "yes_and_no_are_balanced",
        "Of a variant's judgements, 45 to 55 % are answered with yes.",
        "select variant, avg((answer_label = 'yes')::int) as yes_share, count(*) as judgements from dataset "
        "where form = 'judgement' group by all having judgements >= 100 and yes_share not between 0.45 and 0.55",
    ),
    Rule(
        "training_export",
        "every_question_is_exported",
        "The export holds the questions of the dataset, each once, with an image for every frame it shows.",
        # The placeholders are counted, not the images: those would have to be read.
        "select variant, qa_id, len(d.frame_ids) as frames, "
        "len(string_split(e.messages[1].value, '<image>')) - 1 as images from dataset d "
        "full join training_export e using (variant, qa_id) where images is null or frames is null or images <> frames",
    ),
)
