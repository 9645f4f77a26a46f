# %% [markdown]
# # 06b · Which library, when? Truth, seconds, yardsticks and traps
#
# Captum and Xplique both offer *deconvolution*. On the network of this page their maps agree to a millionth. This network, we
# know, answers by the lipstick: we taught it to. *And deconvolution puts no more relevance on the lipstick than chance would.*
#
# Two libraries that agree can be wrong together. So before you choose a library, choose a method. This page measures both.
#
# **You will be able to**
#
# - *test* methods of both libraries on faces for which the truth is known;
# - *time* them fairly, and notice a switch that is left on;
# - *run* the yardsticks of both libraries, with a random and an empty map as controls;
# - *recognise* four traps by what they look like.
#
# **Before you start**
#
# | you need | how much | where to find it |
# |---|---|---|
# | [chapter 06](06_captum_vs_xplique.ipynb) | essential | what the two libraries take for granted |
# | [chapter 07b](07b_does_it_look_at_the_face.ipynb) | helpful | planted models, and why they need a twin |
# | [chapter 02](02_bias_in_classification.ipynb) | helpful | confidence intervals |
#
# **Time**: 60 minutes with the exercises. The cells run for one to two minutes on two cores. After a break in which the kernel stopped, click the cell
# where you were and choose *Run All Above Selected Cell* in the menu *Run*.

# %% [markdown]
# ## Where the truth is known · 19 min
#
# Two networks have learnt whether the brows of a drawn face are raised. For the *planted* one, training faces with raised brows wore lipstick, so it took the
# shortcut. Its *twin* learnt from faces without that link. We draw people with lipstick, and each once more without:

# %% alt="Eight drawn faces: four people with coloured lips, and below each the same person with bare lips."
import torch

from helpers import datasets, faces, models, plots
from helpers.evaluate import ground_truth

planted = models.load("synthetic-lipstick")
twin = models.load("synthetic-lipstick-clean")
people = faces.sample(8, seed=3, lipstick=True)
bare = [faces.twin(each, lipstick=False) for each in people]
pictured = faces.render([*people, *bare], size=112)
both = datasets.to_tensor(list(pictured.images))
images, without = both[:8], both[8:]
plots.pictures(torch.cat([images[:4], without[:4]]), columns=4)

# %% [markdown]
# How much does the lipstick matter? We compare the logit for raised brows with and without it, person by person:

# %%
import numpy as np
import pandas as pd

from helpers.intervals import bootstrap_mean

networks = {"planted": planted, "twin": twin}
effects = {}
with torch.no_grad():
    for name, network in networks.items():
        change = (network(images) - network(without))[:, 1]
        effects[name] = bootstrap_mean(change.numpy())
pd.DataFrame(effects, index=["effect", "low", "high"]).T.round(2)

# %% [markdown]
# Lipstick moves the planted network's logit a great deal and the twin's little (`low` and `high` are 95 % confidence intervals, over eight people).
# So we know what a map *should* do: light up the lips of the planted network.
#
# Which pixels does lipstick change? And how much more relevance than chance does a map put there? *Lift* is the share of the
# positive relevance on these pixels, divided by their share of the picture. Chance has lift 1:

# %%
from helpers.explain import explain

mask = torch.from_numpy(ground_truth.changed_pixels(people, "lipstick"))


def lift(maps):
    inside = mask[: len(maps)]
    positive = maps.clamp_min(0)
    share = (positive * inside).sum((1, 2)) / positive.sum((1, 2))
    return (share / inside.float().mean((1, 2))).nan_to_num(1).numpy()


float(mask.float().mean())

# %% [markdown]
# The lipstick covers less than one pixel in a hundred. `explain` calls either library by its name, with the colours summed (the
# largest for saliency) and the baseline black, so that only the libraries differ. Xplique's rows take the network through
# `TorchWrapper`; the last two, for which that fails, through `to_keras`. Some ten seconds:

# %%
ROUTE = {"route": "wrapper"}
STEPS = {"steps": 10}
methods = {
    "captum.saliency": {},
    "xplique.saliency": ROUTE,
    "captum.input_x_gradient": {},
    "xplique.gradient_input": ROUTE,
    "captum.integrated_gradients": STEPS,
    "xplique.integrated_gradients": STEPS | ROUTE,
    "captum.guided_backprop": {},
    "xplique.guided_backprop": {},
    "captum.deconvolution": {},
    "xplique.deconvnet": {},
}
maps = {
    (method, name): explain(network, images, 1, method, **options)
    for method, options in methods.items()
    for name, network in networks.items()
}

# %% alt="Dots with whiskers, one line for each method and network, on an axis of lift. Saliency, gradient times input and integrated gradients of the planted network lie far to the right of 1; deconvolution lies at 1 for both networks."
lifts = pd.DataFrame(
    {key: bootstrap_mean(lift(each)) for key, each in maps.items()},
    index=["value", "low", "high"],
).T
table = lifts.reset_index(names=["method", "kind"]).set_index("method")
plots.dots(table, "lift on the lipstick", 1, "chance")

# %% tags=["reading"]
from IPython.display import Markdown

of = lifts["value"]
deconv, saliency = of["captum.deconvolution"], of["captum.saliency"]
guided = of["captum.guided_backprop"]
apart = (
    maps["captum.deconvolution", "planted"]
    - maps["xplique.deconvnet", "planted"]
).abs().max() / maps["xplique.deconvnet", "planted"].abs().max()
Markdown(f"""Read the figure in pairs. The two libraries' dots of a method lie on each other: the library hardly matters, the method does.
Saliency has a lift of {saliency["planted"]:.0f} on the planted network and {saliency["twin"]:.1f} on its twin: it tells the two
apart. Guided backpropagation has {guided["planted"]:.0f} and {guided["twin"]:.1f}. Deconvolution has {deconv["planted"]:.1f} and
{deconv["twin"]:.1f}, though the two libraries agree on it to {apart:.0e} of its largest value.""")

# %% [markdown]
# The figure is about drawn faces and one shortcut on few pixels. A larger cue, or a dark one, may favour other methods.
#
# Now the settings. In chapter 06, SmoothGrad's noise had other defaults in the two libraries: 1 and `0.2`. On photographs nobody can
# say which is better. Here we can. Predict first: which noise has the highest lift, 0 (no noise at all), `0.2` or 1?

# %%
noisy = {
    noise: explain(
        planted, images, 1, "captum.smoothgrad", noise=noise, samples=10
    )
    for noise in (0.0, 0.2, 1.0)
}
pd.DataFrame(
    {noise: bootstrap_mean(lift(each)) for noise, each in noisy.items()},
    index=["lift", "low", "high"],
).T.rename_axis("noise").round(1)

# %% [markdown]
# The more noise, the less lift, for this network and these faces. It has learnt from clean drawings, and noise leads it to pictures
# that it has never seen.
#
# Last, the number of samples. *KernelSHAP* estimates *Shapley values*: a part's mean gain over all orders in which parts can be
# shown. With nine cells there are only {{512 = 2**9}} ways to show some of them, so we can compute the exact values too:

# %%
from helpers.explain import region_values

row = torch.arange(112) * 3 // 112
cells = row[:, None] * 3 + row
nine = torch.stack([cells == k for k in range(9)]).expand(2, -1, -1, -1)
exact = region_values(planted, images[:2], nine, 1, baseline="black")
by_cell = torch.tensor(exact.to_numpy())
errors = {}
for samples in (25, 200):
    options = {"samples": samples, "grid": 3, "baseline": "black"}
    for method in ("captum.kernel_shap", "xplique.kernel_shap"):
        found = explain(planted, images[:2], 1, method, **options)
        middles = found[:, 18::37, 18::37].flatten(1)
        errors[method, samples] = float((middles - by_cell).abs().max())
pd.Series(errors).unstack().rename_axis(columns="samples").round(3)

# %% tags=["reading"]
size = float(by_cell.abs().max())
Markdown(f"""The largest exact value is {size:.2f}. Columns are samples: 25, Captum's default, and 200. More samples bring an estimate
closer, and more parts need more of them. Captum's default number is the smaller one, and its default *part* the smallest there is, one
colour of one pixel. Give it a `feature_mask`, and enough samples. LIME has the same two settings.""")

# %% [markdown] tags=["quiz"]
# **Quiz 6.3** On your own photographs, two libraries' guided backpropagation agrees to a millionth. What may you conclude?
#
# 1. The highlighted regions decided the answer, because two independent implementations confirm each other.
# 2. The method suits your network, otherwise the implementations would drift apart.
# 3. Both compute the same formula on the same weights.
#
# <details><summary>Answer and reason</summary>
#
# The third. Agreement tests the code, not the method. What the method tells about the network needs a truth to compare with: planted
# models here, or a change of the photograph that you make yourself.
#
# </details>

# %% [markdown]
# ## Seconds, and a switch left on · 9 min
#
# We time occlusion of two faces, {{49 = 7 * 7}} patches each, four ways. Each way runs three times, and the quickest counts. The first column of the result is seconds
# an image, the second a multiple of the bare forward passes:

# %%
import os
import timeit
from functools import partial

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import tensorflow as tf
from captum.attr import Occlusion
from xplique import attributions

port = models.to_keras(planted)
pictures = images.permute(0, 2, 3, 1).numpy()
one_hot = np.eye(2, dtype="float32")[np.ones(8, int)]
patch = {"sliding_window_shapes": (3, 16, 16), "strides": (3, 16, 16)}
captum = partial(Occlusion(planted).attribute, images[:2], target=1, **patch)
batched = partial(captum, perturbations_per_eval=32)
tf.get_logger().setLevel("ERROR")  # it would count its compilations
tf.config.functions_run_eagerly()


# %%
def seconds(work):
    return min(timeit.repeat(work, number=1, repeat=3)) / 2


def with_xplique(network):
    method = attributions.Occlusion(network, patch_size=16, patch_stride=16)
    method(pictures[:2], one_hot[:2])


with torch.no_grad():
    floor = 2 * seconds(lambda: planted(images[:1].expand(49, -1, -1, -1)))
taken = {
    "Captum, one patch at a time (default)": seconds(captum),
    "Captum, 32 patches at a time": seconds(batched),
    "Xplique on Keras": seconds(lambda: with_xplique(port)),
}

# %% [markdown]
# The fourth way is Xplique's `TorchWrapper`, which spares you the port: TensorFlow calls the PyTorch network. We catch the warning that
# it gives, and ask the same question to TensorFlow afterwards as above:

# %%
import warnings

from xplique.wrappers import TorchWrapper

with warnings.catch_warnings(record=True) as heard:
    warnings.simplefilter("always")
    wrapper = TorchWrapper(planted, "cpu", is_channel_first=True)
taken["Xplique on TorchWrapper"] = seconds(lambda: with_xplique(wrapper))
taken["Xplique on Keras, afterwards"] = seconds(lambda: with_xplique(port))
told = [" ".join(str(each.message).split()) for each in heard]
told[-1], tf.config.functions_run_eagerly()

# %%
tf.config.run_functions_eagerly(False)
timing = pd.DataFrame({"seconds an image": taken})
timing["times the bare passes"] = timing["seconds an image"] / floor
timing.round(2)

# %% tags=["reading"]
one, many, keras, wrapped, after = timing["times the bare passes"]
little = "Batches hardly pay here, for one small network. A graphics card, which one picture can't fill, has more to gain."
pays = "Batches pay here." if one > 1.3 * many else little
slower = ": slower, though nobody touched it" if after > 1.2 * keras else ""
Markdown(f"""In this run, Captum takes {one:.1f} times the bare passes with its default, and {many:.1f} with many patches at a time.
{pays} Xplique takes {keras:.1f} on Keras and {wrapped:.1f} on `TorchWrapper`.

The last row is a trap. The same Keras model took {keras:.1f}, and {after:.1f} *after* the wrapper was made{slower}. The wrapper
switches TensorFlow to *eager* mode (step by step instead of compiled) for the whole process, and leaves it so. The warning says so; we
switched it back. `explain` does that after each call.

Seconds depend on the machine and on what else it does, so compare rows of one run.""")

# %% [markdown]
# ## Their yardsticks · 17 min
#
# When the truth is unknown, one can only ask whether a map *behaves* as a good map should. Both libraries have yardsticks for that:
#
# | yardstick | library | asks | good is |
# |---|---|---|---|
# | MuFidelity | Xplique | does the score fall with the relevance of what is hidden? (rank correlation) | high |
# | Deletion, Insertion | Xplique | how fast does the score fall, or rise, when pixels go, or come, in the map's order? | low, high |
# | infidelity | Captum | how far is the fall from what the map says? (mean square) | low |
# | AverageStability | Xplique | how far does the map move under small noise? (distance) | low |
# | sensitivity_max | Captum | the same, at its worst, as a share of the map's size | low |

# %% [markdown] tags=["exercise"]
# ### Exercise 6.3 · Infidelity by hand · ●●○ · 7 min
#
# *Claim to test:* a map in the wrong unit can be good for MuFidelity and bad for infidelity.
#
# Several times, some pixels of a picture are hidden. `hidden` tells which, a row for each time, 1 for hidden. `falls` says how much the
# score fell each time. The map *says* that it falls by the sum of the relevance that was hidden. Infidelity is the mean square of the difference:
#
# $$\frac{1}{S} \sum_s \Big(\sum_p h_{sp} r_p - f_s\Big)^2$$
#
# <details><summary>Hint: my result has a number for each time</summary>
#
# Sum over pixels within a time, and average over times at the end.
#
# </details>


# %% tags=["exercise"]
def infidelity_of(
    hidden: np.ndarray, falls: np.ndarray, relevance: np.ndarray
) -> float:
    """Infidelity; hidden (times, pixels), falls (times,), relevance (pixels,)."""
    ### BEGIN SOLUTION
    said = hidden @ relevance
    return float(((said - falls) ** 2).mean())
    ### END SOLUTION


# %%
from helpers import checks as check

check.exercise_6_3(infidelity_of)

# %% [markdown]
# Now six maps of four faces. Two are controls: a *random* map, made as large as that of integrated gradients, and an *empty* one of zeros. Here we know who should win: integrated gradients and gradient times input, which had a
# high lift, above deconvolution and the controls, which had none. A yardstick that says otherwise has failed a test of its own. One map
# comes twice: integrated gradients with the *mean* of the colours, Xplique's default, is a third of the sum, the same order in another unit. Captum's infidelity
# wants a function that hides something. Ours covers a random half of {{49 = 7 * 7}} squares with black:

# %%
from captum.metrics import infidelity

draw = torch.Generator().manual_seed(0)


def hide_squares(inputs):
    squares = torch.rand(len(inputs), 1, 7, 7, generator=draw) < 0.5
    large = squares.float().repeat_interleave(16, 2).repeat_interleave(16, 3)
    hidden = large.expand_as(inputs)
    return hidden, inputs * (1 - hidden)


def by_captum(network, images, targets, relevance):
    draw.manual_seed(1)  # the same squares for every map
    colours = relevance[:, None].expand_as(images) / 3
    found = infidelity(network, hide_squares, images, colours, target=targets)
    return {"infidelity": float(found.mean())}


# %%
from xplique import metrics


def report(network, keras, images, targets, maps):
    rows = images.permute(0, 2, 3, 1).numpy()
    given = (keras, rows, np.eye(2, dtype="float32")[targets])
    yardsticks = [
        metrics.MuFidelity(*given, nb_samples=40),
        metrics.Deletion(*given),
        metrics.Insertion(*given),
    ]
    found = {}
    for name, relevance in maps.items():
        one = relevance[..., None].numpy()
        row = by_captum(network, images, targets, relevance)
        for each in yardsticks:
            row[type(each).__name__] = each(one) if one.any() else np.nan
        found[name] = row
    return pd.DataFrame(found).T.astype(float)


# %%
complete = maps["xplique.integrated_gradients", "planted"][:4]
judged = {
    "IG, sum of colours": complete,
    "IG, mean of colours": complete / 3,
    "gradient x input": maps["xplique.gradient_input", "planted"][:4],
    "deconvolution": maps["xplique.deconvnet", "planted"][:4],
    "random": torch.randn(4, 112, 112, generator=draw) * complete.std(),
    "empty": torch.zeros(4, 112, 112),
}
ones = torch.ones(4, dtype=torch.long)
known = report(planted, port, images[:4], ones, judged)
known["lift (the truth)"] = [
    float(lift(each).mean()) for each in judged.values()
]
known.round(2)

# %% tags=["reading"]
sign = np.where(known.columns.isin(["Deletion", "infidelity"]), -1, 1)
good = (known * sign).drop(columns="lift (the truth)")
winners = good.loc[["IG, sum of colours", "gradient x input"]].min()
losers = good.loc[["deconvolution", "random", "empty"]].max()
passed = [*good.columns[winners > losers]]
failed = [name for name in good.columns if name not in passed]
first, second = (
    known.loc["IG, sum of colours"],
    known.loc["IG, mean of colours"],
)
Markdown(f"""The test is passed by {" and ".join(passed) or "none"}, and failed by {" and ".join(failed) or "none"}. (Four faces
are few: others may change this list.) Infidelity is meant for maps in the unit of the score, as the first and the third are (for bare gradients Captum's documentation has another recipe).

Compare the first two rows, one order in two units. MuFidelity gives {first["MuFidelity"]:.2f} and {second["MuFidelity"]:.2f} (it draws
at random), infidelity {first["infidelity"]:.1f} and {second["infidelity"]:.1f}. Captum's yardstick asks for the right *amount*, Xplique's
for the right *order*. So Xplique's reduction of colours changes what Captum's yardstick says of the map.

The empty map has no order, so Xplique's three have nothing to judge (`NaN`). It says that nothing matters. Its infidelity is {known.loc["empty", "infidelity"]:.1f}, so a map with a larger one is worse than saying nothing. That may be
its size alone: {known.loc["deconvolution", "infidelity"]:.1f} for deconvolution says little of where its relevance lies.""")

# %% [markdown]
# This is one network and four faces. [Chapter 07b](07b_does_it_look_at_the_face.ipynb) shows why a yardstick needs controls, and
# chapter 05, in preparation, measures many of them.
#
# Now photographs and the gender model. Nothing on the page changes but the last column: *it is gone*. Nobody knows which pixels
# decided. What is left is the yardsticks' word, and whether they agree with each other:

# %%
gender = models.load("gender-fairface")
album = datasets.classroom(3)
photos = album.images(slice(None), size=gender.input_size)
with torch.no_grad():
    answers = gender(photos).argmax(1)
asked = {
    "IG": ("xplique.integrated_gradients", STEPS | ROUTE),
    "gradient x input": ("xplique.gradient_input", ROUTE),
    "deconvolution": ("xplique.deconvnet", {}),
}
shown = {
    name: explain(gender, photos, answers, method, **options)
    for name, (method, options) in asked.items()
}
for name in ("random", "another random"):
    noise = torch.randn(3, 112, 112, generator=draw)
    shown[name] = noise * shown["IG"].std()
shown["empty"] = torch.zeros(3, 112, 112)
unknown = report(gender, models.to_keras(gender), photos, answers, shown)
unknown.round(2)

# %% tags=["reading"]
chance = (unknown.loc["random"] - unknown.loc["another random"]).abs()
ranked = ["MuFidelity", "Deletion", "Insertion"]
gaps = ", ".join(f"{chance[name]:.2f} in {name}" for name in ranked)
amount = unknown["infidelity"]
worse = [name for name in amount.index if amount[name] > amount["empty"]]
none = "No map is worse than the empty one by infidelity."
many_are = f"By infidelity, worse than the empty map: {', '.join(worse)}."
Markdown(f"""> **The faces of this section.** {album.notes[0]}

First look at the two random rows. Neither knows anything, and they differ by {gaps}. This much is chance alone, with three faces, and a single pair may show too
little of it. So this is no league table: don't read an order out of differences of that size.

{many_are if worse else none} It asks for the amount, so first see whether a map is in the unit of the score.

No column tells who is right. On photographs this is all there is: take more faces, report every yardstick, put a random map of the same size and
an empty one beside yours, and don't pick the yardstick that likes your method.""")

# %% [markdown]
# (Integrated gradients and gradient times input are in the unit of the score. Where even they lose to the empty map, their sums over half a
# face don't tell what hiding that half does.)
#
# Two yardsticks are left, which judge not a map but a *method*: how far does its map move when the picture hardly does? One call each,
# for saliency:

# %%
from captum.attr import Saliency
from captum.metrics import sensitivity_max

steady = metrics.AverageStability(port, pictures[:2], one_hot[:2], nb_samples=5)
gradient = Saliency(planted).attribute
with warnings.catch_warnings(
    record=True
):  # Captum says that it asks for gradients
    worst = sensitivity_max(gradient, images[:2], target=1)
{
    "AverageStability": steady(attributions.Saliency(port)),
    "sensitivity_max": [round(float(each), 2) for each in worst],
}

# %% [markdown]
# Don't compare these two numbers. Xplique's is a distance, in the map's own unit: multiply all maps by ten, and it grows tenfold. Captum's is a share of the map's
# size, at the worst of ten tries. And the noise differs: up to `0.1` in one, up to `0.02` in the other.

# %% [markdown]
# ## Three more traps · 8 min
#
# **A wrapper without layers.** Grad-CAM through `TorchWrapper`:

# %%
from xplique.attributions import GradCAM, GradCAMPP, GuidedBackprop


def tried(method, network):
    try:
        method(network)
    except (StopIteration, ValueError) as problem:
        said = str(problem).split(",")[0] or "(no message)"
        return f"{type(problem).__name__}: {said[:60]}"
    return "works"


kinds = {each.__name__: each for each in (GradCAM, GradCAMPP, GuidedBackprop)}
ways = {"TorchWrapper": wrapper, "Keras port": port}
pd.DataFrame(
    {
        way: {name: tried(kind, network) for name, kind in kinds.items()}
        for way, network in ways.items()
    }
)

# %% [markdown]
# A bare `StopIteration` and no message: the wrapper has no Keras layers, so the search for the last convolution ends without one. For
# these methods `explain` always takes the port.
#
# **A rule that misses its ReLU.** *DeepLift* needs to know every ReLU. Here is one network, with one set of weights, written three
# ways: a module for each ReLU, a function, one module used twice:

# %%
from torch import nn


class Small(nn.Module):
    def __init__(self, one, two):
        super().__init__()
        torch.manual_seed(5)
        self.first, self.second = nn.Conv2d(3, 8, 3), nn.Conv2d(8, 8, 3)
        self.head, self.one, self.two = nn.Linear(8, 2), one, two

    def forward(self, images):
        hidden = self.two(self.second(self.one(self.first(images))))
        return self.head(hidden.mean((2, 3)))


small = {
    "a module each": Small(nn.ReLU(), nn.ReLU()),
    "a function": Small(torch.relu, torch.relu),
    "one module twice": Small(*[nn.ReLU()] * 2),
}

# %%
from captum.attr import DeepLift

from helpers.explain import check as holds

rows, one_face = {}, images[:1]
for name, network in small.items():
    network.eval()
    black = torch.zeros_like(one_face)
    wanted = (network(one_face) - network(black))[0, 1].item()
    try:
        with warnings.catch_warnings(record=True):
            found = DeepLift(network).attribute(one_face, black, target=1)
        told = f"{found.sum().item():.4f}"
    except RuntimeError as problem:
        told = f"stops: {str(problem)[:28]} ..."
    verdict = holds(network, "captum.deeplift", one_face)
    rows[name] = wanted, told, verdict.sentence
pd.set_option("display.max_colwidth", None)
columns = ["rise of the score", "sum of Captum's map", "explain says"]
pd.DataFrame(rows, index=columns).T

# %% [markdown]
# DeepLift promises that a map sums to the rise of the score. With modules it does. With functions Captum returns a map that doesn't, not even
# in sign, and says nothing of it. With one module used twice it stops, and says why. `explain` refuses both before it starts: the last column
# is its reason.
#
# **A mask for each picture.** Captum's `sensitivity_max` copies each picture several times. It copies targets and baselines along, but not
# `feature_mask`. With a mask for each picture:

# %%
from captum.attr import FeatureAblation

ablation = FeatureAblation(planted).attribute
halves = torch.stack([cells < 3, cells < 6]).long()[:, None]
try:
    sensitivity_max(ablation, images[:2], target=1, feature_mask=halves)
except RuntimeError as problem:
    print(problem)
[
    sensitivity_max(
        ablation, images[k : k + 1], target=1, feature_mask=halves[k : k + 1]
    ).item()
    for k in range(2)
]

# %% [markdown]
# It stops, with a message about sizes that doesn't name the mask. One picture at a time works, as the last line shows. [A longer list](https://github.com/explaining-faces/explaining-faces/blob/main/book/laws.md) tries
# more than fifty such laws on every library. All traps on this page are those of
# the versions in chapter 06; both libraries are maintained, so look again after an update.

# %% [markdown] tags=["quiz"]
# **Quiz 6.4** Your network calls `torch.relu` in `forward`. Captum's DeepLift returns a plausible map without an error. What is the quickest test?
#
# 1. Compare the map's sum with the difference of the two scores.
# 2. Look whether the map highlights a region that makes sense for the class.
# 3. Run the method again with another seed, and see whether the map stays as it was.
#
# <details><summary>Answer and reason</summary>
#
# The first: the method promises this sum, so a map without it is wrong, whatever it looks like. DeepLift draws nothing, so another seed
# gives the same wrong map. And the eye finds sense in most maps.
#
# </details>

# %% [markdown]
# ## What to take when · 7 min
#
# There are more than these two. What each has:
#
# | library | made for | strong in | here |
# |---|---|---|---|
# | Captum | PyTorch | gradients, DeepLift, LRP, Shapley values; layers and neurons; two yardsticks | yes |
# | Xplique | TensorFlow, PyTorch by a wrapper | RISE, Sobol, HSIC; many yardsticks; concepts | yes |
# | [grad-cam](https://github.com/jacobgil/pytorch-grad-cam) | PyTorch | the CAM family | yes |
# | [zennit](https://github.com/chr5tphr/zennit) | PyTorch | LRP by rules for each layer | yes |
# | [lxt](https://github.com/rachtibat/LRP-eXplains-Transformers) | PyTorch | LRP for transformers | no |
# | [Quantus](https://github.com/understandable-machine-intelligence-lab/Quantus) | both | yardsticks, no methods of its own | no: not installed |
#
# `explain` calls the first four. How many methods of each?

# %%
from helpers.explain import METHODS

METHODS["library"].value_counts()

# %% tags=["reading"]
on_planted = lifts.xs("planted", level=1)["value"]
top = [*on_planted.index[on_planted > 0.99 * on_planted.max()]]
tied = f"{on_planted['captum.saliency']:.1f} and {on_planted['xplique.saliency']:.1f}"
batches = "many patches at a time" if one > 1.3 * many else "either: a tie"
shap = errors["captum.kernel_shap", 25], errors["captum.kernel_shap", samples]
Markdown(f"""What this page measured, as advice:

- **A gradient method**: the library of your framework. It's a tie: saliency's lift is {tied} in Captum and Xplique.
- **Deconvolution**: another method. Its lift is {deconv["planted"]:.1f} where saliency has {saliency["planted"]:.0f}.
- **Occlusion in Captum**: {batches}. It takes {one:.1f} times the bare passes one by one, {many:.1f} in batches.
- **KernelSHAP in Captum**: more samples. With nine cells as the mask it errs by {shap[0]:.2f} at {25} samples and by {shap[1]:.2f} at {samples}.
- **Xplique's Grad-CAM or guided backpropagation**: the Keras port. On the wrapper they stop.
- **DeepLift, or any rule at a ReLU**: look at the sum. A function instead of a module goes unnoticed.
- **A yardstick**: several, with a random map of the same size and an empty one. Amount and order are two questions.

The highest lift on this page had {" and ".join(f"`{name}`" for name in top)}{" (a tie)" if len(top) > 1 else ""}. That is one network, one cue
and {len(images)} drawn people, no prize.""")

# %% [markdown] tags=["exercise"]
# ### Exercise 6.4 · A claim of your own · ●●● · 10 min
#
# *Claim to test:* yours, about methods or libraries, and one that could turn out false. For instance: "on the planted network,
# integrated gradients has a higher lift than saliency". Say which way it will go *before* you look.
#
# Return a `dict` with `claim`, `n` (at least eight faces), `value`, `low`, `high`, `null` (the value if there were no effect), `direction`
# (`"above"` or `"below"` the null, as you claim) and `verdict`: `"supported"`, `"contradicted"` or `"undecided"`. The check can't
# verify your numbers. It sees whether your verdict follows from your interval.
#
# <details><summary>Hint: I don't know where to start</summary>
#
# Take two numbers of the *same* faces, subtract them face by face, and give the differences to `bootstrap_mean`. `maps` has the maps
# of this page by method and network, and `lift` measures them.
#
# </details>
# <details><summary>Hint: the check objects to my verdict</summary>
#
# If the interval contains the null, the data can't decide: that is "undecided". If it lies on the side that you did not claim, the data
# contradict you.
#
# </details>


# %% tags=["exercise"]
def my_claim() -> dict:
    """A claim with its evidence and verdict."""
    ### BEGIN SOLUTION
    integrated = lift(maps["captum.integrated_gradients", "planted"])
    plain = lift(maps["captum.saliency", "planted"])
    value, low, high = bootstrap_mean(integrated - plain)
    side = int(low > 0) - int(high < 0)
    return {
        "claim": "Integrated gradients has a higher lift than saliency here.",
        "n": len(plain),
        "value": value,
        "low": low,
        "high": high,
        "null": 0.0,
        "direction": "above",
        "verdict": ["undecided", "supported", "contradicted"][side],
    }
    ### END SOLUTION


# %%
check.exercise_6_4(my_claim)

# %% [markdown]
# ## What this chapter does not show
#
# - **Not which method is best.** One shortcut, on few pixels, of drawn faces. A dark or large cue may turn the order round.
# - **Not which library is faster for you.** Seconds depend on machine, device and batch size. Nothing here ran on a graphics card.
# - **Not what the gender model uses.** On photographs we had yardsticks and no truth.
# - **Nothing about the people in the photographs.** The model repeats a word that annotators wrote down.

# %% [markdown]
# ## Summary
#
# - Agreement of libraries tests code. Agreement with a known truth tests a method.
# - Where the truth is known, a default can be judged: samples, noise. Set them yourself.
# - Yardsticks ask for order or for amount. Run several, with a random map of the same size and an empty one beside yours.
# - Check what a method promises: a sum, a shape, a switch put back.
#
# ## References
#
# - Kokhlikyan et al. [Captum](https://arxiv.org/abs/2009.07896). 2020.
# - Fel et al. [Xplique](https://arxiv.org/abs/2206.04394). 2022.
# - Bhatt et al. [Evaluating and aggregating feature-based model explanations](https://arxiv.org/abs/2005.00631) (MuFidelity, AverageStability). IJCAI 2020.
# - Yeh et al. [On the (in)fidelity and sensitivity of explanations](https://arxiv.org/abs/1901.09392). NeurIPS 2019.
# - Petsiuk et al. [RISE](https://arxiv.org/abs/1806.07421) (also Deletion and Insertion). BMVC 2018.
# - Adebayo et al. [Post hoc explanations may be ineffective](https://arxiv.org/abs/2212.04629) (why a twin). ICLR 2022.
# - Kärkkäinen and Joo. [FairFace](https://github.com/joojs/fairface). WACV 2021.
#
# **Next:** [chapter 07](07_cam_variants.ipynb) builds Grad-CAM by hand, and compares its relatives.
