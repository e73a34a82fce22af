"""Every answer, computed a second time.

This room shares no code with the engine and imports nothing of the project: NumPy, SciPy and Polars only, so that an
agreement between the two proves something. It works from the specification of the sub-tasks.

- `verify.py`: `verified` judges whole tables of questions; it is what an asset check runs.
- `answers.py`: `problems` and `answer_holds`, for one row in any world.
- `world.py`, `question.py`: worlds, filled from tables or from a row's own evidence; and rows with their evidence read.
- The geometry: `solids.py`, `planar.py`, `pinhole.py`.
- The rules, a module a theme: `single_view.py`, `cameras.py`, `multi_view.py`, `correspondence.py`, `routes.py`,
  `captions.py`.
- The words: `wording.py`, `naming.py`, `said.py`, `directions.py`, `caption_text.py`.

What does not live here: making questions, and deciding what happens with a wrong one.
"""
