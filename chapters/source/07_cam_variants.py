# %% [markdown]
# # 07 · Where did it look? Grad-CAM and its relatives
#
# A model looks at a photograph and answers. A *class activation map* (CAM) colours the places in the photograph that spoke for
# the answer. Such a map has thousands of coloured pixels. Behind the one below stand {{49 = 7 * 7}} numbers.
#
# In this chapter you compute these {{49 = 7 * 7}} numbers with your own hands. Then you meet the relatives of this map.
#
# **You will be able to**
#
# - *build* Grad-CAM from one forward and one backward pass;
# - *check* a map: does it add up to the model's score, and at which layer?
# - *measure* how concentrated a map is;
# - *compare* ten variants by their formulas, and say what makes them differ.
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
# **Time**: 60 minutes with the exercises. The cells run for about half a minute. [Part two](07b_does_it_look_at_the_face.ipynb)
# puts such maps to a test.

# %% [markdown]
# ## One photograph, one face, one answer · 7 min
#
# We begin with NASA's portrait of the astronaut Eileen Collins, which is in the public domain. The model wants a face in the
# middle of a square, so first we find the face:

# %% alt="Portrait of an astronaut in an orange suit. A frame marks her face; five dots mark eyes, nose tip and mouth corners."
from helpers import datasets, plots, preprocessing

portrait = datasets.astronaut()
faces = preprocessing.detect(portrait)
plots.detections(portrait, faces)

# %% [markdown]
# The detector (MTCNN) found one face and five *landmarks*: eyes, nose tip and corners of the mouth. (The number on the frame
# says how sure it is; 1 is the most.) We cut out a square around
# the face, as in the photographs that the model has learnt from, and bring it to the model's size:

# %%
from helpers import models

model = models.load("gender-fairface")
crop = preprocessing.crop_face(portrait, faces[0])
image = datasets.to_tensor([crop], size=model.input_size)
image.shape

# %% [markdown]
# One image, three colours, 112 by 112 pixels, values from 0 to 1. The model is a small ResNet-18. It has learnt from
# [FairFace](https://github.com/joojs/fairface) to repeat one of two words, the gender that annotators wrote down when they saw a
# photograph. It says nothing about who a person is. What does it answer here?

# %%
import torch

with torch.no_grad():
    scores = model(image)[0]
shares = scores.softmax(0)
{
    name: f"logit {logit:.2f}, share {share:.1%}"
    for name, logit, share in zip(model.classes, scores, shares)
}

# %% [markdown]
# The last layer gives each word a score, any number, called its *logit*. The function *softmax* turns logits into positive
# shares that sum to 100 %: the larger the logit, the larger the share.
#
# The model gives {{94.3 = 100 * shares.max()}} % to one word. Whether it is right in so many of 100 such cases is another question
# ([chapter 02b](02b_fairness_in_conflict.ipynb)), so don't read a share as a probability. Here we ask: *what in the picture* led
# to the answer?

# %% [markdown]
# ## Grad-CAM by hand · 14 min
#
# Shortly before its answer the network holds the picture as a stack of small maps, the *activations* of its last stage,
# `layer4`. We need to catch them on their way. A *hook* is a function that PyTorch calls whenever a layer has done its work, and
# hands the layer's output to. Ours keeps the output:

# %%
kept = {}


def keep(layer, inputs, output):
    kept["layer4"] = output


hook = model.layer4.register_forward_hook(keep)
logits = model(image)[0]
hook.remove()
activations = kept["layer4"]
activations.shape

# %% [markdown]
# There are {{256 = activations.shape[1]}} *channels*, each a map of {{7 = activations.shape[2]}} by {{7 = activations.shape[3]}} places.
# A place lies over a patch of the photograph (it has seen more than that patch), and a channel is bright where it found its
# pattern. Here are the eight channels that are brightest on the whole, on one colour scale:

# %% alt="Eight small heat maps of 7 by 7 squares: most are dim in many places, and a few have one to three bright squares."
brightest = activations[0].sum((1, 2)).argsort(descending=True)[:8]
plots.channels(
    activations[0, brightest].detach(), [f"channel {k}" for k in brightest]
)

# %% [markdown]
# Even these glow in some places and are dark in others. Such a *mosaic* tells neither what their pattern is nor
# which channels matter for the answer. For that we need the *gradient*: how much the score would rise, per
# unit, if an activation rose by very little. PyTorch computes it from the score backwards. We ask for the score of the model's
# own answer:

# %%
target = int(logits.argmax())
score = logits[target]
gradients = torch.autograd.grad(score, activations, retain_graph=True)[0]
model.classes[target], gradients.shape

# %% [markdown]
# There is one gradient for each channel and each place. [Grad-CAM](https://arxiv.org/abs/1610.02391) takes three steps. Average
# each channel's gradient over all places: that is the channel's weight. Add up the channels, each times its weight. Keep what is
# positive, because the map wants to show what speaks *for* the class. With $A_{kp}$ for the activation of channel $k$ at place
# $p$, and $g_{kp}$ for its gradient:
#
# $$\text{Grad-CAM}_p = \max\left(0,\ \sum_k \bar g_k A_{kp}\right), \qquad \bar g_k = \frac{1}{49} \sum_p g_{kp}$$

# %%
weights = gradients.mean(dim=(2, 3), keepdim=True)
weighted = (weights * activations).sum(dim=1)
grad_cam = weighted.clamp_min(0).detach()
grad_cam.shape

# %% [markdown]
# That is all of Grad-CAM. (PyTorch keeps a record of every step, in case somebody asks for a gradient later.
# `retain_graph` keeps that record, so that you can run the cell twice; `detach` gives the same numbers without it.)
#
# To lay the map over the photograph, it must become larger. We do that twice: each number as a block of 16 by 16 pixels, and
# smoothly, as nearly everybody shows it:

# %% alt="The astronaut's face three times: in colour, under a Grad-CAM of 49 square blocks, and under the same map enlarged smoothly into broad blobs over parts of the head."
from helpers.explain.maps import enlarge

blocks = grad_cam.repeat_interleave(16, 1).repeat_interleave(16, 2)
smooth = enlarge(grad_cam, model.input_size)
plots.relevance_grid(image, {"as it is": blocks, "enlarged smoothly": smooth})

# %% [markdown]
# Under both maps the photograph is drawn in grey, so all colour there is relevance: the brighter, the more. Both maps show which broad parts of the
# picture raised the score.
#
# They don't show what it is *about* these parts: colour, shape, texture? They can't tell two things apart that share a block.
# And the soft outlines on the right, which seem to follow the head, come from the enlarging and not from the model.
#
# From here on `explain` does the work. Does it agree with us? The largest difference should be 0:

# %%
from helpers.explain import explain

library_map = explain(model, image, targets=target, method="gradcam")
float((library_map - smooth).abs().max())

# %% [markdown] tags=["quiz"]
# **Quiz 7.1** Grad-CAM's last step cuts off negative values. What gets lost?
#
# 1. Nothing of interest: negative relevance is what the network computes by mistake.
# 2. All channels that have a negative weight.
# 3. The places that spoke against the class.
#
# <details><summary>Answer and reason</summary>
#
# The third. A place is negative when the channels that are active there lower the score on the whole. The second is a trap: a
# channel with a negative weight still enters the sum and pulls places down. Only the *sum* of a place is cut.
#
# </details>

# %% [markdown]
# ## Does the map add up? · 13 min
#
# If a map claims to share out the score among the places, then the shares should sum to the score. This property is called
# *completeness*. You need one more method for it.

# %% [markdown] tags=["exercise"]
# ### Exercise 7.1 · HiResCAM · ●○○ · 5 min
#
# *Claim to test:* Grad-CAM throws information away when it averages the gradients.
#
# [HiResCAM](https://arxiv.org/abs/2011.08891) does not average. It multiplies each activation with *its own* gradient and sums
# over the channels:
#
# $$\text{HiResCAM}_p = \sum_k g_{kp} A_{kp}$$
#
# <details><summary>Hint: my map has the wrong shape</summary>
#
# The inputs have shape (channels, height, width). Sum over the channels only: `.sum(0)`.
#
# </details>
# <details><summary>Hint: the check says that this is Grad-CAM</summary>
#
# Leave the mean out, and multiply element by element.
#
# </details>


# %% tags=["exercise"]
def hires_cam(
    activations: torch.Tensor, gradients: torch.Tensor
) -> torch.Tensor:
    """HiResCAM (height, width) of activations and gradients (channels, height, width)."""
    ### BEGIN SOLUTION
    return (activations * gradients).sum(0)
    ### END SOLUTION


# %%
from helpers import checks as check

check.exercise_7_1(hires_cam)

# %% [markdown]
# Now to the sum. After `layer4` our network takes each channel's mean over the places (*global average pooling*) and feeds it
# to one linear layer, `fc`, with weights $w_k$ and a bias $b$:
#
# $$\text{logit} = b + \sum_k w_k \frac{1}{49} \sum_p A_{kp}, \qquad \text{so} \qquad g_{kp} = \frac{w_k}{49}$$
#
# Gradient times activation is what one place contributes through one channel. HiResCAM adds these contributions up, so its sum
# and the bias should give the logit:

# %%
relevance = (activations * gradients).sum(1)[0].detach()
bias = float(model.fc.bias[target].detach())
logit = float(logits[target].detach())
{
    "sum of the map": float(relevance.sum()),
    "bias": bias,
    "sum of both": float(relevance.sum()) + bias,
    "logit": logit,
}

# %% [markdown]
# The last two numbers agree. This map *is* the score, shared out over the places, and its unit is that of the logit.
#
# Is that so at every layer? We compare the end of `layer4` with a convolution inside it (`layer4.1.conv2`) and with the ends of
# earlier stages, before the maps are enlarged, and add the same bias each time. The last column is the largest difference between
# Grad-CAM and HiResCAM cut at zero, as a part of the largest value:

# %%
import pandas as pd

from helpers.explain import layer_maps

rows = {}
for layer in ["layer4", "layer4.1.conv2", "layer3", "layer2"]:
    hires = layer_maps(model, image, target, "hirescam", layer)[0]
    grad = layer_maps(model, image, target, "gradcam", layer)[0]
    apart = (hires.clamp_min(0) - grad).abs().max() / hires.abs().max()
    rows[layer] = {
        "places": hires.numel(),
        "sum + bias": float(hires.sum()) + bias,
        "logit": logit,
        "Grad-CAM differs by": float(apart),
    }
pd.DataFrame(rows).T.round(4)

# %% [markdown]
# At `layer4` two things hold: the sum is the logit, and the positive part of HiResCAM is Grad-CAM. The formula above says why:
# in front of average pooling the gradient $w_k/49$ is the same at all places, so averaging it loses nothing.
#
# At the other layers both break, because more than an average and a sum lies between the layer and the score. So the claim of
# exercise 7.1 is true there, and not at the layer where Grad-CAM is usually read.
#
# <details><summary>What lies between?</summary>
#
# *ReLUs*, which replace negative numbers by 0. *Batch normalisation*, which rescales each channel and adds a constant to it.
# And for `layer4.1.conv2` the ResNet's *shortcut*: part of the signal is carried past that layer and added behind it.
#
# </details>

# %% [markdown] tags=["quiz"]
# **Quiz 7.2** A network ends in: last convolution, flatten, *two* linear layers with a ReLU between them. Is HiResCAM complete
# at the last convolution?
#
# 1. No: between the convolution and the score lies a ReLU.
# 2. Yes: it multiplies each activation with its own gradient, and so it is complete in any network.
# 3. Yes, but only for the predicted class.
#
# <details><summary>Answer and reason</summary>
#
# The first. Gradient times activation sums to the score, less the bias, when all that follows is linear. Here the first linear layer's
# bias is missing too, where the ReLU lets it through. The class has nothing to do with it.
#
# </details>

# %% [markdown]
# ## Which layer? · 14 min
#
# The layer changes a map a great deal, and is easily left unmentioned. Here is HiResCAM at the end of each of the four
# stages:

# %% alt="HiResCAM of the astronaut at layer1 to layer4: fine red and blue dots along edges in the early layers, broad blobs in the last."
stages = ["layer1", "layer2", "layer3", "layer4"]
by_layer = {
    layer: explain(model, image, target, method="hirescam", layer=layer)
    for layer in stages
}
plots.relevance_grid(image, by_layer)

# %% [markdown]
# Red places speak for the class, blue ones against it. Each map has its own scale, written under it. The earlier the layer, the
# finer the map, because the layer has more places: the dots at `layer1` are its grid.
#
# Finer does not mean that the layer knows better. At `layer1` a channel sees a small patch, an eye perhaps and never a face. And
# before `layer4`, you have seen, the sum is no longer the score. A sharp map is not a true map.

# %% [markdown] tags=["exercise"]
# ### Exercise 7.2 · How concentrated is a map? · ●●○ · 10 min
#
# *Claim to test:* Grad-CAM at `layer2` is more concentrated than at `layer4`.
#
# "Concentrated" needs a number. Take the smallest share of the picture that holds half of the positive relevance. That is one half
# for a map that is equal everywhere, and close to 0 for a single bright dot. Write `half_area` for a batch of maps.
#
# <details><summary>Hint: how do I find the smallest area?</summary>
#
# Sort the pixels of each map from large to small, add them up one after the other (`cumsum`), and count how many it takes to
# reach half of the total.
#
# </details>
# <details><summary>Hint: an even map does not give one half</summary>
#
# Compare running sums with half of the map's *total*, not pixels with half of its maximum.
#
# </details>


# %% tags=["exercise"]
def half_area(relevance: torch.Tensor) -> torch.Tensor:
    """Share of the pixels, largest first, that hold half of the positive relevance.

    relevance: (N, height, width). Returns (N,), values in (0, 1].
    """
    ### BEGIN SOLUTION
    ordered = relevance.clamp_min(0).flatten(1).sort(descending=True).values
    running = ordered.cumsum(1)
    below = running < running[:, -1:] / 2
    return (below.sum(1) + 1) / ordered.shape[1]
    ### END SOLUTION


# %%
check.exercise_7_2(half_area)

# %% [markdown]
# One portrait would be an anecdote, so we take more faces (some seconds the first time). Each map explains the model's own answer.

# %%
from IPython.display import Markdown

pictures = datasets.classroom(24)
batch = pictures.images(slice(None), size=model.input_size)
Markdown(f"> **The faces of this chapter.** {pictures.notes[0]}")

# %%
areas = pd.DataFrame(
    {
        layer: half_area(explain(model, batch, layer=layer)).numpy()
        for layer in stages
    }
)
areas.describe().loc[["count", "mean", "min", "max"]].round(3)

# %% [markdown]
# (A map without anything positive counts as one pixel.) The same faces stand in every column, so compare face by
# face: in how many is the map at `layer2` the more concentrated one?

# %%
smaller = int((areas["layer2"] < areas["layer4"]).sum())
f"{smaller} of {len(areas)} faces"

# %% tags=["reading"]
verdict = (
    "the claim holds for most of these faces"
    if smaller > 0.7 * len(areas)
    else "these faces don't support the claim"
)
coarse, fine = areas["layer2"].mean(), areas["layer1"].mean()
Markdown(f"""So {verdict}. Is it only the grid? A map of few places, enlarged, can't become as small as one of many, even if the
network looked at a single point. But then `layer1`, whose grid is finer still, should be far more concentrated than `layer2`. On
average its maps take {fine:.3f} of the picture, and those of `layer2` {coarse:.3f}. So the grid sets a limit, and what the layer
holds does the rest. Neither says which map is right.""")

# %% [markdown]
# ## The family · 12 min
#
# Many variants have been proposed since 2016. Nearly all of them are a sum over channels, and differ in the weight. Here they are
# in one table, with $A_{kp}$ and $g_{kp}$ as above, $x^+$ for the positive part of $x$, and $S_k = \sum_p A_{kp}$:
#
# | method | at place $p$ | in words |
# |---|---|---|
# | Grad-CAM | $\left(\sum_k \bar g_k A_{kp}\right)^+$ | one weight a channel: its mean gradient |
# | HiResCAM | $\sum_k g_{kp} A_{kp}$ | each place has its own gradient |
# | `elementwise` | $\sum_k (g_{kp} A_{kp})^+$ | positive products only |
# | LayerCAM | $\sum_k g_{kp}^+ A_{kp}$ | positive gradients only |
# | XGrad-CAM | $\left(\sum_k w_k A_{kp}\right)^+$, $w_k = \sum_p g_{kp} A_{kp} / S_k$ | gradient averaged where the channel is active |
# | Grad-CAM++ | $\left(\sum_k w_k A_{kp}\right)^+$, $w_k = \sum_p g_{kp}^+ / (2 + S_k g_{kp})$ | positive gradients, damped where large |
# | Score-CAM | $\left(\sum_k w_k A_{kp}\right)^+$, $w_k$ = softmax over $k$ of the score when channel $k$ masks the picture | shows one channel at a time |
# | Ablation-CAM | $\left(\sum_k w_k A_{kp}\right)^+$, $w_k$ = relative fall of the score when channel $k$ is set to 0 | removes one channel at a time |
# | Eigen-CAM | $\left(\sum_k v_k A_{kp}\right)^+$, $v$ = first right singular vector of the places x channels table | **never asks for the class** |
# | FullGrad | $\sum$ over picture and layers of $\lvert\text{gradient} \times \text{input or constant}\rvert$, each stretched to [0, 1] | all layers, no `layer` to choose |
#
# <details><summary>Details: singular vector, and where these formulas come from</summary>
#
# The *first right singular vector* is the mix of channels that, alone, reproduces the layer's activations best. The formulas are
# the papers', with the fraction of Grad-CAM++ shortened. A library may depart from them: a name is not a formula.
#
# </details>
#
# In our network at `layer4` all gradients of a channel are equal. Put $g_{kp} = \bar g_k$ into the table: which of the
# methods become the same map? Decide before you look:

# %% alt="Three faces in rows; Grad-CAM, XGrad-CAM, LayerCAM and Grad-CAM++ in columns. On each face the first two maps are the same, and the last two look alike."
few = torch.cat([image, batch[:2]])
by_gradient = ["gradcam", "xgradcam", "layercam", "gradcam++"]
plots.relevance_grid(
    few, {name: explain(model, few, method=name) for name in by_gradient}
)

# %% [markdown]
# Each column has its own scale, because the methods differ in unit: compare *places*, not brightness. Grad-CAM and XGrad-CAM are
# one map, and HiResCAM, cut at zero, is a third copy. LayerCAM and Grad-CAM++ leave out the channels with negative gradients.
# (`elementwise` is a copy of LayerCAM here: behind a ReLU no activation is negative.)
#
# The other methods need no gradient of the layer, or look at several layers. Score-CAM and Ablation-CAM run the model
# {{257 = activations.shape[1] + 1}} times a picture: once, and once for each channel. So we draw them for one face (the cell takes about ten seconds):

# %% alt="The astronaut under Eigen-CAM, Score-CAM, Ablation-CAM and FullGrad. The first three are broad blobs on the head, FullGrad is finer and spreads nearly everywhere."
otherwise = ["eigencam", "scorecam", "ablationcam", "fullgrad"]
plots.relevance_grid(
    image,
    {name: explain(model, image, target, method=name) for name in otherwise},
)

# %% [markdown]
# Eigen-CAM, which never asked for the class, resembles methods that did. How alike are the maps of a face? We take the middle of
# each of its {{49 = blocks[0, ::16, ::16].numel()}} places, rank the values, and correlate the ranks with Grad-CAM's (*Spearman's correlation*: 1 for the same order,
# 0 for none in common, -1 for the reverse). FullGrad takes some seconds:

# %%
from scipy.stats import spearmanr

everyone = torch.cat([image, batch])


def middles(method):
    maps = explain(model, everyone, method=method)
    return maps[:, 8::16, 8::16].flatten(1).numpy()


reference = middles("gradcam")
agreement = {
    name: [
        spearmanr(one, two).statistic
        for one, two in zip(reference, middles(name))
    ]
    for name in ["xgradcam", "layercam", "gradcam++", "eigencam", "fullgrad"]
}

# %%
table = pd.DataFrame(agreement).agg(["count", "mean", "min", "max"]).T
table.round(2)

# %% tags=["reading"]
layer, eigen = table.loc["layercam"], table.loc["eigencam"]
Markdown(f"""XGrad-CAM is at 1: the same map. LayerCAM, which leaves out the channels that speak against the class, reaches
{layer["mean"]:.2f} on average and {layer["min"]:.2f} at least. All three share the gradients and the activations. So their agreement
is no independent confirmation: what misleads one of them misleads the others.

Eigen-CAM never asked for the class and still reaches {eigen["mean"]:.2f} on average ({eigen["min"]:.2f} to {eigen["max"]:.2f} on single
faces). A good part of what maps have in common is *where the layer is active at all*, whatever the question. Least in common with
Grad-CAM has `{table["mean"].idxmin()}`, with {table["mean"].min():.2f}.""")

# %% [markdown]
# What belongs to the answer shows when we ask for the other class. What spoke for each of the two?

# %% alt="HiResCAM of three faces for both classes on one scale: what is red for one class is mostly blue for the other."
both = {
    name: explain(model, few, targets=name, method="hirescam")
    for name in model.classes
}
plots.relevance_grid(few, both, scale="all")

# %% [markdown]
# All panels share one scale, because they have one unit. What speaks for one word speaks against the other: with two outputs the
# network has learnt little more than a difference. So one *signed* map says nearly everything, and a map cut at zero says half
# of it. With more classes, look at the signed map of each class in question.

# %% [markdown] tags=["quiz"]
# **Quiz 7.3** Eigen-CAM and Grad-CAM highlight the same cheek. What follows?
#
# 1. The cheek decided the answer, because two methods that work in different ways confirm it independently.
# 2. The layer is active at the cheek; Eigen-CAM says nothing about the answer.
# 3. Eigen-CAM computed a gradient without saying so.
#
# <details><summary>Answer and reason</summary>
#
# The second. Eigen-CAM sees activations only, so it gives one map whatever class you ask about. Agreement tells you that strong
# activation and influence coincide in this picture. Whether the cheek decided is a question for an experiment: change the cheek
# and see whether the answer changes.
#
# </details>

# %% [markdown]
# ## What this chapter does not show
#
# - **Not why.** A map says where, never what about it, and its places are large.
# - **Not that a map is true.** Completeness at `layer4` makes it an honest account of the last linear step. Whether a *change* of
#   the picture would have the effect that the map suggests, is open: [part two](07b_does_it_look_at_the_face.ipynb) tries it.
# - **Not which variant is best.** For that one needs faces for which the truth is known. Chapter 05, in preparation, will have them.
# - **Nothing about the people in the photographs.** The model repeats a word that annotators wrote down.

# %% [markdown]
# ## Summary
#
# - Grad-CAM: gradient averaged for each channel, times activation, summed, cut at zero.
# - HiResCAM leaves the averaging out. In front of global average pooling and a linear head the two are the same map, and its sum plus
#   the bias is the logit. At other layers neither holds.
# - The layer decides how fine a map is. Fine is not true.
# - Maps that share a layer agree because they share it. Eigen-CAM does not know the class.
#
# **On your own photograph**, in one line:
#
# ```
# python -m helpers explain photo.jpg --method hirescam --output out.png
# ```
#
# ## References
#
# - Selvaraju et al. [Grad-CAM](https://arxiv.org/abs/1610.02391). ICCV 2017.
# - Chattopadhay et al. [Grad-CAM++](https://arxiv.org/abs/1710.11063). WACV 2018.
# - Draelos and Carin. [Use HiResCAM instead of Grad-CAM](https://arxiv.org/abs/2011.08891). 2020.
# - Fu et al. [Axiom-based Grad-CAM (XGrad-CAM)](https://arxiv.org/abs/2008.02312). BMVC 2020.
# - Jiang et al. [LayerCAM](https://ieeexplore.ieee.org/document/9462463). IEEE TIP 2021.
# - Pillai and Pirsiavash. Explainable models with consistent interpretations. AAAI 2021 (`elementwise`).
# - Muhammad and Yeasin. [Eigen-CAM](https://arxiv.org/abs/2008.00299). IJCNN 2020.
# - Wang et al. [Score-CAM](https://arxiv.org/abs/1910.01279). CVPR Workshops 2020.
# - Desai and Ramaswamy. Ablation-CAM: visual explanations for deep convolutional network via gradient-free localization. WACV 2020.
# - Srinivas and Fleuret. [Full-gradient representation](https://arxiv.org/abs/1905.00780). NeurIPS 2019.
# - Gildenblat and contributors. [pytorch-grad-cam](https://github.com/jacobgil/pytorch-grad-cam). 2021.
# - Kärkkäinen and Joo. [FairFace](https://github.com/joojs/fairface). WACV 2021.
# - Zhang et al. [MTCNN](https://arxiv.org/abs/1604.02878). IEEE Signal Processing Letters 2016.
#
# **Next:** [part two](07b_does_it_look_at_the_face.ipynb) finds out whether a model looks at the face, on faces where we know.
