# %% [markdown]
# # 03 · Bias in verification
#
# A gate compares the face before it with the picture in a passport and decides: the same person, or not? It can err in
# two ways. It can let a stranger through, or turn the right person away. And it need not err equally often for
# everybody. On Balanced Faces in the Wild, which has as many people of one group as of another, one threshold for all makes
# false matches several times as frequent in some groups as in others
# ([Robinson et al., 2020](https://arxiv.org/abs/2002.06483)).
#
# In this chapter you measure both errors for eight groups of drawn people, and find out how sure you may be.
# [Chapter 03b](03b_thresholds_and_summaries.ipynb) goes on from there.
#
# **You will be able to**
#
# - *build* a table of pairs and *tell* false matches from false non-matches;
# - *compare* groups at one threshold and along whole curves;
# - *give* every rate a confidence interval that knows that pairs share people;
# - *spot* flawed computations by the way in which their number is wrong.
#
# **Before you start**
#
# | you need | how much | where to find it |
# |---|---|---|
# | Python, NumPy and pandas | essential | `groupby` and boolean masks |
# | confidence intervals | helpful | [chapter 01](01_faces_as_data.ipynb), "How many faces are enough?" |
# | PyTorch | hardly | one cell turns pictures into numbers |
#
# **Time**: 60 minutes with the exercises. The cells themselves run for under a minute on an idle laptop.

# %% [markdown]
# ## People who do not exist · 5 min
#
# Audits of face recognition are made with photographs of people, few of whom were asked. We do without: the course draws its
# people, each six times, with another pose, light, expression and background each time, now and then in a hat or glasses. A group
# is called by what is drawn: a band of skin tones (on the ten-step Monk scale) and long or short hair. Drawing takes some seconds:

# %%
from IPython.display import Markdown

from helpers import datasets

people = datasets.load("synthetic-identities", people=240, pictures=6)
Markdown(f"> **The faces of this chapter.** {people.notes[0]}")

# %% alt="Sixteen drawn portraits in four rows of four: eight people, each in two pictures with another pose, light and background."
from helpers import plots

shown = people.table.groupby("identity").head(2).head(16)
plots.pictures(people.images(shown), shown.subgroup.tolist(), columns=4)

# %% [markdown]
# In every row the two pictures on the left show one person, and the two on the right another. These are simple portraits,
# and what a network finds hard in them is not what it finds hard in photographs.
#
# Like every collection, this one has faults: some pictures lie there twice, and some are filed under a wrong name. A copy
# makes a pair that is too easy, a wrong name a pair of two strangers that counts as one person.
# [Chapter 01b](01b_who_gets_lost.ipynb) is about finding such faults. This data set has a list of them, so we take them out:

# %%
import pandas as pd

from helpers.datasets.synthetic import PLANTED

faults = pd.DataFrame(PLANTED)
table = people.table.drop(index=faults.file)
table.subgroup.value_counts(sort=False)

# %% [markdown]
# These are {{30 = table.groupby("subgroup", observed=True).identity.nunique().min()}} people a group, with nearly six pictures each.
# Keep the first of the two numbers in mind.
#
# ## From two pictures to one number · 8 min
#
# A recogniser does not compare pictures. It turns each into a list of numbers, an **embedding**, and is trained so that
# pictures of one person get similar lists. Ours is a small network that was trained on other drawn people. The next cell
# embeds our pictures, 64 at a time, which takes some seconds, and shows what the network's card says of its training:

# %%
import torch

from helpers import models

recogniser = models.load("synthetic-recogniser")
with torch.no_grad():
    parts = [
        recogniser(people.images(table.iloc[start : start + 64]))
        for start in range(0, len(table), 64)
    ]
embeddings = torch.cat(parts).numpy()
recogniser.card["training"]

# %% [markdown]
# Two groups were seen rarely, then. Remember which.
#
# Two embeddings $a$ and $b$ are compared by the **cosine** of the angle between them,
# $\cos(a, b) = \dfrac{a \cdot b}{\lVert a \rVert \, \lVert b \rVert}$. It is 1 if they point the same way, 0 at a right
# angle, and -1 if they point opposite ways. The first six pictures show one person, the seventh somebody else:

# %%
import numpy as np


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))


same, another = (cosine(embeddings[0], embeddings[k]) for k in (1, 6))
{"the same person": round(same, 2), "two people": round(another, 2)}

# %% [markdown]
# Now every picture with every other one. The result is a *table of pairs*: who is on either side, of which group, and the
# score. A **genuine** pair shows one person twice, an **impostor** pair shows two people:

# %%
from helpers.bias import verification

one, two = np.triu_indices(len(table), k=1)
sides = {}
for side, rows in (("1", one), ("2", two)):
    sides[f"id{side}"] = table.identity.to_numpy()[rows]
    sides[f"att{side}"] = table.subgroup.array[rows]
every = pd.DataFrame(sides)
every["genuine"] = every.id1 == every.id2
every["score"] = verification.score_pairs(embeddings, one, two)
every.sample(4, random_state=1)

# %% [markdown]
# That is a million pairs. In most of them the sides belong to different groups, and such strangers are easy to tell apart. For a
# first look we keep the pairs *within* a group; what this choice does comes later. How do the scores of the two kinds lie?

# %% alt="Eight rows of violins: impostor scores above each line, genuine scores below, genuine further right. The two overlap in every group."
pairs = every[every.att1 == every.att2].rename(columns={"att1": "group"})
genuine = pairs.genuine
plots.verification.scores(pairs.score, genuine, pairs.group)

# %% [markdown]
# Above each line lie the impostor pairs, below it the genuine ones; a short black stroke is a median, and the two numbers
# count genuine and impostor pairs. A good recogniser pulls the two apart. Ours leaves an overlap in every group: it should run
# no gate, but for learning how to compare groups it serves.
#
# What the shapes can't show is the far right end of the impostors, a few pairs in a thousand. That end decides who is taken
# for somebody else.

# %% [markdown]
# ## Two errors at one threshold · 12 min
#
# A gate needs a line. From this score on, the **threshold** $t$, it says "the same". Then two rates tell how it errs:
#
# - the **false match rate** (FMR) is the share of *impostor* pairs that are accepted:
# $\mathrm{FMR}(t) = \dfrac{\text{impostor pairs with a score} \ge t}{\text{impostor pairs}}$;
# - the **false non-match rate** (FNMR) is the share of *genuine* pairs that are rejected:
# $\mathrm{FNMR}(t) = \dfrac{\text{genuine pairs with a score} < t}{\text{genuine pairs}}$.
#
# A higher threshold lowers the first and raises the second. It is usual to fix the FMR, say at 1 in 100, and to take the
# smallest score that, as a threshold, keeps it:

# %%
threshold = verification.fit(pairs.score, genuine, fmr=0.01)["overall"]
accepted = pairs.score >= threshold
pd.Series({"threshold": threshold, "accepted pairs": accepted.sum()}).round(3)

# %% [markdown]
# ### Spot the mistake A
#
# From here on you meet headlines as a report would print them, each with the code behind it. The older words are *false accept
# rate* (FAR) for the FMR and *true accept rate* (TAR) for 1 - FNMR:
#
# > **False accept rate of {{72 = 100 * (~accepted[genuine & (pairs.group == "tones 8-10, short hair")]).mean()}} %
# > for "tones 8-10, short hair", against
# > {{42 = 100 * (~accepted[genuine & (pairs.group == "tones 1-3, long hair")]).mean()}} % for "tones 1-3, long hair".**

# %%
tar = accepted[genuine].groupby(pairs.group, observed=True).mean()
far = 1 - tar
far.sort_values().round(3)

# %% [markdown]
# What is this number a share *of*? Decide before you unfold.
#
# <details><summary>The mistake</summary>
#
# TAR is a share of *genuine* pairs, and so is the rest, 1 - TAR. That is the FNMR: people who were turned away. No impostor has been
# counted at all.
#
# </details>

# %% [markdown] tags=["exercise"]
# ### Exercise 3.1 · Both rates · ●○○ · 5 min
#
# *Task:* write both rates as they are defined above. A score equal to the threshold is accepted.
#
# <details><summary>Hint: the check says my share is of the wrong pairs</summary>
#
# `scores[~genuine]` are the scores of the impostor pairs. The FMR is the mean of a comparison of these, and of nothing
# else.
#
# </details>


# %% tags=["exercise"]
def error_rates(
    scores: np.ndarray, genuine: np.ndarray, threshold: float
) -> tuple[float, float]:
    """FMR and FNMR: scores (N,), genuine (N,) bool, higher scores are more alike."""
    ### BEGIN SOLUTION
    fmr = (scores[~genuine] >= threshold).mean()
    fnmr = (scores[genuine] < threshold).mean()
    return fmr, fnmr
    ### END SOLUTION


# %%
from helpers import checks as check

check.exercise_3_1(error_rates)

# %% [markdown]
# `rates` counts the same for all groups at once. Which groups did the report blame, and which should it have named?

# %%
rates = verification.rates(pairs.score, genuine, threshold, pairs.group)
rates = rates.set_index("group")
rates[["n_genuine", "n_impostor", "fmr", "fnmr"]].round(4)

# %% [markdown]
# In the report, groups with long hair have the smallest "FAR". Counted as it is defined,
# {{three = rates.fmr[1:].nlargest(3).index.str.contains("long").sum()}} of the four have the *largest* false match rates of
# all, {{1.7 = 100 * rates.fmr[1:].nlargest(3).min()}} to {{2.1 = 100 * rates.fmr[1:].max()}} %. A group can have few of its
# own people turned away and many strangers accepted, so whoever takes one rate for the other blames the wrong groups.
#
# Look at the first row, too. "FMR 1 %" is true of all pairs together and of no group. It is
# {{2.1 = 100 * rates.fmr["tones 8-10, long hair"]}} % in "tones 8-10, long hair" and
# {{0.14 = 100 * rates.fmr["tones 1-3, short hair"]}} % in "tones 1-3, short hair". An audit that gives only the first row hides
# what it was made to find.
#
# ### Spot the mistake B
#
# > **False rejection rate: only {{1.6 = 100 * (genuine & ~accepted).sum() / (~accepted).sum()}} %.**
#
# ```python
# rejected = ~accepted
# (genuine & rejected).sum() / rejected.sum()
# ```

# %% [markdown] tags=["quiz"]
# **Quiz 3.1** Which way is this number wrong, and what happens to it when somebody adds ten times as many impostor pairs?
#
# 1. Too small; it becomes smaller still.
# 2. Too large; it stays as it is.
# 3. It is right: false rejections are divided by rejections.
#
# <details><summary>Answer and reason</summary>
#
# The first. It is the share of *rejected pairs* that are genuine, and every rejected impostor that is added makes it smaller, though
# not one person fewer is turned away. The FNMR divides by the genuine pairs, and is {{56 = 100 * rates.fnmr["overall"]}} % here.
#
# </details>

# %% [markdown]
# ## Whose impostors? · 4 min
#
# So far an impostor shared the group of the person whom they were compared with. One could also take everybody else as an
# impostor: a group's pairs are then all those with *at least one* side in it. Both are used, often without a word. At one
# threshold they give:

# %%
both_sides = (every.att1, every.att2)
all_rates = verification.rates(
    every.score, every.genuine, threshold, both_sides, impostors="all"
).set_index("group")
pd.DataFrame(
    {"within": rates.fmr, "all": all_rates.fmr, "n all": all_rates.n_impostor}
).round(4)

# %% [markdown]
# No genuine pair has changed, and not one score. Yet every FMR is {{6 = (rates.fmr / all_rates.fmr).min()}} to
# {{14 = (rates.fmr / all_rates.fmr).max()}} times smaller, because most of the added strangers look quite different. "Within"
# answers the question of somebody who tries the passport of a person who resembles them; "all" that of a random passer-by.
# Neither is wrong; comparing one paper's "all" with another's "within" is. From here on we use "within".

# %% [markdown]
# ## How sure are we? · 14 min
#
# ### Spot the mistake C
#
# A 95 % **confidence interval** is a range made in such a way that it holds the true value in about
# nineteen of twenty samples. For a share like the FMR a textbook gives Wilson's:

# %%
from helpers.intervals import wilson

some = pairs[(pairs.group == "tones 8-10, long hair") & ~pairs.genuine]
matches = some.score >= threshold
low, high = wilson(int(matches.sum()), len(matches))
low, high

# %% [markdown]
# The report writes:
#
# > **Tones 8-10, long hair: a false match rate between {{1.9 = 100 * low}} and {{2.3 = 100 * high}} %, from
# > {{15,486 = len(matches)}} pairs.**
#
# What does the textbook take for granted? Decide before you unfold.
#
# <details><summary>The mistake</summary>
#
# It takes independent observations for granted. These pairs are of
# {{30 = pd.concat([some.id1, some.id2]).nunique()}} people. If one of them happens to look like many others, dozens of pairs
# are false matches at once.
#
# </details>

# %% [markdown] tags=["exercise"]
# ### Exercise 3.2 · Draw people, not pairs · ●●○ · 10 min
#
# *Claim to test:* that interval is too narrow.
#
# What could have been different is *who was there*. The **bootstrap** imitates that: from n people it draws n, with
# repetition, so that some come up twice and some not at all. If person k came up `drawn[k]` times, a pair of persons i and j
# counts `drawn[i] * drawn[j]` times. Return the FMR of such a draw.
#
# <details><summary>Hint: the check says that I divided by the number of pairs</summary>
#
# After a draw there are as many pairs as the sum of all weights.
#
# </details>
# <details><summary>Hint: what are first and second?</summary>
#
# For every pair the number of the person on either side, so `drawn[first]` says for every pair how often its first person
# was drawn.
#
# </details>


# %% tags=["exercise"]
def fmr_of_draw(
    accepted: np.ndarray,
    first: np.ndarray,
    second: np.ndarray,
    drawn: np.ndarray,
) -> float:
    """FMR of the impostor pairs (N,) when person k was drawn drawn[k] times."""
    ### BEGIN SOLUTION
    weights = drawn[first] * drawn[second]
    return (weights * accepted).sum() / weights.sum()
    ### END SOLUTION


# %%
check.exercise_3_2(fmr_of_draw)

# %% [markdown]
# Now draw a thousand times, and take the middle 95 % of the rates:

# %%
codes, names = pd.factorize(pd.concat([some.id1, some.id2]))
first, second = np.split(codes, 2)
random = np.random.default_rng(0)
drawn_rates = []
for _ in range(1000):
    chosen = random.integers(0, len(names), len(names))
    drawn = np.bincount(chosen, minlength=len(names))
    drawn_rates.append(fmr_of_draw(matches.to_numpy(), first, second, drawn))
np.quantile(drawn_rates, [0.025, 0.975]).round(4)

# %% [markdown]
# The interval over people is about
# {{eight = np.ptp(np.quantile(drawn_rates, [0.025, 0.975])) / (high - low)}} times as wide as
# the one over pairs. More pictures of these people would not make them more people.
#
# `verification.bootstrap` draws people for all groups and measures at once, which takes some seconds:
#
# <details><summary>Why its intervals are somewhat narrower than yours</summary>
#
# Where matches are rare, the plain version is too careful. A draw multiplies the accidental likeness of two people by both
# their counts, and so exaggerates it. `verification.bootstrap` corrects for that;
# [tests](https://github.com/explaining-faces/explaining-faces/blob/main/tests/bias/test_verification_intervals.py) with simulated
# people count how often its intervals hold the truth.
#
# </details>

# %% alt="A dot with a whisker for the false match rate of all pairs and of eight groups, and a line at 1 per cent. Only tones 1-3, short hair lies wholly below it, and tones 8-10, long hair just wholly above."
people_of = (pairs.id1, pairs.id2)
sample = verification.bootstrap(
    pairs.score, genuine, people_of, pairs.group, threshold=threshold
)
measures = verification.intervals(sample)
plots.verification.disparity(
    measures[measures.metric == "FMR"],
    "false match rate at one threshold",
    0.01,
    "intended",
)

# %% [markdown]
# A dot is a rate, a whisker its interval over people. The first row lies on the line because the threshold was chosen so.
# {{Two = ((measures.metric == "FMR") & (measures.group != "overall") & ((measures.low > 0.01) | (measures.high < 0.01))).sum()}}
# of the eight intervals of groups leave the line out. "Tones 1-3, short hair" has fewer false matches than intended, and
# "tones 8-10, long hair", one of the two groups that the network saw little of, has more. The second only just: your plain interval
# still held 1 %, so this verdict hangs on the method.
#
# What the picture can't say is *why* a group differs. Nor is every whisker beside the line a finding: of equal groups, too, one
# in twenty would leave it out, and we looked at eight.

# %% [markdown]
# ## The whole curve · 17 min
#
# One threshold is one choice. A **DET curve** (detection error tradeoff) shows all of them: each point is one threshold, FMR to
# the right, FNMR up, on stretched axes. The lower and further left a curve, the better pairs of that group are told apart. On the
# dotted diagonal both errors are equal. We draw four groups, with intervals over people for two, which takes some seconds:

# %% alt="DET curves of four groups, two with wide, overlapping bands. Tones 8-10, long hair lies furthest up and right at small false match rates, tones 4-5, short hair in the middle."
curves = verification.det(pairs.score, genuine, pairs.group)
bands = verification.bands(pairs.score, genuine, people_of, pairs.group)
lengths = ("long hair", "short hair")
four = [f"{t}, {hair}" for t in ("tones 4-5", "tones 8-10") for hair in lengths]
two_bands = bands[bands.group.isin(four[:2])]
plots.verification.det(curves, two_bands, four, smallest=1e-3)

# %% [markdown]
# Follow the outermost curve from left to right. At first pairs of "tones 8-10, long hair" are the hardest to tell apart, then for
# a stretch those of "tones 4-5, short hair": the two groups that the network saw little of. So "who is served worst" has another
# answer at another false match rate. But the two bands overlap nearly everywhere, because thirty people a group are few.
#
# Now the same rates as an **ROC curve**, with the TAR upwards and a logarithmic axis, because the left end is where systems work:

# %% alt="ROC curves of four groups, two with bands, on a logarithmic axis. The bands are wide at the left, at small false match rates, and narrow at the right."
plots.verification.roc(curves, two_bands, four, smallest=1e-3)

# %% [markdown]
# Nothing is new here, and yet other differences catch the eye: an axis decides what is compared. The bands are wide at the left,
# because a few people decide there.
#
# A curve can be summed up in one number:
#
# - the **EER** (equal error rate) is the rate at which both errors are equally frequent;
# - the **AUC** (area under the ROC curve) is how often a genuine pair scores higher than an impostor pair;
# - **TAR at FAR x** is the true accept rate at the smallest score that, as a threshold, keeps the FMR at x or below.

# %%
summary = verification.point_measures(
    pairs.score, genuine, pairs.group, far=(1e-2, 1e-3, 1e-5)
).set_index("group")
summary.drop(columns=["impostors", "note"]).round(3)

# %% [markdown]
# The two groups that the network saw little of have the largest EER of those with the same hair:
# {{8.8 = 100 * summary.eer["tones 4-5, short hair"]}} % among short hair, where the next has
# {{7.9 = 100 * summary.eer[summary.index.str.contains("short")].nlargest(2).iloc[1]}}, and
# {{8.4 = 100 * summary.eer["tones 8-10, long hair"]}} % among long, where the next has
# {{6.3 = 100 * summary.eer[summary.index.str.contains("long")].nlargest(2).iloc[1]}}. That is what one expects of groups seen
# rarely, and it stays a guess until a second network, trained on equal numbers, has been compared.
#
# Each group has its *own* threshold here: the table says how well its people can be told apart, not what happens to them at one
# gate. The last column is empty for the groups: with some fifteen thousand impostor pairs, one in a hundred thousand is *not measurable*, and a
# report that prints a number there has made it up. But how sure is one in a thousand, which fifteen pairs decide?

# %%
at_thousandth = measures[measures.metric == "TAR@FAR=0.001"]
at_thousandth.set_index("group")[["value", "low", "high"]].round(2)

# %% [markdown]
# Measurable is not known. (These intervals differ from the bands above, which are made of draws alone: draws don't see how few pairs
# decide.) The intervals of groups are
# {{48 = 100 * (at_thousandth.high - at_thousandth.low)[1:].min()}} to
# {{86 = 100 * (at_thousandth.high - at_thousandth.low)[1:].max()}} points wide, and in the column `note` each of them carries a
# warning that a few people decide the value. Only all groups together say something, and even so no more than
# "{{3 = 100 * at_thousandth.low.iloc[0]}} to {{16 = 100 * at_thousandth.high.iloc[0]}} %". A league table of such values ranks
# accidents.
#
# ### Spot the mistake D
#
# > **TAR of {{100 = 100 * (pairs.score[genuine] >= 0.0001).mean()}} % even at a FAR of one in ten thousand.**
#
# ```python
# (scores[genuine] >= 0.0001).mean()
# ```

# %% [markdown] tags=["quiz"]
# **Quiz 3.2** What did the code compute?
#
# 1. The AUC, not the TAR.
# 2. The share of impostor pairs accepted, which should be 0.01 %.
# 3. The share of genuine pairs above a *score* of 0.0001.
#
# <details><summary>Answer and reason</summary>
#
# The third. A FAR is a share of impostor pairs, and a threshold is a score: first find the score that lets no more than 0.01 % of
# impostors through. Genuine pairs score above 0.0001, so all of them pass.
#
# </details>

# %% [markdown] tags=["exercise"]
# ### Exercise 3.3 · TAR at FAR · ●●○ · 10 min
#
# *Task:* write TAR at FAR as defined above, for one group. Where `far` is below 1 / (number of impostor pairs) return
# `np.nan`.
#
# <details><summary>Hint: how do I find the threshold?</summary>
#
# Sort the impostor scores from high to low. If k of them may be accepted, everything *above* the next one is.
#
# </details>
# <details><summary>Hint: the check says that my threshold lets more impostors through</summary>
#
# `np.quantile` puts a threshold between two scores, and tied scores pass together. Count instead.
#
# </details>


# %% tags=["exercise"]
def tar_at_far(scores: np.ndarray, genuine: np.ndarray, far: float) -> float:
    """Share of genuine pairs accepted where at most far of the impostor pairs are."""
    ### BEGIN SOLUTION
    impostors = np.sort(scores[~genuine])[::-1]
    may_pass = int(far * len(impostors) + 1e-9)  # 1/49 * 49 is not quite 1
    if may_pass < 1:
        return np.nan
    return (scores[genuine] > impostors[may_pass]).mean()
    ### END SOLUTION


# %%
check.exercise_3_3(tar_at_far)

# %% [markdown]
# ## What this chapter does not show
#
# - **Nothing about people.** Nobody here exists, and which two groups the network saw little of was our choice.
# - **Nothing about a commercial system.** Those are trained on far more people and err far less. Whether they err equally
#   has to be measured on them.
# - **Not why.** Two groups were seen rarely, a likely cause. But long and short hair differ too, at equal numbers.
#
# ## Summary
#
# - FMR is a share of impostor pairs, FNMR of genuine pairs; say whose impostors, and at which threshold.
# - Pairs share people: draw people, not pairs, for confidence intervals.
# - A group can be treated worse because its people are harder to tell apart (the curve) or because the common threshold lies
#   badly for it (the point on the curve).
# - A TAR at a tiny FAR rests on a handful of pairs.
# - A flawed computation has a direction. Ask which way a number would be wrong before you believe it.
#
# ## References
#
# - Robinson et al. [Face recognition: too bias, or not too bias?](https://arxiv.org/abs/2002.06483) CVPR Workshops 2020 (BFW).
# - Wilson. [Probable inference, the law of succession, and statistical inference](https://doi.org/10.1080/01621459.1927.10502953).
#   Journal of the American Statistical Association 1927 (the interval).
# - Wang et al. [CosFace](https://arxiv.org/abs/1801.09414). CVPR 2018 (how the recogniser was trained).
#
# **Next:** [chapter 03b](03b_thresholds_and_summaries.ipynb) gives each group a threshold of its own, and puts all groups into one
# number.
