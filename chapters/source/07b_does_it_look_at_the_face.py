# %% [markdown]
# # 07b · Does it look at the face? Concepts, focus and a blur with a control
#
# "The model looks at the face": this sentence often rests on a few coloured maps, or on an experiment that blurs the background.
# Does the experiment work? We trained a network that answers by the background alone. Then we blurred everything around the faces
# of its pictures. *Not one of its answers changed.*
#
# By the end of this sitting you know why, and which experiment would have caught it.
#
# **You will be able to**
#
# - *factor* a layer into a few concepts, and test the label you give one;
# - *see* how much of an answer is the crop's;
# - *compute* a focus score, and compare it with chance and with a map that never looked;
# - *test* "the background matters" with a control, picture by picture.
#
# **Before you start**
#
# | you need | how much | where to find it |
# |---|---|---|
# | Python, NumPy and PyTorch | essential | as in chapter 07 |
# | [chapter 07](07_cam_variants.ipynb) | essential | what an activation, a channel and Grad-CAM are |
# | [chapter 02](02_bias_in_classification.ipynb) | helpful | confidence intervals |
#
# **Time**: 60 minutes with the exercises. The cells run for about half a minute.

# %% [markdown]
# ## What are the channels made of? · 16 min
#
# Most faces of this sitting are drawn. Nobody in them exists, and for that we know everything about them: which pixel belongs to
# which part, and what would change if one thing alone were different. We draw 40 people, half of them with long hair. For a test
# at the end of this section we draw each of them once more, a *twin* with the other hair and all else equal:

# %% alt="Ten drawn faces: five people in the first row, and below each the same person with long hair cut short or short hair grown."
from helpers import datasets, faces, plots

other = {"long": "short", "short": "long"}
crowd = faces.sample(40, seed=2, hat=False, beard=False, hair_length=[*other])
twins = [
    faces.twin(each, hair_length=other[each.hair_length]) for each in crowd
]
rendered = faces.render([*crowd, *twins], size=112)
pictured = datasets.to_tensor(list(rendered.images))
plots.pictures(pictured[[0, 1, 2, 3, 4, 40, 41, 42, 43, 44]])

# %% [markdown]
# The model has learnt to name eight groups of drawn faces: four bands of skin tone, each with long or with short hair. What has
# it learnt to look for? Here are 16 channels of its *first* stage for the first face, caught with a hook as in chapter 07:

# %% alt="Sixteen small maps of one face: outlines of the head, of hair or of clothes, each bright in another part."
import torch

from helpers import models

model = models.load("synthetic-subgroups")
kept = {}
hook = model.layer1.register_forward_hook(
    lambda layer, inputs, output: kept.update(layer1=output)
)
with torch.no_grad():
    model(pictured[:1])
hook.remove()
plots.channels(kept["layer1"][0, :16])

# %% [markdown]
# (On new faces, says its card, this model is right for {{98.9 = 100 * model.card["accuracy"]["all"]["share"]}} %.) Early channels look like edge and colour filters, and one can still guess what they
# found. In the last stage there are hundreds of channels, and nobody can look through them all.
#
# *Deep Feature Factorization* ([Collins et al. 2018](https://arxiv.org/abs/1806.10206)) sums them up in a few *concepts*: mixes of
# channels that occur together. Put the activations of all pictures into one table $A$, a row for each place $p$, a column for each
# channel $k$, and look for two smaller tables without negative numbers:
#
# $$A_{pk} \approx \sum_c W_{pc} H_{ck}, \qquad W, H \ge 0$$
#
# $W$ says how strong concept $c$ is at each place, and $H$ which channels it is made of. No label is used:

# %%
from helpers.explain import factorize

concepts = factorize(model, pictured, components=5)
concepts.scores.T.round(2)

# %% [markdown]
# `share` is a concept's part of what the five hold together. The other rows say how much the concept adds, on average over the
# pictures, to the logit of each class. That is a label which the network itself gives. One of the concepts raises every group
# with long hair and lowers every group with short hair. Which?

# %%
classes = concepts.scores.drop(columns="share")
for_long = [name for name in classes if "long" in name]
for_short = [name for name in classes if "short" in name]
lead = classes[for_long].mean(axis=1) - classes[for_short].mean(axis=1)
hair = int(lead.argmax())
lead.round(1)

# %% alt="Four drawn faces in rows, five concepts in columns. Two concepts lie beside face and neck, one where long hair falls and one where it does not; the others lie on cheeks, eyes or nearly nowhere."
labels = [
    f"{k}: {value:+.1f} for long hair" for k, value in lead.round(1).items()
]
plots.concepts(pictured[:4], concepts.maps[:4], labels)

# %% [markdown]
# In the second column each place takes the colour of its strongest concept. Concept {{0 = hair}} speaks for long hair. It lights
# up beside the face, from the ears down to the shoulders, where long hair falls. Its opposite, concept {{3 = lead.argmin()}}, lights up
# beside the neck when there is none. The other three speak for no length of hair.
#
# To call concept {{0 = hair}} "long hair" is *our* reading. It might be "dark around the neck", or a collar. A reading needs a
# test that it can fail. So we compare twins: how much stronger is each concept when the *same* person has long hair?

# %%
import numpy as np
import pandas as pd

from helpers.intervals import bootstrap_mean

strength = concepts.maps.mean((2, 3)).numpy()
sign = np.array([1 if each.hair_length == "long" else -1 for each in crowd])
rise = sign[:, None] * (strength[:40] - strength[40:])
columns = ["rise", "low", "high"]
rises = [bootstrap_mean(rise[:, k]) for k in range(5)]
pd.DataFrame(rises, columns=columns).rename_axis("concept").round(2)

# %% [markdown]
# Each row is a mean over 40 people, of long hair minus short hair. `low` and `high` are a *confidence interval*: other samples of
# people would give other means, and an interval made in this way holds the true mean for about 95 % of the samples. Ours is a
# *bootstrap* interval: draw as many differences as there are, with repetition, take the mean, do it many times, keep the middle 95 %.
#
# Concept {{0 = hair}} rises by {{5.0 = rises[hair][0]}} (in the unit of the maps' scale), and concept {{3 = lead.argmin()}} falls about as
# far. The other three are our control: they move by about {{0.2 = abs(rise[:, [1, 2, 4]].mean(0)).max()}} at most, though for two of them
# the interval leaves zero out. The label has passed this test. It need not hold for hats or scarves, which we did not try.
#
# How much do five concepts leave out? `error` compares $A$ with $WH$; its square is the share that is missing, 0 for an exact copy:

# %%
{
    number: round(factorize(model, pictured, components=number).error ** 2, 2)
    for number in (2, 5, 10)
}

# %% [markdown]
# Five concepts hold most of what the layer says about these faces, and not all of it. With other numbers of concepts they also
# come out cut in other ways: ask for two, and several things share one.

# %% [markdown] tags=["quiz"]
# **Quiz 7.4** A concept lights up on mouths, and you call it "smile". Which of these tests the label?
#
# 1. Show the same people with and without a smile, and compare the concept's strength.
# 2. Ask five colleagues whether they, too, would call it "smile" when they see the maps.
# 3. Look up whether the concept adds to the logit of the class "happy".
#
# <details><summary>Answer and reason</summary>
#
# The first: the label could fail there. Colleagues look at the same maps as you, so they share your error. And a concept "open
# mouth" or "teeth" could add to "happy" just as well.
#
# </details>

# %% [markdown]
# ## The crop has a say · 5 min
#
# Before we ask where a model looks, a look at what we show it. The crop was our choice. Here is the astronaut of chapter 07 in
# three framings: as that model has learnt it, with twice the side, and the whole photograph:

# %%
from helpers import preprocessing

photo = datasets.astronaut()
(found,) = preprocessing.detect(photo)
x, y, side = (round(each) for each in preprocessing.face_square(found))
half = side // 2
wide = photo[max(0, y - half) : y + 3 * half, x - half : x + 3 * half]
crop = preprocessing.crop_face(photo, found)
framings = datasets.to_tensor([crop, wide, photo], size=112)

# %% alt="The astronaut in three framings, each beside its Grad-CAM: bright on the face in the tight crop, faint around the head in the wide one, beside the collar in the whole photograph."
from helpers.explain import explain

gender = models.load("gender-fairface")
with torch.no_grad():
    shares = 100 * gender(framings).softmax(1)
target = int(shares[0].argmax())
names = ["crop", "wide", "whole"]
titles = [
    f"{name}: {share:.0f} %" for name, share in zip(names, shares[:, target])
]
maps = explain(gender, framings, target)
plots.relevance_grid(framings, {gender.classes[target]: maps}, titles)

# %% [markdown]
# Beside each row stands the softmax share of one and the same class. Nothing about the person changed. Yet the share falls from
# {{94 = shares[0, target]}} % to {{51 = shares[1, target]}} % for the wide crop and {{69 = shares[2, target]}} % for the whole
# photograph, and the map, on one scale, all but leaves the face. The model has learnt from tight crops and is lost outside them.
#
# So a map explains a *picture*, crop included, and whoever compares people who were cropped differently compares crops.

# %% [markdown]
# ## Does it look at the face? · 14 min
#
# Now to two models of which we know the truth. Both learnt to tell whether the brows of a drawn face are raised. Their training
# faces were the same, with one exception. For the *planted* model, those with raised brows always stood before foliage, so the
# background gave the answer away; such a cue is called a *shortcut* (not the ResNet's). For the *clean* model the background said nothing.
#
# We draw 96 new people, half before foliage and half in a street, and independently of that half with raised brows. Again each of
# them gets twins: one with the other background, one with the other brows.

# %%
swap = {"foliage": "street", "street": "foliage"}
people = faces.sample(96, seed=1, background=[*swap], brows_raised=[0.0, 0.9])
drawn = faces.render(people, size=112)
batch = datasets.to_tensor(list(drawn.images))
other_background = [
    faces.twin(each, background=swap[each.background]) for each in people
]
other_brows = [
    faces.twin(each, brows_raised=0.9 - each.brows_raised) for each in people
]

# %% [markdown]
# One number sums up what a model says: the logit of "raised brows" minus that of "relaxed brows". Above 0 the answer is
# "raised". How many answers change when one thing alone is changed?

# %%
planted = models.load("synthetic-background")
clean = models.load("synthetic-background-clean")
both = {"planted": planted, "clean": clean}


def score(model, images):
    with torch.no_grad():
        logits = model(images)
    return logits[:, 1] - logits[:, 0]


before = {name: score(model, batch) for name, model in both.items()}


def changed(after, name):
    return int(((after > 0) != (before[name] > 0)).sum())


# %%
truth = {}
for what, others in [("background", other_background), ("brows", other_brows)]:
    images = datasets.to_tensor(list(faces.render(others, size=112).images))
    truth[f"other {what}"] = {
        name: changed(score(model, images), name)
        for name, model in both.items()
    }
pd.DataFrame(truth)

# %% [markdown]
# The same person as drawn, with the other background and with the other brows (the fifth of them):

# %% alt="One drawn person three times: as drawn, then before another background, then with other brows; all else is equal."
one = [each[4] for each in (people, other_background, other_brows)]
titles = ["as drawn", "other background", "other brows"]
plots.pictures(faces.render(one, size=160).images, titles)

# %% [markdown]
# The table is the truth against which every map and every experiment below is judged. The planted model changes
# {{95 = truth["other background"]["planted"]}} of {{96 = len(people)}} answers with the background and
# {{0 = truth["other brows"]["planted"]}} with the brows. The clean model changes {{0 = truth["other background"]["clean"]}} and
# {{91 = truth["other brows"]["clean"]}}. What does Grad-CAM show of that?

# %% alt="Three drawn faces in rows, Grad-CAM of two models in columns. Under the planted model the background around the head is bright, under the clean model, if anything, parts of the face."
plots.relevance_grid(
    batch[:3],
    {name: explain(model, batch[:3]) for name, model in both.items()},
)

# %% [markdown]
# The maps differ, and in the direction of the truth. But three pictures are a few coloured maps again. Let us measure: the *focus
# score* is the share of positive relevance that lies on the face. As the face we take an ellipse that follows from the
# landmarks. It is rough, and leaves out hair and ears. Here the landmarks are known. On photographs a detector finds them, and may
# miss some people more often than others (chapter 01b).

# %% alt="Five drawn faces, each with an ellipse in colour that covers the face from forehead to chin; hair, clothes and background are dark."
ellipses = np.stack(
    [preprocessing.face_ellipse(five, (112, 112)) for five in drawn.landmarks]
)
masks = torch.from_numpy(ellipses)
plots.pictures(torch.where(masks[:, None], batch, 0.25 * batch)[:5])

# %% [markdown] tags=["exercise"]
# ### Exercise 7.3 · The focus score · ●●○ · 7 min
#
# *Claim to test:* the focus score tells the two models apart.
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
from helpers import checks as check

check.exercise_7_3(focus)

# %% [markdown]
# A score means nothing without a yardstick. `focus_scores` gives three beside it. *chance* is the focus of an even map, which is
# just the area of the mask. *centre* is that of a fixed blob in the middle, which never saw the picture. *others* is that of the
# mean map of the *other* pictures:

# %%
from helpers.evaluate import focus_scores

scores = {
    name: focus_scores(explain(model, batch), masks)
    for name, model in both.items()
}
pd.DataFrame({name: table.mean() for name, table in scores.items()}).round(3)

# %% [markdown]
# The planted model has a focus of {{0.085 = scores["planted"].focus.mean()}}, below chance, which is
# {{0.199 = scores["clean"].chance.mean()}}. The clean model has {{0.465 = scores["clean"].focus.mean()}}, far above. So here the
# claim of the exercise holds.
#
# Now read the other yardsticks. Each picture has its own focus and its own yardstick, so we subtract them picture by picture
# (*paired*), and give the mean difference its interval:

# %%
paired = {
    f"{model} minus {name}": bootstrap_mean(
        scores[model].focus - scores[model][name]
    )
    for model in both
    for name in ["chance", "centre", "others"]
}
columns = ["value", "low", "high"]
paired = pd.DataFrame.from_dict(paired, orient="index", columns=columns)
paired["kind"] = [name.split()[0] for name in paired.index]
paired["n"] = len(batch)

# %% alt="Dots with whiskers for six differences. The planted model lies below chance and far below the centre, the clean model far above chance and a little above the centre; for both models the difference from other pictures' maps is near zero."
plots.dots(paired, "focus minus yardstick", 0.0, "no difference")

# %% [markdown]
# Against *chance* the clean model stands far above zero, at {{0.27 = paired.value["clean minus chance"]}}. That sounds like
# success. Against a blob in the *centre* little of it is left: {{0.03 = paired.value["clean minus centre"]}}, from
# {{0.02 = paired.low["clean minus centre"]}} to {{0.05 = paired.high["clean minus centre"]}}. Faces are centred, so a map that never
# looked scores nearly as well as that of a model that does look.
#
# Against *others* the interval holds zero for {{both = "both" if ((paired.low < 0) & (paired.high > 0))[[f"{k} minus others" for k in both]].all() else "not both"}} models. So "the model looks at *this* face" doesn't follow from a high focus:
# somebody else's map would have shown it as well.
#
# A focus says where *relevance* lies. Whether the model *needs* what lies there, no map can settle. We have to change the picture.

# %% [markdown]
# ## Blur the background, with a control · 11 min
#
# The common experiment blurs everything but the face (hair and clothes, too, count as background here), counts the answers that change, and concludes from a small number that the
# background doesn't matter. We do it with a *control*: the same blur in another place. (`sigma` is the width of the
# blur, in pixels.) Rolled by half the picture each way, the
# ellipse falls into four pieces, one in each corner. The area stays the same. How many pixels lie on both?

# %%
moved_away = np.roll(ellipses, (56, 56), axis=(1, 2))


def blurred(where):
    pairs = zip(drawn.images, where)
    return datasets.to_tensor(
        [preprocessing.blur_where(*pair, sigma=6) for pair in pairs]
    )


versions = {
    "background": blurred(~ellipses),
    "all but the corners": blurred(~moved_away),
    "face": blurred(ellipses),
    "corners": blurred(moved_away),
}
int((moved_away & ellipses).sum())

# %% alt="One drawn face in five versions: as it is, background blurred, all but the four corners blurred, face blurred, four corners blurred."
example = [batch[1], *(images[1] for images in versions.values())]
plots.pictures(example, ["as it is", *versions])

# %% [markdown]
# No pixel lies on both. Each title names what was blurred. The second blur is the control of the first, and the fourth that of the third. On photographs
# cropped as tightly as the model of chapter 07 needs them, this design is impossible: the face fills so much of the picture
# that its control lies on the face as well.
#
# Now the experiment as it is commonly done. How many answers change?

# %%
after = {
    (blur, name): score(model, images)
    for blur, images in versions.items()
    for name, model in both.items()
}
counts = {
    blur: {name: changed(after[blur, name], name) for name in both}
    for blur in versions
}
pd.DataFrame(counts)

# %% [markdown]
# The planted model takes its answers from the background. Blur all of it, and {{0 = counts["background"]["planted"]}} of
# {{96 = len(people)}} answers change. The common experiment acquits it.
#
# Look at the picture again: foliage is green, and a blur leaves it green. A blur takes edges and texture away. It leaves colour.
# So few changed answers can mean "not used", and they can mean "this blur did not take away what is used".
#
# A changed answer is also a coarse measure, since a score may move far and stay on its side of zero. How far do the scores move?

# %%
moved = {
    (blur, name): (each - before[name]).abs().numpy()
    for (blur, name), each in after.items()
}
shifts = {
    f"{name}: {blur}": bootstrap_mean(moved[blur, name])
    for name in both
    for blur in versions
}
shifts = pd.DataFrame.from_dict(shifts, orient="index", columns=columns)
shifts["kind"] = ["blur", "its control"] * 4

# %% alt="Dots with whiskers, four for each model. Planted: the score moves far when the background or all but the corners is blurred, little for face or corners. Clean: far for all but the corners and for the face, hardly for background or corners."
plots.dots(shifts, "mean shift of the score (logits)")

# %% [markdown]
# The figure has each blur one line above its control. For the clean model, blurring the face moves the score far, and blurring as much of the
# corners hardly at all. For the planted model, a blurred background moves the score by
# {{4.5 = shifts.value["planted: background"]}} logits, although no answer changed. (A blurred face moves it by
# {{0.5 = shifts.value["planted: face"]}}: what a network uses little is seldom nothing.)
#
# The whiskers of two dots come from the same pictures, so don't compare whiskers. Compare picture by picture, blur minus control:

# %%
pairs = {"face": "corners", "background": "all but the corners"}
differences = {
    f"{name}: {blur} minus {control}": bootstrap_mean(
        moved[blur, name] - moved[control, name]
    )
    for name in both
    for blur, control in pairs.items()
}
differences = pd.DataFrame.from_dict(
    differences, orient="index", columns=columns
)
differences.round(2)

# %% [markdown]
# Read the rows of *face minus corners*. The clean model needs the face more than as much picture elsewhere:
# {{6.36 = differences.value["clean: face minus corners"]}}, and the interval lies
# {{above = "above" if differences.low["clean: face minus corners"] > 0 else "not above"}} zero. For the planted model the
# difference is {{-0.75 = differences.value["planted: face minus corners"]}}, and the interval lies
# {{below = "below" if differences.high["planted: face minus corners"] < 0 else "not below"}}: blurring four corners moves it more
# than blurring a face. With a control and a fine enough measure, the
# experiment finds the truth about both models.
#
# It still has not shown *what* in the background is used. For that the twins were better: they changed one thing alone and left
# a picture that looks like any other. On photographs such twins are hard to come by, and that is why a blur is so popular.

# %% [markdown] tags=["quiz"]
# **Quiz 7.5** A study blurs the background of a thousand photographs, and 1 % of the answers change. May it conclude that the
# model does not use the background?
#
# 1. Yes, if the confidence interval of the share is narrow.
# 2. Yes, provided that blurring the face, as a comparison, changes far more of the answers.
# 3. No: what the model uses there may survive a blur.
#
# <details><summary>Answer and reason</summary>
#
# The third. The interval speaks about other photographs under the *same* blur. Blurring the face may change more answers because
# a face loses more by it. Colour, brightness and large shapes survive, as the foliage has shown.
#
# </details>

# %% [markdown]
# ## A claim of your own · 14 min

# %% [markdown] tags=["exercise"]
# ### Exercise 7.4 · A claim of your own · ●●● · 14 min
#
# *Claim to test:* yours. Write a sentence that could turn out false, choose a number that would show it, and a control. For
# instance: "blurring the hair moves the clean model's score more than blurring as much background", or "Grad-CAM of the planted
# model has a lower focus than its LayerCAM". Say which way it will go *before* you look.
#
# Return a `dict` with `claim`, `n` (at least twenty), `value`, `low`, `high`, `null` (the value if there were no effect), `direction`
# (`"above"` or `"below"` the null, as you claim) and `verdict`: `"supported"`, `"contradicted"` or `"undecided"`. The check can't
# verify your numbers. It sees whether your verdict follows from your interval.
#
# <details><summary>Hint: I don't know where to start</summary>
#
# Take two numbers of the *same* pictures, one of them the control, and subtract them picture by picture: the null is 0, and
# `bootstrap_mean` gives the interval. `blurred(where)` takes a mask for each picture, as `ellipses` does;
# `drawn.masks[:, k]` is the k-th region of `faces.REGIONS`.
#
# </details>
# <details><summary>Hint: the check objects to my verdict</summary>
#
# If the interval contains the null, the data can't decide: "undecided" is an honest result. If it lies on the side that you did
# not claim, the data contradict you.
#
# </details>


# %% tags=["exercise"]
def my_claim() -> dict:
    """A claim with its evidence and verdict."""
    ### BEGIN SOLUTION
    heights = np.array([np.nonzero(each)[0].mean() for each in ellipses])
    upper = ellipses & (np.arange(112)[:, None] < heights[:, None, None])
    # The control is the lower half: as large, and on the face as well.
    blurs = [blurred(upper), blurred(ellipses & ~upper)]
    top, bottom = [score(clean, each) - score(clean, batch) for each in blurs]
    value, low, high = bootstrap_mean((top.abs() - bottom.abs()).numpy())
    side = int(low > 0) - int(high < 0)
    return {
        "claim": "Blurring the upper half of the face moves the clean model more than the lower.",
        "n": len(top),
        "value": value,
        "low": low,
        "high": high,
        "null": 0.0,
        "direction": "above",
        "verdict": ["undecided", "supported", "contradicted"][side],
    }
    ### END SOLUTION


# %%
check.exercise_7_4(my_claim)

# %% [markdown]
# ## What this chapter does not show
#
# - **Nothing about people.** The faces of the experiments are drawn. They show what a method finds when the truth is known; how
#   often real models use backgrounds is another question.
# - **Not every blur.** One strength, one shape, one kind of cue. A cue of fine texture would not have survived.
# - **Not which regions matter, and how much.** Chapter 08, in preparation, gives every region of a face a number, and compares groups.
# - **Not that concepts are real.** They sum up one layer for one set of pictures, and ours was tested on the people it was found
#   on.

# %% [markdown]
# ## Summary
#
# - Deep feature factorisation turns hundreds of channels into a few concepts. A label for one is a claim: test it with pictures
#   that differ in that one thing.
# - A map explains a picture, crop included.
# - A focus score needs yardsticks: chance, a blob in the centre, other pictures' maps.
# - A blur needs a control of the same size in another place, a measure finer than changed answers, and a paired comparison. "No
#   answer changed" does not say "not used".
#
# **On your own photographs**: `preprocessing.detect_all`, `face_ellipse` and `blur_where` do for them what the drawing did here.
#
# ## References
#
# - Collins, Achanta and Süsstrunk. [Deep feature factorization](https://arxiv.org/abs/1806.10206). ECCV 2018.
# - Selvaraju et al. [Grad-CAM](https://arxiv.org/abs/1610.02391). ICCV 2017.
# - Zhang et al. [MTCNN](https://arxiv.org/abs/1604.02878). IEEE Signal Processing Letters 2016.
#
# **Next:** chapter 08, in preparation, gives every region of the face a number of its own, and compares groups.
