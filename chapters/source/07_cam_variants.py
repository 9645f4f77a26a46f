# %% [markdown]
# # 07 · Where did it look? Grad-CAM and its relatives
#
# A model looks at a photograph and answers. A *class activation map* (CAM) colours the places in the
# photograph that spoke for the answer. Such maps are the most widely used explanation of image
# models, and they are easy to draw, easy to like and easy to over-read. In this chapter you build one
# with your own hands, meet its relatives, and then put their favourite claim, "the model looks at
# the face", to a test that it could fail.
#
# **You will be able to**
#
# - *build* Grad-CAM from one forward and one backward pass;
# - *check* a map: does it add up to the model's score, and at which layer?
# - *compare* eight variants on the same faces and say what makes them differ;
# - *factor* a layer into a few concepts and label them with care;
# - *test* a statement such as "the background matters" with a control and an interval.
#
# **Before you start**
#
# | you need | how much | where to find it |
# |---|---|---|
# | Python and NumPy | essential | any course |
# | what a convolutional network is | essential | channels, layers, global average pooling |
# | [chapter 00](00_start_here.ipynb) | helpful | how exercises and checks work |
#
# **Time**: 90 minutes with the exercises. The cells themselves run for about a minute on an idle laptop.

# %% [markdown]
# ## One photograph, one face, one answer
#
# We begin with a portrait of the astronaut Eileen Collins, photographed by NASA, which is in the public
# domain and comes with scikit-image. The model wants a face in the middle of a square, so first we have
# to find it:

# %% alt="Portrait of an astronaut in an orange suit. A frame marks her face; five dots mark eyes, nose tip and mouth corners."
from helpers import datasets, plots, preprocessing

portrait = datasets.astronaut()
faces = preprocessing.detect(portrait)
plots.detections(portrait, faces)

# %% [markdown]
# The detector (MTCNN) found one face, with a confidence near 1, and five landmarks. We cut out a square
# around the face, framed as in the photographs that the model has learnt from, and bring it to the size
# that the model expects:

# %%
from helpers import models

model = models.load("gender-fairface")
crop = preprocessing.crop_face(portrait, faces[0])
image = datasets.to_tensor([crop], size=model.input_size)
image.shape

# %% [markdown]
# One image, three colours, 112 by 112 pixels, with values between 0 and 1. The model is a small ResNet-18
# that learnt from [FairFace](https://github.com/joojs/fairface) to repeat one of two words, the gender
# that annotators wrote down when they saw a photograph. It says nothing about who a person is. What does
# it answer here?

# %%
import torch

with torch.no_grad():
    logits = model(image)[0]
{
    name: f"{share:.1%}"
    for name, share in zip(model.classes, logits.softmax(0).tolist())
}

# %% [markdown]
# The network's last layer gives each word a score, any number, called its *logit*. The function *softmax* turns the
# logits into positive shares that sum to 100 %: the larger logit gets the larger share. Whether a share of 94 % means "right
# in 94 of 100 cases" is another question (calibration, chapter 02), so don't read the shares as probabilities. How often
# this model is right, and for whom, stands in its card. `value` is the accuracy, `low` and `high` bound its interval:

# %%
import pandas as pd

pd.DataFrame(model.card["accuracy"]["groups"])[
    ["race", "gender", "n", "value", "low", "high"]
]

# %% [markdown]
# Race and gender are as annotated. Each row rests on 65 photographs. The interval (95 %, by Wilson's formula for shares)
# says which accuracies in general would go well with what was seen in those 65; they are wide, and most of them overlap. A few
# extremes don't, but whoever picks the best and the worst of fourteen rows will always find a gap. How to compare many groups
# honestly is the subject of chapter 02. Here we ask another question: *what in the picture* led to the answer?

# %% [markdown]
# ## Grad-CAM by hand
#
# Shortly before its answer the network holds the picture as a stack of small maps, the *activations* of
# its last stage, `layer4`. A *hook* is a function that PyTorch calls when a layer has done its work; ours
# puts the layer's output aside:

# %%
kept = {}
hook = model.layer4.register_forward_hook(
    lambda layer, inputs, output: kept.update(layer4=output)
)
logits = model(image)[0]
hook.remove()
activations = kept["layer4"]
activations.shape

# %% [markdown]
# There are 256 channels, each a map of 7 by 7 places. Every place stands for a patch of the photograph,
# and a channel is bright where it found its pattern. Here are the 16 channels that are brightest on the
# whole, all on one colour scale:

# %% alt="Sixteen small heat maps of 7 by 7 squares: most are dim in many places, and a few have one to three bright squares."
brightest = activations[0].sum((1, 2)).argsort(descending=True)[:16]
plots.channels(
    activations[0, brightest], [f"channel {k}" for k in brightest.tolist()]
)

# %% [markdown]
# Most channels glow dimly almost everywhere and are bright in a few places, and nobody can tell from the mosaic what their
# pattern is. Some channels matter for the answer, others hardly at all. How much a channel matters is what the
# *gradient* tells: by how much the score would change if the channel's activation rose a little.
# We ask for the gradient of the score of the model's own answer:

# %%
target = int(logits.argmax())
gradients = torch.autograd.grad(logits[target], activations)[0]
model.classes[target], gradients.shape

# %% [markdown]
# There is one gradient for each channel and place. [Grad-CAM](https://arxiv.org/abs/1610.02391) now takes three steps. Average each channel's gradient over
# all places: that is the channel's weight. Add up the channels, each times its weight. Keep what is
# positive, since it wants to show what speaks *for* the class:

# %%
weights = gradients.mean(dim=(2, 3), keepdim=True)
weighted = (weights * activations).sum(dim=1)
grad_cam = weighted.clamp_min(0).detach()
grad_cam.shape

# %% [markdown]
# That is all of Grad-CAM. The map has 7 by 7 places; to lay it over the photograph it is enlarged
# smoothly, and the smoothness comes from the enlarging, not from the model:

# %% alt="The astronaut's face beside its Grad-CAM. A few broad bright blobs lie over parts of the head; the rest stays grey."
from helpers.explain.maps import enlarge

plots.relevance_grid(
    image, {"Grad-CAM by hand": enlarge(grad_cam, model.input_size)}
)

# %% [markdown]
# The photograph is drawn in grey, so that all colour is relevance: the brighter, the more. The blobs tell
# us which broad parts of the picture raised the score. They don't tell us what it is *about* those parts
# (colour, shape, texture?), and they can't tell two things apart that lie within one of the 49 places.
#
# From here on we let a library do the work. `explain` uses the formulas of
# [grad-cam](https://github.com/jacobgil/pytorch-grad-cam) where they are those of the papers, and formulas of its own where they are
# not. Does it agree with us?

# %%
from helpers.explain import explain

library_map = explain(model, image, targets=target, method="gradcam")
float((library_map - enlarge(grad_cam, model.input_size)).abs().max())

# %% [markdown]
# It does, up to rounding.

# %% [markdown] tags=["quiz"]
# **Quiz 7.1** Grad-CAM's last step cuts off negative values. What gets lost?
#
# 1. Nothing: negative relevance is noise.
# 2. The places that spoke against the class.
# 3. The channels with a negative weight.
#
# <details><summary>Answer and reason</summary>
#
# The second. A place counts as negative when the channels that are active there lower the score on the
# whole. The third is a trap: a channel with a negative weight still enters the sum and pulls places down;
# only the *sum* of a place is cut.
#
# </details>

# %% [markdown]
# ## Does the map add up?
#
# Here is a question you can put to any explanation: do the parts add up to the whole? If a map claims to
# share out the score among the places, then the shares should sum to the score. This property is called
# *completeness*. You will need one more method for it.

# %% [markdown] tags=["exercise"]
# ### Exercise 7.1 · HiResCAM · ●○○ · 5 min
#
# *Claim to test:* Grad-CAM throws information away when it averages the gradients.
#
# [HiResCAM](https://arxiv.org/abs/2011.08891) does not average: it multiplies each activation with *its own*
# gradient and then sums over the channels. It needs no other step. Write it.
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
# Now to the sum. After `layer4` our network takes the mean over all places (*global average pooling*) and
# feeds it to one linear layer, `fc`. So the score is the bias of `fc` plus, for all channels and places, *weight x
# activation / 49*. The gradient by an activation is what the activation is multiplied with, *weight / 49*. Hence gradient
# times activation is exactly what one place contributes through one channel, and HiResCAM adds these contributions up:

# %%
relevance = (activations * gradients).sum(1)[0].detach()
bias = float(model.fc.bias[target].detach())
{
    "sum of the map": float(relevance.sum()),
    "bias": bias,
    "sum of both": float(relevance.sum()) + bias,
    "logit": float(logits[target].detach()),
}

# %% [markdown]
# The last two numbers agree to all digits that matter. This map *is* the score, shared out over the places,
# and its unit is that of the logit. Is that so at every layer? `layer_maps` returns maps before they are
# enlarged. We compare the end of `layer4` with a convolution inside it and with the ends of earlier stages, adding the
# same bias each time:

# %%
from helpers.explain import layer_maps

rows = {}
for layer in ["layer4", "layer4.1.conv2", "layer3", "layer2"]:
    hires = layer_maps(model, image, target, "hirescam", layer)[0]
    grad = layer_maps(model, image, target, "gradcam", layer)[0]
    rows[layer] = {
        "places": hires.numel(),
        "sum + bias": float(hires.sum()) + bias,
        "logit": float(logits[target].detach()),
        "Grad-CAM differs by": float(
            (hires.clamp_min(0) - grad).abs().max() / hires.abs().max()
        ),
    }
pd.DataFrame(rows).T.round(4)

# %% [markdown]
# Two things happen at once. At `layer4` the sum equals the logit and Grad-CAM equals HiResCAM (its positive
# part): behind average pooling the gradient is the same at all places of a channel, so averaging it
# loses nothing. At the other layers both break, because more than an average and a sum lies between the layer and the
# score: ReLUs, which cut negative numbers off; batch normalisation, which adds constants of its own; and, for
# `layer4.1.conv2`, the shortcut of the ResNet, by which part of the signal passes that layer by.
#
# A popular demonstration reads Grad-CAM and HiResCAM at a convolution *inside* the last block and presents
# the difference as one between two methods. You have just seen that it is a difference between two layers.

# %% [markdown] tags=["quiz"]
# **Quiz 7.2** A network ends in: last convolution, flatten, *two* linear layers with a ReLU between them. Is
# HiResCAM complete at the last convolution?
#
# 1. Yes, HiResCAM is always complete.
# 2. No: between the convolution and the score lies a ReLU.
# 3. Yes, but only for the predicted class.
#
# <details><summary>Answer and reason</summary>
#
# The second. Gradient times activation sums to the score (less the bias) when all that follows is linear, and a ReLU is
# not. (Without any biases it would still add up, because then halving all activations halves the score; with biases
# it does not.) The class has nothing to do with it.
#
# </details>

# %% [markdown]
# ## Which layer?
#
# The layer is the choice that changes a map most, and the one that papers mention least. Here is HiResCAM,
# which is signed, at the end of each of the four stages:

# %% alt="HiResCAM of the astronaut at layer1 to layer4: fine red and blue dots along edges in the early layers, broad blobs in the last."
stages = ["layer1", "layer2", "layer3", "layer4"]
by_layer = {
    layer: explain(model, image, target, method="hirescam", layer=layer)
    for layer in stages
}
plots.relevance_grid(image, by_layer)

# %% [markdown]
# Red places speak for the class, blue ones against it; each map has its own scale, written under it. Early maps
# are finer because the layer has more places (the fine dots at `layer1` are its grid), not because they know better: there a
# channel knows a patch of a few pixels and nothing of a face, and at `layer2` and `layer3` you have seen that the sum no
# longer is the score. A sharp map is not a true map.

# %% [markdown] tags=["exercise"]
# ### Exercise 7.2 · How concentrated is a map? · ●●○ · 12 min
#
# *Claim to test:* Grad-CAM at `layer2` is more concentrated than at `layer4`.
#
# "Sharper" needs a number. Take the smallest share of the picture that holds half of the positive relevance:
# 0.5 for a map that is equal everywhere, close to 0 for a single bright dot. Write `half_area` for a batch of
# maps.
#
# <details><summary>Hint: how do I find the smallest area?</summary>
#
# Sort the pixels of each map from large to small, add them up one after the other
# (`cumsum`), and count how many it takes to reach half of the total.
#
# </details>
# <details><summary>Hint: an even map does not give 0.5</summary>
#
# You compared pixels with half of the *maximum*. Compare running sums with half of the *total*.
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
# Now test the claim on our portrait:

# %%
{
    layer: round(
        float(half_area(explain(model, image, target, layer=layer))), 3
    )
    for layer in stages
}

# %% [markdown]
# The claim holds on this portrait, and one portrait is an anecdote. Is it only the grid? An enlarged 7 by 7 map can't be as small
# as a 28 by 28 one, even if the network looked at a single point. But then `layer1`, which has the finest grid, should be the
# most concentrated of all, and it is `layer3`, whose grid is the second coarsest. So the grid sets a limit, and what the layer
# holds does the rest. Neither says which map is right.

# %% [markdown]
# ## The family
#
# Since 2016 many variants have been proposed. Most change how channels are weighted; some do without
# gradients. `METHODS` lists what `explain` knows, and what each costs in forward (f) and backward (b) passes,
# K being the number of channels:

# %%
from helpers.explain import METHODS

METHODS[["signed", "passes", "paper"]]

# %% [markdown]
# Grad-CAM++ weights places before it averages; XGrad-CAM weights them by their activation; LayerCAM keeps
# positive gradients place by place, `elementwise` positive products. Eigen-CAM takes the one pattern of channels that explains most
# of the activations (their first singular vector) and **never looks at the class**. Score-CAM and Ablation-CAM try channels out: they show or remove one at a time and
# run the model again, 256 times an image.
# FullGrad takes the score apart into what the picture contributes and what the constants of every layer, such as biases, do.
#
# One picture proves nothing about a method, so from here on we take more faces along. Each map explains the model's own
# answer to that photograph:

# %%
from IPython.display import Markdown

photographs = datasets.classroom(per_group=3)
Markdown(f"> **The faces of this chapter.** {photographs.notes[0]}")

# %%
batch = photographs.images(slice(None), size=model.input_size)
few = torch.cat([image, batch[[0, 20]]])
by_gradient = ["gradcam", "gradcam++", "layercam", "xgradcam"]
family = {name: explain(model, few, method=name) for name in by_gradient}

# %% alt="Three faces in rows; Grad-CAM, Grad-CAM++, LayerCAM and XGrad-CAM in columns. On each face the four maps look alike."
plots.relevance_grid(few, family)

# %%
otherwise = ["eigencam", "scorecam", "ablationcam", "fullgrad"]
family |= {name: explain(model, few, method=name) for name in otherwise}

# %% alt="The same faces; Eigen-CAM, Score-CAM, Ablation-CAM and FullGrad in columns. The first three look much alike, FullGrad is bright in other places and nearly everywhere."
plots.relevance_grid(few, {name: family[name] for name in otherwise})

# %% [markdown]
# The first figure holds the methods that weight by gradients, the second the others. Each column has a scale of its own, since the
# methods differ in unit: compare *places*, not brightness.
# Variants that read the same layer with much the same formula agree closely. That is no independent confirmation:
# they share one set of 256 activation maps, and all of them would be wrong together. To put a number to
# it, we take one pixel from the middle of each of the 49 places of each face, rank them, and correlate the ranks
# (Spearman's correlation):

# %%
middles = {
    name: maps[:, 8::16, 8::16].flatten().numpy()
    for name, maps in family.items()
}
shown = ["gradcam", "layercam", "eigencam", "fullgrad"]
pd.DataFrame(middles).corr("spearman")[shown].round(2)

# %% [markdown]
# Numbers near 1 mean: the same places in the same order. XGrad-CAM and Grad-CAM agree perfectly: behind average pooling both
# are the same map, as HiResCAM is. Even Eigen-CAM, which never asks for the class, comes close, so agreement can come from
# *where the layer is active at all* and need not be about the answer. FullGrad, which reads all layers, goes its own way. Three
# faces are few; the pattern, not the second digit, is what to take along.
#
# What belongs to the answer shows when we ask for the other class. What spoke for it?

# %% alt="HiResCAM of three faces for both classes on one scale: what is red for one class is mostly blue for the other."
both = {
    name: explain(model, few, targets=name, method="hirescam")
    for name in model.classes
}
plots.relevance_grid(few, both, scale="all")

# %% [markdown]
# All panels share one scale here, because they have one unit. What speaks for one word speaks against the
# other: with two outputs the network has learnt little more than a difference, and one *signed* map says nearly everything.
# A map that is cut at zero says half of it. With more classes, look at the signed maps of all classes in question.

# %% [markdown] tags=["quiz"]
# **Quiz 7.3** Eigen-CAM and Grad-CAM highlight the same cheek. What follows?
#
# 1. The cheek decided the answer: two methods confirm it.
# 2. The activations of the layer are strong at the cheek; Eigen-CAM has nothing to say about the answer.
# 3. Eigen-CAM computed a gradient without saying so.
#
# <details><summary>Answer and reason</summary>
#
# The second. Eigen-CAM sees activations only, so it gives one map whatever class you ask about. Agreement
# tells you that strong activation and influence coincide in this picture. Whether the cheek decided is a
# question for an experiment: change the cheek and see whether the answer changes.
#
# </details>

# %% [markdown]
# ## What are the channels made of?
#
# 256 channels are too many to look at. *Deep Feature Factorization* ([Collins et al.
# 2018](https://arxiv.org/abs/1806.10206)) sums them up in a few *concepts*: patterns of channels that occur
# together. It takes the activations of several photographs at all places as one table and factors it into two
# without negative numbers, *how strong is each concept at each place* and *which channels is it made of*:

# %%
from helpers.explain import factorize

concepts = factorize(model, batch, components=4)
concepts.scores.round(2)

# %% [markdown]
# `share` is a concept's part of what the four hold together. The other columns say how much the concept adds, on average over the
# photographs, to the logit of each class: that is a label that the network itself gives it. Above each map we write towards which
# word the concept speaks, and by how much more than for the other:

# %% alt="Four faces in rows, four concepts in columns: each concept lights up a recurring zone; titles give what it adds to one class."
spread = concepts.scores["Female"] - concepts.scores["Male"]
labels = [
    f"{k}: {abs(effect):.1f} towards {'Female' if effect > 0 else 'Male'}"
    for k, effect in spread.items()
]
plots.concepts(batch[::11], concepts.maps[::11], labels)

# %% [markdown]
# In the second column each place takes the colour of its strongest concept. The concepts were found without being told what a
# face is. With FairFace, concepts 0 and 1 both lie on the middle of faces, each on other people's, and
# each is evidence for one of the words: this last layer sorts faces more than it describes them. Concept 2 adds a little.
# Concept 3 lights up along the upper edge, mostly on hair and background, and adds almost nothing to either word: something
# that the network sees and hardly uses. To call it "hair" is *our* reading, and it needs a test: look at more faces, or change
# the hair. (On variants of one portrait the concepts are parts of one face, such as the mouth.)
#
# How much do the concepts leave out? `error` is the size of what is missing relative to that of the activations, each as the
# root of summed squares. Its square is the missing share:

# %%
{
    k: round(factorize(model, batch, components=k).error ** 2, 2)
    for k in (2, 4, 8, 16)
}

# %% [markdown]
# A share of 0 would be an exact copy, 1 is as bad as saying nothing. Four concepts miss about a third, and even sixteen, of 256
# channels, miss about a fifth. So four are a convenient summary which holds the larger part, and by no means everything.

# %% [markdown]
# ## The crop decides with
#
# Before we ask where the model looks, one look at what we show it. The crop was our choice. Here are three framings of the
# same portrait: as the model has learnt it, with twice the side, and the whole photograph:

# %%
x, y, side = (round(each) for each in preprocessing.face_square(faces[0]))
wide = portrait[
    max(0, y - side // 2) : y + 3 * side // 2, x - side // 2 : x + 3 * side // 2
]
framings = datasets.to_tensor([crop, wide, portrait], size=model.input_size)
shares = model(framings).softmax(1)[:, target].tolist()
titles = [
    f"{name}: {share:.0%}"
    for name, share in zip(["crop", "wide", "whole"], shares)
]

# %% alt="The astronaut in three framings, each beside its Grad-CAM: bright on the face in the tight crop, faint around the head in the wide one, beside the collar in the whole photograph."
plots.relevance_grid(
    framings,
    {
        f"Grad-CAM for '{model.classes[target]}'": explain(
            model, framings, target
        )
    },
    titles,
)

# %% [markdown]
# Beside each row stands the softmax share of the same class. Nothing about the person changed, and yet the share drops from over
# 90 % to about a half, where a hair decides the answer, and to about 70 % for the whole photograph. And the map, on the same scale,
# all but leaves the face: in the whole photograph it lies beside the collar. The model has learnt from tight crops and is lost outside them. So a map explains a
# *picture*, crop included, and a study that compares people who were cropped differently compares crops.

# %% [markdown]
# ## Does it look at the face?
#
# "The model focuses on the face" is a sentence that many a paper rests on a picture. Let us measure it: the
# *focus score* is the share of positive relevance that lies on the face. First we need to know where
# the face is. We detect it in each photograph and lay an ellipse through the landmarks:

# %%
originals = [photographs.source.read(file) for file in photographs.table.index]
found = preprocessing.detect_all(originals)
seen = [row for row, faces_here in enumerate(found) if faces_here]
masks = []
for row in seen:
    landmarks = (
        found[row][0].landmarks * model.input_size[0] / originals[row].shape[0]
    )
    masks.append(
        torch.from_numpy(
            preprocessing.face_ellipse(landmarks, model.input_size)
        )
    )
masks, batch = torch.stack(masks), batch[seen]
f"a face was found in {len(seen)} of {len(found)} photographs; the others are left out"

# %% alt="Five faces, each with an ellipse kept in colour that covers the face from forehead to chin and leaves out hair and background."
shaded = torch.where(masks[:, None], batch, 0.25 * batch)
plots.pictures(shaded[::9])

# %% [markdown]
# The ellipse is a rough model of a face: it takes in no hair and no ears, it misses a beard's edge and includes a
# hand in front of a mouth. Every number below depends on it. Note as well that dropping faces without detection
# is not innocent: detectors miss some groups more often than others, which chapter 01 measures.

# %% [markdown] tags=["exercise"]
# ### Exercise 7.3 · The focus score · ●●○ · 10 min
#
# *Claim to test:* most of the relevance of Grad-CAM lies on the face.
#
# Write `focus`: positive relevance inside the mask, divided by all positive relevance, for each image.
#
# <details><summary>Hint: my scores leave the range from 0 to 1</summary>
#
# Negative relevance got into a sum: cut it off before you sum.
#
# </details>
# <details><summary>Hint: what should a map score that is equal everywhere?</summary>
#
# The mask's share of the picture. If yours gives 1, you have divided by the mask's area.
#
# </details>


# %% tags=["exercise"]
def focus(relevance: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
    """Share of the positive relevance inside the masks: (N, height, width) twice, to (N,)."""
    ### BEGIN SOLUTION
    positive = relevance.clamp_min(0)
    return (positive * masks).sum((1, 2)) / positive.sum((1, 2))
    ### END SOLUTION


# %%
check.exercise_7_3(focus)

# %% [markdown]
# A score means nothing without a yardstick. `focus_scores` gives three beside it: *chance*, the focus of an even
# map, which is just the area of the mask; *centre*, that of a fixed blob in the middle, which never saw the picture; and
# *others*, that of the mean map of the other photographs:

# %%
from helpers.evaluate import focus_scores

relevance = explain(model, batch, method="gradcam")
scores = focus_scores(relevance, masks)
scores.describe().loc[["count", "mean", "min", "max"]].round(2)

# %% [markdown]
# To say how sure we are, we draw as many photographs as we have out of ours, with repetition, take the mean, do so 2,000
# times, and keep the middle 95 % of these means: a *bootstrap* interval. (If the banner above names the astronaut, your 42
# pictures are variants of *one* portrait: n is one person, whatever the figures print, and the intervals say how much the
# variants differ. They practise the computation and claim nothing about people.) The same for a few methods:

# %%
from helpers.intervals import bootstrap_mean


def summary(values) -> dict:
    mean, low, high = bootstrap_mean(values)
    return {
        "n": int(values.notna().sum()),
        "value": mean,
        "low": low,
        "high": high,
    }


summary(scores.focus)

# %%
methods = ["gradcam", "gradcam++", "layercam", "eigencam", "fullgrad"]
by_method = {
    m: focus_scores(explain(model, batch, method=m), masks) for m in methods
}
lines = {
    m: {"kind": "method", **summary(table.focus)}
    for m, table in by_method.items()
}
lines |= {
    b: {"kind": "yardstick", **summary(scores[b])} for b in ["centre", "others"]
}
compared = pd.DataFrame.from_dict(lines, orient="index")
compared.round(2)

# %% alt="Dots with whiskers: mean focus of five methods, with dashed line at the mask's share of the picture. The blob in the centre lies above all methods, other pictures' maps about level with Grad-CAM, and FullGrad below the rest."
plots.dots(
    compared,
    "focus: share of relevance on the face",
    scores.chance.mean(),
    "chance",
)

# %% [markdown]
# Read the figure from the yardsticks up. With FairFace (n = 40) Grad-CAM has a focus of 0.82, well above chance at 0.69. That sounds like success. But a blob in the
# middle that never saw a picture reaches 0.88, because faces are centred, and the maps of *other* people reach 0.83. So the
# sentence "Grad-CAM shows that the model looks at this face" does not follow: a map of somebody else would have shown it as
# well. And Eigen-CAM, which does not know the question, has 0.81, as much as Grad-CAM++ and LayerCAM, which do.
#
# That holds for Eigen-CAM as its [paper](https://arxiv.org/abs/2008.00299) defines it. The library grad-cam subtracts each
# channel's mean before it looks for the pattern, and leaves to chance which way the pattern points. Does that matter?

# %%
from pytorch_grad_cam import EigenCAM

theirs = torch.from_numpy(EigenCAM(model, [model.layer4])(batch, None))
summary(focus_scores(theirs, masks).focus)

# %% [markdown]
# With FairFace the same name now has a focus of 0.89, the highest of all methods, above the blob as well. One line of code, and
# another method wins the table. A name is not a formula: say which one you used, down to the centring, and where it comes from.
#
# Whiskers of the same photographs are better compared photograph by photograph. Here are the differences between Grad-CAM and
# each yardstick, with their intervals:

# %%
differences = {
    name: summary(scores.focus - scores[name])
    for name in ["chance", "centre", "others"]
}
pd.DataFrame(differences).T.round(3).astype({"n": int})

# %% [markdown]
# With FairFace: above an even map, below a blob in the middle, both beyond chance, since the intervals leave out zero; and no
# different, as far as 40 faces can tell, from other people's maps. (On variants of one portrait `others` are maps of the same face,
# and an interval is no statement about chance.)
#
# A high focus also says only that *relevance* lies on the face. Whether the model *needs* the face, or the background, is a
# question that no map can settle: we have to change the picture.

# %% [markdown]
# ## Blur the background, and something else
#
# A common experiment blurs everything but the face and reports that the map now sits on the face more than before. Two
# traps lie in it. Blurred regions have no edges, so they can hardly light up; and a blurred picture is unlike anything
# that the model has learnt from. So we need more than one blur: blur the face instead; and for each of the two a *control*, in
# which the same ellipse is moved to a random place, and what leaves the picture on one side comes back on the other:

# %%
crops = [(each * 255).byte().permute(1, 2, 0).numpy() for each in batch]
shapes = masks.numpy()


def blurred(where: list) -> torch.Tensor:
    pictures = [
        preprocessing.blur_where(c, w, sigma=6) for c, w in zip(crops, where)
    ]
    return datasets.to_tensor(pictures)


moved = [
    preprocessing.moved_mask(mask, seed) for seed, mask in enumerate(shapes)
]
versions = {
    "background blurred": blurred([~mask for mask in shapes]),
    "control of the background": blurred([~mask for mask in moved]),
    "face blurred": blurred(list(shapes)),
    "control of the face": blurred(moved),
}

# %% alt="One face in five versions: as it is, background blurred, all but a moved ellipse blurred, face blurred, a moved ellipse blurred."
example = [batch[0], *(images[0] for images in versions.values())]
plots.pictures(
    example,
    ["as it is", "background", "control of that", "face", "control of that"],
)

# %% [markdown]
# Each title names what was blurred. Area and strength of the blur are the same within a pair; only the place differs. Mind one
# weakness before you see the result: the faces fill so much of these pictures that about two thirds of a moved ellipse
# still lie on the face. For how many does the answer change?

# %%
with torch.no_grad():
    before = model(batch).argmax(1)
    changed = {
        name: model(images).argmax(1) != before
        for name, images in versions.items()
    }
{name: int(flipped.sum()) for name, flipped in changed.items()}

# %% [markdown]
# And as shares, with their intervals:

# %%
from helpers.intervals import wilson

flips = {}
for name, flipped in changed.items():
    low, high = wilson(int(flipped.sum()), len(flipped))
    kind = "control" if "control" in name else "blur"
    share = float(flipped.float().mean())
    flips[name] = {
        "kind": kind,
        "n": len(flipped),
        "value": share,
        "low": low,
        "high": high,
    }

# %% alt="Dots with wide whiskers: share of changed answers for the four blurred versions. Where the background is blurred no answer changes; a blurred face changes a fifth or more."
plots.dots(pd.DataFrame(flips).T, "share of answers that changed")

# %% [markdown]
# Compare each dot with its control below it, and look at the whiskers before you look at the dots. With FairFace, blurring all
# but the face (hair and ears too) changed 0 answers of 40, its control 3; the intervals overlap. Blurring the face changed 8 of
# 40. That sounds like "the model uses the face", until you see that its control changed 9. With 40 faces and overlapping shapes
# neither pair can be told apart, and that is the result. Wider pictures would allow better controls, and more faces narrower
# whiskers.
#
# On variants of the astronaut the second pair looks clear: 11 of 42 against 0. It isn't. It is one face, 42 times, and the whiskers
# take its variants for 42 people; the next face may do the opposite.
#
# And the focus scores?

# %% alt="Dots with whiskers: mean focus for the original and the four blurred versions, with chance as a dashed line."
focus_by_version = {}
for name, images in versions.items():
    table = focus_scores(
        explain(model, images, before, method="gradcam"), masks
    )
    kind = "control" if "control" in name else "blur"
    focus_by_version[name] = {"kind": kind, **summary(table.focus)}
focus_by_version["as it is"] = {"kind": "original", **summary(scores.focus)}
focus_by_version = pd.DataFrame.from_dict(focus_by_version, orient="index")
plots.dots(
    focus_by_version,
    "focus on the face",
    scores.chance.mean(),
    "chance",
)

# %% [markdown]
# With FairFace the focus does not rise when the background is blurred: it is 0.82 before and after, and in the
# control. (On the portrait's variants it even falls, and in the control too.) Had it risen, the control would have told us whether to credit the face or the blur. An experiment without one
# could have gone either way, and would have been written up either way.

# %% [markdown] tags=["exercise"]
# ### Exercise 7.4 · A claim of your own · ●●● · 20 min
#
# *Claim to test:* yours. Write a sentence about these maps that could turn out false, choose a number that would show it,
# and compute it with its n and interval. For instance: "the focus of FullGrad is lower than that of LayerCAM", "maps at
# `layer3` cover less area than maps at `layer4`", "blurring the face lowers the softmax share of the answer".
#
# Return a `dict` with `claim`, `n` (at least 20), `value`, `low`, `high`, `null` (the value if there were no effect),
# `direction` (`"above"` or `"below"` the null, as you claim) and `verdict`: `"supported"`, `"contradicted"` or
# `"undecided"`. The check can't judge your claim; it makes sure that the verdict follows from the interval.
#
# <details><summary>Hint: I don't know where to start</summary>
#
# Take the difference of two scores of the *same* photographs, image by image: its null value is 0, and
# `bootstrap_mean` gives its interval.
#
# </details>
# <details><summary>Hint: the check objects to my verdict</summary>
#
# If the interval contains the null value, the data can't decide: "undecided" is an honest result. If it lies on the side that
# you did not claim, the data contradict you.
#
# </details>


# %% tags=["exercise"]
def my_claim() -> dict:
    """A claim with its evidence and verdict."""
    ### BEGIN SOLUTION
    difference = by_method["gradcam"].focus - by_method["eigencam"].focus
    value, low, high = bootstrap_mean(difference)
    verdict = (
        "undecided"
        if low <= 0 <= high
        else ("supported" if low > 0 else "contradicted")
    )
    return {
        "claim": "Grad-CAM puts a larger share of its relevance on the face than Eigen-CAM does.",
        "n": int(difference.notna().sum()),
        "value": value,
        "low": low,
        "high": high,
        "null": 0.0,
        "direction": "above",
        "verdict": verdict,
    }
    ### END SOLUTION


# %%
check.exercise_7_4(my_claim)

# %% [markdown]
# ## What this chapter does not show
#
# - **Not why.** A map says where, never what about it, and its places are large.
# - **Not that a map is true.** Completeness at `layer4` makes it an honest account of the last linear step. What happened
#   before, and whether a *change* of the picture would have the effect that the map suggests, is open. Chapter 05 tests this
#   on faces where the truth is known.
# - **Not a difference between groups.** We mixed all faces on purpose: three photographs a group can't carry one. Chapter
#   08 compares groups, with intervals.
# - **Nothing about the people in the photographs.** Their labels are what annotators perceived.

# %% [markdown]
# ## Summary
#
# - Grad-CAM: gradient averaged for each channel, times activation, summed, cut at zero.
# - HiResCAM leaves the averaging out. Behind global average pooling and a linear head the two are the same map, and its sum
#   plus the bias is the logit. At other layers neither holds.
# - Maps that share a layer agree because they share it. Eigen-CAM does not know the class, and a library's may not be the paper's.
# - A focus score needs chance, a centre blob and other people's maps beside it; an intervention needs a control; both need
#   an n and an interval.
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
# - Collins, Achanta and Süsstrunk. [Deep feature factorization](https://arxiv.org/abs/1806.10206). ECCV 2018.
# - Gildenblat and contributors. [pytorch-grad-cam](https://github.com/jacobgil/pytorch-grad-cam). 2021.
# - Kärkkäinen and Joo. [FairFace](https://github.com/joojs/fairface). WACV 2021.
# - Zhang et al. [MTCNN](https://arxiv.org/abs/1604.02878). IEEE Signal Processing Letters 2016.
#
# **Next:** chapter 08 gives every region of the face a number of its own, and compares groups.
