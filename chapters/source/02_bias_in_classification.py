# %% [markdown]
# # 02 · Bias in classification
#
# "The model is right for 93 % of faces." For whose? A *bias audit* splits the answers of a model by group and asks
# whether it serves some people worse. That sounds like counting, and it is. But published audits keep making the same
# mistakes, and each mistake gives a number that looks perfectly sound. In this chapter you audit a model, learn what
# "fair" can mean, and find the flaw in eight audits.
#
# **You will be able to**
#
# - *count* errors by group and *say* how sure a count of so few faces can be;
# - *define* five meanings of fairness and *show* on real scores why no threshold meets all of them;
# - *tell* a difference between groups from what chance alone gives;
# - *spot* a flawed audit and *predict* which way its number is wrong;
# - *test* a claim about two groups.
#
# **Before you start**
#
# | you need | how much | where to find it |
# |---|---|---|
# | Python, NumPy and pandas | essential | `groupby` and boolean masks |
# | [chapter 00](00_start_here.ipynb) | essential | what a label is, how exercises work |
# | PyTorch | hardly | one cell turns pictures into answers |
#
# **Time**: 110 minutes with the exercises. The cells themselves run for under a minute on an idle laptop.

# %% [markdown]
# ## Whose answers?
#
# We audit one model on one set of faces. If FairFace is on this machine, these are photographs of adults, up to 65
# for each race and gender as annotated, and the model is the course's small gender model. If it is not, the faces are
# drawn, and the model tells long hair from short hair. The code that follows is the same. What is here?
#
# Sentences marked *with FairFace* were read off 910 such photographs. If the faces on your page are drawn, not only the digits
# are others: **some lessons turn round**. There the darkest band of skin tones is served worse by more than chance explains, so
# where the text finds "too little evidence" your page says *gap*. Trust your page, and read the marked sentences as what the same
# steps gave on photographs.

# %%
from IPython.display import Markdown

from helpers import datasets, models
from helpers.errors import DataNotFound

try:
    faces = datasets.load("fairface", split="val")
    model = models.load("gender-fairface")
    positive, negative, frame = "Female", "Male", 0
    banner = "photographs from FairFace; race, gender and age are as annotated."
except DataNotFound:
    faces = datasets.load("synthetic", n=1200)
    model = models.load("synthetic-subgroups")
    positive, negative, frame = "long hair", "short hair", 23
    banner = (
        "drawn, as there is no FairFace here. Groups are bands of skin tone."
    )
Markdown(f"> **The faces of this chapter** are {banner}")

# %% [markdown]
# Now we bring the labels into one form: for every face the `truth`, a `group`, and a `second` attribute, the age. One
# of the two words of the truth is called *positive*. That is no praise; it is the word that we count. (Of drawn faces
# we leave out some, so that long hair is more frequent among the young, as one word is among the young of FairFace.
# It will matter.)

# %%
import numpy as np
import pandas as pd

if positive == "Female":
    rows = faces.table[faces.table.age >= "20-29"]
    rows = rows.groupby(["race", "gender"], observed=True).head(65)
    truth, group = rows.gender.astype(str), rows.race
    age = rows.age.astype(str).where(rows.age < "50-59", "50 or more")
else:
    long = faces.table.hair_length.isin(["chin", "long"])
    wanted = long == (faces.table.age < 30)
    rows = faces.table[wanted | (np.arange(len(wanted)) % 2 == 0)]
    truth = np.where(long[rows.index], positive, negative)
    group = "tones " + rows.band.astype(str)
    names = ["18-29", "30-39", "40-49", "50 or more"]
    age = pd.cut(rows.age, [18, 30, 40, 50, 81], right=False, labels=names)
table = pd.DataFrame({"truth": truth, "group": group, "second": age})
len(table)

# %% [markdown]
# The model answers, 64 faces at a time. It gives each word a number, and *softmax* turns these into positive shares that sum
# to 1. The share of the positive word is the *score*; where it is above a half, the answer is that word. (From drawn faces we cut
# off a `frame` of 23 pixels first: with all of the hair in view the model is never wrong, and there would be nothing to audit.)

# %%
import torch
from torch.nn.functional import interpolate


def logits_of(part: pd.DataFrame) -> torch.Tensor:
    images = faces.images(part, size=model.input_size)
    rows, columns = (slice(frame, side - frame) for side in model.input_size)
    with torch.no_grad():
        tight = images[..., rows, columns]
        return model(interpolate(tight, model.input_size, mode="bilinear"))


parts = [table.iloc[start : start + 64] for start in range(0, len(table), 64)]
logits = torch.cat([logits_of(part) for part in parts])
counted = [k for k, name in enumerate(model.classes) if positive in name]
table["score"] = logits.softmax(1)[:, counted].sum(1).clamp(max=1).numpy()
table["predicted"] = np.where(table.score > 0.5, positive, negative)
table.head()

# %% [markdown]
# This table is all that an audit needs: no picture, no network. Audits of real systems usually begin here, with a
# table from somebody else. Its quality decides everything that follows, and no formula below can repair a label.
#
# Each model of the course has a *model card*, which says what it was trained on and how often it is right. The card
# of the gender model counts by race and gender, as annotated, on 910 faces. (If yours are drawn, this is the place to
# see figures of photographs.)

# %%
card = pd.DataFrame(models.load("gender-fairface").card["accuracy"]["groups"])
card.pivot(index="race", columns="gender", values=["correct", "n"])

# %% [markdown]
# With FairFace, our table and the card agree: 846 of 910 are right. Each cell of the card
# rests on 65 people. Keep that number in mind when somebody shows you such a table with two decimals.

# %% [markdown]
# ## Four counts
#
# With one word called positive, every face falls into one of four boxes: *true positive* (TP: it is the word, the
# model says so), *false positive* (FP: the model says so, and it isn't), *false negative* (FN) and *true negative*
# (TN). Together they make the *confusion table*:

# %% alt="Two by two confusion table: most faces lie on the diagonal; shares and counts of each annotated class by answer."
from sklearn.metrics import confusion_matrix

from helpers import plots

words = [negative, positive]
plots.bias.confusion(
    confusion_matrix(table.truth, table.predicted, labels=words), words
)

# %% [markdown]
# Every usual figure is a share of some of these counts among others. What matters is *among which*. Differences between
# two such shares are told in *points*: from 90 % to 95 % are five points.
#
# | figure | counted | among | in words |
# |---|---|---|---|
# | accuracy | TP + TN | everybody | how often right |
# | recall (true positive rate, TPR) | TP | TP + FN | of those who are positive: how many are found |
# | false positive rate (FPR) | FP | FP + TN | of those who are negative: how many are taken for positive |
# | precision | TP | TP + FP | of those called positive: how many are |
# | selection rate | TP + FP | everybody | how many are called positive |
# | base rate | TP + FN | everybody | how many are positive |
# | F1 | TP, twice | TP, twice, + FP + FN | between precision and recall |
#
# `audit` counts them for each group. Here are four of them:

# %% alt="Four panels with a dot and whisker for each group: accuracy, recall, precision and F1. Most whiskers overlap with others of their panel."
from helpers.bias import classification

by_group = classification.audit(
    "truth",
    "predicted",
    ["group"],
    positive=positive,
    metrics=["accuracy", "recall", "precision", "f1"],
    data=table,
)
plots.bias.metrics_by_group(by_group)

# %% [markdown]
# Read the whiskers first. They are *Wilson intervals*: all true rates that would not make a count like ours a
# surprise (at 95 %). The n beside a name counts the people that this figure divides by: for recall only those whose
# truth is positive (for F1 all who are positive or are called so). With FairFace accuracy ranges from 0.892 to 0.977, each from 130 people,
# and most whiskers overlap. (That is a first impression and no test: two intervals can overlap a little and the
# difference be real.)
#
# Another common interval is the *bootstrap*: draw as many faces as there are from the same faces, with repetition,
# count again, many times, and keep the middle 95 %. It works for any figure, and it fails where nobody was wrong.
# Here is the group with the fewest errors, by race and gender (or tone and hair):

# %%
settings = {"positive": None, "metrics": ["accuracy"], "data": table}
cells = ("truth", "predicted", ["group", "truth"])
drawn_anew = classification.bootstrap(*cells, **settings)
best = drawn_anew.value.idxmax()
pd.DataFrame(
    {
        "bootstrap": drawn_anew.loc[best],
        "Wilson": classification.audit(*cells, **settings).loc[best],
    }
).loc[["group", "n", "value", "low", "high"]]

# %% [markdown]
# Nobody in this group got a wrong answer. However often you draw from faces without an error, you never draw one, so the
# bootstrap is certain of perfection. Wilson's formula knows that so few people (with FairFace 65) can't show that.

# %% [markdown]
# ### Spot the mistake A · Nobody to find
#
# From here on you meet headlines as a report would print them, each with the code behind it. Find the flaw, and say
# which way the number is wrong, before you read on. (The headlines quote numbers with FairFace. On other faces the
# digits differ, and the flaws are the same.)
#
# > **"Recall is 0.92 for women and zero for men: the model does not find a single man."**

# %%
from sklearn.metrics import recall_score

{
    word: recall_score(
        part.truth == positive, part.predicted == positive, zero_division=0
    )
    for word, part in table.groupby("truth")
}

# %% [markdown] tags=["exercise"]
# ### Exercise 2.1 · Recall with its n · ●○○ · 5 min
#
# *Task:* recall is a share of those whose truth is positive, and in one of these groups there is nobody of the kind.
# Nothing divided by nothing is not 0, it is *undefined*. The option `zero_division=0` has put a number in its place,
# and the largest gap that can be.
#
# Return recall, and the number of people that it rests on. Where there is nobody, recall is `np.nan`.
#
# <details><summary>Hint: when is a recall of 0 right?</summary>
#
# When there are positives and the model finds none of them. Ask how many positives there are, not how many answers.
#
# </details>


# %% tags=["exercise"]
def recall(truth: np.ndarray, answer: np.ndarray) -> tuple[float, int]:
    """Recall, NaN if undefined, and its n: truth and answer are bool (N,)."""
    ### BEGIN SOLUTION
    n = int(truth.sum())
    return (float(answer[truth].mean()) if n else np.nan), n
    ### END SOLUTION


# %%
from helpers import checks as check

check.exercise_2_1(recall)

# %% [markdown]
# `audit` says it in words, and so do the figures of this course: a word in the place of a dot.

# %%
classification.audit(
    "truth",
    "predicted",
    ["truth"],
    positive=positive,
    metrics=["recall"],
    data=table,
)[["metric", "group", "of", "value", "low", "high", "note"]].round(3)

# %% [markdown]
# ### Spot the mistake B · Three witnesses
#
# > **"Accuracy, recall and precision all agree: men are recognised better than women. And precision is perfect."**

# %%
from sklearn.metrics import accuracy_score, precision_score

witnesses = {
    word: {
        "accuracy": accuracy_score(part.truth, part.predicted),
        "recall": recall_score(part.truth, part.predicted, pos_label=word),
        "precision": precision_score(
            part.truth, part.predicted, pos_label=word
        ),
    }
    for word, part in table.groupby("truth")
}
pd.DataFrame(witnesses).T.round(3)

# %% [markdown] tags=["quiz"]
# **Quiz 2.1** How many of the three figures are evidence?
#
# 1. Three: three figures can't agree by accident.
# 2. One: accuracy and recall are the same number here, and precision says nothing.
# 3. None.
#
# <details><summary>Answer and reason</summary>
#
# The second. Each group holds one true word only. Then everybody is a positive, so "right among everybody" and "found
# among the positives" are one count; and nobody can be a false positive, so precision is 1 for any model at all. The
# report is too sure by two witnesses. Whoever groups by the very word that the model predicts gets such twins.
#
# Mended: count over all faces, `audit(..., None, metrics=["recall", "specificity"])`, where *specificity* is the
# share of negatives called negative. With FairFace: 0.919 [0.890, 0.940] and 0.941 [0.915,
# 0.959]. Chance alone would give a difference at least so large in 20 of 100 such samples (this share is called the
# *p-value*; `pairwise`, below, computes it): no evidence of a difference.
#
# </details>

# %% [markdown]
# ## Five meanings of fair
#
# "Fair" has been given many formulas. Five are common, and each compares one thing between groups:
#
# | criterion | in one sentence | equal in all groups |
# |---|---|---|
# | **demographic parity** | everybody is called positive equally often, whatever is true | (TP + FP) / n |
# | **equal opportunity** | those who are positive are found equally often | TP / (TP + FN) |
# | **equalised odds** | that, and those who are negative are taken for positive equally often | TP / (TP + FN) and FP / (FP + TN) |
# | **predictive parity** | an answer "positive" is right equally often | TP / (TP + FP) |
# | **calibration** | of those with a score of 0.8, eight in ten are positive, in each group | share of positives at each score |
#
# Which of them matters depends on what an answer *does* to people. In this chapter nothing follows from it. Replace
# the positive word by "invited to an interview", and each row is a different complaint.

# %% [markdown]
# ### Spot the mistake C · Parity that isn't
#
# > **"Demographic parity is violated by 0.86: women are selected fifteen times as often as men."**

# %%
selected = table.predicted == positive
rates = selected.groupby(table.truth).mean().round(3)
rates.to_dict() | {"violation": round(float(rates.max() - rates.min()), 3)}

# %% [markdown]
# Before you mend it: what would this code say of a model that is never wrong? Then the rates are 1 and 0, and the
# "violation" is 1.00, the largest there is. The group *is* the truth here, so the two rates are recall and false
# positive rate, and a better model looks less fair: the better it is, the nearer is the "violation" to 1.

# %% [markdown] tags=["exercise"]
# ### Exercise 2.2 · Four gaps · ●●○ · 12 min
#
# *Task:* write the gaps as they are defined: for each criterion the largest rate of a group minus the smallest.
# Equalised odds compares two rates; take the larger of the two gaps. Groups can be more than two. Return a `dict` with
# the keys `"demographic parity"`, `"equal opportunity"`, `"equalised odds"` and `"predictive parity"` (calibration has
# to wait).
#
# <details><summary>Hint: how do I get the recall of each group?</summary>
#
# Keep only those who are positive, then average their answers by group: `answer[truth].groupby(group[truth]).mean()`.
#
# </details>
# <details><summary>Hint: the check says that I divide by the wrong people</summary>
#
# Recall divides by `truth`, precision by `answer`, the false positive rate by `~truth`, the selection rate by everybody.
#
# </details>


# %% tags=["exercise"]
def gaps(
    truth: pd.Series, answer: pd.Series, group: pd.Series
) -> dict[str, float]:
    """Gap of each criterion: truth and answer are bool, all of one index."""
    ### BEGIN SOLUTION

    def gap(hit: pd.Series, among: pd.Series) -> float:
        rates = hit[among].groupby(group[among], observed=True).mean()
        return float(rates.max() - rates.min())

    everybody = truth | ~truth
    opportunity = gap(answer, truth)
    return {
        "demographic parity": gap(answer, everybody),
        "equal opportunity": opportunity,
        "equalised odds": max(opportunity, gap(answer, ~truth)),
        "predictive parity": gap(truth, answer),
    }
    ### END SOLUTION


# %%
check.exercise_2_2(gaps)

# %% [markdown]
# Group by something else than the truth, and the number means what its name says:

# %%
gaps(table.truth == positive, selected, table.group)

# %% [markdown]
# With FairFace the gap in demographic parity is 0.115, not 0.86. Is that much? You will see in a
# moment why this question has no answer yet.
#
# ### Spot the mistake D · Class number 1
#
# An auditor examines a model that names the group as well: its classes are "Black Female", "Black Male" and so on.
# (We build such answers from ours, as if it always got the group right.) Group by group, the auditor counts who is
# "selected". With FairFace:
#
# > **"Black men are selected in 95 % of cases, twelve other groups never."**

# %%
is_class = table.group.astype(str) + " " + table.truth
said_class = table.group.astype(str) + " " + table.predicted
classes = sorted(is_class.unique())
chosen = said_class.map(classes.index) == 1
chosen.groupby(is_class).mean().round(3)

# %% [markdown] tags=["quiz"]
# **Quiz 2.2** What does the code measure, and what would happen if one class were renamed?
#
# 1. Favouritism: it stays whatever the classes are called.
# 2. The share of right answers of whichever class comes second in the alphabet; with other names another group is "favoured".
# 3. The base rate of each class.
#
# <details><summary>Answer and reason</summary>
#
# The second. `== 1` is fine where 1 means positive. Here 1 is the place of a class in a sorted list, so its own group
# scores its recall, and nearly all others 0. (The 0.154 are faces annotated as Black and Female that the model called
# Male.) A public tutorial, *Explainable AI and Facial Recognition*, on eight classes of faces from BFW (Robinson et al.), came to
# its headline, a "demographic-parity violation of 0.77", in just this way.
#
# Mended: name the class, and compare its selection rate with how frequent it is. With FairFace, `audit(..., positive="Black Male", metrics=["recall", "selection_rate", "base_rate"])` gives recall 0.954
# [0.873, 0.984] of 65, and a selection rate of 0.079 [0.063, 0.098] where the base rate is 0.071.
#
# </details>

# %% [markdown]
# ## How large is a gap of nothing?
#
# ### Spot the mistake E · The largest gap
#
# > **"Accuracy differs by 8.5 points between the groups that are served best and worst."**

# %%
right = table.predicted == table.truth
accuracies = right.groupby(table.group, observed=True).mean()
float(accuracies.max() - accuracies.min())

# %% [markdown] tags=["exercise"]
# ### Exercise 2.3 · A gap by chance · ●●○ · 10 min
#
# *Claim to test:* so large a gap can't come from chance.
#
# A maximum minus a minimum is never negative, and among several noisy rates it is never near zero either. So first
# ask what the gap would be *if group made no difference*. Shuffle which face is in which group (with
# `random = np.random.default_rng(0)` and `random.permutation(...)`), take the gap, do so `draws` times, and return
# the mean.
#
# <details><summary>Hint: the check says that my gap knows the real difference</summary>
#
# If you draw faces anew within each group, the real gap remains and noise comes on top. Shuffle across all faces.
#
# </details>
# <details><summary>Hint: it takes for ever</summary>
#
# `pd.factorize(group)` gives every face the number of its group, and `np.bincount(codes, weights=right)` counts the
# right answers of each. One division gives all rates.
#
# </details>


# %% tags=["exercise"]
def gap_by_chance(
    right: np.ndarray, group: np.ndarray, draws: int = 1000
) -> float:
    """Mean largest gap of accuracy if the group made no difference; right is bool (N,)."""
    ### BEGIN SOLUTION
    random = np.random.default_rng(0)
    codes, _ = pd.factorize(group)
    n = np.bincount(codes)
    shuffled = (random.permutation(right) for _ in range(draws))
    found = [np.ptp(np.bincount(codes, weights=each) / n) for each in shuffled]
    return float(np.mean(found))
    ### END SOLUTION


# %%
check.exercise_2_3(gap_by_chance)

# %%
gap_by_chance(right.to_numpy(), table.group.to_numpy())

# %% [markdown]
# With FairFace: seven groups of 130 faces, served exactly alike, would show a largest gap of about 6 points, on average. So most
# of the 8.5 points may be the price of picking the best and the worst. (With drawn faces it is 3 points of 7.7.) Such a
# figure errs *upwards*, on average, and the more so the more groups there are and the smaller they are. An ordinary
# bootstrap does not help: it adds the noise a second time.
#
# `disparities` asks the question the right way round: which true gaps would give a gap like ours? (The gaps
# themselves are those of [fairlearn](https://fairlearn.org), a library for such audits.) It also wants to know which gap
# would be too small to matter, the *margin*. We say 5 points, and we say it now, before we look: a margin that is chosen
# afterwards fits whatever was found.

# %% alt="Six criteria, each with a dot and whisker for the largest gap between groups and a hollow diamond for what chance gives. Some whiskers begin at zero; those of false positive rate and precision don't. A dotted line marks the margin of 5 points."
apart = classification.disparities(
    "truth", "predicted", ["group"], positive=positive, data=table, margin=0.05
)
plots.bias.disparities(apart)

# %% [markdown]
# A dot is the gap that was seen, with the two groups it lies between; a diamond is what chance gives where nothing differs; the
# dotted line is our margin.
# (The last two rows are not among the five meanings: accuracy and errors, one gap written twice.) With FairFace four intervals
# begin at zero, and the dot of demographic parity lies *on* its diamond: one gets that gap for nothing. Two intervals leave
# zero out: false positive rates (0 of 65 against 11 of 65) and precision, which counts the same errors again. That is some
# evidence of a difference, whose size may be anything from 3.5 to 28 points.
#
# But six criteria were six chances to find something. `p_holm` is the p-value (how often chance alone would give a gap at least
# so large), made larger because there were six; exercise 2.4 shows how. Three verdicts are possible. *Gap*: the interval leaves
# zero out and reaches beyond the margin, and `p_holm` is below 0.05. *No gap larger than the margin*: the whole interval lies
# within it. And *too little evidence*: everything else.

# %%
differences = apart[apart.measure == "difference"]
differences[["criterion", "value", "low", "high", "p_holm", "verdict"]].round(3)

# %% [markdown]
# With FairFace there is one *gap*, in precision, and only just, at 0.048. False positive rates stay at 0.078, *too little
# evidence*, although their interval leaves zero out: it was made for one question, not for six. (With drawn faces four rows say
# *gap*.) No row says *no gap larger than the margin*. For that an interval would have to end below 5 points, and in groups as
# small as these chance alone makes larger gaps. "We found no gap" and "there is no gap" are two sentences.
#
# How good are such intervals? They should hold the true gap in 95 of 100 audits. For two groups of 10 to 500 faces the
# probability can be computed: it is 93 % or more. In simulated audits of 3 to 14 groups it was 95 to 97 %, and 98 or 99 % where
# all groups differ a little.

# %% [markdown]
# ### Spot the mistake F · Best against worst
#
# > **"Southeast Asian men are 17 points behind Middle Eastern men, a highly significant difference (p = 0.001)."**
#
# The p-value is computed for every pair of groups, and the auditor reports the smallest:

# %%
pairs = classification.pairwise(
    "truth", "predicted", ["group", "truth"], positive=positive, data=table
)
extreme = pairs.loc[pairs.p.idxmin()]
extreme[["first", "second", "difference", "p"]]

# %% [markdown] tags=["exercise"]
# ### Exercise 2.4 · Holm's correction · ●●○ · 10 min
#
# *Claim to test:* the difference remains when the auditor admits how many pairs were looked at.
#
# Of 100 comparisons of equal groups, five have p < 0.05 on average. [Holm's
# correction](https://www.jstor.org/stable/4615733) makes up for it. Sort the m p-values from small to large. Multiply
# the smallest by m, the next by m - 1, and so on. No corrected value may be smaller than the one before it, and none
# is larger than 1. Give them back in the original order.
#
# <details><summary>Hint: how do I get back to the original order?</summary>
#
# `order = np.argsort(p)` sorts. If `result` is an empty array, `result[order] = corrected` puts everything back.
#
# </details>
# <details><summary>Hint: "no smaller than the one before"</summary>
#
# `np.maximum.accumulate` carries the largest value so far along.
#
# </details>


# %% tags=["exercise"]
def holm(p: np.ndarray) -> np.ndarray:
    """Holm-corrected p-values (m,), in the order of p."""
    ### BEGIN SOLUTION
    order = np.argsort(p)
    steps = p[order] * np.arange(len(p), 0, -1)
    corrected = np.empty(len(p))
    corrected[order] = np.minimum(np.maximum.accumulate(steps), 1)
    return corrected
    ### END SOLUTION


# %%
check.exercise_2_4(holm)

# %%
corrected = holm(pairs.p.to_numpy())
{
    "pairs": len(pairs),
    "p < 0.05": int((pairs.p < 0.05).sum()),
    "p < 0.05 after Holm": int((corrected < 0.05).sum()),
    "smallest after Holm": round(float(corrected.min()), 3),
}

# %% [markdown]
# With FairFace: of 91 pairs 17 looked different, and after the correction none does. p was far
# too small, because it was the smallest of 91. That does *not* show that the groups are served alike. It shows what
# 65 faces each can carry: somebody who had asked beforehand about false positive rates alone would have had 21 pairs,
# and one of them (the pair of the headline) would have remained, at 0.03. Fewer questions get better answers, if they
# chosen before the answers are seen. (With drawn faces 6 of 28 pairs look different, and two remain.)
#
# `pairwise` does the correction itself. Accuracy of whole groups, all pairs at once:

# %% alt="Square of all groups against all groups with differences of accuracy in points, up to 8; a star marks a pair that differs after Holm's correction."
plots.bias.comparisons(
    classification.pairwise(
        "truth", "predicted", ["group"], positive=positive, data=table
    )
)

# %% [markdown]
# Dark squares are large differences, a star would be one that remains after Holm. With FairFace
# there is none, so the colours, though striking, are a picture of noise and of whatever hides in it; they can't be
# told apart here. (With drawn faces tones 8-10 carry two.)
#
# ## Two attributes at once
#
# A model can do well by each group and by each age and still fail one group at one age. Audits that cross attributes
# are called *intersectional*, a word from law that Buolamwini and Gebru's *Gender Shades* made known in face
# analysis. We cross group and age:

# %% alt="A line for each combination of group and age with its accuracy and whisker. Lines with n below 30 are grey and hollow and have wide whiskers."
crossed = classification.audit(
    "truth",
    "predicted",
    ["group", "second"],
    positive=positive,
    metrics=["accuracy"],
    data=table,
)
plots.bias.metrics_by_group(crossed, columns=1)

# %% [markdown]
# Grey and hollow: fewer than 30 faces. With FairFace that is half of the 28 groups. The lowest
# dot, 0.67, is 8 of 12 faces annotated as Southeast Asian and 50 or more; its interval reaches from 0.39 to 0.86. It
# is a reason to collect more such faces, and no finding. Leaving the group out would be worse: then nobody would
# collect them. So small groups are shown, with their n, and marked.

# %% [markdown]
# ## A paradox: worse for everybody, better on the whole
#
# > **"Version 2 has raised our accuracy by five points."**
#
# To see how little such a sentence says, we *construct* it. Version 1 is our model. Version 2 is worse for everybody:
# of each group it gets 2 % of the right answers wrong as well. But its audit met another crowd. Nine in ten faces of
# the first audit are of the group that is hardest for the model, and nine in ten of the second are of the easiest.
# The rates of the groups are measured, the crowds are invented:

# %%
share = accuracies.sort_values().iloc[[0, -1]]
versions = pd.DataFrame({"version 1": share, "version 2": 0.98 * share})
crowds = pd.DataFrame(
    {"version 1": [0.9, 0.1], "version 2": [0.1, 0.9]}, share.index
)
whole = (versions * crowds).sum().to_frame("whole crowd").T
pd.concat([versions, whole]).round(3)

# %% [markdown]
# Version 2 is behind in every group and ahead on the whole. This is *Simpson's paradox*: an overall rate mixes how
# well groups are served with how many of each were there. No number is false, and no interval would warn you. Two
# crowds have to be compared group by group, or weighted alike. And groups themselves are crowds: if one has more
# people of an age that is hard for the model, ages have to be compared first.

# %% [markdown]
# ## Is 0.8 eight in ten?
#
# A score can be used as it is, for instance by somebody who looks only at cases above 0.9. Then it should mean what
# it says. A *reliability diagram* sorts faces by score into ten bins, and plots for each bin the share of positives.
# On the diagonal the score is *calibrated*:

# %% alt="A reliability diagram for each group, with whiskers, and below each the number of faces in each bin. Most faces lie in the outer bins; dots in between are grey and uncertain."
curves = classification.reliability(
    "truth", "score", ["group"], positive=positive, data=table
)
plots.bias.reliability(curves)

# %% [markdown]
# Look below first: most faces have a score near 0 or 1, so the bins between hold a handful each, drawn grey and
# hollow below ten. Those dots are scattered all over and say next to nothing. With FairFace the whisker of one firm dot
# misses the diagonal: of 12 faces annotated as Southeast Asian with scores from 0.8 to 0.9 five are annotated as
# Female. It is one of 18 firm dots, and about one is to be expected: a question for the next sample of faces.
#
# The *expected calibration error* (ECE) sums a diagram up: the mean distance of the bins from the diagonal, weighted
# by how many faces they hold.
#
# ### Spot the mistake G · The small group
#
# An audit has few faces of one group. (We construct one: 26 faces, drawn from the first group of the table.)
#
# > **"Calibrated twice as badly for one group: ECE 0.10 against 0.05."**

# %%
one = table.group == table.group.iloc[0]
few = table[one].sample(26, random_state=0)
{
    name: round(classification.ece(part.score, part.truth == positive), 3)
    for name, part in {"few": few, "others": table[~one]}.items()
}

# %% [markdown] tags=["quiz"]
# **Quiz 2.3** Which way is the comparison wrong?
#
# 1. Against the small group: its ECE would be larger even if the model were calibrated perfectly.
# 2. In favour of the small group: fewer faces, fewer errors.
# 3. Either way: with few faces ECE scatters around the right value.
#
# <details><summary>Answer and reason</summary>
#
# The first. ECE sums *distances*, and distances don't cancel: if chance lifts one bin and lowers another, both add.
# So it is too large, by an amount that shrinks like one over the square root of n (four times the faces, half of it), and
# on average that is against the smaller group. The next cell gives each an interval that knows this, and what a
# calibrated model would score.
#
# </details>

# %%
both = pd.concat([few.assign(who="few"), table[~one].assign(who="others")])
ece = classification.audit(
    "truth", "predicted", ["who"], "score", positive, data=both, metrics=["ece"]
)
ece[["group", "n", "value", "low", "high", "note"]].round(3)

# %% [markdown]
# With FairFace, a perfectly calibrated model would score about 0.138 on 26 such faces. The small
# group did *better* than that; its interval reaches down to zero. The large group's 0.053 is twice what chance gives,
# and its interval leaves zero out. So what evidence there is concerns the *large* group. (In simulations such
# intervals held the true error of 65 to 1,000 faces in 93 to 98 of 100 audits. With 26 faces it was 88 to 99, depending on how
# wrong the scores were.)
#
# ## Why you can't have it all
#
# Of two groups, one may simply contain more positives: their *base rates* differ. Between the groups of our table they
# hardly do (our FairFace faces were chosen so that each group has as many of one word as of the other). Between ages
# they do. We split the youngest from the rest:

# %%
youngest = table.second.min()
table["age"] = np.where(table.second == youngest, youngest, "older")
two_ages = classification.audit(
    "truth",
    "predicted",
    ["age"],
    positive=positive,
    metrics=["base_rate", "selection_rate", "recall", "fpr", "precision"],
    data=table,
)
two_ages[["metric", "group", "of", "value", "low", "high"]].round(3)

# %% [markdown]
# With FairFace, 59 % of the youngest and 44 % of the others are annotated as Female, and the
# intervals (first two rows) are far apart. A model that is never wrong would select exactly so many and violate demographic parity; one that meets
# it must be wrong about somebody. That is the first conflict. For the others we move a threshold: it stays at 0.5 for
# the older, and for the youngest we try all from 0.05 to 0.95. How far are the two groups apart?

# %%
metrics = ["selection_rate", "recall", "fpr", "precision"]
found = []
for threshold in np.linspace(0.05, 0.95, 37):
    limit = np.where(table.age == youngest, threshold, 0.5)
    said = np.where(table.score > limit, positive, negative)
    for metric in metrics:
        compared = classification.pairwise(
            table.truth.to_numpy(), said, table.age.to_numpy(), metric, positive
        )
        found.append(compared.assign(threshold=threshold))
by_threshold = pd.concat(found, ignore_index=True)

# %% alt="Four curves with bands over the threshold for the youngest. Selection rate, recall and false positive rate fall, precision rises; those that cross zero do so at different thresholds."
plots.bias.gaps_by_threshold(by_threshold)

# %% [markdown]
# Each line is a gap, and zero is where it is closed. With FairFace precision is equal at a
# threshold of about 0.25, the false positive rate at 0.45, recall at 0.75 and the selection rate at 0.925. No threshold
# closes all four: at 0.925 recall is some 20 points lower for the youngest. (With drawn faces the selection rates don't even
# meet.) The bands are intervals for a
# threshold chosen beforehand; they are wide, so the places are uncertain. And the figure can't say which gap ought to
# be closed.

# %% [markdown]
# It is arithmetic. [Chouldechova](https://arxiv.org/abs/1610.07524) noted that the counts of every group, with the
# base rate b, obey
#
# `FPR = b / (1 - b) * (1 - precision) / precision * recall`
#
# Suppose precision and recall were equal in both groups, 0.93 each. What would the false positive rates be?

# %%
base = two_ages[two_ages.metric == "base_rate"].set_index("group").value
fpr_implied = base / (1 - base) * (1 - 0.93) / 0.93 * 0.93
fpr_implied.round(3)

# %% [markdown]
# They can't be equal, since the base rates are not: with FairFace 0.100 against 0.055. The
# group with more positives gets more false positives, from the same precision and recall. [Kleinberg, Mullainathan
# and Raghavan](https://arxiv.org/abs/1609.05807) proved the like for calibrated scores: unless base rates are equal
# or the model never errs, calibration and balanced errors exclude each other. So an audit that reports one criterion
# has made a choice, and has to say why. What a threshold for each group *costs* is a question of chapter 12.

# %% [markdown] tags=["quiz"]
# **Quiz 2.4** On a benchmark with equally many of both words in each group, a model meets demographic parity,
# equalised odds and predictive parity, all three. What follows for its use elsewhere?
#
# 1. The impossibility results are wrong.
# 2. It will meet all three everywhere.
# 3. With equal base rates all three can be met at once; where base rates differ, at least one will be violated.
#
# <details><summary>Answer and reason</summary>
#
# The third. Balancing a benchmark takes the conflict out of it. If recall and false positive rate carry over to a
# place where base rates differ, then selection rates and precision differ there (see the formula), though nothing
# about the model has changed.
#
# </details>

# %% [markdown]
# ## Alike, and treated alike?
#
# All of the above compares groups. *Individual fairness* asks for something else: that people who are alike get the
# same answer. The difficulty is the word "alike". A common proxy is **consistency**: the share of a face's nearest
# neighbours (here 5) that got the same answer as the face.
#
# ### Spot the mistake H · Neighbours by answer
#
# > **"Individually fair: similar people get the same answer in 99.8 % of cases."**
#
# The auditor took the model's outputs as the "embedding" in which neighbours are looked for:

# %%
classification.consistency(
    logits.numpy(), table.predicted.to_numpy(), metric="euclidean"
).round(3)

# %% [markdown] tags=["quiz"]
# **Quiz 2.5** Which model would score low by this code?
#
# 1. One that treats similar people differently.
# 2. One that is often wrong.
# 3. Hardly any.
#
# <details><summary>Answer and reason</summary>
#
# The third. Faces with like outputs get like answers; that is what an answer is. Even a model that draws a random number
# for each face and answers by it would pass, if that number is what "alike" is judged by. The figure errs upwards,
# towards 1, for any model. "Alike" has to come from somewhere else than from the model that is being tested.
#
# </details>

# %% [markdown]
# From where, then? The pixels, for want of anything better: pictures of 24 by 24, less their mean, by the angle
# between them. `by_chance` is what the same answers would score if dealt out at random:

# %%
small = faces.images(table, size=24).flatten(1).numpy()
classification.consistency(
    small - small.mean(axis=0), table.predicted.to_numpy()
).round(3)

# %% [markdown]
# With FairFace 0.572 [0.546, 0.598], not far above the 0.5 of chance. That is no verdict on
# the model either: what pixels call alike is mostly light, framing and background. Every choice of "alike" is a claim
# about what should count, and no formula makes it for you.

# %% [markdown] tags=["exercise"]
# ### Exercise 2.5 · A claim of your own · ●●● · 20 min
#
# *Claim to test:* yours. Write a sentence about two groups and one metric that could turn out false, such as "recall
# is lower for the oldest than for the youngest", and test it. Say it *before* you look.
#
# Return a `dict` with `claim`; `evidence`, a row of `classification.pairwise(...)`; `direction`, `"above"` or
# `"below"`, where your claim puts the first group in relation to the second; and `verdict`: `"supported"`,
# `"contradicted"` or `"undecided"`. A difference counts if the row's own `verdict` is "gap". The check can't judge
# your claim, it doesn't read the sentence; it makes sure that your verdict follows from the evidence.
#
# <details><summary>Hint: how do I compare two groups only?</summary>
#
# Choose the rows: `two = table[table.second.isin(["20-29", "30-39"])]`. Then
# `classification.pairwise("truth", "predicted", ["second"], "recall", positive, data=two)` has one row, `.iloc[0]`, and
# nothing needs correcting. That is fair only if you chose the two before you saw any result. Its `first` group is here
# the younger, and `difference` is first minus second. So "lower for the older" is the direction `"above"`.
#
# </details>
# <details><summary>Hint: the check objects to my verdict</summary>
#
# If the row says "too little evidence", the data can't decide: "undecided" is an honest result. So it is with "no gap larger
# than the margin": whichever group is ahead, it is by less than would matter. If it says "gap", the sign of `difference`
# decides.
#
# </details>


# %% tags=["exercise"]
def my_claim() -> dict:
    """A claim with its evidence and verdict."""
    ### BEGIN SOLUTION
    pairs = classification.pairwise(
        "truth", "predicted", ["age"], "recall", positive, data=table
    )
    row = pairs.iloc[0]
    verdict = "supported" if row.difference > 0 else "contradicted"
    return {
        "claim": "The positive word is found more often among the youngest than among the older.",
        "evidence": row,
        "direction": "above",
        "verdict": verdict if row.verdict == "gap" else "undecided",
    }
    ### END SOLUTION


# %%
check.exercise_2_5(my_claim)

# %% [markdown]
# ## What this chapter does not show
#
# - **Not why.** A gap between groups says nothing of its cause: training faces, light, cameras, annotators.
# - **Nothing about who people are.** Truth means an annotator's word. Where annotators err more about one group, a model that repeats them looks right.
# - **Not how the model does elsewhere.** These faces were chosen (adults, equally many of each). Other crowds, other rates.
# - **Not that groups are served alike.** Intervals that hold zero hold other values too. Absence of evidence is what 65 faces can give.
# - **Not what is fair.** The formulas say what is equal. Which of them should be is a question about the use, and about whom you ask.

# %% [markdown]
# ## Summary
#
# - Every figure is a share among somebody. Ask among whom, how many they are, and what happens where there is nobody.
# - One share needs an interval, the largest gap needs what chance gives, many pairs need Holm's correction.
# - The verdict is a gap, no gap larger than a margin chosen beforehand, or too little evidence.
# - Five meanings of fair are five things. Where base rates differ, no model that errs can meet them all.
# - Eight flaws and their directions:
#
# | flaw | wrong which way |
# |---|---|
# | undefined counted as 0 | invents the largest gap |
# | three figures that are one | too sure |
# | group = truth | the better the model, the larger the "violation" |
# | class by number | "favours" whichever class has that number |
# | largest gap without chance | too large on average |
# | smallest of many p-values | too small |
# | ECE of unequal groups | against the smaller |
# | neighbours by the model's own outputs | towards perfect |
#
# **On your own data**, all you need is a table: `classification.audit("truth", "predicted", ["group"], data=table)`.
#
# ## References
#
# - Barocas, Hardt and Narayanan. [Fairness and Machine Learning](https://fairmlbook.org). MIT Press 2023.
# - Buolamwini and Gebru. [Gender Shades](https://proceedings.mlr.press/v81/buolamwini18a.html). FAT* 2018.
# - Chouldechova. [Fair prediction with disparate impact](https://arxiv.org/abs/1610.07524). Big Data 2017.
# - Crenshaw. [Demarginalizing the intersection of race and sex](https://chicagounbound.uchicago.edu/uclf/vol1989/iss1/8/). University of Chicago
#   Legal Forum 1989.
# - Dwork et al. [Fairness through awareness](https://arxiv.org/abs/1104.3913). ITCS 2012.
# - Guo et al. [On calibration of modern neural networks](https://arxiv.org/abs/1706.04599). ICML 2017.
# - Hardt, Price and Srebro. [Equality of opportunity in supervised learning](https://arxiv.org/abs/1610.02413). NeurIPS 2016.
# - Holm. [A simple sequentially rejective multiple test procedure](https://www.jstor.org/stable/4615733). Scandinavian Journal of Statistics 1979.
# - Kärkkäinen and Joo. [FairFace](https://arxiv.org/abs/1908.04913). WACV 2021.
# - Kleinberg, Mullainathan and Raghavan. [Inherent trade-offs in the fair determination of risk scores](https://arxiv.org/abs/1609.05807).
#   ITCS 2017.
# - Mitchell et al. [Model cards for model reporting](https://arxiv.org/abs/1810.03993). FAT* 2019.
# - Robinson et al. [Face recognition: too bias, or not too bias?](https://arxiv.org/abs/2002.06483) CVPR Workshops 2020 (BFW).
# - Simpson. [The interpretation of interaction in contingency tables](https://doi.org/10.1111/j.2517-6161.1951.tb00088.x). JRSS B 1951.
# - Wilson. [Probable inference, the law of succession, and statistical inference](https://doi.org/10.1080/01621459.1927.10502953). JASA 1927.
# - Zemel et al. [Learning fair representations](https://proceedings.mlr.press/v28/zemel13.html). ICML 2013.
#
# **Next:** [chapter 03](03_bias_in_verification.ipynb) asks the same of models that compare two faces.
