# %% [markdown]
# # 01 · Faces as data
#
# Every audit begins with a table of faces, and most wrong audits went wrong there: a group of nine people, a picture that
# is a painting, faces that are small in one group and large in the other. In this chapter you look at a data set the way
# a careful auditor does, before any model is asked anything.
#
# **You will be able to**
#
# - *count* faces in crossed groups, empty ones included;
# - *say* how sure a share of so few can be, and *plan* how many you need;
# - *look* at a data set through mean faces, and *say* what a mean hides;
# - *detect*, *crop*, *align* and *blur* faces, and *find* the pictures that don't belong.
#
# **Before you start**
#
# | you need | how much | where to find it |
# |---|---|---|
# | Python, NumPy and pandas | essential | `groupby` and boolean masks |
# | [chapter 00](00_start_here.ipynb) | essential | what a label is, how exercises work |
# | PyTorch | hardly | images are tensors of shape `(3, height, width)` |
#
# **Time**: 50 minutes with the exercises. The cells themselves run for half a minute.

# %% [markdown]
# ## What is in the table? · 12 min
#
# If FairFace is on this machine, we look at those of its validation photographs that are there. If not, the course draws faces. Both are a
# `FaceDataset`: a table with a row for each picture, and the pictures.

# %%
from IPython.display import Markdown

from helpers import datasets
from helpers.errors import DataNotFound

try:
    faces = datasets.load("fairface", split="val")
    group, second, age = "race", "gender", "age"
    banner = "photographs from FairFace. Race, gender and age are what annotators perceived."
except DataNotFound:
    faces = datasets.load("synthetic", n=600)
    group, second, age = "band", "hair_length", "hair_texture"
    banner = "drawn by the course, since there is no FairFace here. Groups are called by what is drawn."
Markdown(
    f"> **The faces of this chapter** are {len(faces):,} {banner} {faces.notes[0]}"
)

# %%
faces.table[[group, second, age]].head()

# %% [markdown]
# The first thing to do with a data set is to count. How many pictures has each group?

# %%
counts = faces.table[group].value_counts()
counts

# %% tags=["reading"]
large, small = counts.max(), counts.min()
sizes = (
    f"All {len(counts)} groups are of one size, {large:,}"
    if large == small
    else f"The largest of {len(counts)} groups has {large:,} pictures and the smallest {small:,}"
)
Markdown(
    f"{sizes}. That is no property of the world, it is how this collection was made. In most collections the largest "
    "group has many times as many pictures as the smallest. And counts along one label say nothing about combinations."
)

# %% [markdown]
# Crossing two labels shows the combinations:

# %%
import pandas as pd

table = pd.crosstab(faces.table[age], faces.table[second])
table

# %% [markdown]
# Groups that cross several labels are called *intersectional*. They grow small quickly: FairFace's seven races, two genders and nine
# ages make {{126 = 7 * 2 * 9}} cells. Some may be empty, and the empty ones are the easiest to overlook, because a table made by `groupby` or
# `crosstab` often leaves them out.

# %% [markdown] tags=["exercise"]
# ### Exercise 1.1 · Count the empty cells, too · ●○○ · 6 min
#
# *Task:* return the number of faces in *every* combination of the categories of the given columns, two or more, as a Series. A
# combination without faces is in it, with 0.
#
# <details><summary>Hint: my Series has too few rows</summary>
#
# For columns of type *category* pandas knows all values, used or not. `groupby(..., observed=False)` gives every
# combination, `observed=True` only those that occur.
#
# </details>


# %% tags=["exercise"]
def cell_counts(table: pd.DataFrame, columns: list[str]) -> pd.Series:
    """Faces in every combination of categories, empty ones included."""
    ### BEGIN SOLUTION
    return table.groupby(columns, observed=False).size()
    ### END SOLUTION


# %%
from helpers import checks as check

check.exercise_1_1(cell_counts)

# %% [markdown]
# Now for three labels at once. How large are the smallest cells, and how many are there?

# %%
cells = cell_counts(faces.table, [group, second, age])
cells.value_counts().sort_index().head(8)

# %% tags=["reading"]
ages = cells.groupby(level=age, observed=False).sum()
never = ", ".join(str(each) for each in ages.index[ages == 0])
empty, few = int((cells == 0).sum()), int(cells.between(1, 4).sum())
left_out = len(cells) // len(ages) * int((ages == 0).sum())
Markdown(
    f"The index is the size of a cell, the value how many cells have this size. Of {len(cells)} cells "
    f"{empty} {'is' if empty == 1 else 'are'} empty, and {few} hold one to four faces. "
    + (
        f"(Nobody in this copy is annotated as {never}: children were left out on purpose, which makes {left_out} of the empty cells.) "
        if never
        else ""
    )
    + "Nothing can be said about an empty cell, and hardly anything about a cell of three. A report that "
    "averages over groups hides them. A report that leaves them out without a word is worse."
)

# %% [markdown]
# ## How many faces are enough? · 14 min
#
# Suppose a model errs for {{3 = 0.1 * 30}} of 30 faces of a group. The share is 10 %, but thirty other faces would have given another
# number. A *confidence interval* says which true shares go well with what was seen. All intervals of this course are 95 %
# intervals: made in this way, they hold the true value in about 95 % of samples. Wilson's interval is the usual one for a
# share:

# %%
from helpers.intervals import wilson

{n: [round(bound, 3) for bound in wilson(n // 10, n)] for n in (30, 130, 1000)}

# %% [markdown]
# From thirty faces, the true error may well be anything between {{3.5 = 100 * wilson(3, 30)[0]}} and {{26 = 100 * wilson(3, 30)[1]}} %. A
# difference of ten points between two such groups is no finding. To halve an interval you need about four times as many faces.

# %% [markdown] tags=["exercise"]
# ### Exercise 1.2 · Plan an audit · ●●○ · 8 min
#
# *Task:* you expect an error of `share`, and want to know it so well that Wilson's interval is at most `width` wide, from end to
# end. How many faces of the group do you need? Return the first number that is enough. A tenth more or less is fine: errors come in
# whole numbers, so the width goes up and down a little while n grows.
#
# <details><summary>Hint: how do I get the width for n faces?</summary>
#
# `low, high = wilson(round(share * n), n)`. Start with `n = 10` and count up until `high - low` is small enough.
#
# </details>


# %% tags=["exercise"]
def faces_needed(share: float, width: float) -> int:
    """Smallest number of faces at which Wilson's interval is narrow enough."""
    ### BEGIN SOLUTION
    n = 10
    low, high = wilson(round(share * n), n)
    while high - low > width:
        n += 1
        low, high = wilson(round(share * n), n)
    return n
    ### END SOLUTION


# %%
check.exercise_1_2(faces_needed)

# %%
{
    f"{share:.0%}, interval 10 points wide": faces_needed(share, 0.1)
    for share in (0.02, 0.1, 0.3)
}

# %% [markdown] tags=["quiz"]
# **Quiz 1.1** A report compares a model's errors in 50 groups with 20 faces each. "The worst group has 30 % errors, against 10 %
# overall." What do you think?
#
# 1. That group is served three times worse than the faces on the whole.
# 2. There are too many groups to say anything at all.
# 3. The worst of so many groups has about 30 % by chance, even if all are alike.
#
# <details><summary>Answer and reason</summary>
#
# The third. With a true error of 10 % one group in eight has four errors of 20 or more, and the largest of fifty such numbers is
# usually five or six. Chapter 02 shows how to compare many groups without being fooled by the worst.
#
# </details>

# %% [markdown]
# ## Mean faces · 6 min
#
# Averaging the pictures of a group, pixel by pixel, shows what they have in common: where the faces lie, how the
# pictures are *framed* and *lit*, and the skin. Sixty pictures of each group are enough for that:

# %% alt="Blurred mean faces of each group, with its number of pictures. All show a face in the middle; brightness and background differ a little."
from helpers import plots

chosen = faces.table.groupby(group, observed=True).head(60).sort_values(group)
pixels = faces.images(chosen, size=112)
plots.bias.mean_faces(pixels, chosen[group].astype(str))

# %% [markdown]
# A mean is clearer where pictures agree, as around the eyes, and blurred where they differ, as in hair and background. If one
# group's mean is smaller or further to the side, its photographs were cut differently, and a model may learn *that*. If it is
# darker, this may be darker skin, darker rooms, or both: a mean mixes the two and can't tell which. And it shows no
# person: nobody looks like a mean face, and a group is not its mean.
#
# The edges of the pictures say something about the rooms. How bright are the outermost 9 of 112 pixels, from 0 to 1, on average?
# (The interval draws pictures anew, a *bootstrap*; chapter 02 explains it.)

# %%
from helpers.intervals import bootstrap_mean

edges = pixels.clone()
edges[:, :, 9:-9, 9:-9] = float("nan")
edges = pd.Series(edges.nanmean(dim=(1, 2, 3)).numpy(), chosen[group])
rooms = {
    name: bootstrap_mean(each)
    for name, each in edges.groupby(level=0, observed=True)
}
pd.DataFrame.from_dict(rooms, "index", columns=["mean", "low", "high"]).round(2)

# %% tags=["reading"]
edge = pd.DataFrame.from_dict(rooms, "index", columns=["mean", "low", "high"])
bright, dark = edge["mean"].idxmax(), edge["mean"].idxmin()
apart = edge.low[bright] > edge.high[dark]
of = "annotated as" if group == "race" else "of tones"
Markdown(
    f"The edges are brightest in the pictures {of} {bright} ({edge['mean'][bright]:.2f}, interval {edge.low[bright]:.2f} to "
    f"{edge.high[bright]:.2f}) and darkest in those {of} {dark} ({edge['mean'][dark]:.2f}, from {edge.low[dark]:.2f} to "
    f"{edge.high[dark]:.2f}). These two intervals {'lie apart' if apart else 'overlap'}, but they were picked as the extremes "
    "of several, and those lie further apart than two groups chosen beforehand. "
    + (
        "So part of what differs between the means *may* be the rooms, or hair, which reaches the edges."
        if group == "race"
        else "Here we know why: the drawn camera opens up for dark skin, as cameras do, and the background comes along."
    )
)

# %% [markdown]
# ## Find, cut and turn · 8 min
#
# Models want faces of one size at one place. A *detector* finds them. Ours is MTCNN, a small network from 2016 that was trained on
# photographs. It returns a box, a score, and five *landmarks*: both eyes, the tip of the nose and the corners of the mouth:

# %% alt="Portrait of astronaut Eileen Collins with a frame around her face and dots on eyes, nose and mouth."
from helpers import preprocessing

portrait = datasets.astronaut()
found = preprocessing.detect(portrait)
plots.detections(portrait, found)

# %% [markdown]
# Three things are commonly done with it. *Cropping* cuts a square around the face. *Aligning* also turns and scales it, so that the landmarks
# lie at fixed places. *Blurring the background* takes away what is no face:

# %% alt="Three pictures of the astronaut's face: cropped, aligned upright and closer, and with a blurred background."
crop = preprocessing.crop_face(portrait, found[0])
aligned = preprocessing.align(portrait, found[0].landmarks, size=224)
inside = preprocessing.face_ellipse(found[0].landmarks, portrait.shape[:2])
blurred = preprocessing.blur_where(portrait, ~inside, sigma=12)
plots.pictures(
    [crop, aligned, preprocessing.crop_face(blurred, found[0])],
    ["cropped", "aligned", "background blurred"],
)

# %% [markdown]
# Does aligning do anything for a whole data set? Drawn faces come with their true landmarks. So we can align 200 of them at once and
# compare the means:

# %% alt="Two mean faces of the same 200 drawn people: a blurred one as drawn, and a larger one with clearer eyes, nose and mouth when aligned."
import numpy as np

from helpers import faces as drawn_faces

crowd = drawn_faces.render(drawn_faces.sample(200, seed=1))
upright = preprocessing.align(crowd.images, crowd.landmarks)
both = np.concatenate([crowd.images, upright])
plots.bias.mean_faces(both, ["as drawn"] * 200 + ["aligned"] * 200, columns=2)

# %% [markdown]
# Eyes, nose and mouth become clearer, because they coincide better now. Hair stays soft. Aligning also *removes* something: how
# far away people stood, and how they tilted their heads to the side. If that differs between groups, aligning hides it, for good
# or ill.
#
# ## Which pictures don't belong? · 8 min
#
# Somebody hands you a folder of portraits. If the official portraits of chapter 00 are on this machine, we take those. If not,
# the course draws sixty pictures and puts three small faces on large canvases among them, so that you can practise:


# %%
def on_canvas(face: np.ndarray) -> np.ndarray:
    """A small face in the middle of a large grey picture."""
    return np.pad(face, ((84, 84), (84, 84), (0, 0)), constant_values=128)


try:
    album = datasets.load("portraits")
    pictures = {file: album.source.read(file) for file in album.table.index}
except DataNotFound:
    drawn = drawn_faces.render(drawn_faces.sample(60, seed=2)).images
    odd = (17, 31, 44)
    pictures = {
        f"drawn {k:02}": on_canvas(face) if k in odd else face
        for k, face in enumerate(drawn)
    }

# %% [markdown]
# Before anything else: how large are they, width by height?

# %%
pd.Series(
    [f"{each.shape[1]} x {each.shape[0]}" for each in pictures.values()]
).value_counts().head(6)

# %% [markdown]
# A model gets them all at one size. A picture with another *shape* is squeezed on the way, and one where the face is small loses
# it. So look at the face rather than the picture: which part of the width does it take? (The detector needs some ten seconds for
# three hundred portraits.)

# %%
found = preprocessing.detect_all(list(pictures.values()))
widths = [
    max((face.box[2] for face in each), default=0) / picture.shape[1]
    for each, picture in zip(found, pictures.values(), strict=True)
]
face_share = pd.Series(widths, list(pictures))
face_share.describe().round(2)

# %% [markdown]
# Look at the extremes of every number that you compute about pictures. Here are the eight with the smallest faces:

# %% alt="Eight pictures in which the face is small; the title of each says which part of the width it takes."
smallest = face_share.nsmallest(8)
plots.pictures(
    [pictures[file] for file in smallest.index],
    [
        f"{file.removesuffix('.jpg')}: {share:.2f}"
        for file, share in smallest.items()
    ],
    columns=4,
)

# %% [markdown]
# <details><summary>What is to be seen?</summary>
#
# With the portraits, three of the eight are *paintings*, two of them first in the row: look at the backgrounds. The
# others are photographs of people who stand further away. No column of the table says which is which, and the detector found a face
# in each. With drawn pictures, three faces on grey canvases are far ahead of the rest.
#
# </details>

# %% [markdown] tags=["quiz"]
# **Quiz 1.2** Would this list have found a painting in which the face fills the picture?
#
# 1. Yes, because the detector was trained on photographs.
# 2. No: a number finds only what it measures.
# 3. Yes, if more than eight pictures had been looked at.
#
# <details><summary>Answer and reason</summary>
#
# The second. The list is about the size of faces. Paintings came up because painters like to show desks and hands, too. The detector
# finds painted faces as readily as photographed ones. For another kind of oddity you need another number, or your eyes.
#
# </details>

# %% [markdown]
# A number that sorts pictures saves you from looking at all of them. It doesn't judge. Whether a painting may stay depends on the
# question: a model of photographs is tested on something else there, though a few among hundreds move a rate by a point or so. But say
# that they are there.
#
# ## What this chapter does not show
#
# - Counts and means describe a *collection*, not the people of a country, and not the users of a system.
# - Labels are what annotators perceived, or what a register says. A cell of a crossed table is a cell of such words.
# - A list of odd pictures holds what the detector could find. Faces that it missed are the subject of the next part.
#
# ## Summary
#
# - Count before you compute, in crossed groups, with the empty cells.
# - A share needs its n and its interval. Thirty faces know little.
# - A mean face shows framing and light, and no person.
# - Sort pictures by a number, look at the extreme ones, and decide with your eyes.
#
# ## References
#
# - Buolamwini and Gebru. [Gender shades](https://proceedings.mlr.press/v81/buolamwini18a.html). FAT* 2018 (intersectional groups).
# - Kärkkäinen and Joo. [FairFace](https://arxiv.org/abs/1908.04913). WACV 2021.
# - Zhang et al. [Joint face detection and alignment using multi-task cascaded convolutional
#   networks](https://arxiv.org/abs/1604.02878). IEEE Signal Processing Letters 2016 (MTCNN).
# - Wilson. [Probable inference, the law of succession, and statistical
#   inference](https://doi.org/10.1080/01621459.1927.10502953). JASA 1927.
#
# **Next:** [chapter 01b](01b_who_gets_lost.ipynb) asks whom the detector misses, and what is there twice.
