# %% [markdown]
# # 02b · Why you can't have it all
#
# Take a model that finds the same share of the positives in two groups, and that is right equally often in both when it says
# "positive". Surely it is fair? If one group has more positives to begin with, and "positive" is ever said wrongly, then a
# larger share of that group's negatives *must* be taken for positive. No training and no threshold can help. In this
# sitting you see it happen, and prove it in three lines.
#
# **You will be able to**
#
# - *read* a reliability diagram, and *say* what a calibration error of few faces is worth;
# - *show* on real scores that no threshold closes all gaps;
# - *derive* why, and *compute* the error rate that nobody can avoid;
# - *recognise* Simpson's paradox and a proxy that flatters every model;
# - *test* a claim of your own about two groups.
#
# **Before you start**
#
# | you need | how much | where to find it |
# |---|---|---|
# | [chapter 02](02_bias_in_classification.ipynb) | essential | recall, precision, intervals, the three verdicts |
# | Python, NumPy and pandas | essential | `groupby` and boolean masks |
# | algebra | a little | three fractions |
#
# **Time**: 60 minutes with the exercises. The cells themselves run for under half a minute on an idle laptop.

# %% [markdown]
# ## The same faces · 4 min
#
# The faces are those of [chapter 02](02_bias_in_classification.ipynb): photographs if FairFace is on this machine, and drawn
# faces if not. The code is the same for both, but numbers and some conclusions differ. First the faces and their labels; the
# positive word is the one that we count:

# %%
from helpers import datasets, models
from helpers.errors import DataNotFound

try:
    faces = datasets.load("fairface", split="val")
    model = models.load("gender-fairface")
    positive, negative, frame = "Female", "Male", 0
except DataNotFound:
    faces = datasets.load("synthetic", n=1200)
    model = models.load("synthetic-subgroups")
    positive, negative, frame = "long hair", "short hair", 23
{"pictures": faces.name, "counted as positive": positive}

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
# Then the answers of the model, which takes some seconds. `score` is the softmax share of the positive word, and the answer
# is that word where the score is above 0.5:

# %%
import torch
from torch.nn.functional import interpolate

logits, size = [], model.input_size
height, width = (slice(frame, side - frame) for side in size)
for start in range(0, len(table), 64):
    images = faces.images(table[start : start + 64], size=size)
    tight = images[..., height, width]
    with torch.no_grad():
        logits.append(model(interpolate(tight, size, mode="bilinear")))
shares = torch.cat(logits).softmax(1).numpy()
counted = [k for k, name in enumerate(model.classes) if positive in name]
table["score"] = shares[:, counted].sum(axis=1).clip(max=1)
table["predicted"] = np.where(table.score > 0.5, positive, negative)
table.head()

# %% [markdown]
# ## Before you look · 13 min
#
# You know the tools by now: a rate, its interval, a margin, and a verdict. Use them before this page shows you anything. Chapter 02 has
# shown you the values of `group`, so two ages (`second`) are the more honest choice:

# %%
from helpers.bias import classification

{name: sorted(table[name].unique()) for name in ("group", "second")}

# %% [markdown] tags=["exercise"]
# ### Exercise 2.5 · A claim of your own · ●●● · 12 min
#
# *Claim to test:* yours. Choose two groups (of `group`, or ages of `second`) and one metric. Write a sentence that could turn
# out false, such as "recall is lower for the oldest than for the youngest". Say it *before* you look, and then test it.
#
# Return a `dict` with
#
# - `claim`: a whole sentence of six words or more;
# - `evidence`: one row of `classification.pairwise(...)`;
# - `higher`: the name of the group that your claim puts above the other;
# - `verdict`: `"supported"`, `"contradicted"` or `"undecided"`. A difference counts if the row's own `verdict` is "gap"
#   (`pairwise` takes a margin of five points).
#
# The check doesn't read your sentence. It makes sure that your verdict follows from the row.
#
# <details><summary>Hint: how do I compare two groups only?</summary>
#
# Choose the rows, here two ages: `two = table[table.second.isin(["30-39", "40-49"])]`. Then
# `classification.pairwise("truth", "predicted", ["second"], "recall", positive, data=two)` has one row, `.iloc[0]`, and
# nothing needs correcting. It works alike for two values of `group`. That is fair only if you chose the two before you saw any result.
#
# </details>
# <details><summary>Hint: the check objects to my verdict</summary>
#
# If the row says "too little evidence", the data can't decide: "undecided" is an honest result. So it is with "no gap larger
# than the margin": whichever group is ahead, it is by less than would matter. If it says "gap", look whether the group you
# named is ahead: `difference` is `first` minus `second`.
#
# </details>


# %% tags=["exercise"]
def my_claim() -> dict:
    """A claim with its evidence and verdict."""
    ### BEGIN SOLUTION
    higher = table.second.min()
    two = table[table.second.isin([higher, "50 or more"])]
    columns = "truth", "predicted", ["second"]
    pairs = classification.pairwise(*columns, "precision", positive, data=two)
    row = pairs.iloc[0]
    ahead = (row.difference > 0) == (row["first"] == higher)
    verdict = "supported" if ahead else "contradicted"
    return {
        "claim": "An answer 'positive' is right more often about the youngest than about the oldest.",
        "evidence": row,
        "higher": higher,
        "verdict": verdict if row.verdict == "gap" else "undecided",
    }
    ### END SOLUTION


# %%
from helpers import checks as check

check.exercise_2_5(my_claim)

# %% [markdown]
# ## Do scores mean what they say? · 10 min
#
# A score can be used as it is, for instance by somebody who looks only at the highest. Then it should mean what
# it says. A *reliability diagram* sorts faces by score into ten bins, and plots for each bin the share of positives.
# On the diagonal the score is *calibrated*: of those with eight tenths, eight in ten are positive.

# %% alt="A reliability diagram for each group, with whiskers, and below each the number of faces in each bin. Most faces lie in the outer bins; dots in between are grey and uncertain."
from helpers import plots

curves = classification.reliability(
    "truth", "score", ["group"], positive=positive, data=table
)
plots.bias.reliability(curves)

# %% [markdown]
# Look below first: most faces have a score near 0 or 1, and there the dots lie near the diagonal. The bins between hold a
# handful each, drawn grey and hollow below ten faces. One such dot says next to nothing. If all dots of a group lie on one side, its
# scores may be too high, or too low, throughout.
#
# A firm dot whose whisker just misses the diagonal is a question for the next sample of faces, and not yet a finding: even of
# calibrated scores about one dot in twenty does. One that lies far off is worth a closer look.
#
# The *expected calibration error* (ECE) sums a diagram up: the distances of the bins from the diagonal, averaged over all faces. With
# $n_k$ faces in bin $k$, a share of positives $p_k$ and a mean score $s_k$, it is $\sum_k \frac{n_k}{n}\,|p_k - s_k|$.
#
# ### Spot the mistake E
#
# An audit has few faces of one group. We construct one: 26 faces, drawn from the first group of the table.

# %%
one = table.group == table.group.iloc[0]
few = table[one].sample(26, random_state=0)
errors = {
    name: classification.ece(part.score, part.truth == positive)
    for name, part in {"few": few, "others": table[~one]}.items()
}
pd.Series(errors).round(3)

# %% [markdown]
# > **"The scores of the small group are less well calibrated: its ECE is larger."**

# %% [markdown] tags=["quiz"]
# **Quiz 2.3** Which way is the comparison wrong?
#
# 1. In favour of the small group: fewer faces, fewer errors.
# 2. Against the small group, even if scores were perfect.
# 3. Either way: with few faces ECE scatters around the right value.
#
# <details><summary>Answer and reason</summary>
#
# The second. ECE sums *distances*, and distances don't cancel: if chance lifts one bin and lowers another, both add.
# So it is too large, by an amount that shrinks roughly like $1/\sqrt{n}$: four times the faces, half of it. On average that is
# against the smaller group.
#
# </details>

# %% [markdown]
# `audit` gives each an interval that knows this, and says in `note` what a calibrated model would score:

# %%
both = pd.concat([few.assign(who="few"), table[~one].assign(who="others")])
ece = classification.audit(
    "truth", "predicted", ["who"], "score", positive, data=both, metrics=["ece"]
)
ece[["group", "n", "value", "low", "high", "note"]].round(3)

# %% [markdown]
# Compare each value with its own note, and not with the other value. The interval of the few begins at {{0 = ece.low.iloc[0]}}:
# they could be calibrated perfectly. If that of the many doesn't, what evidence there is concerns the *large* group. How often such
# intervals hold the true error is [tested](https://github.com/explaining-faces/explaining-faces/blob/main/tests/bias/test_classification_calibration.py)
# on invented audits.
#
# ## Two ages, two base rates · 4 min
#
# Of two groups, one may simply contain more positives: their *base rates* differ. Between the ages of our faces they do. We split
# the youngest from the rest:

# %%
youngest = table.second.min()
table["age"] = np.where(table.second == youngest, youngest, "older")
two_ages = classification.audit(
    "truth",
    "predicted",
    ["age"],
    positive=positive,
    metrics=["base_rate", "selection_rate"],
    data=table,
)
two_ages[["metric", "group", "of", "value", "low", "high"]].round(3)

# %% [markdown]
# The first two rows are far apart, and their intervals don't overlap. A model that is never wrong would select exactly so many,
# and violate demographic parity. One that meets demographic parity must be wrong about somebody. That is the first conflict.
#
# ## Moving a threshold · 8 min
#
# For the other conflicts we move a threshold. It stays at 0.5 for the older; for the youngest we try all from 0.05 to 0.95. How far are
# the two groups apart? (Some seconds.)

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
# Each line is a gap, and where it crosses zero, that gap is closed. The legend says where it is nearest to zero. The higher the threshold for the
# youngest, the fewer of them are selected, found, or taken for positive by mistake, and on the whole the more often an answer "positive" is right.
# So three lines fall and one rises, and they don't meet at zero.

# %% tags=["reading"]
from IPython.display import Markdown

wide = by_threshold.pivot(
    index="threshold", columns="metric", values="difference"
)
worst = wide.abs().max(axis=1)
best, parity = worst.idxmin(), wide.selection_rate.abs().idxmin()
where = f"At {parity:.3f}, where the selection rates are nearest to each other,"
if (wide.selection_rate > 0).all() or (wide.selection_rate < 0).all():
    where = f"No threshold that we tried makes the selection rates equal. At {parity:.3f}, where they come nearest,"
Markdown(f"""On this page the largest of the four gaps is smallest at a threshold of {best:.2f}, and there it is still
**{100 * worst.min():.0f} points**. {where} recall is
{100 * abs(wide.recall[parity]):.0f} points {"lower" if wide.recall[parity] < 0 else "higher"} for the youngest. The price of narrowing one gap is widening another.""")

# %% [markdown]
# The bands are intervals for a threshold chosen beforehand. They are wide, so these places are uncertain. And the figure can't say which
# gap ought to be closed.
#
# ## Three lines of arithmetic · 11 min
#
# Is there perhaps a cleverer model for which all lines meet? [Chouldechova](https://arxiv.org/abs/1610.07524) noted that arithmetic
# forbids it. Take a group of $n$ people with base rate $b$. Start with the positives and count your way to the false positives:
#
# 1. Of the $b\,n$ positives the model finds a share, the recall: $TP = \text{recall} \cdot b\,n$.
# 2. Precision is $TP / (TP + FP)$. Solved for the mistakes: $FP = TP \cdot (1 - \text{precision}) / \text{precision}$.
# 3. The false positive rate divides these by the $(1 - b)\,n$ negatives:
#
# $$FPR = \frac{b}{1-b} \cdot \frac{1-\text{precision}}{\text{precision}} \cdot \text{recall}$$
#
# Nothing else went in, so this holds for every model and every group. Give two groups the same recall and the same precision. Then all
# that differs on the right is the first fraction, the *odds* of being positive.

# %% [markdown] tags=["exercise"]
# ### Exercise 2.6 · No choice left · ●●○ · 8 min
#
# *Claim to test:* two groups with equal recall and equal precision have equal false positive rates, if only the model is good enough.
#
# Return the false positive rate that a group's base rate, recall and precision imply. Not every combination is
# possible: where the formula gives more than 1, no model can be like that, so return `np.nan`.
#
# <details><summary>Hint: I don't trust the formula</summary>
#
# Write down four counts of your own, `tp, fp, fn, tn = 60, 20, 30, 90`. Compute base rate, recall and precision from them, then the
# false positive rate, by counting and by the formula.
#
# </details>


# %% tags=["exercise"]
def implied_fpr(base_rate: float, recall: float, precision: float) -> float:
    """False positive rate that the three leave no choice about, NaN if impossible."""
    ### BEGIN SOLUTION
    odds = base_rate / (1 - base_rate)
    rate = odds * (1 - precision) / precision * recall
    return rate if rate <= 1 else np.nan
    ### END SOLUTION


# %%
check.exercise_2_6(implied_fpr)

# %% [markdown]
# Now the two ages, served by better and better models, each with a recall of 0.9 and the same precision in both:

# %%
base = two_ages[two_ages.metric == "base_rate"].set_index("group").value
precisions = [0.8, 0.9, 0.99, 1.0]
implied = {
    f"precision {each}": [implied_fpr(b, 0.9, each) for b in base]
    for each in precisions
}
pd.DataFrame(implied, base.index).T.round(4)

# %% [markdown]
# In every row but the last, the rates are unequal, and the group with more positives has more false alarms among its negatives. Their
# ratio is the same in each of these rows: the ratio of the odds. Only a model that never says "positive" wrongly escapes, and
# even its selection rates differ.
#
# [Kleinberg, Mullainathan and Raghavan](https://arxiv.org/abs/1609.05807) proved the like for calibrated scores: unless base rates are
# equal or the model never errs, calibration and balanced errors exclude each other. So an audit that reports one criterion has made a choice, and
# has to say why.

# %% [markdown] tags=["quiz"]
# **Quiz 2.4** On a benchmark with equally many of both words in each group, a model meets demographic parity,
# equalised odds and predictive parity, all three. What follows for its use elsewhere?
#
# 1. Where base rates differ, it will miss at least one of them.
# 2. Nothing can go wrong: who meets all three once meets them everywhere.
# 3. The impossibility results are wrong, as this model shows.
#
# <details><summary>Answer and reason</summary>
#
# The first. Balancing a benchmark takes the conflict out of it: with equal base rates all three can be met at once. If recall and
# false positive rate carry over to a place where base rates differ, then selection rates and precision differ there (see the
# formula), though nothing about the model has changed.
#
# </details>

# %% [markdown]
# ## Worse for everybody, better on the whole · 4 min
#
# > **"Version 2 has raised our accuracy."**
#
# To see how little such a sentence says, we *construct* it. Version 1 is our model. Version 2 is worse for everybody:
# of each group it gets 2 % of the right answers wrong as well. But its audit met another crowd. Nine in ten faces of
# the first audit are of the group that came out lowest, and nine in ten of the second are of the highest.
# The rates of the groups are measured, the crowds are invented:

# %%
right = table.predicted == table.truth
accuracies = right.groupby(table.group, observed=True).mean()
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
# crowds have to be compared group by group, or weighted alike. And groups are crowds too: if one has more
# people of an age that is hard for the model, ages have to be compared first.
#
# ## Alike, and treated alike? · 5 min
#
# All of the above compares groups. *Individual fairness* asks for something else: that people who are alike get the
# same answer. The difficulty is the word "alike". A common proxy is **consistency**: the share of a face's five nearest
# neighbours that got the same answer as the face.
#
# ### Spot the mistake F
#
# An auditor needs a list of numbers for each face, an *embedding*, in which near means alike, and takes the model's own logits:

# %%
own = torch.cat(logits).numpy()
answers = table.predicted.to_numpy()
classification.consistency(own, answers, metric="euclidean").round(3)

# %% [markdown]
# > **"Individually fair: similar people get the same answer in nearly all cases."**

# %% [markdown] tags=["quiz"]
# **Quiz 2.5** Which model would score low by this code?
#
# 1. One that treats similar people differently, since that is what is counted.
# 2. One that is often wrong.
# 3. Hardly any model.
#
# <details><summary>Answer and reason</summary>
#
# The third. Faces with like outputs get like answers; that is what an answer is. Even a model that draws a random number
# for each face and answers by it would pass, if that number is what "alike" is judged by. "Alike" has to come from somewhere
# else than from the model that is being tested.
#
# </details>

# %% [markdown]
# From where, then? The pixels, for want of anything better: pictures of 24 by 24, less their mean, by the angle
# between them. `by_chance` is what the same answers would score if dealt out at random:

# %%
small = faces.images(table, size=24).flatten(1).numpy()
classification.consistency(small - small.mean(axis=0), answers).round(3)

# %% [markdown]
# Now the value is much nearer to chance. That is no verdict on the model either: what pixels call alike is mostly light, framing and
# background. Every choice of "alike" is a claim about what should count, and no formula makes it for you.
#
# ## What this chapter does not show
#
# - **Not what is fair.** The formulas say what is equal. Which of them should be is a question about the use, and about whom you ask.
# - **Not what a threshold for each group costs**, or whether it is allowed where you are.
# - **Not why base rates differ.** Often those who chose the faces decided that, and sometimes those who wrote the labels.
# - **Not whether people who are alike are treated alike.** For that somebody has to say what "alike" means.
#
# ## Summary
#
# - A score is calibrated if it means what it says. ECE is too large, and most of all in small groups.
# - Base rate, recall and precision leave no choice about the false positive rate.
# - So where base rates differ, equal recall and equal precision mean unequal false positive rates, unless "positive" is never
#   said wrongly.
# - An overall rate mixes how groups are served with who was there.
# - Two more flaws and their directions:
#
# | flaw | wrong which way |
# |---|---|
# | ECE of unequal groups | against the smaller |
# | neighbours by the model's own outputs | towards perfect |
#
# **On your own data**, all you need is a table: `classification.audit("truth", "predicted", ["group"], data=table)`.
#
# ## References
#
# - Barocas, Hardt and Narayanan. [Fairness and Machine Learning](https://fairmlbook.org). MIT Press 2023.
# - Chouldechova. [Fair prediction with disparate impact](https://arxiv.org/abs/1610.07524). Big Data 2017.
# - Dwork et al. [Fairness through awareness](https://arxiv.org/abs/1104.3913). ITCS 2012.
# - Guo et al. [On calibration of modern neural networks](https://arxiv.org/abs/1706.04599). ICML 2017.
# - Kleinberg, Mullainathan and Raghavan. [Inherent trade-offs in the fair determination of risk scores](https://arxiv.org/abs/1609.05807).
#   ITCS 2017.
# - Simpson. [The interpretation of interaction in contingency tables](https://doi.org/10.1111/j.2517-6161.1951.tb00088.x). JRSS B 1951.
# - Zemel et al. [Learning fair representations](https://proceedings.mlr.press/v28/zemel13.html). ICML 2013.
#
# **Next:** [chapter 03](03_bias_in_verification.ipynb) asks the same of models that compare two faces.
