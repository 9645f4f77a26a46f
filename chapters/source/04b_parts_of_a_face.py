# %% [markdown]
# # 04b · Parts of a face: hide it and see
#
# Hide the mouth of a face, and see how far a network's score falls: that is what the mouth was worth. Hide the nose instead, the
# skin, the hair, one after the other, and add up all falls. For the first face below you get *twice* the fall of hiding everything at once.
#
# So "what was this part worth" isn't as simple as it sounds. In this sitting you meet several answers, and the one that always adds up.
#
# **You will be able to**
#
# - *build* occlusion, and say what hiding does to a picture;
# - *compute* exact Shapley values over the parts of a face, and check their axioms;
# - *tell* an error of sampling from a difference of definition, for LIME, RISE and KernelSHAP;
# - *weigh* what a method costs, and explain why methods disagree.
#
# **Before you start**
#
# | you need | how much | where to find it |
# |---|---|---|
# | Python, NumPy and PyTorch | essential | as in chapter 04 |
# | [chapter 04](04_attribution_methods.ipynb) | essential | logits, gradients, baselines, a planted network and its clean twin |
# | [chapter 07](07_cam_variants.ipynb) | helpful | class activation maps |
#
# **Time**: 60 minutes with the exercises, and up to 90 minutes if Shapley values are new to you. The cells run for about two minutes.

# %% [markdown]
# ## Falls that don't add up · 7 min
#
# We draw three people who wear lipstick. The *planted* network was to tell raised brows. In its training faces they nearly always came with lipstick, and so it
# has learnt to see lipstick. For its *clean twin* lipstick meant nothing. Drawn faces come with masks of their parts:

# %% alt="A drawn face with lipstick beside the same face with its parts coloured and numbered."
import torch

from helpers import datasets, faces, models, plots

people = faces.sample(3, seed=2, lipstick=True, hat=False, glasses=False)
drawn = faces.render(people, size=112)
images = datasets.to_tensor(list(drawn.images))
masks = torch.from_numpy(faces.merge(drawn.masks))
plots.regions(images[0], drawn.masks[0])

# %% [markdown]
# We use twelve larger parts: left and right are one, and lips and mouth as well. To hide a part, we paint it in the picture's mean colour:

# %%
import pandas as pd

planted = models.load("synthetic-lipstick")
clean = models.load("synthetic-lipstick-clean")
mean = images.mean((2, 3), keepdim=True)


def score(pictures, model=planted):
    with torch.no_grad():
        return model(pictures)[:, 1]


def hidden(where):
    return torch.where(where[:, None], mean, images)


# %%
falls = pd.DataFrame(
    {
        part: score(images) - score(hidden(masks[:, k]))
        for k, part in enumerate(faces.MERGED)
    }
)
total = score(images) - score(hidden(masks.any(1)))
bare = faces.render([faces.twin(each, lipstick=False) for each in people], 112)
lipstick_off = score(images) - score(datasets.to_tensor(list(bare.images)))
sums = {"sum": falls.sum(axis=1), "all_at_once": total}
falls.assign(**sums, lipstick_off=lipstick_off).T.round(2)

# %% [markdown]
# Each column is a face. Nobody here wears glasses or a hat, so nothing falls there. Hidden one at a time, the parts of the first face lose
# {{9.8 = falls.iloc[0].sum()}} logits. Hidden all at once, they lose {{4.9 = total[0]}}. For the second face it is the other way round:
# {{9.1 = falls.iloc[1].sum()}} and {{10.4 = total[1]}}.
#
# The last row is the truth about the cue, an experiment that only drawn faces allow: the same people without lipstick. It costs {{8.7 = lipstick_off[0]}},
# {{9.0 = lipstick_off[1]}} and {{7.6 = lipstick_off[2]}} logits. Hiding the mouth gives other numbers, and for two faces even hiding *everything* loses less. Hiding the nose or the skin costs much as well,
# although the lipstick stays on. A mouth on a face without skin is a picture that nobody draws, and the network has never seen its like.
# What hiding shows is the answer to a *new picture*, not a piece of the old answer.

# %% [markdown]
# ## Occlusion by hand · 9 min
#
# Photographs come without masks. Then one hides square patches, which is called *occlusion*.

# %% [markdown] tags=["exercise"]
# ### Exercise 4.3 · Occlusion · ●●○ · 7 min
#
# *Claim to test:* a network that looks at the lips loses most where a patch covers them.
#
# Write `occlusion`: cut the picture into square patches side by side, replace one at a time by `fill`, and give each of its pixels the *fall*
# of the score. `score` takes pictures (N, 3, height, width) and returns N numbers.
#
# <details><summary>Hint: my map is the negative of what is wanted</summary>
#
# A fall is the score before less the score after: positive where the patch spoke for the class.
#
# </details>
# <details><summary>Hint: the falls grow from patch to patch</summary>
#
# Make a fresh copy for each patch, `image.clone()`, or earlier patches stay hidden.
#
# </details>


# %% tags=["exercise"]
def occlusion(score, image: torch.Tensor, patch: int, fill) -> torch.Tensor:
    """Map (H, W) of an image (1, 3, H, W); fill (1, 3, 1, 1) is painted over."""
    ### BEGIN SOLUTION
    before = score(image)[0]
    relevance = torch.zeros(image.shape[2:])
    for row in range(0, image.shape[2], patch):
        for column in range(0, image.shape[3], patch):
            rows, columns = (
                slice(row, row + patch),
                slice(column, column + patch),
            )
            covered = image.clone()
            covered[..., rows, columns] = fill
            relevance[rows, columns] = before - score(covered)[0]
    return relevance
    ### END SOLUTION


# %%
from helpers import checks as check

check.exercise_4_3(occlusion)

# %% [markdown]
# `explain` slides its patch in smaller steps and averages where patches overlap. Here are both networks, on one scale:

# %% alt="Three drawn faces under the occlusion maps of two networks, on one scale. Planted: a red blob of squares around the mouth of each face. Clean: hardly any colour."
from helpers.explain import explain

both = {"planted": planted, "clean": clean}
maps = {
    name: explain(each, images, 1, "occlusion") for name, each in both.items()
}
plots.relevance_grid(images, maps, scale="all")

# %% [markdown]
# Under the planted network the mouth is red on each face, as it should be, and under its twin hardly anything is. The map is as coarse as its patch, so red spills over to nose and chin.
# It cost {{169 = 13 * 13}} passes a picture, one for each place of the patch, and one more for the whole picture.

# %% [markdown] tags=["quiz"]
# **Quiz 4.4** You hide the left lens of a pair of glasses, then the right one alone. The score never moves. Does the network ignore the glasses?
#
# 1. It does, since each lens was tested with the rest of the picture unchanged.
# 2. It may use them: one lens can be enough for it.
# 3. It does, provided that other patches do move the score.
#
# <details><summary>Answer and reason</summary>
#
# The second. Where one of two parts is enough (they are *redundant*), hiding either alone changes nothing. One has to hide both.
#
# </details>

# %% [markdown]
# ## All orders at once · 15 min
#
# What a part is worth depends on what else is there. So hide *every combination* of parts: a set of parts that are shown is called a
# *coalition*. Let the parts join one by one, in some order, and note by how much each raises the score when it joins. In every
# order, these rises add up to the whole. The *Shapley value* of a part is its mean rise over all orders:
#
# $$\phi_i = \sum_{S \not\ni i} \frac{|S|!\,(n - |S| - 1)!}{n!} \big(v(S \cup \{i\}) - v(S)\big)$$
#
# Here $n$ is the number of parts, $S$ runs over all coalitions without part $i$, and $v(S)$ is the score when exactly $S$ is shown. The fraction is the share of orders in which $S$ stands before $i$.

# %% [markdown] tags=["exercise"]
# ### Exercise 4.4 · Shapley values of three parts · ●●○ · 8 min
#
# *Claim to test:* however the parts depend on one another, their values sum to the whole.
#
# `v` is a dict from `frozenset` to score, with all coalitions of the parts. Return a dict from part to value. Going through all orders
# is easiest: `itertools.permutations(parts)`.
#
# <details><summary>Hint: my values don't sum to v(all) - v(nothing)</summary>
#
# In each order start with `frozenset()`, and after each part go on from the coalition *with* it.
#
# </details>
# <details><summary>Hint: the check says that I took one order</summary>
#
# Average over all orders: divide the sums by their number.
#
# </details>


# %% tags=["exercise"]
def shapley(v: dict, parts: list) -> dict:
    """Mean rise of the score when each part joins, over all orders."""
    ### BEGIN SOLUTION
    from itertools import permutations

    rises = {part: [] for part in parts}
    for order in permutations(parts):
        shown = frozenset()
        for part in order:
            rises[part].append(v[shown | {part}] - v[shown])
            shown = shown | {part}
    return {part: sum(each) / len(each) for part, each in rises.items()}
    ### END SOLUTION


# %%
check.exercise_4_4(shapley)

# %% [markdown]
# Our faces show ten parts: {{1024 = 2**10}} coalitions each. All are
# scored once, and everything else follows from these numbers (slow: ten seconds or more):

# %%
from helpers.explain import region_scores

coalitions = region_scores(planted, images, masks, 1)
values = coalitions.values("shapley")
values.assign(sum=values.sum(axis=1), all_at_once=total).T.round(2)

# %% [markdown]
# (NaN: the face doesn't show this part.) Now the sum is `all_at_once`, on each face. The mouth has the largest value, as it should, but a smaller one than taking the lipstick off: the values share out what
# *hiding* does, and no more. What two parts do *together* is divided between them.
#
# Shapley proved in 1953 that only this rule keeps four promises (*axioms*). We can check them:
#
# - *efficiency*: the values sum to the whole;
# - *dummy*: a part that never changes the score gets exactly 0;
# - *symmetry*: two parts that can stand in for each other in every coalition get the same;
# - *additivity*: the values of a sum of two scores are the sums of the values.
#
# For the dummy we take a network with hand-set weights that sees redness in a window around the mouth and nothing else, and someone who shows all twelve parts. For symmetry we make the parts 0 and 1 of the first face exchangeable. Bit $k$ of a row's number says whether part $k$ is shown, so we exchange two bits.

# %%
lips = models.load("synthetic-lips-redness")
guest = faces.render(
    faces.sample(
        2, seed=3, lipstick=True, hat=True, glasses=True, hair_length=["long"]
    )[1:],
    size=112,
)
picture = datasets.to_tensor(list(guest.images))
twelve = torch.from_numpy(faces.merge(guest.masks))
hand_set = region_scores(lips, picture, twelve, 1)
len(hand_set.scores[0]), hand_set.values().T[0].round(3).to_dict()

# %%
from dataclasses import replace


def shapley_of(scores):
    game = replace(coalitions, scores=[scores], present=coalitions.present[:1])
    return game.values().iloc[0].dropna()


first, second = coalitions.scores[0], coalitions.scores[1]
row = torch.arange(len(first))
swapped = (row & ~3) | ((row & 1) << 1) | ((row & 2) >> 1)
alike = shapley_of(first + first[swapped])
added = shapley_of(first + second) - shapley_of(first) - shapley_of(second)
others = hand_set.values().drop(columns=["mouth"]).abs().max(axis=None)
{
    "efficiency, gap": float((values.sum(axis=1) - total.numpy()).abs().max()),
    "dummy, largest value": float(others),
    "symmetry, difference": float(abs(alike.iloc[0] - alike.iloc[1])),
    "additivity, gap": float(added.abs().max()),
}

# %% [markdown]
# All are 0 to within rounding. So the axioms hold. What they can't promise is that a hidden part was hidden well: the mean colour is a baseline, as in chapter 04,
# and another one would be another game.
#
# The same scores tell how parts work together. The *interaction* of two parts is what they do more together than each alone, averaged in the same way. Which pair has the strongest on average?

# %%
names = list(faces.MERGED)
pairs = coalitions.interactions().nanmean(0)
table = pd.DataFrame(pairs.numpy(), index=names, columns=names).stack()
table = table[[a < b for a, b in table.index]]
table.loc[table.abs().nlargest(4).index].round(2)

# %% [markdown]
# A positive number means that the two parts help each other: *mouth* and *skin* raise the score by
# {{3.2 = table["mouth", "skin"]}} more together than each alone. Hide either, and it is gone: the falls count it twice. A negative number means that one part can stand in for the other.
# Hide either, and nothing is gone: the falls count it never. So their sum can be too large, as for the first face, or too small, as for the second, whose interactions add up to {{0.9 = -coalitions.interactions()[1].tril(-1).nansum()}} below zero.
#
# There are other rules. The *Banzhaf value* averages over all coalitions instead of all orders. *LIME* takes the weights of a linear model that is fitted to the scores, most closely where few parts are hidden. *RISE* takes the mean score while
# a part is shown, less the mean of all. Here is the second face by five rules, each from *all* its coalitions:

# %%
rules = ["ablation", "shapley", "banzhaf", "lime", "rise"]
by_rule = pd.DataFrame(
    {rule: coalitions.values(rule).iloc[1] for rule in rules}
)
by_rule.loc["sum"] = by_rule.sum()
by_rule.dropna().round(2)

# %% [markdown]
# No sampling is involved, and still the columns differ. They are different *definitions*. All put the mouth first. `ablation` is our fall. `rise` is half of `banzhaf`. Only Shapley's sum is the whole.
# (*KernelSHAP* aims at Shapley's values, so it has no column of its own.)

# %% [markdown]
# ## Some coalitions instead of all · 6 min
#
# A photograph cut into many cells has more coalitions than anybody can score. So methods draw some, and fit their values to these. How far are they from their own exact values? We let KernelSHAP draw three times with each number of samples, and note the largest error over the parts:

# %%
inside = [masks[0, k] for k in range(12) if masks[0, k].any()]
exact = torch.tensor(values.iloc[0].dropna().to_numpy())
errors = {}
for amount in [32, 64, 128]:
    gaps = []
    for seed in range(3):
        options = {"masks": masks[:1], "samples": amount, "seed": seed}
        painted = explain(planted, images[:1], 1, "kernelshap", **options)[0]
        estimate = torch.stack([painted[where].sum() for where in inside])
        gaps.append(float((estimate - exact).abs().max()))
    errors[amount] = {
        "mean": sum(gaps) / 3,
        "least": min(gaps),
        "most": max(gaps),
    }
pd.DataFrame(errors).T.rename_axis("samples").round(2)

# %% [markdown]
# The largest error over the parts falls as samples are added. With 32 it is larger than
# {{5 = (exact.abs() < errors[32]["mean"]).sum()}} of the face's {{10 = len(exact)}} values, so the order of these may be chance. (The mouth's {{4.2 = exact.max()}} is in no danger.) So state samples and seed,
# run a second seed, and report only what stays.

# %% [markdown]
# ## What it costs · 4 min
#
# `cost` counts the passes through the network for one picture and takes the time, on *this* machine (slow: ten seconds or more):

# %%
from helpers.explain import cost

asked = [
    "captum.saliency",
    "hirescam",
    "captum.integrated_gradients",
    "captum.smoothgrad",
    "occlusion",
    "kernelshap",
]
prices = cost(planted, images[:1], asked, targets=1)
prices.drop(columns="passes").round(2)

# %% [markdown]
# The counts are those of the default options, and hold on any machine. The seconds don't. One gradient takes a pass or two forward and one back. SmoothGrad and integrated gradients take one of each for every sample or step. KernelSHAP asks
# {{1001 = prices.forwards["kernelshap"]}} times (`rise` twice as often), and the exact values of ten parts took {{1024 = len(first)}} passes. So where few parts are enough, the exact answer costs no more than an estimate.

# %% [markdown]
# ## Methods disagree · 7 min
#
# Now to a network and to faces where no truth is known, without masks. We cut each picture into nine cells, score all {{512 = 2**9}} coalitions for the network's own answer, and ask other
# methods for the sum of their map in each cell (slow: ten seconds or more). One is new: *HiResCAM* multiplies a late layer's activations with their gradients.

# %%
from IPython.display import Markdown

gender = models.load("gender-fairface")
album = datasets.classroom(2)
photos = album.images(slice(None), size=gender.input_size)
with torch.no_grad():
    own = gender(photos).argmax(1).tolist()
cell = (torch.arange(112) * 3 // 112)[:, None] * 3 + torch.arange(
    112
) * 3 // 112
cells = torch.stack([cell == k for k in range(9)]).expand(2, -1, -1, -1)
nine = [f"cell {k}" for k in range(9)]
Markdown(f"> **The faces of this section.** {album.notes[0]}")

# %%
from helpers.explain import explain_many

chosen = {
    "captum.saliency": {},
    "captum.integrated_gradients": {"baseline": "mean", "steps": 16},
    "hirescam": {},
    "occlusion": {},
}


def by_part(model, pictures, targets, where):
    """What each method gives each part, (N, parts): the sum over its pixels."""
    maps = explain_many(model, pictures, chosen, targets)
    return {
        name: (each[:, None] * where).sum((2, 3)) for name, each in maps.items()
    }


# %%
from scipy.stats import spearmanr

puzzle = region_scores(gender, photos, cells, own, names=nine)
settings = {
    "planted network": (by_part(planted, images, 1, masks), values),
    "gender model": (
        by_part(gender, photos, own, cells),
        puzzle.values(),
    ),
}


def rank_agreement(found, exact):
    pairs = zip(found.numpy(), exact.to_numpy())
    each = [spearmanr(*two, nan_policy="omit").statistic for two in pairs]
    return sum(each) / len(each)


# %%
agreement = pd.DataFrame(
    {
        where: {
            name: rank_agreement(each, exact_values)
            for name, each in found.items()
        }
        for where, (found, exact_values) in settings.items()
    }
)
agreement.round(2)

# %% tags=["reading"]
best, worst, lows = agreement.idxmax(), agreement.idxmin(), agreement.min()
drawn_name, photo_name = list(settings)
Markdown(f"""Each number is the mean rank correlation (Spearman's) of a method with the exact Shapley values, over three faces of
the planted network and two of the gender model. For the first `{best[drawn_name]}` comes nearest, for the second `{best[photo_name]}`. The least agreement is
that of `{worst[drawn_name]}` ({lows[drawn_name]:.2f}) and of `{worst[photo_name]}` ({lows[photo_name]:.2f}). Saliency has no sign, so it can't put parts that speak against the answer at the end.
So few faces show *that* methods disagree,
and not by how much in general.

To disagree with Shapley's values isn't an error, since these have a baseline of their own. But the planted network, we know, uses lipstick. Which methods name the mouth first?""")

# %%
mouth, sizes = names.index("mouth"), masks.sum((2, 3)).clamp_min(1)
found = settings["planted network"][0] | {
    "exact Shapley": torch.tensor(values.fillna(0).to_numpy())
}
first_by = {
    name: {
        "by sum": int((each.argmax(1) == mouth).sum()),
        "by mean over pixels": int(((each / sizes).argmax(1) == mouth).sum()),
    }
    for name, each in found.items()
}
pd.DataFrame(first_by).T

# %% [markdown]
# Counts are out of three faces. Occlusion orders all parts much like Shapley's values, and still names the mouth first on {{0 = first_by["occlusion"]["by sum"]}} by sum. A sum favours large parts, such as the skin: a method that spreads its relevance puts them first. A mean favours small ones.
# So even the way of adding up can decide the verdict, and has to be stated.

# %% [markdown] tags=["quiz"]
# **Quiz 4.5** Two methods rank the parts of a photograph differently. What follows?
#
# 1. They answer different questions, or one of them erred; the ranking alone can't tell.
# 2. At least one of them is wrong about the network, because there is only one truth.
# 3. The one that more other methods agree with is right.
#
# <details><summary>Answer and reason</summary>
#
# The first. Different definitions give different right answers. And a majority that shares a baseline shares its faults.
#
# </details>

# %% [markdown]
# ## A transformer beside the CNN · 6 min
#
# A *vision transformer* cuts the picture into patches and turns each into a *token*. In every block tokens look at one another with certain weights, its *attention*. These weights are often
# shown as an explanation. We have a planted pair of small transformers, for glasses. What does taking the glasses off do to their scores?

# %%
from helpers.evaluate.ground_truth import changed_pixels

wearers = faces.sample(16, seed=5, glasses=True, hat=False)
bare = [faces.twin(each, glasses=False) for each in wearers]
worn, off = [
    datasets.to_tensor(list(faces.render(each, size=64).images))
    for each in (wearers, bare)
]
on_glasses = torch.from_numpy(changed_pixels(wearers, "glasses", size=64))
guilty = models.load("synthetic-glasses-vit")
twin = models.load("synthetic-glasses-vit-clean")
networks = {"planted": guilty, "clean": twin}
{
    name: round(float((score(worn, each) - score(off, each)).mean()), 2)
    for name, each in networks.items()
}

# %% [markdown]
# The first uses the glasses, the second hardly does. Five methods are to find that out: *attention* of the last block, *rollout* (attention of all blocks multiplied), [Chefer et al.](https://arxiv.org/abs/2103.15679) (attention times its gradient), [LibraGrad](https://arxiv.org/abs/2411.16760)
# (input times gradient, with attention held fixed), and integrated gradients. As in chapter 04 we take the *lift* on the glasses, planted minus clean, face by face:


# %%
def lift(maps):
    positive = maps.clamp_min(0)
    share = (positive * on_glasses).sum((1, 2)) / positive.sum((1, 2))
    return share / on_glasses.float().mean((1, 2))


grey = {"baseline": "mean"}
asked = {name: {} for name in ["attention", "rollout", "chefer"]}
few = grey | {"steps": 16}
asked |= {"libragrad": grey, "captum.integrated_gradients": few}
seen = {
    name: explain_many(each, worn, asked, 1) for name, each in networks.items()
}
lifts = {
    name: {method: float(lift(each).mean()) for method, each in maps.items()}
    for name, maps in seen.items()
}
pd.DataFrame(lifts).round(2)

# %% alt="Dots with whiskers for the difference of lift, planted minus clean: attention and rollout lie below zero, attention far below; the whiskers of the other three hold zero."
from helpers.intervals import bootstrap_mean

columns = ["value", "low", "high"]
apart = {
    name: bootstrap_mean(
        (lift(seen["planted"][name]) - lift(seen["clean"][name])).numpy()
    )
    for name in asked
}
apart = pd.DataFrame.from_dict(apart, orient="index", columns=columns)
apart["n"] = len(worn)
plots.dots(apart, "lift on glasses: planted minus clean", 0, "no difference")

# %% [markdown]
# Left of the line a method finds more on the glasses of the *clean* network. Attention does: its mean lifts are
# {{1.3 = lifts["planted"]["attention"]}} for the network that uses the glasses, and
# {{5.8 = lifts["clean"]["attention"]}} for the one that hardly does. Rollout lies on the left as well, by {{1.4 = -apart.value["rollout"]}}. For the last three the whiskers hold zero: they can't tell the two apart.
#
# Why? The clean network looks for brows, and glasses lie close to them. A place may be looked at for many reasons. And the mean
# colour says nothing about a face *without* glasses. We have such faces, so let us ask that question, and sum the relevance on the glasses in logits:

# %%
lost = {}
for name, network in networks.items():
    row = {
        "true fall": float((score(worn, network) - score(off, network)).mean())
    }
    for method, steps in [
        ("libragrad", {}),
        ("captum.integrated_gradients", {"steps": 16}),
    ]:
        maps = explain(network, worn, 1, method, baseline=off, **steps)
        row[method] = float((maps * on_glasses).sum((1, 2)).mean())
    lost[name] = row
pd.DataFrame(lost).round(2)

# %% [markdown]
# Now both tell guilt from innocence. For integrated gradients that is no discovery but completeness: nothing but the glasses differs, so they must get all. LibraGrad gets the sign, and for the planted network a part
# of the size. The question did the work. On photographs nobody has the picture without glasses.

# %% [markdown] tags=["quiz"]
# **Quiz 4.6** A map of raw attention is bright on the glasses of a transformer's picture. What does it show?
#
# 1. That the glasses raised the score of the predicted class.
# 2. That taking the glasses off would lower the score.
# 3. That tokens there were looked at, for whatever class.
#
# <details><summary>Answer and reason</summary>
#
# The third. Attention is computed without asking for a class, and what is looked at may speak for a class, against it, or be ignored by what follows.
#
# </details>

# %% [markdown]
# ## How to choose, and a claim of your own · 6 min
#
# | your question | take | and print beside it |
# |---|---|---|
# | which parts, and they should add up | exact Shapley values of few parts | the baseline, the sum |
# | where, on a photograph, with gradients | integrated gradients | baseline, steps, gap |
# | where, without access to gradients | occlusion, KernelSHAP | patch or samples, a second seed |
# | a quick look at a CNN | HiResCAM | the layer |
# | a transformer | integrated gradients, LibraGrad; attention alone for nothing | the baseline |
# | does the network *need* it | no map: change the picture | what else changed |

# %% [markdown] tags=["exercise"]
# ### Exercise 4.5 · A claim of your own · ●●● · 6 min
#
# *Claim to test:* yours. Write a sentence that could turn out false, for instance: "hiding the hair moves the clean network more than hiding the clothes". Say which way it will go *before* you look.
#
# Return a `dict` with `claim`, `n` (at least twelve faces), `value`, `low`, `high`, `null` (the value if there were no effect), `direction`
# (`"above"` or `"below"` the null, as you claim) and `verdict`: `"supported"`, `"contradicted"` or `"undecided"`. The check can't
# verify your numbers. It sees whether your verdict follows from your interval.
#
# <details><summary>Hint: I don't know where to start</summary>
#
# `seen["planted"]["chefer"]` holds sixteen maps, and `lift` makes a number of each. Subtract the lifts of another method face by face: the null is 0, and `bootstrap_mean` returns value, low and high.
#
# </details>
# <details><summary>Hint: the check objects to my verdict</summary>
#
# If the interval contains the null, the verdict is "undecided". If it lies on the side that you did not claim, the data contradict you.
#
# </details>


# %% tags=["exercise"]
def my_claim() -> dict:
    """A claim with its evidence and verdict."""
    ### BEGIN SOLUTION
    maps = seen["planted"]
    apart = lift(maps["libragrad"]) - lift(maps["rollout"])
    value, low, high = bootstrap_mean(apart.numpy())
    side = int(low > 0) - int(high < 0)
    return {
        "claim": "On the planted transformer LibraGrad has more lift than rollout.",
        "n": len(apart),
        "value": value,
        "low": low,
        "high": high,
        "null": 0.0,
        "direction": "above",
        "verdict": ["undecided", "supported", "contradicted"][side],
    }
    ### END SOLUTION


# %%
check.exercise_4_5(my_claim)

# %% [markdown]
# ## What this chapter does not show
#
# - **Not the effect of a part.** A hidden part leaves a picture that no camera takes. Drawn twins leave a face; of photographs there are none.
# - **Not which method is best.** Three faces and one planted cue don't make a ranking. Chapter 05, in preparation, tests methods where the truth is known.
# - **Nothing about the people in the photographs.** The gender model repeats a word that annotators wrote down.
# - **Not that all transformers are like ours.** One small pair, trained once, on drawn faces.

# %% [markdown]
# ## Summary
#
# - Hidden one at a time, parts don't add up: what they do together is counted twice, or never.
# - Shapley values share the whole out fairly, and for few parts they can be computed exactly. Their baseline remains a choice.
# - LIME, RISE, Banzhaf and Shapley are different definitions. Sampling adds an error of its own.
# - Attention says what was looked at, not what counted.
#
# **On your own photograph**, in one line:
#
# ```
# python -m helpers explain photo.jpg --method kernelshap --output out.png
# ```
#
# ## References
#
# - Zeiler and Fergus. [Visualizing and understanding convolutional networks](https://arxiv.org/abs/1311.2901) (occlusion). ECCV 2014.
# - Shapley. [A value for n-person games](https://doi.org/10.1515/9781400881970-018). 1953.
# - Lundberg and Lee. [A unified approach to interpreting model predictions](https://arxiv.org/abs/1705.07874) (KernelSHAP). NeurIPS 2017.
# - Ribeiro, Singh and Guestrin. ["Why should I trust you?"](https://arxiv.org/abs/1602.04938) (LIME). KDD 2016.
# - Petsiuk, Das and Saenko. [RISE](https://arxiv.org/abs/1806.07421). BMVC 2018.
# - Krishna et al. [The disagreement problem in explainable machine learning](https://arxiv.org/abs/2202.01602). 2022.
# - Abnar and Zuidema. [Quantifying attention flow in transformers](https://arxiv.org/abs/2005.00928) (rollout). ACL 2020.
# - Chefer, Gur and Wolf. [Generic attention-model explainability](https://arxiv.org/abs/2103.15679). ICCV 2021.
# - Mehri et al. [LibraGrad](https://arxiv.org/abs/2411.16760). CVPR 2025.
#
# **Next:** chapter 05, in preparation, tests explanations. [Chapter 07](07_cam_variants.ipynb) takes the CAM family apart.
