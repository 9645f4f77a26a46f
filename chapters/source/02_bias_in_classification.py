# %% [markdown]
# # 02 · Bias in classification
#
# "The model is right for more than nine faces in ten." For whose? A *bias audit* splits a model's answers by group
# and asks whether it serves some people worse. That is counting. But audits keep making the same mistakes, and each
# gives a number that looks perfectly sound. Here you count, and you learn what chance does to counts. The
# [second sitting](02b_fairness_in_conflict.ipynb) asks which kinds of fairness can be had at once.
#
# **You will be able to**
#
# - *count* errors by group, and *say* among whom each figure counts;
# - *give* each figure an interval, and *tell* a small figure from an undefined one;
# - *name* five meanings of fairness and *compute* four of them;
# - *tell* a difference between groups from what chance alone gives;
# - *spot* a flawed audit, and *predict* which way its number is wrong.
#
# **Before you start**
#
# | you need | how much | where to find it |
# |---|---|---|
# | Python, NumPy and pandas | essential | `groupby` and boolean masks |
# | [chapter 00](00_start_here.ipynb) | essential | what a label is, how exercises work |
# | PyTorch | hardly | one cell turns pictures into answers |
#
# **Time**: 60 minutes with the exercises. The cells themselves run for under half a minute on an idle laptop.

# %% [markdown]
# ## A table that looks damning · 4 min
#
# Every model of the course has a *model card*, which says how often it is right. The card of our small gender model
# counts faces from FairFace, by race and gender as annotated:

# %%
import pandas as pd

from helpers import models

card = pd.DataFrame(models.load("gender-fairface").card["accuracy"]["groups"])
men = card[card.gender == "Male"].set_index("race").correct
card.pivot(index="race", columns="gender", values=["correct", "n"])

# %% [markdown]
# Overall, {{846 = card.correct.sum()}} of {{910 = card.n.sum()}} answers are right. Now look at the men. Of
# {{65 = card.n.max()}} annotated as Middle Eastern the model gets {{65 = men["Middle Eastern"]}} right, and of as many annotated as
# Southeast Asian {{54 = men["Southeast Asian"]}}. In *points*, hundredths of the whole, these two rates are
# {{17 = 100 * (men["Middle Eastern"] - men["Southeast Asian"]) / 65}} apart.
#
# Is this model unfair to one group of men, and how sure are you? You come back to this table.

# %% [markdown]
# ## The faces of this page · 5 min
#
# If FairFace is on this machine, you audit the model of the card on photographs of adults. If it is not, the course draws
# the faces, groups are bands of skin tones, and the model tells long hair from short. The code and the flaws are the same.
# The numbers are not, and some conclusions turn round.

# %%
from IPython.display import Markdown

from helpers import datasets
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
Markdown(f"> **The faces of this page** are {banner}")

# %% [markdown]
# Every face gets its `truth` (the annotated word), a `group`, and a `second` attribute, the age. One of the two words
# of the truth is called *positive*. That is no praise; it is the word that we count. (Some drawn faces are left out, so that
# long hair is more frequent among the young. The model has seen none of them.)

# %%
import numpy as np

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
# The model answers, which takes some seconds. For each word it gives a number of any size, a *logit*. The *softmax*
# turns the logits of a face into positive shares that sum to 1. The share of the positive word is the *score*, and where
# it is above 0.5, the answer is that word. (For drawn faces, the shares of all classes with long hair are added, and a `frame` is cut
# off the pictures: with all of the hair in view the model is never wrong.)

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
# This table is all that an audit needs. No formula below can repair a wrong label in it.
#
# ## Four counts · 13 min
#
# Every face falls into one of four boxes. *True positive* (TP): it is the positive word, and the model says so. *False
# positive* (FP): the model says so, and it isn't. *False negative* (FN): it is, and the model misses it. *True negative*
# (TN): it isn't, and the model agrees. Together they make the *confusion table*:

# %% alt="Two by two confusion table with the cells named TN, FP, FN and TP: most faces lie on the diagonal; shares and counts of each annotated class by answer."
from sklearn.metrics import confusion_matrix

from helpers import plots

words = [negative, positive]
counts = confusion_matrix(table.truth, table.predicted, labels=words)
plots.bias.confusion(counts, words, positive=positive)

# %% [markdown]
# Read along a row: of the faces with one true word, how many got each answer. Errors lie off the diagonal. Whose errors they
# are, the figure can't show. Every usual figure is a share, and what matters is *among whom*:
#
# | figure | formula | in words |
# |---|---|---|
# | accuracy | $(TP + TN) / n$ | of everybody: answered rightly |
# | recall, or true positive rate (TPR) | $TP / (TP + FN)$ | of the positives: found |
# | false positive rate (FPR) | $FP / (FP + TN)$ | of the negatives: taken for positive |
# | precision | $TP / (TP + FP)$ | of those called positive: truly so |
# | selection rate | $(TP + FP) / n$ | of everybody: called positive |
# | base rate | $(TP + FN) / n$ | of everybody: positive |
# | F1 | $2\,TP / (2\,TP + FP + FN)$ | between precision and recall |
#
# `audit` counts them for each group. Here are four of them:

# %% alt="Four panels with a dot and whisker for each group: accuracy, recall, precision and F1. Beside each group stands its n."
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
# A dot is the figure of a group, and n is how many people the figure divides by (for F1, who is positive or called so). The whisker is a *confidence interval* at
# 95 %: made in such a way that in 95 % of audits it holds the rate that endlessly many such faces would show. Where whiskers
# overlap widely, the order of the dots may be chance.
#
# The figure doesn't show whether two groups differ: whiskers can overlap a little and the difference be real.
#
# <details><summary>Which interval, and why not a bootstrap?</summary>
#
# [Wilson's](https://doi.org/10.1080/01621459.1927.10502953). A *bootstrap* counts again and again among faces drawn from the
# same faces. From faces without an error it never draws one, and so it is certain of perfection.
#
# </details>
#
# ### Spot the mistake A
#
# From here on you meet headlines as a report would print them, with the code behind them. Find the flaw, and which way the
# number is wrong, before you unfold the answer. This auditor groups by the true word:

# %%
from sklearn.metrics import accuracy_score, precision_score, recall_score

found = {}
for word, part in table.groupby("truth"):
    own = {"pos_label": word}
    found[word] = {
        f"recall of '{positive}'": recall_score(
            part.truth == positive, part.predicted == positive, zero_division=0
        ),
        "accuracy": accuracy_score(part.truth, part.predicted),
        "recall of own word": recall_score(part.truth, part.predicted, **own),
        "precision": precision_score(part.truth, part.predicted, **own),
    }
pd.DataFrame(found).T.round(3)

# %% [markdown]
# > **"Recall is {{0 = found[negative][f"recall of '{positive}'"]}} in one of the two groups: the model finds nobody there."** (first column)
#
# <details><summary>The flaw, and which way the number is wrong</summary>
#
# Recall is a share of the positives, and in that group there is none. Nothing divided by nothing is not 0, it is
# *undefined*. The option `zero_division=0` has put a number in its place, and invented the largest gap that can be.
#
# </details>

# %% [markdown] tags=["exercise"]
# ### Exercise 2.1 · Recall with its n · ●○○ · 5 min
#
# *Task:* write recall so that it can't mislead like this. Return it with the number of people that it rests on. Where it
# is undefined, it is `np.nan`.
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
# ### Spot the mistake B
#
# Back to the table of mistake A, and its last three columns:
#
# > **"Accuracy, recall and precision all agree: one of the two words is recognised better. And precision is perfect."**

# %% [markdown] tags=["quiz"]
# **Quiz 2.1** How many of the three figures are evidence?
#
# 1. One.
# 2. Three, as three figures can't agree by accident.
# 3. Two, accuracy and recall.
#
# <details><summary>Answer and reason</summary>
#
# The first. Each group holds one true word only. Then everybody is a positive, so "right among everybody" and "found
# among the positives" are one count. And nobody can be a false positive, so precision is 1 for any model at all. The
# report counts one figure twice, and a constant. Mended: count recall and *specificity* (the share of negatives called negative)
# over all faces.
#
# </details>

# %% [markdown]
# ## Five meanings of fair · 13 min
#
# "Fair" has been given many formulas. Five are common, and each wants one thing to be equal in all groups:
#
# | criterion | in one sentence | equal in all groups |
# |---|---|---|
# | **demographic parity** | everybody is called positive equally often, whatever is true | selection rate |
# | **equal opportunity** | those who are positive are found equally often | recall |
# | **equalised odds** | that, and those who are negative are taken for positive equally often | recall and false positive rate |
# | **predictive parity** | an answer "positive" is right equally often | precision |
# | **calibration** | a score means what it says: of those with eight tenths, eight in ten are positive | share of positives at each score |
#
# Replace the positive word by "invited to an interview", and each row is a different complaint. How far a criterion is missed
# is told as a *gap*: the largest rate of a group minus the smallest.
#
# ### Spot the mistake C

# %%
selected = table.predicted == positive
rates = selected.groupby(table.truth).mean()
violation = rates.max() - rates.min()
rates.round(3).to_dict() | {"violation": round(violation, 3)}

# %% [markdown]
# > **"Demographic parity is violated by {{0.9 = violation}}: one group is selected more than ten times as often as the other."**
#
# What would this code say of a model that is never wrong?
#
# <details><summary>The flaw, and which way the number is wrong</summary>
#
# The rates 1 and 0, a "violation" of 1, the largest there is. The group *is* the truth here, so the two rates are recall and
# false positive rate. The better the model, the larger the "violation".
#
# </details>

# %% [markdown] tags=["exercise"]
# ### Exercise 2.2 · Four gaps · ●●○ · 8 min
#
# *Task:* write the gaps as they are defined, for any number of groups; of the two rates of equalised odds, take the larger gap.
# Return a `dict` with the keys `"demographic parity"`, `"equal opportunity"`, `"equalised odds"` and `"predictive parity"`.
#
# <details><summary>Hint: how do I get the recall of each group?</summary>
#
# Keep only those who are positive, then average their answers by group: `answer[truth].groupby(group[truth]).mean()`.
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
# Group by something else than the truth, and the first number means what its name says:

# %%
pd.Series(gaps(table.truth == positive, selected, table.group)).round(3)

# %% [markdown]
# Four criteria, four gaps from the same answers. Whether any of them is *much* is the question of the next section.
#
# ### Spot the mistake D
#
# Another model names the group as well: its classes are pairs of a group and a word, in the order of the alphabet, numbered
# from 0. (We build its answers from ours.) The auditor counts who is "selected":
#
# > **"The system favours one class: it is selected nearly always, and almost all others never."**

# %%
is_class = table.group.astype(str) + " " + table.truth
said_class = table.group.astype(str) + " " + table.predicted
classes = sorted(is_class.unique())
chosen = said_class.map(classes.index) == 1
chosen.groupby(is_class).mean().round(3)

# %% [markdown] tags=["quiz"]
# **Quiz 2.2** What does the code measure?
#
# 1. Favouritism, which stays whatever the classes are called.
# 2. The base rate of each class, which says how frequent it is.
# 3. How often the class in second place is recognised.
#
# <details><summary>Answer and reason</summary>
#
# The third. `== 1` is fine where 1 means positive. Here it is a place in a sorted list, so that class scores its own
# recall, and the others 0, or their few confusions with it. Rename a class, and another is "favoured". Mended: name the
# class with `positive=...`, and compare its selection rate with its base rate.
#
# A public tutorial, *Explainable AI and Facial Recognition*, on eight classes of faces from
# [BFW](https://arxiv.org/abs/2002.06483), came to its headline, a "demographic-parity violation of 0.77", in this way.
#
# </details>

# %% [markdown]
# ## How large a gap does chance give? · 12 min
#
# How far does the accuracy of the group that is served best lie above that of the group that is served worst?

# %%
right = table.predicted == table.truth
accuracies = right.groupby(table.group, observed=True).mean()
gap_seen = float(accuracies.max() - accuracies.min())
round(gap_seen, 3)

# %% [markdown] tags=["exercise"]
# ### Exercise 2.3 · Gaps by chance · ●●○ · 8 min
#
# *Claim to test:* so large a gap can't come from chance.
#
# Ask first which gaps there would be *if group made no difference*. Shuffle who is right across all faces (with
# `random = np.random.default_rng(0)` and `random.permutation(right)`), and take the largest rate of a group minus the smallest.
# Do so `draws` times, and return all these gaps.
#
# <details><summary>Hint: it takes for ever</summary>
#
# `codes, _ = pd.factorize(group)` numbers the groups, and `np.bincount(codes, weights=right)` counts the right answers of each.
#
# </details>


# %% tags=["exercise"]
def gaps_by_chance(
    right: np.ndarray, group: np.ndarray, draws: int = 1000
) -> np.ndarray:
    """Largest gap of accuracy after each shuffle, (draws,); right is bool (N,)."""
    ### BEGIN SOLUTION
    random = np.random.default_rng(0)
    codes, _ = pd.factorize(group)
    n = np.bincount(codes)
    shuffled = (random.permutation(right) for _ in range(draws))
    return np.array(
        [np.ptp(np.bincount(codes, weights=each) / n) for each in shuffled]
    )
    ### END SOLUTION


# %%
check.exercise_2_3(gaps_by_chance)

# %% [markdown]
# A thousand audits in a world without any difference between the groups, and the gap that was seen:

# %% alt="Histogram of a thousand largest gaps after shuffling, all above zero; a solid line marks the gap that was seen, a dashed one the mean of the draws."
draws = gaps_by_chance(
    right.to_numpy(copy=True), table.group.to_numpy(copy=True)
)
plots.bias.by_chance(draws, gap_seen, "largest gap of accuracy between groups")

# %% tags=["reading"]
chance = (draws >= gap_seen).mean()
Markdown(f"""This is how gaps look where there is nothing to find. They stand clearly above zero: picking the best and the worst
has a price, which rises with the number of groups and falls with their size. Hatched bars are draws with a gap at least as large as
ours, **{(draws >= gap_seen).sum()} of {len(draws):,}**. Their share is a *p-value*: how often chance alone gives at least so much. Below
0.05 a finding is called *significant*. So on this page the claim {"is supported" if chance < 0.05 else "is not supported"}.""")

# %% [markdown]
# How large the true gap is, the histogram doesn't show. `disparities` asks that: which true gaps would give a gap like ours? It
# also wants to know which gap would be too small to matter, the *margin*. We say five points, and we say it now: a margin
# chosen afterwards fits whatever was found.

# %% alt="Six criteria, each with a dot and whisker for the largest gap between groups and a hollow diamond for what chance gives. Some whiskers begin at zero. A dotted line marks the margin of 5 points."
apart = classification.disparities(
    "truth", "predicted", ["group"], positive=positive, data=table, margin=0.05
)
plots.bias.disparities(apart)

# %% [markdown]
# A dot is the gap that was seen, a hollow diamond what chance gives on average. Where a whisker begins at zero, equal
# groups fit the data as well. (The last two rows are one gap written twice.)
#
# Every row is a chance to find something, so the p-value is made larger, as in exercise 2.4: `p_holm`. Three
# verdicts are possible:
#
# - **gap**: the interval leaves zero out, its upper end lies beyond the margin, and `p_holm` is below 0.05;
# - **no gap larger than the margin**: the whole interval lies within the margin;
# - **too little evidence**: everything else.

# %%
differences = apart[apart.measure == "difference"]
differences[["criterion", "value", "low", "high", "p_holm", "verdict"]].round(3)

# %% tags=["reading"]
sure = differences.loc[differences.verdict == "gap", "criterion"].tolist()
held = (differences.verdict == "no gap larger than the margin").sum()
outside = ((differences.low > 0) & (differences.verdict != "gap")).sum()
Markdown(f"""On this page the verdict is *gap* for **{
    ", ".join(sure) or "no criterion"
}**. {
    f"For {outside} more the interval leaves zero out, and yet the evidence is too little: an interval is made for one question only."
    if outside
    else ""
} {
    "No row says" if held == 0 else "Some rows say"
} *no gap larger than the margin*.
To find no gap is one thing, to show that there is none is another.""")

# %% [markdown]
# How often such intervals hold the true gap is [tested](https://github.com/explaining-faces/explaining-faces/blob/main/tests/bias/test_classification_coverage.py)
# on invented audits.
#
# ## Many pairs · 10 min
#
# Back to the model card. An auditor compares all of its groups in pairs, and reports the pair with the smallest p-value:

# %%
cells = card.race + ", " + card.gender
cell = np.repeat(cells, card.n)
place = cell.groupby(cell).cumcount().to_numpy()
answer = place < np.repeat(card.correct, card.n).to_numpy()
pairs = classification.pairwise(
    np.ones(len(cell), int), answer.astype(int), cell.to_numpy()
)
extreme = pairs.loc[pairs.p.idxmin()]
extreme[["first", "second", "difference", "p"]]

# %% [markdown]
# > **"Men annotated as Southeast Asian are {{17 = 100 * abs(extreme.difference)}} points behind men annotated as Middle Eastern: highly significant, p = {{0.001 = extreme.p}}."**

# %% [markdown] tags=["exercise"]
# ### Exercise 2.4 · Holm's correction · ●●○ · 8 min
#
# *Claim to test:* the difference remains when the auditor admits how many pairs were looked at.
#
# Of a hundred comparisons of equal groups, about five have a p-value below 0.05.
# [Holm's correction](https://www.jstor.org/stable/4615733) makes up for it. Sort the m p-values from small to large. Multiply
# the smallest by m, the next by m - 1, and so on. No corrected value may be smaller than the one before it, and none
# is larger than 1. Give them back in the original order.
#
# <details><summary>Hint: how do I get back to the original order?</summary>
#
# `order = np.argsort(p)` sorts. If `result` is an empty array, `result[order] = corrected` puts everything back. (And
# `np.maximum.accumulate` carries the largest value so far along.)
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
corrected = holm(pairs.p.to_numpy(copy=True))
both_men = (pairs["first"] + pairs.second).str.count(", Male") == 2
among_men = holm(pairs.p[both_men].to_numpy(copy=True))
before, after = int((pairs.p < 0.05).sum()), int((corrected < 0.05).sum())
smallest = {"all": corrected.min(), "men": among_men.min()}
{"pairs": len(pairs), "p < 0.05": before, "after Holm": after, **smallest}

# %% [markdown]
# Of {{91 = len(pairs)}} pairs {{17 = before}} looked different, and after the correction {{0 = after}} do. The headline's p-value
# is {{0.125 = corrected.min()}} now. It was so small because it was the smallest of so many, and the table can't bear the headline.
#
# That does *not* show that the groups are served alike. It shows how little {{65 = card.n.max()}} faces each can carry.
# Had the auditor asked beforehand about men alone, the pair would have been one of {{21 = len(among_men)}}, and would have
# remained, at {{0.03 = among_men.min()}}. Fewer questions get better answers, if they are chosen before the answers are seen. (With
# FairFace these men are also those of the criteria above: one difference, asked for in three ways.)
#
# `pairwise` corrects by itself. Here are the groups of this page:

# %% alt="Triangle of all pairs of groups with the difference of accuracy in points and its interval in each cell; a star marks a pair that differs after Holm's correction."
compared = classification.pairwise(
    "truth", "predicted", ["group"], positive=positive, data=table
)
plots.bias.comparisons(compared)

# %% [markdown]
# Dark cells are large differences, and a star marks what remains after Holm. A cell without one is no proof of equality, and
# an interval beside zero no finding: each was made for one question.
#
# ## Two attributes at once · 3 min
#
# A model can do well by each group and by each age and still fail one group at one age. Audits that cross attributes
# are called *intersectional*, a word from law:

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

# %% tags=["reading"]
low = crossed.loc[crossed.value.idxmin()]
Markdown(f"""The lowest dot is {low.group}: {round(low.value * low.of)} of {low.of} right, with an interval from {low.low:.2f} to
{low.high:.2f}. Grey and hollow are groups of few faces, here {crossed.small.sum()} of {len(crossed)}. A low dot in grey is a
reason to collect more such faces, and no finding. Left out, nobody would collect them; so small groups are shown, and marked.""")

# %% [markdown]
# ## What this chapter does not show
#
# - **Not why.** A gap says nothing of its cause: training faces, light, cameras, annotators.
# - **Nothing about who people are.** Truth means an annotator's word. A model that repeats an annotator's errors looks right.
# - **Not how the model does elsewhere.** These faces were chosen. Other crowds have other rates.
# - **Not that groups are alike.** An interval that holds zero holds other values too.
#
# ## Summary
#
# - Every figure is a share among somebody. Ask among whom, and how many they are.
# - One share needs an interval, the largest gap what chance gives, many pairs Holm's correction.
# - The flaws so far, and their directions:
#
# | flaw | wrong which way |
# |---|---|
# | undefined counted as 0 | invents the largest gap |
# | one figure counted twice | too sure |
# | group = truth | the better the model, the larger the "violation" |
# | class by number | "favours" whichever class has that number |
# | largest gap without chance | too large on average |
# | smallest of many p-values | too small |
#
# ## References
#
# - Buolamwini and Gebru. [Gender Shades](https://proceedings.mlr.press/v81/buolamwini18a.html). FAT* 2018.
# - Crenshaw. [Demarginalizing the intersection of race and sex](https://chicagounbound.uchicago.edu/uclf/vol1989/iss1/8/). University of Chicago
#   Legal Forum 1989.
# - Hardt, Price and Srebro. [Equality of opportunity in supervised learning](https://arxiv.org/abs/1610.02413). NeurIPS 2016.
# - Holm. [A simple sequentially rejective multiple test procedure](https://www.jstor.org/stable/4615733). Scandinavian Journal of Statistics 1979.
# - Kärkkäinen and Joo. [FairFace](https://arxiv.org/abs/1908.04913). WACV 2021.
# - Robinson et al. [Face recognition: too bias, or not too bias?](https://arxiv.org/abs/2002.06483) CVPR Workshops 2020 (BFW).
# - Wilson. [Probable inference, the law of succession, and statistical inference](https://doi.org/10.1080/01621459.1927.10502953). JASA 1927.
#
# **Next:** [chapter 02b](02b_fairness_in_conflict.ipynb) shows why no threshold is fair in every sense.
