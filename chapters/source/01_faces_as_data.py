# %% [markdown]
# # 01 · Faces as data
#
# Every audit begins with a table of faces, and most wrong audits went wrong there: a group of nine people, a photograph that
# is in the training set too, a detector that lost some people before anybody counted. In this chapter you look at a data set the way
# a careful auditor does, before any model is asked anything.
#
# **You will be able to**
#
# - *count* faces in crossed groups, empty ones included, and *say* how sure a share of so few can be;
# - *look* at a data set through mean faces, and *say* what a mean hides;
# - *detect*, *align* and *blur* faces, and *measure* whom a detector misses;
# - *find* pictures and people that are on both sides of a split.
#
# **Before you start**
#
# | you need | how much | where to find it |
# |---|---|---|
# | Python, NumPy and pandas | essential | `groupby` and boolean masks |
# | [chapter 00](00_start_here.ipynb) | essential | what a label is, how exercises work |
# | PyTorch | hardly | images are tensors of shape (3, height, width) |
#
# **Time**: 75 minutes with the exercises. The cells themselves run for under a minute on an idle laptop.

# %% [markdown]
# ## What is in the table?
#
# If FairFace is on this machine, we look at those of its validation photographs that are there; if not, at faces that the course draws. Both are a
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

# %% [markdown]
# With FairFace, all groups are of one size, which is no property of the world: from the 10,954 of FairFace
# this copy took 130 adults of each race as annotated. In most
# collections the largest group has many times as many pictures as the smallest. Equal counts along one label say
# nothing about combinations, though. Crossing two labels shows them:

# %%
import pandas as pd

table = pd.crosstab(faces.table[age], faces.table[second])
table

# %% [markdown]
# Groups that cross several labels are called *intersectional*. They grow small quickly: seven races, two genders and nine ages, as FairFace
# has them, make 126 cells. Some of them are empty, and the empty ones are the easiest to overlook, because a table made by
# `groupby` or `crosstab` often leaves them out. With FairFace the table above has done so: of nine ages it shows six, for nobody
# in this copy is annotated as younger than 20. (Of the drawn faces every texture and length of hair is there; the gap will show
# when three labels are crossed.)

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

# %% [markdown]
# The index is the size of a cell, the value how many cells have this size. With FairFace 48 of 126 are empty (with
# drawn faces one of 80). In 42 of the 48 people would be younger than 20, and were left out on purpose; six are gaps among adults. Nothing can be said about an empty cell, and hardly anything about a cell of three. A report that
# averages over groups hides them; a report that leaves them out without a word is worse.
#
# ## How many faces are enough?
#
# Suppose a model errs for 3 of 30 faces of a group. The share is 10 %, but other thirty faces would have given another
# number. A *confidence interval* says which true shares go well with what was seen. All intervals of this course are 95 %
# intervals: made in this way, they hold the true value in about 95 of 100 samples. Wilson's interval is the usual one for a
# share:

# %%
from helpers.intervals import wilson

{n: [round(bound, 3) for bound in wilson(n // 10, n)] for n in (30, 130, 1000)}

# %% [markdown]
# From thirty faces, the true error may well be anything between 3.5 and 26 %. A difference of ten points between two such groups is no
# finding. To halve an interval you need about four times as many faces.

# %% [markdown] tags=["exercise"]
# ### Exercise 1.2 · Plan an audit · ●●○ · 8 min
#
# *Task:* you expect an error of `share`, and want to know it so well that Wilson's interval is at most `width` wide, from end to
# end. How many faces of the group do you need? Return the first number that is enough. A tenth more or less is fine: errors come in
# whole numbers, so the width goes up and down a little while n grows.
#
# <details><summary>Hint: how do I get the width for n faces?</summary>
#
# `low, high = wilson(round(share * n), n)`. Try n = 10, 11, 12, ... until `high - low` is small enough.
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
# 1. That group is served three times worse.
# 2. Among 50 groups of 20 the worst has about 30 % by chance, even if all are alike.
# 3. There are too many groups to say anything at all.
#
# <details><summary>Answer and reason</summary>
#
# The second. With a true error of 10 % one group in eight has four errors of 20 or more, and the largest of fifty such numbers is usually five or
# six, 25 to 30 %. Chapter 02 shows how to compare many groups without being fooled by the worst.
#
# </details>

# %% [markdown]
# ## Mean faces
#
# Averaging the pictures of a group, pixel by pixel, shows what they have in common: where the faces lie, how the
# pictures are *framed* and *lit*, and the skin. Sixty pictures of each group, the first in the table, are enough for that:

# %% alt="Blurred mean faces of each group, with its number of pictures. All show a face in the middle; brightness and background differ a little."
from helpers import plots

chosen = faces.table.groupby(group, observed=True).head(60).sort_values(group)
pixels = faces.images(chosen, size=112)
plots.bias.mean_faces(pixels, chosen[group].astype(str))

# %% [markdown]
# A mean is sharp where pictures agree: eyes and mouth lie at nearly the same place in all of them, hair and background don't. If one
# group's mean is smaller or further to the side, its photographs were cut differently, and a model may learn *that*. If it is
# darker, this may be darker skin, darker rooms, or both: a mean mixes the two, and can't tell which. What a mean can't show is any
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

# %% [markdown]
# With FairFace the edges are brightest around faces annotated as White (0.40, interval 0.37 to 0.44) and darkest around those
# annotated as Indian (0.32, from 0.29 to 0.35), so part of what differs between the means may be the rooms. But most of the seven intervals
# overlap, and the extremes of seven always lie apart. With drawn faces the darker skins have the *brighter* edges, 0.45 up to
# 0.53: the drawn camera opens up for dark skin, and the background comes along.

# %% [markdown]
# ## Find, cut and turn
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
# Does aligning do anything for a whole data set? Drawn faces come with their true landmarks, so we can align 200 of them at once and
# compare the means:

# %% alt="Two mean faces of the same 200 drawn people: a blurred one as drawn, and a larger one with clearer eyes, nose and mouth when aligned."
import numpy as np

from helpers import faces as drawn_faces

crowd = drawn_faces.render(drawn_faces.sample(200, seed=1))
upright = preprocessing.align(crowd.images, crowd.landmarks)
both = np.concatenate([crowd.images, upright])
plots.bias.mean_faces(both, ["as drawn"] * 200 + ["aligned"] * 200, columns=2)

# %% [markdown]
# Eyes and mouth become sharper, because they now coincide, while hair and necklines stay soft. Aligning also *removes* something: how
# far away people stood, and how they tilted their heads to the side (turned and nodding heads stay so). If that differs between groups, aligning hides it, for good or ill.

# %% [markdown]
# ## Whom does the detector miss?
#
# A face that is not found is in no later table. So the first error rate of a face system is the detector's, and it is rarely printed. Is it the same for
# everybody? With photographs this is hard to find out, since dark skin may go together with dark rooms. Drawn faces allow an experiment:
# forty people, each drawn twice as *counterfactual twins*, once with one of the three lightest skin tones and once with one of the three darkest.
# All other factors are equal. (The drawn camera opens up a little for dark skin, which makes up for some of the darkness.)

# %%
people = drawn_faces.sample(40, seed=501)
tones = {"tones 1-3": (1, 2, 3), "tones 8-10": (8, 9, 10)}
twins = {
    name: drawn_faces.render(
        [
            drawn_faces.twin(face, skin_tone=values[k % 3])
            for k, face in enumerate(people)
        ]
    ).images
    for name, values in tones.items()
}

# %% [markdown]
# And then we make it difficult. Each set is shown as it is, and with every pixel value divided by five, which is what a camera gives in a
# very dark street:


# %% alt="Four drawn people in four rows: with tones 1-3 in full light and darkened, with tones 8-10 in full light and darkened, where the faces are hard to see."
def darker(images: np.ndarray) -> np.ndarray:
    """Every value divided by five."""
    return (images * 0.2).astype(np.uint8)


rows = [
    np.concatenate([images[:4], darker(images[:4])])
    for images in twins.values()
]
lights = ["full light"] * 4 + ["darkened"] * 4
titles = [f"{name}, {light}" for name in twins for light in lights]
plots.pictures(np.concatenate(rows), titles, columns=4)

# %% [markdown]
# Now the detector looks at all of them. A face counts as missed unless exactly one is found:

# %%
missed = {
    f"{name}, {light}": np.array(
        [len(found) != 1 for found in preprocessing.detect_all(change(images))]
    )
    for light, change in (("full light", np.array), ("darkened", darker))
    for name, images in twins.items()
}
{name: int(each.sum()) for name, each in missed.items()}

# %% [markdown] tags=["exercise"]
# ### Exercise 1.3 · A rate with its interval · ●○○ · 6 min
#
# *Task:* for each group, make a row with `n`, the share that was missed as `value`, and Wilson's interval as `low` and `high`. Take
# the names of the groups as the index.
#
# <details><summary>Hint: how do I build a table row by row?</summary>
#
# Collect a `dict` for each group and hand `pd.DataFrame.from_dict(rows, orient="index")` the whole.
#
# </details>


# %% tags=["exercise"]
def miss_rates(missed: dict[str, np.ndarray]) -> pd.DataFrame:
    """Columns n, value, low and high; a row for each group."""
    ### BEGIN SOLUTION
    rows = {}
    for name, each in missed.items():
        low, high = wilson(int(each.sum()), len(each))
        rows[name] = {
            "n": len(each),
            "value": each.mean(),
            "low": low,
            "high": high,
        }
    return pd.DataFrame.from_dict(rows, orient="index")
    ### END SOLUTION


# %%
check.exercise_1_3(miss_rates)

# %% alt="Shares of missed faces with intervals: none for both skin tones in full light and for light skin when darkened; 11 of 40 for dark skin when darkened."
plots.dots(miss_rates(missed), "share of faces that were missed")

# %% [markdown]
# In full light nobody is missed, light or dark. When darkened, 11 of the same 40 people are missed with dark skin, and none of them with light
# skin: 28 %, with an interval from 16 to 43 %, against 0 to 9 %. Since nothing else in the list of the twins' factors was changed, it *is* the
# skin tone (with the exposure that follows from it) that makes the difference here, which no photograph could prove. But look at the first three lines: "0 of 40" still leaves room for one in eleven.
#
# **What this can't show:** how often it happens outside. Drawn skin is not skin, our darkness is a plain multiplication, and MTCNN is one detector
# of many. But it shows *that* it can happen, and that an average over good pictures would not have told you.

# %% [markdown] tags=["quiz"]
# **Quiz 1.2** A gate logs its errors: "Of all faces that were compared, 1 % were wrongly turned away, in both groups." The detector
# finds 99 of 100 people of one group and 70 of 100 of the other. Who is served worse?
#
# 1. Nobody: the errors are equal.
# 2. The second group: 30 of 100 never reach the comparison, and no line of the log says so.
# 3. The first, since more of them are compared.
#
# <details><summary>Answer and reason</summary>
#
# The second. Rates are shares *of those who were counted*. Before you compare error rates, count who is missing. In reports this
# is called "failure to acquire" or "failure to enrol".
#
# </details>

# %% [markdown] tags=["exercise"]
# ### Exercise 1.4 · A claim of your own · ●●○ · 12 min
#
# *Claim to test:* yours. Change something about the forty people above (`hat=True`, `glasses=True`, the size of the picture, the
# direction of the light), and claim that the detector then misses more, or fewer, than before. Twenty faces on each side are the
# least, forty are better. (In full light nobody was missed, so there is little to be seen there; think of darkened pictures.)
#
# Return a `dict`: `claim`, a sentence of six words or more; `expected`, `"more"` or `"fewer"`, what it says of the misses;
# `before` and `after`, two boolean arrays, True where a face was missed, of the same people in the same order; and `verdict`.
# Only if the two intervals of `miss_rates` don't overlap, which is a strict rule, is it `"supported"` or `"contradicted"`;
# otherwise it is `"undecided"`.
#
# <details><summary>Hint: how do I draw the same people with a hat, and ask the detector?</summary>
#
# `before` has to be of the same faces as `after`, so both get the same skin tone. If `before` is
# `missed["tones 8-10, darkened"]`, draw `drawn_faces.twin(face, skin_tone=(8, 9, 10)[k % 3], hat=True)` for each
# `k, face in enumerate(people)`. Then `drawn_faces.render(...).images` for the list of them, `darker(...)` of that, and
# `len(found) != 1` for each `found in preprocessing.detect_all(...)`. For light from the side there is `light_from=60`, in degrees.
#
# </details>
# <details><summary>Hint: it takes long</summary>
#
# The detector needs about a hundredth of a second for a picture of 112 pixels, half of that where `preprocessing.detect_all` looks at many
# at once, and much longer for large ones.
#
# </details>


# %% tags=["exercise"]
def my_claim() -> dict:
    """A claim about the detector, with its evidence and verdict."""
    ### BEGIN SOLUTION
    before = missed["tones 8-10, full light"]
    after = missed["tones 8-10, darkened"]
    shares = miss_rates({"before": before, "after": after})
    apart = shares.low["after"] > shares.high["before"]
    return {
        "claim": "Of tones 8-10 more faces are missed when darkened.",
        "expected": "more",
        "before": before,
        "after": after,
        "verdict": "supported" if apart else "undecided",
    }
    ### END SOLUTION


# %%
check.exercise_1_4(my_claim)

# %% [markdown]
# ## What is there twice?
#
# A model is tested on faces that it has not seen. If some of the test faces, or other photographs of the same *people*, were in the training set, the
# test measures memory. This is called *leakage*, and it is common. In a public tutorial, *Explainable AI and Facial Recognition*, which works with
# pictures from BFW (Robinson et al.), 571 of the 2,800 training pictures, a fifth, are among those that the model is evaluated on, and
# of 797 people 783. To practise, here are 80 drawn people with four pictures each, among which some faults were planted:

# %%
album = datasets.load("synthetic-identities", people=80, pictures=4)
Markdown(f"> **The faces of this section.** {album.notes[1]}")

# %% [markdown]
# The obvious way to split a data set is to throw a die for every picture. `leakage` then says what is on both sides (`found`): pictures
# that are equal byte for byte (`identical`) or nearly (`near`), and people (`identities`). `train` and `test` count the pictures
# of either side that are concerned. (`pairs` is for tables of pairs, chapter 03, and stays 0 here.)

# %%
in_train = np.random.default_rng(0).random(len(album)) < 0.8
train = album.subset(np.flatnonzero(in_train))
test = album.subset(np.flatnonzero(~in_train))
datasets.leakage(train, test).summary()

# %% [markdown]
# The last line is the bad news: every one of the 57 people of the test is in the training set as well, with another picture. A recogniser that is
# tested like this has met everybody. The remedy is to throw the die for *people*. This data set has been dealt out so into five parts, called *folds*:

# %%
train, test = album.where(fold=[1, 2, 3, 4]), album.where(fold=5)
leaks = datasets.leakage(train, test)
leaks.summary()

# %% [markdown]
# By name nobody is on both sides now. And yet one picture is, byte for byte, under two names. Here it is:

# %% alt="The same drawn face twice, once from the training part and once from the test part."
twice = leaks.identical.iloc[0]
plots.pictures(album.images([twice.train, twice.test]), ["in train", "in test"])

# %% [markdown]
# One of the two lies in the wrong folder. Bytes can't say which. But all bytes can be compared, within the parts as well:

# %%
copies = datasets.duplicates(album, labels=["identity"])
copies[["group", "identity", "labels_agree"]]

# %% [markdown] tags=["exercise"]
# ### Exercise 1.5 · Which people can't be trusted? · ●●○ · 8 min
#
# *Task:* return the identities, as a set of whole numbers, that share a picture with *another* identity: one of the two
# names must be wrong. Two equal pictures of one person are harmless and don't count.
#
# <details><summary>Hint: how do I look at each pair of copies?</summary>
#
# `copies.groupby("group").identity.nunique()` counts the names in each group of equal pictures. You want the groups with more than
# one.
#
# </details>


# %% tags=["exercise"]
def doubtful_identities(copies: pd.DataFrame) -> set[int]:
    """Identities that share a picture with another one."""
    ### BEGIN SOLUTION
    names = copies.groupby("group").identity.transform("nunique")
    return set(copies.identity[names > 1])
    ### END SOLUTION


# %%
check.exercise_1_5(doubtful_identities)

# %% [markdown]
# Equal bytes are the easy case. A picture that was saved again has other bytes, and one that was cropped has other pixels. For these `leakage`
# compares rough fingerprints, 255 bits a picture, and lists what is nearly equal under `near`. And a picture filed
# under a wrong name, without any copy, can only be found by its content: which pictures resemble the others of their folder least?
# A *recogniser* (the subject of chapter 03) turns each picture into a list of numbers, an *embedding*, which is similar for pictures of
# one person. The product of two such lists, both scaled to length 1, says how much alike two pictures are. For each picture we take
# its mean over the other pictures of the same name:

# %%
import torch

from helpers import models

recogniser = models.load("synthetic-recogniser")
with torch.no_grad():
    embedded = recogniser(album.images(slice(None)))
alike = torch.nn.functional.normalize(embedded, dim=1)
alike = (alike @ alike.T).numpy()
who = album.table.identity.to_numpy()
same = (who[:, None] == who) & ~np.eye(len(who), dtype=bool)
own = (alike * same).sum(axis=1) / same.sum(axis=1)
pd.Series(own, album.table.index).nsmallest(6).round(2)

# %% [markdown]
# Look at them, each beside another picture of the same name:

# %% alt="Six pairs of drawn faces with their file names. In pairs one, two, four and five two different people are to be seen, in pairs three and six the same person."
suspects = pd.Series(own, album.table.index).nsmallest(6).index
beside = [
    album.table.index[
        (who == album.table.identity[file]) & (album.table.index != file)
    ][0]
    for file in suspects
]
files = [file for pair in zip(suspects, beside, strict=True) for file in pair]
plots.pictures(
    album.images(files), [file.split("/", 1)[1] for file in files], columns=4
)

# %% [markdown]
# Four of the first five of 320 really lie in the wrong folder: three of them you know from exercise 1.5, and p0009 is a picture of somebody else
# that has no copy. But p0025, third in the list and so before two of them, is the right person, only hard to recognise, and so is p0037. A list like this saves looking, but it doesn't
# judge: open the pictures before you drop one, because whom a recogniser finds hard may depend on the group.

# %% [markdown]
# ## And in real photographs?
#
# The copy of FairFace on this machine, if there is one, has been freed of byte-identical pictures. Are there others that nearly coincide? Comparing
# 14,000 training pictures with the 910 for validation takes about a quarter of a minute:

# %%
try:
    real = datasets.leakage(datasets.load("fairface", split="train"), faces)
    near = real.near
except DataNotFound:
    near = leaks.near
near

# %% [markdown]
# With FairFace one pair is left, whose fingerprints differ in 26 of 255 bits: one photograph, cropped twice, in training *and*
# validation. One picture of 910 moves the overall accuracy by no more than 0.11 points (and that of a cell of three faces by 33). But nobody knew
# before somebody looked. Without FairFace the table is that of the drawn faces, where copies are exact and
# nothing is merely near.

# %% [markdown] tags=["quiz"]
# **Quiz 1.3** `leakage` finds nothing. What do you know?
#
# 1. The split is clean.
# 2. No file is on both sides byte for byte, and nothing *that the fingerprint can recognise* is nearly equal.
# 3. No person is on both sides.
#
# <details><summary>Answer and reason</summary>
#
# The second. Its documentation says what it misses: of pictures that were cropped by 5 % on every side it found none. And without names for
# people nobody can say who is on both sides. That FairFace has no names is a protection for the people in it, and a limit for us.
#
# </details>

# %% [markdown]
# ## What this chapter does not show
#
# - Counts and means describe a *collection*, not the people of a country, and not the users of a system.
# - Labels are what annotators perceived. A cell of a crossed table is a cell of perceptions.
# - The experiment with the detector is about one detector and drawn faces. It asks a question of real systems; it doesn't answer it.
#
# ## Summary
#
# - Count before you compute, in crossed groups, with the empty cells.
# - A share needs its n and its interval. Thirty faces know little.
# - Preprocessing is part of the system: count whom it loses.
# - Split by person. Look for copies, in bytes, in near-copies, and by content.
#
# ## References
#
# - Buolamwini and Gebru. [Gender shades](https://proceedings.mlr.press/v81/buolamwini18a.html). FAT* 2018 (intersectional groups).
# - Kärkkäinen and Joo. [FairFace](https://arxiv.org/abs/1908.04913). WACV 2021.
# - Robinson et al. [Face recognition: too bias, or not too bias?](https://arxiv.org/abs/2002.06483) CVPR Workshops 2020 (BFW).
# - Zhang et al. [Joint face detection and alignment using multi-task cascaded convolutional
#   networks](https://arxiv.org/abs/1604.02878). IEEE Signal Processing Letters 2016 (MTCNN).
# - Wilson. [Probable inference, the law of succession, and statistical
#   inference](https://doi.org/10.1080/01621459.1927.10502953). JASA 1927.
#
# **Next:** [chapter 02](02_bias_in_classification.ipynb) counts the errors of a model, group by group.
