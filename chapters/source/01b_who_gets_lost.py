# %% [markdown]
# # 01b · Who gets lost, and what is there twice
#
# The first errors of a face system happen before its model runs. A face that the detector misses is in no table. A picture that
# is in the training set as well makes a test worthless. Neither shows in any accuracy. Here you find both.
#
# **You will be able to**
#
# - *measure* whom a detector misses, with an interval, in an experiment where nothing else differs;
# - *find* pictures and people that are on both sides of a split;
# - *say* what a search for copies can't see.
#
# **Before you start**
#
# | you need | how much | where to find it |
# |---|---|---|
# | [chapter 01](01_faces_as_data.ipynb) | essential | Wilson's interval, the detector |
# | pandas | essential | `groupby`, tables from rows |
# | PyTorch | hardly | one cell turns pictures into numbers |
#
# **Time**: 50 minutes with the exercises. The cells themselves run for half a minute.

# %% [markdown]
# ## Whom does the detector miss? · 28 min
#
# The first error rate of a face system is the detector's, and it is rarely printed. Is it the same for
# everybody? With photographs this is hard to find out, since dark skin may go together with dark rooms. Drawn faces allow an experiment:
# forty people, each drawn twice as *counterfactual twins*, once with one of the three lightest skin tones and once with one of the three darkest.
# All other factors are equal. (The drawn camera opens up a little for dark skin, which makes up for some of the darkness.)

# %%
import numpy as np
import pandas as pd

from helpers import faces as drawn_faces
from helpers import plots, preprocessing
from helpers.intervals import wilson

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
from helpers import checks as check

check.exercise_1_3(miss_rates)

# %% alt="Shares of missed faces with intervals: none for both skin tones in full light and for light skin when darkened; 11 of 40 for dark skin when darkened."
plots.dots(miss_rates(missed), "share of faces that were missed")

# %% [markdown]
# In full light nobody is missed, light or dark. When darkened, {{11 = missed["tones 8-10, darkened"].sum()}} of the same {{40 = len(people)}} people are missed with dark skin, and
# {{none = "none" if not missed["tones 1-3, darkened"].any() else "some"}} of them with light skin:
# {{28 = 100 * missed["tones 8-10, darkened"].mean()}} %, with an interval from
# {{16 = 100 * miss_rates(missed).low["tones 8-10, darkened"]}} to {{43 = 100 * miss_rates(missed).high["tones 8-10, darkened"]}} %,
# against 0 to {{9 = 100 * miss_rates(missed).high["tones 1-3, darkened"]}} %. Nothing else in the list of the twins' factors was changed. So it *is* the
# skin tone, with the exposure that follows from it, that makes the difference here. No photograph could prove that. But look at the
# first three lines: 0 of {{40 = len(people)}} still leaves room for one in eleven.
#
# **What this can't show:** how often it happens outside. Drawn skin is not skin, our darkness is a plain multiplication, and MTCNN is one detector
# of many. But it shows *that* it can happen, and that an average over good pictures would not have told you.

# %% [markdown] tags=["quiz"]
# **Quiz 1.3** A gate logs its errors: "Of all faces that were compared, 1 % were wrongly turned away, in both groups." The detector
# finds 99 of 100 people of one group and 70 of 100 of the other. Who is served worse?
#
# 1. Those of whom 30 in 100 are never compared.
# 2. Nobody, since the errors are equal in both groups.
# 3. Those of whom 99 in 100 are found, since more of them are compared.
#
# <details><summary>Answer and reason</summary>
#
# The first. Rates are shares *of those who were counted*, and no line of the log says who is missing. Before you compare error rates,
# count who was never compared. In reports this is called "failure to acquire" or "failure to enrol".
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
# The detector needs about a hundredth of a second for a picture of this size, half of that where `preprocessing.detect_all` looks at many
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
# ## What is there twice? · 17 min
#
# A model is tested on faces that it has not seen. If some of the test faces, or other photographs of the same *people*, were in the training set, the
# test measures memory. This is called *leakage*, and it is common. In a public tutorial, *Explainable AI and Facial Recognition*, which works with
# pictures from [BFW](https://arxiv.org/abs/2002.06483), 571 of the 2,800 training pictures, a fifth, are among those that the model is evaluated on, and
# of 797 people 783. To practise, here are 80 drawn people with four pictures each, among which some faults were planted:

# %%
from IPython.display import Markdown

from helpers import datasets

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
# The last line is the bad news: every one of the {{57 = test.table.identity.nunique()}} people of the test is in the training set as well, with another picture. A recogniser that is
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
# Equal bytes are the easy case. A picture that was saved again has other bytes. For these `leakage` compares rough fingerprints, which
# bear a slight cut as well, and lists what is nearly equal under `near`. And a picture filed
# under a wrong name, without any copy, can only be found by its content: which pictures resemble the others of their folder least?
# A *recogniser* (the subject of chapter 03) turns each picture into a list of numbers, an *embedding*, which is similar for pictures of
# one person. The product of two such lists, both scaled to length 1 (their *cosine*), says how much alike two pictures are. For each picture we take
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
# Four of the first five of {{320 = len(album)}} really lie in the wrong folder: three of them you know from exercise 1.5, and p0009 is a picture of somebody else
# that has no copy. But p0025, third in the list and so before two of them, is the right person, only hard to recognise, and so is p0037. A list like this saves looking, but it doesn't
# judge: open the pictures before you drop one, because whom a recogniser finds hard may depend on the group.

# %% [markdown]
# ## And in real photographs? · 4 min
#
# Are there copies in FairFace? If it is on this machine, the next cell compares its training pictures with those for validation, which
# takes about a quarter of a minute. If it isn't, the two parts of the drawn faces are compared:

# %%
from helpers.errors import DataNotFound

try:
    real, sides = (
        [datasets.load("fairface", split=each) for each in ("train", "val")],
        "of FairFace",
    )
except DataNotFound:
    real, sides = [train, test], "drawn by the course"
near = datasets.leakage(*real).near
near

# %% tags=["reading"]
Markdown(
    f"Of {len(real[0]):,} and {len(real[1]):,} pictures {sides}, **{len(near)}** pair(s) on different sides nearly coincide without being equal. "
    + (
        f"The fingerprints of the first differ in {near.distance.iloc[0]} bits: one photograph, cropped twice, in training *and* "
        f"validation. It moves an accuracy over all of them by at most {100 / len(real[1]):.2f} points. But nobody knew before somebody looked."
        if len(near)
        else "Drawn copies are exact, and nothing is merely near."
    )
)

# %% [markdown]
# And the official portraits of chapter 01? Each should show somebody else:

# %%
try:
    portraits = datasets.load("portraits")
    twice = datasets.duplicates(portraits)
except DataNotFound:
    portraits, twice = None, copies
twice[["group"]]

# %% tags=["reading"]
found = "The portraits are not on this machine, so these are the copies among the drawn faces once more."
if portraits is not None:
    found = f"Of {len(portraits)} portraits **{len(twice)}** are equal, byte for byte, to another one."
Markdown(
    f"{found} Where one picture has two names, at least one of them is wrong. Bytes can't say which. But whoever "
    "counts people by such names counts one too many, and whoever looks for the face of one finds the other."
)

# %% [markdown] tags=["quiz"]
# **Quiz 1.4** `leakage` finds nothing. What do you know?
#
# 1. No person is on both sides, or `identities` would not be 0.
# 2. No fingerprints agree across the two sides.
# 3. The split is clean, as far as files are concerned.
#
# <details><summary>Answer and reason</summary>
#
# The second, and no more. The documentation of `leakage` says what it misses: of pictures that were cropped by a twentieth on every side it found none. And
# without names for people nobody can say who is on both sides. That FairFace has no names is a protection for the people in it, and
# a limit for us.
#
# </details>

# %% [markdown]
# ## What this chapter does not show
#
# - The experiment with the detector is about one detector and drawn faces. It asks a question of real systems; it doesn't answer it.
# - A search for copies finds copies. Two photographs of one person have little in common, pixel by pixel.
# - Whom a recogniser finds hard may depend on the group. So may a list of suspects that it made.
#
# ## Summary
#
# - Preprocessing is part of the system: count whom it loses.
# - Twins that differ in one factor say what *this* factor does, in a drawing.
# - Split by person, not by picture. Look for copies, in bytes, in near-copies, and by content.
#
# ## References
#
# - Robinson et al. [Face recognition: too bias, or not too bias?](https://arxiv.org/abs/2002.06483) CVPR Workshops 2020 (BFW).
# - Zhang et al. [Joint face detection and alignment using multi-task cascaded convolutional
#   networks](https://arxiv.org/abs/1604.02878). IEEE Signal Processing Letters 2016 (MTCNN).
# - Wilson. [Probable inference, the law of succession, and statistical
#   inference](https://doi.org/10.1080/01621459.1927.10502953). JASA 1927.
#
# **Next:** [chapter 02](02_bias_in_classification.ipynb) counts the errors of a model, group by group.
