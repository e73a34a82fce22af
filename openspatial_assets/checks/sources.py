"""Checks of `scenes`."""

from openspatial_assets.checks.rule import Rule

RULES = (
    Rule(
        "scenes",
        "most_frames_are_usable",
        "No scene lost more than a fifth of its frames.",
        "select scene_id, num_frames, len(dropped_frames) as dropped, dropped_frames[1].reason as first_reason "
        "from scenes where len(dropped_frames) > 0.2 * (num_frames + len(dropped_frames))",
        is_error=False,
    ),
    Rule(
        "scenes",
        "source_files_are_there",
        "No file of a scene is missing or wrong: what doctor finds, with the dataset's page that has it.",
        "select scene_id, found.path, found.problem, found.page from "
        "(select scene_id, unnest(findings) as found from scenes)",
        is_error=False,
    ),
    Rule(
        "scenes",
        "licence_is_known",
        "Every scene has a licence, which travels to every exported row.",
        "select scene_id, source from scenes where license is null",
        is_error=False,
    ),
)
