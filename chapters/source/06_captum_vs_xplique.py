# %% [markdown]
# # 06 · One question, two libraries: Captum and Xplique
#
# Two well-known libraries explain neural networks: [Captum](https://captum.ai), made for PyTorch, and
# [Xplique](https://deel-ai.github.io/xplique/), made for TensorFlow. You give both the same network, the same photograph and the
# same question. You ask for the method with the same name, and change no setting. *The two maps have about as much in common as two
# shuffled packs of cards.*
#
# Most of the causes are *decisions*, which somebody made differently in each library. One is a mistake in a formula. By the end of this sitting you
# know each of them, and you have taken each away.
#
# **You will be able to**
#
# - *call* both libraries on one network, and show that it is one network;
# - *read* their conventions from the code, not from memory;
# - *remove* the causes of a difference one at a time, until the maps are equal or only chance is left;
# - *say* what a report must state, so that others can repeat a map.
#
# **Before you start**
#
# | you need | how much | where to find it |
# |---|---|---|
# | Python, NumPy and PyTorch | essential | as in [chapter 04](04_attribution_methods.ipynb) |
# | [chapter 04](04_attribution_methods.ipynb) | helpful | logits, gradients, integrated gradients; this page says each in a sentence |
# | [chapter 07](07_cam_variants.ipynb), first two sections | helpful | Grad-CAM, which comes last on this page |
# | Captum or Xplique | helpful | a first look at either is enough |
#
# **Time**: 60 minutes with the exercises. The cells run for about a minute; TensorFlow takes its time to start. After a break in which
# the kernel stopped, click the cell where you were and choose *Run All Above Selected Cell* in the menu *Run*.
# [Part two](06b_which_library_when.ipynb) measures which library to use when.

# %% [markdown]
# ## The same question twice · 14 min
#
# The network is the course's gender model. For each of two words it gives a score, its *logit*, and the larger one is its answer. It repeats the word that annotators wrote down for a photograph. We take four faces,
# and ask why the model gave *its own* answer:

# %%
import torch
from IPython.display import Markdown

from helpers import datasets, models

model = models.load("gender-fairface")
album = datasets.classroom(4)
images = album.images(slice(None), size=model.input_size)
with torch.no_grad():
    logits = model(images)
targets = logits.argmax(1)
Markdown(f"> **The faces of this chapter.** {album.notes[0]}")

# %% [markdown]
# The method is *SmoothGrad*. It adds noise to a picture, asks how much each pixel would change the score (its *gradient*), and
# averages this over many noisy copies. In Captum you wrap a gradient in a `NoiseTunnel`:

# %%
from captum.attr import NoiseTunnel, Saliency

torch.manual_seed(0)
smooth = NoiseTunnel(Saliency(model))
by_captum = smooth.attribute(images, target=targets)
by_captum.shape

# %% [markdown]
# Xplique needs a TensorFlow model. Our function `to_keras` builds the same network from Keras layers, with the same weights.
# Xplique wants colours in the last dimension, and the target as a *one-hot* row: 1 for the class in question, 0 elsewhere.
# (TensorFlow needs some ten seconds to start. The first two lines keep its log short.)

# %%
import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np
import tensorflow as tf
from xplique import attributions

port = models.to_keras(model)
pictures = images.permute(0, 2, 3, 1).numpy()
one_hot = np.eye(2, dtype="float32")[targets]
float(np.abs(port(pictures) - logits.numpy()).max())

# %% [markdown]
# That is the largest difference between the logits of the two networks: the rounding of 32-bit numbers. So whatever differs from here
# on, it isn't the network. Now Xplique's SmoothGrad:

# %%
tf.random.set_seed(0)
by_xplique = attributions.SmoothGrad(port)(pictures, one_hot)
by_xplique.shape

# %% [markdown]
# Captum returned three numbers a pixel, one for each colour, and Xplique one. We average Captum's over the colours. Single pixels are
# too small for the eye, so the figure shows the mean *size* of the gradient in squares of 8 by 8 pixels:

# %% alt="Four faces in rows, each under two maps of squares. Captum's squares are bright over much of the picture; Xplique's are bright in fewer places, which differ from face to face."
from torch.nn.functional import avg_pool2d

from helpers import plots


def squares(maps):
    """Mean of each square of 8 by 8 pixels, as large as the picture."""
    small = avg_pool2d(maps.detach()[:, None], 8)[:, 0]
    return small.repeat_interleave(8, 1).repeat_interleave(8, 2)


captum_map = by_captum.mean(1)
xplique_map = torch.from_numpy(by_xplique.numpy()[..., 0])
named = {"Captum": captum_map.abs(), "Xplique": xplique_map.abs()}
plots.relevance_grid(images, {name: squares(m) for name, m in named.items()})

# %% [markdown]
# Each column has its own scale, written below it: the brighter, the more the score would change. The maps light up in different
# places. The figure leaves the sign out: Xplique's map has one (a pixel may raise or lower the score), Captum's hasn't. And it shows
# that the maps differ, not how much or why. First: how much?

# %% [markdown] tags=["exercise"]
# ### Exercise 6.1 · How alike are two maps? · ●●○ · 7 min
#
# *Claim to test:* the two maps of a face rank its pixels in a similar order.
#
# Units may differ between libraries, so compare *ranks*. For each face, rank the pixels of both maps and correlate the ranks:
# *Spearman's correlation*, 1 for the same order, 0 for none in common, -1 for the reverse. Return one number for each face.
#
# <details><summary>Hint: I get one number instead of one for each face</summary>
#
# Go through the faces in a loop. Pixels of different faces don't belong in one ranking.
#
# </details>
# <details><summary>Hint: I get a whole table of numbers</summary>
#
# `spearmanr` compares columns. Give it two rows of numbers: `one[k].flatten()` and `two[k].flatten()`.
#
# </details>


# %% tags=["exercise"]
def rank_agreement(one: torch.Tensor, two: torch.Tensor) -> list[float]:
    """Spearman's correlation of each face's pixels; maps (N, height, width)."""
    ### BEGIN SOLUTION
    from scipy.stats import spearmanr

    return [
        float(spearmanr(a.flatten(), b.flatten()).statistic)
        for a, b in zip(one, two)
    ]
    ### END SOLUTION


# %%
from helpers import checks as check

check.exercise_6_1(rank_agreement)

# %% [markdown]
# For the rest of the page we use a function that also tells the largest difference, as a share of the second map's largest value:

# %%
from scipy.stats import spearmanr


def compare(one, two):
    """Rank correlation, over faces, and largest difference of two maps."""
    one, two = np.asarray(one.detach()), np.asarray(two)
    ranks = [spearmanr(*pair, axis=None).statistic for pair in zip(one, two)]
    return {
        "rank, mean": float(np.mean(ranks)),
        "rank, lowest": float(np.min(ranks)),
        "largest difference": float(np.abs(one - two).max() / abs(two).max()),
    }


first_look = compare(captum_map, xplique_map)
first_look

# %% tags=["reading"]
found = first_look["rank, mean"]
nothing = "The two orders have next to nothing in common: the claim is contradicted for these faces."
less = "The two orders have something in common, and are far from equal."
Markdown(f"""Over {len(images)} faces the rank correlation is {found:.2f} on average.
{nothing if abs(found) < 0.1 else less} Remember what we asked: one network, one set of pictures, one class, one method by name.""")

# %% [markdown]
# ## What each library takes for granted · 11 min
#
# Defaults are decisions that somebody made for you. Python can read them out of the installed library, so the table below is about
# *your* versions:

# %%
import inspect
from importlib.metadata import version

import pandas as pd
from captum.attr import IntegratedGradients, KernelShap, Lime, Occlusion

pd.set_option("display.max_colwidth", None)


def stated(method, names):
    call = getattr(method, "attribute", method)
    known = inspect.signature(call).parameters
    return ", ".join(
        f"{name}={known[name].default!r}" for name in names.split()
    )


{name: version(name) for name in ("captum", "xplique", "torch", "tensorflow")}

# %%
captum_says = {
    "SmoothGrad": stated(NoiseTunnel, "stdevs nt_samples"),
    "IG": stated(IntegratedGradients, "n_steps method baselines"),
    "occlusion": stated(Occlusion, "perturbations_per_eval"),
    "LIME": stated(Lime, "n_samples feature_mask"),
    "KernelSHAP": stated(KernelShap, "n_samples feature_mask"),
    "Grad-CAM": "layer: you name it",
}
its = attributions
xplique_says = {
    "SmoothGrad": stated(its.SmoothGrad, "noise nb_samples reducer"),
    "IG": stated(its.IntegratedGradients, "steps baseline_value reducer"),
    "occlusion": stated(its.Occlusion, "occlusion_value batch_size"),
    "LIME": stated(its.Lime, "nb_samples map_to_interpret_space"),
    "KernelSHAP": stated(its.KernelShap, "nb_samples map_to_interpret_space"),
    "Grad-CAM": stated(its.GradCAM, "conv_layer"),
}
pd.DataFrame({"Captum": captum_says, "Xplique": xplique_says})

# %% [markdown]
# Look at the first row. `stdevs` and `noise` are one quantity: the *standard deviation* (the usual size) of the noise. Pixels lie
# between 0 and 1, so noise of size 1, Captum's default, drowns the picture.
#
# In the other rows:
#
# - IG is short for *integrated gradients*, which we meet below. `baselines=None` is zero, as is `baseline_value=0.0`. But zero of *what*? We come to it.
# - `perturbations_per_eval=1` shows the network one changed picture at a time. That costs time, not accuracy.
# - `feature_mask=None` means that every colour of every pixel is a feature of its own. Xplique, by default, looks for patches of similar colour.
# - `conv_layer=None` means the last convolution, which isn't the end of the last stage.
#
# <details><summary>Conventions that no signature tells</summary>
#
# | | Captum | Xplique |
# |---|---|---|
# | pictures | whatever the network takes: `(N, 3, H, W)` | `(N, H, W, 3)` |
# | target | index of the class | one-hot row |
# | logits or softmax | what the network returns | what the network returns; `operator=` changes it |
# | colours | kept | `Saliency` takes their largest, other gradient methods their mean |
# | sign of a gradient | `Saliency` drops it, unless `abs=False` | `Saliency` drops it, `SmoothGrad` doesn't |
# | normalisation | inside or outside the network: you decide | the same |
#
# </details>
#
# A one-hot target holds a trap. Here is the class as a *column* of ones, which looks like a list of indices:

# %%
column = np.ones((len(pictures), 1), "float32")
saliency = attributions.Saliency(port, reducer=None)
of_column = saliency(pictures, column)
of_both = saliency(pictures, np.ones((len(pictures), 2), "float32"))
{
    "column against one-hot": float(
        np.abs(of_column - saliency(pictures, one_hot)).max()
    ),
    "column against sum of both": float(np.abs(of_column - of_both).max()),
}

# %% [markdown]
# No error, no warning, and the second number is 0: a column explains the *sum of all logits*, a question that nobody asked. Check the
# shape of your targets.

# %% [markdown] tags=["quiz"]
# **Quiz 6.1** A paper says: "We computed SmoothGrad maps with library L, version V." What is missing to repeat them?
#
# 1. Nothing, since a version fixes every default.
# 2. The range of the pixels and the class that was explained.
# 3. The name of the function inside the library.
#
# <details><summary>Answer and reason</summary>
#
# The second. The version fixes the noise as a number, but what that number means depends on the range of the pixels. Noise that drowns a picture with
# values from 0 to 1 is invisible where values reach `255`. And the class is never a default: you choose it at each call. The seed is missing too.
#
# </details>

# %% [markdown]
# ## Remove one cause at a time · 27 min
#
# **Colours.** We begin with two methods that draw nothing: *saliency* (the size of the gradient) and *gradient times input*. Which
# summary of Captum's three colours gives Xplique's single number? We try three. (Captum warns about pictures that don't ask for
# gradients, so we hand over a copy that does.)

# %%
from captum.attr import InputXGradient

pairs = {}
asked = images.clone().requires_grad_()
for name, method, other in [
    ("saliency", Saliency, attributions.Saliency),
    ("gradient x input", InputXGradient, attributions.GradientInput),
]:
    colours = method(model).attribute(asked, target=targets).detach()
    pairs[name] = colours, other(port)(pictures, one_hot)[..., 0]
summaries = {"mean": torch.mean, "sum": torch.sum, "largest": torch.amax}
pd.DataFrame(
    {
        name: {
            how: compare(summary(ours, 1), theirs)["largest difference"]
            for how, summary in summaries.items()
        }
        for name, (ours, theirs) in pairs.items()
    }
)

# %% [markdown]
# A column's smallest number tells the convention: with it, the difference all but vanishes. Xplique's saliency takes the largest colour, and
# its gradient times input the mean. Ranks don't care whether you take the mean or the sum. Sums do, as the next method shows.
#
# **Steps.** *Integrated gradients* (IG) averages gradients on the straight way from a *baseline*, here black, to the picture, and
# multiplies by the difference between the two. The result should be *complete*: it sums to the difference of the scores. Each library
# walks in twenty steps, by its own rule:

# %%
ig, steps = IntegratedGradients(model), 20
rule = {"target": targets, "n_steps": steps}
gauss = ig.attribute(images, **rule).sum(1)
trapezoid = ig.attribute(images, method="riemann_trapezoid", **rule).sum(1)
explainer = attributions.IntegratedGradients(port, steps=steps, reducer=None)
theirs = torch.from_numpy(explainer(pictures, one_hot).numpy())
with torch.no_grad():
    rise = logits - model(torch.zeros_like(images))
rise = rise.gather(1, targets[:, None])[:, 0]

# %%
walks = {
    "Captum, its default rule, sum of colours": gauss,
    "Captum, trapezoid, sum of colours": trapezoid,
    "Captum, trapezoid, corrected": trapezoid * steps / (steps - 1),
    "Xplique, sum of colours": theirs.sum(-1),
    "Xplique, its default: mean of colours": theirs.mean(-1),
}
completeness = {
    name: each.sum((1, 2)).sum() / rise.sum() for name, each in walks.items()
}
pd.DataFrame(
    {
        "sum of maps / rise of scores": completeness,
        "largest difference from Xplique's": {
            name: compare(each, theirs.sum(-1))["largest difference"]
            for name, each in walks.items()
        },
    }
).astype(float).round(6)

# %% [markdown]
# Three things to read:
#
# - Xplique's default, the *mean* of the colours, gives a third of what the sum gives, so it can't be complete. Ask for `reducer="sum"`.
# - Xplique uses the trapezoidal rule. Captum's trapezoid still differs from it.
# - Times `steps / (steps - 1)`, Captum's trapezoid is Xplique's, but for rounding. Why this factor?
#
# Don't judge the *rules* by the first column. Twenty steps are few, so every rule errs on photographs, and a faulty one may come
# nearer to 1 by luck.

# %% [markdown] tags=["exercise"]
# ### Exercise 6.2 · The trapezoid, by hand · ●●○ · 7 min
#
# *Claim to test:* a rule for an average must have weights that sum to 1.
#
# With gradients at evenly spaced places, both ends included, the *trapezoidal rule* gives full weight to inner places and half of it
# to each end. Return these weights for an average: they must sum to 1.
#
# <details><summary>Hint: my weights sum to a little less than 1</summary>
#
# You divided by the number of places. Count the gaps between them.
#
# </details>
# <details><summary>Hint: my weights are all equal</summary>
#
# The first place has one neighbour and not two, so it counts half. So does the last.
#
# </details>


# %% tags=["exercise"]
def trapezoid_weights(places: int) -> np.ndarray:
    """Weights, which sum to 1, of evenly spaced places, ends included."""
    ### BEGIN SOLUTION
    weights = np.ones(places)
    weights[[0, -1]] = 0.5
    return weights / (places - 1)
    ### END SOLUTION


# %%
check.exercise_6_2(trapezoid_weights)

# %% [markdown]
# What are Captum's weights? We ask the function that it uses itself, and sum them:

# %%
from captum.attr._utils.approximation_methods import approximation_parameters

sums = {}
for rule in ("riemann_trapezoid", "gausslegendre"):
    weights_of, places_of = approximation_parameters(rule)
    sums[rule] = round(sum(weights_of(steps)), 6)
sums

# %% [markdown]
# They sum to {{0.95 = sums["riemann_trapezoid"]}}, not 1. Captum divides by the number of places, {{20 = steps}}, where it should divide by the number of
# gaps, {{19 = steps - 1}}. This is the mistake that we announced. Where the gradient is the same all the way, nothing else errs, and the map falls short by just
# this: one part in `n_steps`. On photographs the error of few steps comes on top, and may hide it. Captum's default rule,
# Gauss-Legendre, has weights that sum to 1.
#
# **Baseline.** Many networks are given pictures that were *normalised* before: minus a mean colour, divided by a standard deviation.
# Ours normalises inside. What does "baseline zero" mean when we move that step outside?

# %% alt="Four faces in rows under two integrated gradient maps of the same network: zero inside the network is black, zero outside is grey; red and blue lie in different places."
mean, deviation = model.normalise.mean, model.normalise.std
grey = mean.expand_as(images)


def outside(normalised):
    return model(normalised * deviation + mean)


options = {"target": targets, "n_steps": 10}
normalised = (images - mean) / deviation
zero = IntegratedGradients(outside).attribute(normalised, **options).sum(1)
black_inside = ig.attribute(images, **options).sum(1)
grey_inside = ig.attribute(images, baselines=grey, **options).sum(1)
maps = {"zero, inside": squares(black_inside), "zero, outside": squares(zero)}
plots.relevance_grid(images, maps, scale="all")

# %%
baselines = {"black": black_inside, "mean colour": grey_inside}
pd.DataFrame({name: compare(each, zero) for name, each in baselines.items()})

# %% [markdown]
# The same network, the same method, "zero" both times, one scale, and other maps. The table says what outside zero is: compared with the *mean
# colour* inside, next to nothing differs. Zero after normalisation is grey, and not black. Both libraries would do it to you.
#
# Neither baseline is wrong, but each has a blind spot, for the gradient is multiplied by the difference from the baseline. With black, a black pixel gets exactly nothing,
# however much it matters, and a dark one gets little. With the mean colour, a pixel of just that colour gets nothing, and one close to it little.
#
# **Noise.** Back to SmoothGrad. We bring Captum's settings to Xplique's, one after the other (some seconds):

# %%
settings, ladder = {}, {"as it comes": first_look}
for name, value in [
    ("abs", False),
    ("stdevs", 0.2),
    ("nt_samples", 50),
]:
    settings[name] = value
    torch.manual_seed(0)
    given = settings | {"target": targets, "nt_samples_batch_size": 5}
    captum_map = smooth.attribute(images, **given).mean(1)
    ladder[f"and {name}={value}"] = compare(captum_map, xplique_map)
pd.DataFrame(ladder).T

# %% [markdown]
# The rank correlation climbs and stops short of 1. (Go by the ranks here. The largest difference hangs on the one pixel that chance hit
# hardest, so it stays large.) Is there a cause left? Before you go on, say what you expect when each library
# is compared with *itself*, drawing its noise a second time. For Xplique we try two ways (some seconds):


# %%
def xplique_draws():
    maps = attributions.SmoothGrad(port)(pictures, one_hot)
    return torch.from_numpy(maps[..., 0].numpy())


again = xplique_draws()
tf.random.set_seed(1)
reseeded = xplique_draws()
torch.manual_seed(1)
captum_again = smooth.attribute(images, **given).mean(1)
ceiling = {
    "Xplique, drawn again": compare(again, xplique_map),
    "Xplique, after another seed": compare(reseeded, xplique_map),
    "Captum, after another seed": compare(captum_again, captum_map),
}
pd.DataFrame(ceiling).T

# %% tags=["reading"]
itself, seeded, captums = (each["rank, mean"] for each in ceiling.values())
both = list(ladder.values())[-1]["rank, mean"]
chance = (
    "So we see nothing but chance: two draws of one library are no more alike."
)
open_ = "That is less, so there may be a cause that we have not found."
trap = """**The middle row is a trap.** After another seed, Xplique drew the *same* noise. TensorFlow compiled its sampling once, and the compiled
function keeps the seed of that moment. So draw again *without* setting a seed, or in a fresh process."""
Markdown(f"""Drawn again, Xplique agrees with itself at {itself:.2f} and Captum at {captums:.2f}. They agree with each other at {both:.2f}.
{chance if both > min(itself, captums) - 0.05 else open_} Agreement with itself is the *ceiling* of any method that draws random numbers. Measure it before
you blame a library.

{trap if seeded > 0.999 else "Another seed gave Xplique another draw."}""")

# %% [markdown]
# **Overlap.** *Occlusion* covers a patch and notes how much the score falls. Where patches overlap, a pixel has several such numbers.
# The second column has patches that don't overlap:

# %%
layouts = {"overlapping": (32, 16), "side by side": (28, 28)}
occluded = {}
for name, (side, step) in layouts.items():
    ours = Occlusion(model).attribute(
        images,
        sliding_window_shapes=(3, side, side),
        strides=(3, step, step),
        target=targets,
        perturbations_per_eval=8,
    )[:, 0]
    method = attributions.Occlusion(port, patch_size=side, patch_stride=step)
    occluded[name] = ours, method(pictures, one_hot)[..., 0]
pd.DataFrame({name: compare(*pair) for name, pair in occluded.items()})

# %% [markdown]
# Side by side the maps are equal. Where patches overlap, Xplique *adds* what they give, and Captum *averages*. So in
# Xplique's map the middle of the picture, which more patches cover, counts more than its margin. Divide by the number of patches on each pixel:

# %%
from torch.nn.functional import fold

ours, theirs = occluded["overlapping"]
patches = torch.ones(1, 32 * 32, 6 * 6)
covered = fold(patches, (112, 112), 32, stride=16)[0, 0]
compare(ours, theirs / covered.numpy())

# %% [markdown]
# The cause is found: next to nothing is left.
#
# **Layer.** *Grad-CAM* takes the small pictures that a layer's filters make of the face, and adds them up, each weighted by its mean gradient. Captum's is
# signed, small, and read where you say. Xplique's chooses the layer, drops what is negative and
# enlarges *bicubically* (with smooth curves). We enlarge Captum's in the same way from the start, and remove the other two causes one by one:

# %%
from captum.attr import LayerGradCam

small = LayerGradCam(model, model.layer4).attribute(images, target=targets)


def enlarged(maps):
    rows = maps.detach().permute(0, 2, 3, 1).numpy()
    large = tf.image.resize(rows, images.shape[2:], "bicubic").numpy()
    return torch.from_numpy(large[..., 0])


named = attributions.GradCAM(port, conv_layer="layer4")(pictures, one_hot)
cams = {
    "as it comes": (small, attributions.GradCAM(port)(pictures, one_hot)),
    "at layer4": (small, named),
    "negative values dropped": (small.clamp_min(0), named),
}
pd.DataFrame(
    {name: compare(enlarged(a), b[..., 0]) for name, (a, b) in cams.items()}
).T

# %% [markdown]
# The last row is next to equal: the same layer (Xplique had chosen the last convolution, `layer4.1.conv2`), and the same values dropped.
# Xplique drops them *before* it enlarges. Bicubic curves overshoot, so its map can still hold small negative values.

# %% [markdown] tags=["quiz"]
# **Quiz 6.2** Two libraries' LIME maps of a face have a rank correlation of one half. What do you do first?
#
# 1. Draw each library's map once more, and compare it with its first.
# 2. Take the average of the two maps, since errors of independent libraries cancel.
# 3. Prefer the library with the larger number of samples by default.
#
# <details><summary>Answer and reason</summary>
#
# The first. LIME draws random samples. (Draw again in a fresh process or without setting the seed: in TensorFlow, another seed may return the same draw.) If each library agrees with itself no better, there is nothing to explain. If it does
# much better, look for a cause: parts of the picture, what hides them, the regression. An average of two different questions answers neither.
#
# </details>

# %% [markdown]
# ## The whole table · 8 min
#
# Two methods are left that change the gradient's way back through each ReLU (the step that replaces negative numbers by 0): *guided
# backpropagation* and *deconvolution*. VarGrad, the variance of noisy gradients, draws numbers as SmoothGrad does. (Captum warns that it hangs its rules into the network,
# and takes them out again. We catch that.)

# %%
import warnings

from captum.attr import Deconvolution, GuidedBackprop

rules = [
    ("guided backpropagation", GuidedBackprop, attributions.GuidedBackprop),
    ("deconvolution", Deconvolution, attributions.DeconvNet),
]
for name, method, other in rules:
    with warnings.catch_warnings(record=True):
        colours = method(model).attribute(asked, target=targets).detach()
    pairs[name] = colours, other(port)(pictures, one_hot)[..., 0]
few = {"stdevs": 0.2, "nt_samples": 20, "nt_samples_batch_size": 5}
few |= {"nt_type": "vargrad", "abs": False, "target": targets}
vargrad = attributions.VarGrad(port, nb_samples=20)
variance, redrawn = (vargrad(pictures, one_hot) for _ in range(2))
pairs["VarGrad"] = smooth.attribute(images, **few), variance[..., 0]

# %%
settled = {
    name: ((summaries["largest" if name == "saliency" else "mean"])(a, 1), b)
    for name, (a, b) in pairs.items()
}
corrected = walks["Captum, trapezoid, corrected"]
settled |= {
    "IG": (corrected, walks["Xplique, sum of colours"]),
    "occlusion": (ours, theirs / covered.numpy()),
    "Grad-CAM": (enlarged(small.clamp_min(0)), named[..., 0]),
    "SmoothGrad": (captum_map, xplique_map),
}
agreement = pd.DataFrame(
    {name: compare(*pair) for name, pair in settled.items()}
).T.sort_values("largest difference")
agreement

# %% tags=["reading"]
near = agreement[agreement["largest difference"] < 0.01]
rest = [name for name in agreement.index if name not in near.index]
redone = torch.from_numpy(redrawn.numpy()[..., 0])
own = {"SmoothGrad": ceiling["Xplique, drawn again"]}
own["VarGrad"] = compare(redone, variance[..., 0])
drawn = "; ".join(
    f"{name} {agreement.loc[name, 'rank, mean']:.2f}, and Xplique with itself {each['rank, mean']:.2f}"
    for name, each in own.items()
)
Markdown(f"""With settings alike, {len(near)} of {len(agreement)} methods differ by less than a hundredth of a map's largest value, which we call one map:
{", ".join(near.index)}. The largest difference among them is {near["largest difference"].max():.0e}. That is rounding, and what follows from
it: a ReLU whose input is nearly 0 may be open in one library and shut in the other.

Left are {" and ".join(rest)}. For methods that draw, compare ranks with the ceiling: {drawn}. So but for one formula the libraries compute the same
methods, and differ in what they take for granted.

LIME and KernelSHAP are missing here. They need a decision on what the parts of a picture are, and
part two makes it, on faces for which the right values are known.""")

# %% [markdown]
# ## What this chapter does not show
#
# - **Not that a map is right.** Two libraries that agree compute one formula. Whether the formula tells what the model uses is
#   the subject of [part two](06b_which_library_when.ipynb).
# - **Not other networks.** In a network with other layers, rules such as guided backpropagation may be attached differently.
# - **Not other versions.** The tables are about the versions that they name. Run the page again after an update.
# - **Nothing about the people in the photographs.** The model repeats a word that annotators wrote down.

# %% [markdown]
# ## Summary
#
# - Show first that the network is one network: compare the logits.
# - Same name, other defaults: noise, steps, layer, colours, overlap. One cause is a mistake: Captum's trapezoid. Each can be removed, and then the maps agree, closely or up to chance.
# - Zero after normalisation is the mean colour. The mean of the colours is not complete; their sum is.
# - Where numbers are drawn, the ceiling is a library's agreement with itself. Make sure that the second draw is another one.
# - Report: class, pixel range, where you normalise, baseline, steps and rule, noise and samples, layer, reduction of colours, seed.
#
# ## References
#
# - Kokhlikyan et al. [Captum](https://arxiv.org/abs/2009.07896). 2020.
# - Fel et al. [Xplique](https://arxiv.org/abs/2206.04394). 2022.
# - Smilkov et al. [SmoothGrad](https://arxiv.org/abs/1706.03825). 2017.
# - Sundararajan et al. [Axiomatic attribution for deep networks](https://arxiv.org/abs/1703.01365). ICML 2017.
# - Selvaraju et al. [Grad-CAM](https://arxiv.org/abs/1610.02391). ICCV 2017.
# - Kärkkäinen and Joo. [FairFace](https://github.com/joojs/fairface). WACV 2021.
#
# **Next:** [part two](06b_which_library_when.ipynb) asks which library to use when, where the truth is known and where it isn't.
