"""What the questions look at: the objects of a scene, the frames, and which object is seen where.

`scene.py` holds the arrays and what is measured of one object; `groups.py` finds which objects are compared with which.
What does not live here: rules, margins and words (`engine/questions`), and how visibility was decided.
"""
