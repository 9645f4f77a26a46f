# %% [markdown]
# # 04 · What made the answer? Gradients, and what they are compared with
#
# A small network looks at eight drawn faces with dark glasses. It says "dark glasses" each time, and is very sure. We set its
# weights by hand, so we know its reason for certain: it looks for dark pixels around the eyes.
#
# Then we ask a well-known explanation method, with a setting you will meet often, which pixels spoke for the answer. It
# makes no error of arithmetic, and its answer is of no use. By the end of this sitting you can say why, and what you would have had to ask.
#
# **You will be able to**
#
# - *compute* a gradient, input times gradient and integrated gradients by hand;
# - *check* whether a map adds up, and to what;
# - *choose* a baseline, knowing that it is part of the question;
# - *test* whether a map is about the model at all.
#
# **Before you start**
#
# | you need | how much | where to find it |
# |---|---|---|
# | Python and NumPy | essential | any course |
# | PyTorch: tensors, modules, `no_grad` | essential | [its tutorial](https://pytorch.org/tutorials/beginner/basics/intro.html) |
# | what a convolutional network is | essential | channels, layers, pooling |
# | [chapter 00](00_start_here.ipynb) | helpful | how exercises and checks work |
#
# **Time**: 60 minutes with the exercises, and up to 80 minutes if gradients are new to you. The cells run for about a minute. [Part two](04b_parts_of_a_face.ipynb) hides parts of
# the face instead.

# %% [markdown]
# ## A network without secrets · 8 min
#
# We draw eight people who wear dark glasses. Nobody in these pictures exists:

# %% alt="Eight drawn faces with dark glasses, of many skin tones and hairstyles."
import torch

from helpers import datasets, faces, plots

people = faces.sample(8, seed=0, glasses=True, glasses_style="dark", hat=False)
drawn = faces.render(people, size=112)
images = datasets.to_tensor(list(drawn.images))
plots.pictures(images, columns=4)

# %%
from helpers import models

known = models.load("synthetic-glasses-darkness")
with torch.no_grad():
    scores = known(images)
    shares = scores.softmax(1)[:, 1]
scores.round(decimals=2)

# %% [markdown]
# Each row is a face, each column a class, "no dark glasses" and "dark glasses". These numbers are *logits*: any numbers, which the
# function *softmax* turns into positive shares that sum to 1. The share of "dark glasses" is
# {{98 = 100 * shares.mean()}} % on average. The first logit is always 0, so all that happens is in the second.
#
# How it comes about, we know. The network measures how dark each pixel $p$ is, cuts off what isn't dark, averages over a window
# $W$ around the eyes, and compares the average with a constant:
#
# $$d_p = \max(0,\ 0.3 - 0.6\,R_p - 0.2\,G_p - 0.2\,B_p), \qquad \text{score} = g\left(\frac{1}{|W|}\sum_{p \in W} d_p - c\right)$$
#
# So a pixel's part in the score, its *relevance*, is its darkness times one fixed weight. The network's layers are called `colour`,
# `relu` and `window`, and we read both off them:

# %%
with torch.no_grad():
    darkness = known.relu(known.colour(images))[:, 0]
    weights = known.window.weight[1].view(112, 112)
    bias = known.window.bias[1]
    truth = darkness * weights
    gap = truth.sum((1, 2)) + bias - scores[:, 1]
float(gap.abs().max())

# %% [markdown]
# The parts and the constant add up to the score, to within rounding. So `truth` is what every map of this network ought to show:

# %% alt="Two drawn faces with dark glasses, each beside its true relevance: dark lenses and frames are bright; a lens that reflects the light and all else is not."
plots.relevance_grid(images[:2], {"truth": truth[:2]})

# %% [markdown]
# In these two, only what is dark in the glasses has relevance. One lens of the first face reflects the light, and only its frame counts. For a
# network that has learnt its weights nobody can write such a truth down. That is why we start here.
#
# **Decide before you go on.** We will ask: compared with an all-black picture, how much did each pixel raise the score? Which
# pixels will come out positive: the lenses, the whole window, or none? Write it down.

# %% [markdown]
# ## The gradient: what a nudge would do · 13 min
#
# The *gradient* of the score says for each pixel and each colour how much the score would rise, per unit, if that value rose by very
# little. PyTorch computes it backwards, from the score to the picture:


# %%
def gradient(model, images, targets):
    """Slope of each picture's score by each of its values, (N, 3, H, W)."""
    images = images.clone().requires_grad_()
    rows = torch.arange(len(images))
    score = model(images)[rows, targets].sum()
    return torch.autograd.grad(score, images)[0]


slopes = gradient(known, images, 1)
slopes.shape

# %% [markdown]
# (We sum over the pictures because one picture's pixels don't change another's score.) A gradient is a prediction, so
# we can test it. We brighten one value, the red of the most relevant pixel of the first face, by 0.01:

# %%
row, column = divmod(int(truth[0].argmax()), 112)
nudged = images[:1].clone()
nudged[0, 0, row, column] += 0.01
with torch.no_grad():
    change = known(nudged)[0, 1] - scores[0, 1]
{
    "change": float(change),
    "slope x 0.01": float(slopes[0, 0, row, column] / 100),
}

# %% [markdown]
# The two agree. They are negative: brighter red there means less evidence of dark glasses.
#
# A picture has three colours, and we want one map. Two habits are common. *Saliency* takes the size of the slope, without its sign, and
# of the three colours the largest: how *sensitive* is the score to this pixel? The other keeps the *signs* and *sums* over the colours.
# Positive then means "more of it raises the score", negative the reverse, and a sum can be checked against something.

# %% [markdown] tags=["exercise"]
# ### Exercise 4.1 · Input times gradient · ●○○ · 5 min
#
# *Claim to test:* a slope becomes a contribution if we multiply it with the value it belongs to.
#
# $$\text{map}_p = \sum_{c \in \{R, G, B\}} x_{cp} \, \frac{\partial\, \text{score}}{\partial x_{cp}}$$
#
# Write it for a batch: signed, and summed over the colours.
#
# <details><summary>Hint: my map has the wrong shape</summary>
#
# The colours are dimension 1 of (N, 3, height, width): `.sum(1)`.
#
# </details>
# <details><summary>Hint: the check says that a sign is gone</summary>
#
# No `abs()` and no cutting at 0, neither before the sum nor after it.
#
# </details>


# %% tags=["exercise"]
def input_times_gradient(
    images: torch.Tensor, slopes: torch.Tensor
) -> torch.Tensor:
    """Maps (N, height, width) of images and slopes (N, 3, height, width)."""
    ### BEGIN SOLUTION
    return (images * slopes).sum(1)
    ### END SOLUTION


# %%
from helpers import checks as check

check.exercise_4_1(input_times_gradient)

# %% [markdown]
# Here are both habits and input times gradient beside the truth, for two faces:

# %% alt="Two faces. Saliency marks all dark pixels of the glasses alike. The summed gradient is the same in blue. Input times gradient is blue too, palest where the lens is darkest. The truth is bright on the lenses."
two = slice(0, 2)
columns = {
    "saliency": slopes.abs().amax(1)[two],
    "gradient, summed": slopes.sum(1)[two],
    "input x gradient": (images * slopes).sum(1)[two],
    "truth": truth[two],
}
plots.relevance_grid(images[two], columns)

# %% [markdown]
# Each column has its own scale and its own unit. Red is positive, blue negative; a column without negative values
# runs from dark to bright instead. All four find the right *place*.
#
# Saliency is flat: a pixel that is slightly dark and one that is black have the same slope. It says what a nudge would do, not how
# much the pixel has done. Input times gradient is *negative* on the glasses, and palest where they are darkest, because something
# black is near 0 and leaves little to multiply. It speaks about the light that is there, and the evidence here is the light that is missing.

# %% [markdown] tags=["quiz"]
# **Quiz 4.1** A network is so sure of its answer that no small change of the picture moves its score. What does its gradient show?
#
# 1. Nearly nothing, although the picture made the answer.
# 2. The pixels that made the answer, more clearly than usual.
# 3. The pixels that speak against the answer.
#
# <details><summary>Answer and reason</summary>
#
# The first. A gradient looks at the next small step only. Where the score has levelled off (it is *saturated*), all slopes are
# near 0, whatever led there.
#
# </details>

# %% [markdown]
# ## Integrated gradients by hand · 13 min
#
# So don't look at one step. Begin at a picture that stands for "nothing", the *baseline* $b$, and walk in a straight line to
# the picture $x$. Gather the slopes on the way, and multiply their mean with the way itself:
#
# $$\text{map}_p = \sum_c (x_{cp} - b_{cp}) \int_0^1 \frac{\partial\, \text{score}}{\partial x_{cp}}\big(b + t\,(x - b)\big)\, dt$$
#
# These are [integrated gradients](https://arxiv.org/abs/1703.01365). An integral on a computer is a mean over steps. We take the
# middle of each:


# %%
def integrated(model, images, baselines, targets, steps):
    """Integrated gradients (N, H, W) on the straight way from the baselines."""
    way = images - baselines
    total = torch.zeros_like(images)
    for step in range(steps):
        here = baselines + (step + 0.5) / steps * way
        total += gradient(model, here, targets)
    return (way * total / steps).sum(1)


# %% [markdown]
# The slope tells how fast the score rises along the way. Add up all rises, and you have the score at the end less the
# score at the start. So this map has a property that one can check, *completeness*:
#
# $$\sum_p \text{map}_p = \text{score}(x) - \text{score}(b)$$
#
# With finitely many steps it holds only about. How many does it take? Now we turn to other faces, and to a network that
# has learnt. It repeats the gender that annotators wrote down for
# [FairFace](https://github.com/joojs/fairface) photographs. What its reasons are, nobody knows:

# %%
from IPython.display import Markdown

gender = models.load("gender-fairface")
pictures = datasets.classroom(4)
portraits = pictures.images(slice(None), size=gender.input_size)
with torch.no_grad():
    answers = gender(portraits).argmax(1)
Markdown(f"> **The faces of this chapter.** {pictures.notes[0]}")

# %%
import pandas as pd

pair, own = portraits[:2], answers[:2]
grey = pair.mean((2, 3), keepdim=True).expand_as(pair)
rows = torch.arange(2)
with torch.no_grad():
    promised = (gender(pair) - gender(grey))[rows, own]
sums = {}
for steps in [1, 2, 4, 8, 16, 32, 64]:
    reached = integrated(gender, pair, grey, own, steps).sum((1, 2))
    sums[steps] = reached - promised
gaps = pd.DataFrame(sums, index=["first face", "second face"]).T
gaps.rename_axis("steps").round(3)

# %% [markdown]
# The baseline is each picture's mean colour, and each column is the *completeness gap* of one face: the map's sum less what was promised.

# %% tags=["reading"]
few, many = gaps.loc[[1, 2, 4]].abs().max().max(), gaps.loc[64].abs().max()
Markdown(f"""With up to four steps the gap reaches {few:.2f} logits. What is promised here is {promised[0]:.2f} and {promised[1]:.2f}. So a map of few steps
can be wrong by as much as it has to tell. With 64 steps the gap is at most {many:.3f}. The gap doesn't shrink evenly, because the
network bends at many places on the way.

So print the gap beside every such map. It tells whether the *arithmetic* is right. It doesn't tell whether you asked the right question.""")

# %% [markdown]
# ## Compared with what? · 12 min
#
# Back to the network without secrets, and to your prediction. Here is the same picture compared with black, with its own mean colour, and
# with white. All panels share one scale, because all of them are parts of the same score:

# %%
starts = {
    "black": torch.zeros_like(images),
    "mean colour": images.mean((2, 3), keepdim=True).expand_as(images),
    "white": torch.ones_like(images),
}
maps = {
    name: integrated(known, images, start, 1, steps=32)
    for name, start in starts.items()
}

# %% alt="Two faces, one scale. Against black the window around the eyes is blue and nothing is red. Against the mean colour and against white the glasses are red, as in the truth."
shown = {name: each[two] for name, each in maps.items()}
plots.relevance_grid(images[two], shown | {"truth": truth[two]}, scale="all")

# %%
summary = {
    name: {
        "faces with any positive pixel": int((each > 1e-6).any(2).any(1).sum()),
        "mean sum of the map": float(each.sum((1, 2)).mean()),
        "largest distance from the truth": float((each - truth).abs().max()),
    }
    for name, each in maps.items()
}
pd.DataFrame.from_dict(summary, orient="index").round(4)

# %% [markdown]
# Against black, {{0 = summary["black"]["faces with any positive pixel"]}} of {{8 = len(images)}} faces have a pixel that speaks for dark
# glasses. The method made no error. A black picture is the *darkest* there is, so the network scores it higher than any face. Seen from
# there, every pixel can only have lowered the score. The question was wrong.
#
# White and the mean colour have no darkness, so both stand for "nothing" *for this network*. Against either, the map is the truth, up to
# the error of the steps. (It is larger for white, because the way is longer.)
#
# This is no reason to prefer white. A network that looks for something bright is blind on white in the same way. A baseline says what *absent* means,
# and so it is a part of the question.
#
# <details><summary>Details: what is black to a network?</summary>
#
# Many networks first subtract a mean and divide by a spread. A baseline of 0 *behind* this step is grey, *before* it black. Two
# authors who write "zero baseline" may mean two pictures. Here pictures have values from 0 to 1, and black is black.
#
# </details>
#
# Does it matter for a network that has learnt? We take a pair. Both were to tell raised brows. For the *planted* one, all training faces with raised
# brows wore glasses, so it learnt to see glasses, a *shortcut*. Its *clean twin* saw the same faces, with glasses on either
# kind. First the truth, as an experiment: take the glasses off and draw everything else again. How far does the score fall?

# %%
planted = models.load("synthetic-glasses")
clean = models.load("synthetic-glasses-clean")
both = {"planted": planted, "clean": clean}
bare = [faces.twin(each, glasses=False) for each in people]
without = datasets.to_tensor(list(faces.render(bare, size=112).images))
with torch.no_grad():
    falls = {
        name: (model(images) - model(without))[:, 1]
        for name, model in both.items()
    }
pd.DataFrame(falls).agg(["mean", "min", "max"]).round(2)

# %% [markdown]
# So the planted network uses the glasses, and its twin hardly does. Does a map find that out? Our measure is the *lift*: the
# glasses' share of the positive relevance, divided by their share of the picture. An even map has a lift of 1. Which pixels the glasses change, shadow included, we know from
# drawing. Then we subtract the twin's lift from the planted network's, face by face (slow: some seconds). A third baseline is the picture *blurred*, which keeps the large shapes:

# %%
from helpers.evaluate.ground_truth import changed_pixels
from helpers.explain import explain
from helpers.intervals import bootstrap_mean

masks = torch.from_numpy(changed_pixels(people, "glasses"))


def lift(maps):
    positive = maps.clamp_min(0)
    share = (positive * masks).sum((1, 2)) / positive.sum((1, 2))
    return share / masks.float().mean((1, 2))


def found_by(method, **options):
    first, second = [
        lift(explain(model, images, 1, method, **options))
        for model in both.values()
    ]
    return first, second, *bootstrap_mean((first - second).numpy())


# %%
ig = "captum.integrated_gradients"
lifts = {
    f"compared with {name}": found_by(ig, baseline=name, steps=16)
    for name in ["black", "mean", "blur"]
}
found = pd.DataFrame(
    [(float(a.mean()), float(b.mean()), *c) for a, b, *c in lifts.values()],
    index=list(lifts),
    columns=["planted", "clean", "value", "low", "high"],
)
found["n"] = len(images)
found.round(2)

# %% alt="Three dots with whiskers for the difference of lift, planted minus clean: near zero compared with black, well above zero compared with the mean colour and with a blur."
plots.dots(found, "lift on glasses: planted minus clean", 0, "no difference")

# %% [markdown]
# Each dot is a mean of {{8 = len(images)}} differences. The whisker is its *confidence interval*: made in this way it holds the true mean for about 95 % of all samples of such faces.
# Compared with black, the two networks get lifts of {{2.6 = found.planted.iloc[0]}} and {{3.0 = found.clean.iloc[0]}}. Compared with their mean colour
# they get {{8.7 = found.planted.iloc[1]}} and {{4.9 = found.clean.iloc[1]}}. So the baseline decides whether the map can tell the guilty network
# from the innocent one.
#
# Look at the clean network once more. It hardly uses the glasses, and still its lifts are above 1. A lift above chance convicts nobody. Only the
# twin shows how much of it means nothing.
#
# On photographs you have neither the truth nor a twin. What you can do: state the baseline, draw the map for several, and trust what survives.

# %% [markdown] tags=["exercise"]
# ### Exercise 4.2 · Many baselines · ●●○ · 5 min
#
# *Claim to test:* if no single baseline is right, one can average over several and keep completeness.
#
# Write `expected`: the mean of the integrated gradients of *one* picture over several baselines
# ([expected gradients](https://arxiv.org/abs/1906.10670) draw them from other pictures). `integrated` above does the work for pairs of pictures
# and baselines. Your map has a meaning of its own: what makes this picture differ from those? The cell after the check compares the first wearer of glasses with the other seven.
#
# <details><summary>Hint: how do I pair one picture with many baselines?</summary>
#
# `image.expand_as(baselines)` repeats it, and `integrated` then gives one map for each baseline.
#
# </details>
# <details><summary>Hint: the check says that I averaged too early</summary>
#
# The mean of the maps isn't the map of the mean baseline. Average last.
#
# </details>


# %% tags=["exercise"]
def expected(model, image, baselines, target, steps: int) -> torch.Tensor:
    """Mean map (H, W) of an image (1, 3, H, W) over baselines (M, 3, H, W)."""
    ### BEGIN SOLUTION
    repeated = image.expand_as(baselines)
    return integrated(model, repeated, baselines, target, steps).mean(0)
    ### END SOLUTION


# %%
check.exercise_4_2(expected)

# %%
rest, first = images[1:], images[:1].expand(7, -1, -1, -1)
mean_map = integrated(known, first, rest, 1, steps=32).mean(0)
promise = scores[0, 1] - scores[1:, 1].mean()
{"sum of the mean map": float(mean_map.sum()), "promised": float(promise)}

# %% [markdown] tags=["quiz"]
# **Quiz 4.2** A report: "Integrated gradients, black baseline, gap below 0.001. The dark beard has no positive relevance, so the model
# does not use it." Does that follow?
#
# 1. Yes: the map is complete, so what has no share in it had no share in the score.
# 2. No: with so small a gap there must have been too few steps.
# 3. No: compared with black, dark things can hardly count, used or not.
#
# <details><summary>Answer and reason</summary>
#
# The third. A small gap says that the sum is right. Black is almost what the beard already looks like, so removing it "to black"
# removes next to nothing. One would have to compare with a picture in which the beard is *missing*.
#
# </details>

# %% [markdown]
# ## Is it about the model? · 10 min
#
# Two remedies against noisy gradients are popular because their maps look good. *SmoothGrad* averages the gradients of many noisy
# copies. *Guided backpropagation* takes the gradient and lets through only what is positive at each ReLU (the step that replaces negative numbers by 0).
# Here they are with integrated gradients on one face, each for the network's own answer, in plain grey and without the face behind:

# %% alt="Four maps of one face in grey, without the face behind. Saliency and SmoothGrad are scattered bright dots. Guided backpropagation draws lines along the outlines of the face and its features. Integrated gradients are grey with scattered light and dark dots."
one, target = portraits[:1], answers[:1].tolist()


def in_grey(relevance):
    """A map as a picture; a hundredth of its pixels is cut, or one sets the scale."""
    cut = relevance / relevance.abs().quantile(0.99)
    cut = cut.clamp(-1, 1) if cut.min() >= 0 else (cut.clamp(-1, 1) + 1) / 2
    return cut.expand(3, -1, -1)


looks = {
    "saliency": explain(gender, one, target, "captum.saliency"),
    "SmoothGrad": explain(gender, one, target, "captum.smoothgrad", samples=20),
    "guided": explain(gender, one, target, "captum.guided_backprop"),
    "integrated": explain(gender, one, target, ig, baseline="mean", steps=16),
}
plots.pictures([in_grey(each) for each in looks.values()], list(looks), 4)

# %% [markdown]
# The first two have no signs, and black is 0. In the others grey is 0, white positive and black negative. Which would you show to a friend? Probably the third: it draws the face. So would an edge filter, which knows no network. A map *of the model* must pass two tests.
# Ask about the *other class*: with two classes, what speaks for one should speak against the other. And give the network's last stage and its last layer
# *random* weights ([Adebayo et al.](https://arxiv.org/abs/1810.03292)): what it has learnt there is gone, and the map should notice.

# %%
from copy import deepcopy

torch.manual_seed(0)
scrambled = deepcopy(gender)
for part in [scrambled.layer4, scrambled.fc]:
    for layer in part.modules():
        if isinstance(layer, torch.nn.Conv2d | torch.nn.Linear):
            layer.reset_parameters()

# %% [markdown]
# We compare maps by their ranks, *Spearman's correlation*: 1 for the same order of pixels, 0 for none in common, -1 for the reverse. (Slow: some seconds.)

# %%
from scipy.stats import spearmanr

questions = {
    "own class": (gender, answers),
    "other class": (gender, 1 - answers),
    "random weights": (scrambled, answers),
}


def agreement(method, **options):
    usual, *others = [
        explain(model, portraits, wanted.tolist(), method, **options).flatten(1)
        for model, wanted in questions.values()
    ]
    return [
        [spearmanr(*two).statistic for two in zip(usual, maps)]
        for maps in others
    ]


# %%
found_ranks = {
    "input x gradient": agreement("captum.input_x_gradient"),
    "integrated, mean colour": agreement(ig, baseline="mean", steps=8),
    "integrated, black": agreement(ig, baseline="black", steps=8),
    "guided backpropagation": agreement("captum.guided_backprop"),
    "saliency": agreement("captum.saliency"),
    "SmoothGrad": agreement("captum.smoothgrad", samples=10),
}
ranks = pd.DataFrame(
    {
        (test, what): {
            name: getattr(pd.Series(each[k]), what)()
            for name, each in found_ranks.items()
        }
        for k, test in enumerate(["other class", "random weights"])
        for what in ["mean", "min", "max"]
    }
)
ranks.round(2)

# %% tags=["reading"]
means = ranks.xs("mean", axis=1, level=1)
path, black, guided, plain, smooth = (
    means.loc[name] for name in means.index[1:]
)
Markdown(f"""Over {len(portraits)} faces, integrated gradients for the other class are nearly the reverse ({path["other class"]:.2f}),
and with random weights little of their order is left ({path["random weights"]:.2f}). Guided backpropagation answers with the same
picture whichever class we ask about ({guided["other class"]:.2f}), and keeps most of it when the last stage knows nothing
({guided["random weights"]:.2f}). Whatever it draws, it is not this network's reason for this class.

Saliency and SmoothGrad have no signs, so with two classes they can't pass the first test ({plain["other class"]:.2f} and
{smooth["other class"]:.2f}). With random weights they keep {plain["random weights"]:.2f} and {smooth["random weights"]:.2f}.

To pass is necessary, not sufficient: integrated gradients with the black baseline, which we have seen to be blind, reach
{black["other class"]:.2f} and {black["random weights"]:.2f}. Chapter 05, in preparation, has more such tests.""")

# %% [markdown] tags=["quiz"]
# **Quiz 4.3** A map of guided backpropagation shows the eyes of a face in fine detail. What has it shown?
#
# 1. That there are eyes with sharp edges in the picture.
# 2. That the model decides by the eyes, if the map is the same for several similar faces.
# 3. That the model decides by the eyes.
#
# <details><summary>Answer and reason</summary>
#
# The first. The map changes little when the class changes or the last weights are random, so it can't tell a network that uses the eyes from
# one that doesn't. Seeing it on many faces repeats the same mistake.
#
# </details>

# %% [markdown]
# ## Rules instead of slopes · 4 min
#
# Two families replace the slope by a rule for each layer. [DeepLIFT](https://arxiv.org/abs/1704.02685) carries the *difference* from a
# baseline back, in one pass. *Layer-wise relevance propagation* (LRP) hands the score down, each neuron's share to those
# that fed it. (LRP is patented, and free for personal and scientific use.) Libraries compute both. Do their maps add up?

# %%
every, wanted = torch.arange(4), answers.tolist()
plain_colour = portraits.mean((2, 3), keepdim=True).expand_as(portraits)
with torch.no_grad():
    score = gender(portraits)[every, answers]
    rise = score - gender(plain_colour)[every, answers]
table = pd.DataFrame({"score": score, "score less baseline's": rise})
for name, options in [
    ("captum.deeplift", {"baseline": "mean"}),
    ("captum.lrp", {}),
    ("zennit.epsilon_plus", {}),
]:
    handed = explain(gender, portraits, wanted, name, **options)
    table[f"sum, {name}"] = handed.sum((1, 2))
table.round(3)

# %% [markdown]
# Each row is a face. The last two columns are LRP with different rules, after which `epsilon_plus` is named. DeepLIFT's sums should equal the second column, and do. Those of LRP should equal the first, the score itself, and don't:
# a part of the relevance stays with the constants of the layers (*biases*, which also batch normalisation has). That part can be larger than the score,
# and then the sum has the other sign. Each set of rules keeps back another part. So two maps called LRP need not be one method. State the rules, and print the sum.

# %% [markdown]
# ## What this chapter does not show
#
# - **Not which baseline is right.** For one network we knew. For a learnt one nobody does.
# - **Not that a complete map is true.** Completeness is about the sum. Every map against black was complete.
# - **Not what the gender model uses.** No truth is known for it. What we learnt from it is about methods.
# - **Not much precision.** Eight faces with glasses and four without a known truth show large effects, and no small ones.

# %% [markdown]
# ## Summary
#
# - A gradient says what a nudge would do. Saliency drops its sign. Signed maps that sum over the colours can be checked.
# - Integrated gradients sum to the score less the baseline's score. Print the gap, and take enough steps.
# - A baseline says what *absent* means. Against black, dark evidence can't count.
# - A fine-looking map may not be about the model. Ask for the other class, and scramble the weights.
#
# **On your own photograph**, in one line:
#
# ```
# python -m helpers explain photo.jpg --method captum.integrated_gradients --output out.png
# ```
#
# ## References
#
# - Simonyan, Vedaldi and Zisserman. [Deep inside convolutional networks](https://arxiv.org/abs/1312.6034) (saliency). ICLR Workshop 2014.
# - Sundararajan, Taly and Yan. [Axiomatic attribution for deep networks](https://arxiv.org/abs/1703.01365) (integrated gradients). ICML 2017.
# - Erion et al. [Improving performance of deep learning models with axiomatic attribution priors and expected gradients](https://arxiv.org/abs/1906.10670). Nature Machine Intelligence 2021.
# - Smilkov et al. [SmoothGrad](https://arxiv.org/abs/1706.03825). 2017.
# - Springenberg et al. [Striving for simplicity](https://arxiv.org/abs/1412.6806) (guided backpropagation). ICLR Workshop 2015.
# - Adebayo et al. [Sanity checks for saliency maps](https://arxiv.org/abs/1810.03292). NeurIPS 2018.
# - Shrikumar, Greenside and Kundaje. [Learning important features through propagating activation differences](https://arxiv.org/abs/1704.02685) (DeepLIFT). ICML 2017.
# - Bach et al. [On pixel-wise explanations for non-linear classifier decisions by layer-wise relevance propagation](https://doi.org/10.1371/journal.pone.0130140). PLOS ONE 2015.
# - Kärkkäinen and Joo. [FairFace](https://github.com/joojs/fairface). WACV 2021.
#
# **Next:** [part two](04b_parts_of_a_face.ipynb) asks no gradient at all: it hides parts of the face.
