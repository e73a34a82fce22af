"""Checks of `question_quality`: what a lead should look at before training on a variant.

What belongs here: limits. What does not: how the numbers are computed (`engine/dataset`). The mixture evens letters,
and yes and no, out (`dataset`); these rules look at the questions before that.
"""

from openspatial_assets.checks.rule import Rule

LEAST_ANSWERS = 40
"""Fewer letters or judgements of a sub-task are uneven by chance."""

LEAST_P_VALUE = 0.001
"""Of a chi-square test: with 19 sub-tasks and a handful of variants, less is no accident."""

MOST_REPEATED = 0.6
"""Share of near-duplicates. The settings as shipped ask a fact up to twice, so at most half of the questions repeat."""

MOST_IN_SAME_WORDS = 0.05

BETTER_THAN_CHANCE = 0.1
LEAST_SIGMAS = 4.0
"""By how much, and how surely, guesses must be better than chance before they count: questions of one scene resemble
each other, so that fewer standard deviations come about by accident."""

_ASKED = "select variant, subtask, questions"

RULES = (
    Rule(
        "question_quality",
        "letters_are_even",
        "The right options of a sub-task's multiple choices stand at A, B, C and D equally often.",
        f"{_ASKED}, choices, letters_p_value, letters from question_quality "
        f"where choices >= {LEAST_ANSWERS} and letters_p_value < {LEAST_P_VALUE}",
    ),
    Rule(
        "question_quality",
        "yes_and_no_are_even",
        "Of a sub-task's judgements, 45 to 55 % are answered with yes.",
        f"{_ASKED}, judgements, yes_share from question_quality "
        f"where judgements >= {LEAST_ANSWERS} and yes_share not between 0.45 and 0.55",
    ),
    Rule(
        "question_quality",
        "labels_are_even",
        "Answers out of a closed set (sides, directions, views) are equally frequent.",
        f"{_ASKED}, labels_p_value, labels from question_quality where labels_p_value < {LEAST_P_VALUE}",
        is_error=False,
    ),
    Rule(
        "question_quality",
        "words_give_no_answer_away",
        "Without names of objects, no more answers are told from words alone than by chance.",
        "select variant, subtask, guess.name as guessed, guess.questions as questions, guess.right as right_share, "
        "guess.chance as chance, guess.sigmas as sigmas from (select variant, subtask, unnest(guesses) as guess "
        "from question_quality) where guess.name not like '%with_names' "
        f"and guess.questions >= {LEAST_ANSWERS} "
        f"and guess.right > guess.chance + {BETTER_THAN_CHANCE} and guess.sigmas > {LEAST_SIGMAS}",
        is_error=False,
    ),
    Rule(
        "question_quality",
        "questions_are_not_repeated",
        "Few questions state again what another one states, hardly any in the same words.",
        f"{_ASKED}, near_duplicates, same_words from question_quality where questions >= {LEAST_ANSWERS} "
        f"and (near_duplicates > {MOST_REPEATED} * questions or same_words > {MOST_IN_SAME_WORDS} * questions)",
        is_error=False,
    ),
    Rule(
        "question_quality",
        "every_subtask_is_asked",
        "Every sub-task has questions in some scene.",
        "select variant, subtask, rejected, rejections from question_quality where questions = 0",
        is_error=False,
    ),
)
