# %% [markdown]
# # 00 · Start here
#
# Welcome. In this course you will explain what face models see and find out whom they serve worse. This first
# notebook takes twenty minutes: it checks that everything works, introduces the photographs and the people in
# them, shows how exercises answer you, and ends with a first explanation of a real photograph in ten lines.
#
# **You will be able to**
#
# - *run* a notebook of this course and *check* an exercise;
# - *say* who is in the data, who agreed to it, and what a label is;
# - *explain* a model's answer for a photograph of your own.
#
# **Before you start**
#
# | you need | how much | where to find it |
# |---|---|---|
# | Python and NumPy | essential | any course |
# | PyTorch | not needed yet | its tensors work like NumPy arrays; `dim` is NumPy's `axis` |
#
# **Time**: 20 minutes. Nothing here needs the internet.

# %% [markdown]
# ## Does everything work? · 2 min
#
# Run the next cell with <kbd>Shift</kbd>+<kbd>Enter</kbd>. It imports the course's package, `helpers`, and the main
# libraries, and shows their versions. If it fails, the README tells how to set up the environment.

# %%
import sys

import torch

import helpers

{
    "Python": sys.version.split()[0],
    "torch": torch.__version__,
    "helpers": helpers.__version__,
}

# %% [markdown]
# ## Who is in the pictures? · 6 min
#
# A data set of faces is a collection of people. Before we compute anything with them, it is worth knowing who they are
# and whether they were asked.
#
# **One astronaut.** Eileen Collins, the first woman to command a Space Shuttle, posed for this official portrait. It was
# made by NASA for publication, is in the public domain, and comes with scikit-image. Any chapter can run on it:

# %% alt="Official portrait of astronaut Eileen Collins in an orange suit, smiling, a flag and a model shuttle behind her."
from helpers import datasets, plots

portrait = datasets.astronaut()
plots.pictures([portrait], [datasets.ASTRONAUT_CREDIT.split(".")[0]])

# %% [markdown]
# **Members of Congress.** The course also knows 287 [official portraits](https://github.com/unitedstates/images) of members of the US Congress. Their people hold a
# public office, chose these pictures and published them, and the pictures are in the public domain. Whether somebody is
# listed as a man or a woman, and when they were born, is *officially recorded*. `python data_scripts/fetch_portraits.py`
# fetches them. Are they on this machine?

# %%
from IPython.display import Markdown

photographs = datasets.classroom(14)
Markdown(f"> **The faces below.** {photographs.notes[0]}")

# %% alt="Fourteen small pictures of fourteen people, each with the face in the middle."
plots.pictures(photographs.images(slice(None)), columns=7)

# %% [markdown]
# **FairFace** is a set of 97,698 labelled photographs of faces, most of them from public albums on Flickr, chosen so that
# seven groups are about equally frequent ([Kärkkäinen and Joo](https://arxiv.org/abs/1908.04913)). It is published under CC BY 4.0. That licence comes from those who took and
# collected the pictures, not from the people in them: nobody asked *them* whether they want to be in research on
# faces. So this course counts with these pictures, where you have fetched them
# (`python data_scripts/fetch_fairface.py`). It names nobody and shows none of them.

# %% [markdown]
# **The built-in faces** are drawn by the course itself, so nobody had to be asked: none of these people exists. Every
# one is described by a list of *factors*, such as skin tone (from 1, the lightest, to 10, the darkest, on the [Monk
# scale](https://skintone.google)), hair, glasses or the direction of the light, and the drawing follows the list:

# %% alt="Sixteen drawn portraits with different skin tones, hair, glasses, hats and backgrounds."
from helpers import faces

people = faces.sample(16, seed=26)
plots.pictures(faces.render(people).images, columns=8)

# %% [markdown]
# Why draw faces, when there are millions of photographs? Because here we know what is true. We can change *one* factor and
# leave everything else in the list as it was, which no photographer can. Such a pair is called *counterfactual twins*. What
# follows from the factor follows in the picture as well: a hat throws a shadow, and for darker skin the drawn camera opens up,
# as cameras do, so that shirt and background become a little brighter:

# %%
person = faces.twin(people[4], glasses=False, hat=False, lipstick=False)
changes = {
    "plain": {},
    "lipstick": {"lipstick": True},
    "glasses": {"glasses": True},
    "hat": {"hat": True},
    "another skin tone": {"skin_tone": 9},
}
twins = [faces.twin(person, **change) for change in changes.values()]

# %% alt="The same drawn person five times: plain, with lipstick, with glasses, with a hat, with another skin tone."
plots.pictures(faces.render(twins, size=160).images, list(changes))

# %% [markdown]
# And we know which pixel belongs to what. Each face comes with the masks of nineteen *regions* (the legend lists those that occur
# in this picture). In their names `l_` and `r_` are left and right, of the image, not of the person; of the lips, `u_` and `l_`
# are the upper and the lower one. If an explanation claims that a model looks at the lips, we can count how much of it lies on them:

# %% alt="A drawn face beside the same face in which skin, hair, eyes, brows, nose, lips and all else are coloured and numbered."
drawn = faces.render([twins[1]], size=224)
plots.regions(drawn.images[0], drawn.masks[0])

# %% [markdown]
# Groups of drawn faces are called by what is drawn, "skin tones 4 to 5, long hair", and never by a race or a gender: a drawing has
# none. **What drawn faces cannot show** is how often anything happens to people. They are a laboratory: what goes wrong
# there can go wrong outside, and how often it does outside has to be measured on photographs.

# %% [markdown]
# **Your own photographs** are often the best teachers. Ask the people in them. Nothing in this course sends a picture
# anywhere: all computing happens on your machine.

# %% [markdown]
# ## What is a label? · 3 min
#
# A data set comes with a table that has a row for each picture. Here are rows of the pictures above:

# %%
photographs.table.select_dtypes(exclude="float").iloc[:5, :6]

# %% [markdown]
# What a column means depends on where its words come from. Of drawn faces they are the recipe of the drawing. Of members of
# Congress they were taken from a register. FairFace's table holds a race, a gender and an age for each photograph.
# How did *those* words get there? Three strangers, crowd workers, looked at the photograph and picked words from a list
# of seven races, two genders and nine ages. Where two agreed, their word became the label; where all three differed, the
# photograph went to three others. Then a model was trained on these labels and applied to the same photographs, and those
# on which it contradicted the label were looked at once more, by hand. So a label records **what annotators perceived**,
# in words that somebody else had chosen, and in part what a model made them look at again. It is not who a person is, and
# for many people no word on the list is right.
#
# We say "annotated as", never "is". And a model that predicts these labels has learnt to repeat a first impression.

# %% [markdown]
# ## How exercises work · 5 min
#
# Exercises have a claim or a task, a level from ●○○ to ●●●, and a time. You replace the line `raise NotImplementedError`
# by your answer and run the cell, and then the cell below it, which checks you. The check looks at what your answer does,
# not at how you wrote it. If something is wrong it tells you what it expected; open a hint if you are stuck.
#
# When you come back after a break, nothing is in memory any more. Click on the cell where you stopped and choose *Run > Run All Above
# Selected Cell*. Cells that wait for an answer of yours are passed over; where one complains of a name that is not defined, an
# exercise above it is still to be done.

# %% [markdown] tags=["exercise"]
# ### Exercise 0.1 · Brightness · ●○○ · 3 min
#
# *Task:* what models of this course see is a tensor of shape (3, height, width) with values from 0 to 1, and a batch of N images
# has shape (N, 3, height, width). (Pictures to look at can also be NumPy arrays of shape (height, width, 3) with whole
# numbers from 0 to {{255 = torch.iinfo(torch.uint8).max}}, as in the cells above.) Return the mean brightness of each image in a batch: N numbers.
#
# <details><summary>Hint: I get a single number</summary>
#
# `images.mean()` averages over everything. Name the dimensions to average over, and leave the first
# out: `dim=(1, 2, 3)`.
#
# </details>


# %% tags=["exercise"]
def brightness(images: torch.Tensor) -> torch.Tensor:
    """Mean of each image: from (N, 3, height, width) to (N,)."""
    ### BEGIN SOLUTION
    return images.mean(dim=(1, 2, 3))
    ### END SOLUTION


# %%
from helpers import checks as check

check.exercise_0_1(brightness)

# %% [markdown]
# There are also quiz questions. Decide first, then open the answer:

# %% [markdown] tags=["quiz"]
# **Quiz 0.1** A model predicts FairFace's gender label for 94 of 100 photographs. Which sentence is true?
#
# 1. The model recognises the gender of 94 % of people.
# 2. The model is wrong about 6 % of all people, and right about everybody else.
# 3. For 94 of these 100 photographs the model gave the annotators' word.
#
# <details><summary>Answer and reason</summary>
#
# The third. It says what was counted, and of what. The others turn an impression that annotators had of a photograph into
# a fact about a person, and a hundred photographs into everybody.
#
# </details>

# %% [markdown]
# ## A first explanation · 3 min
#
# Here is what most of this course is about, in ten lines. We find the face, cut it out, ask a small model that ships with the
# course for its answer, and ask *which parts of the picture spoke for that answer*. There
# are many methods for that; this one is called HiResCAM. Don't worry about the details: chapter 07 takes it apart.

# %%
from helpers import models, preprocessing
from helpers.explain import explain

model = models.load("gender-fairface")
found = preprocessing.find_faces(portrait)[0]
crop = preprocessing.crop_face(portrait, found)
image = datasets.to_tensor([crop], size=model.input_size)
answer = model.classes[int(model(image).argmax())]
relevance = explain(model, image, method="hirescam")

# %% alt="The astronaut's face beside the same face in grey with a broad red area over eyes, cheek and mouth: what spoke for the answer."
plots.relevance_grid(image, {f"for and against '{answer}'": relevance})

# %% [markdown]
# Red places spoke for the answer, blue ones would have spoken against it (there is next to no blue here), and where the picture
# stays grey, without a colour, hardly anything counted. It looks convincing, and that is the danger: a picture like this *always* looks convincing. Whether it is right is another question, and asking it is what
# this course teaches.
#
# **What this does not show:** why those places counted, whether the answer would change if they did, or anything
# about the person in the picture.

# %% [markdown]
# ## With your own photograph · 1 min
#
# In a notebook, replace the portrait by `datasets.read_image("photo.jpg")`. Without a notebook, in a terminal:
#
# ```
# python -m helpers explain photo.jpg --method hirescam --output out.png
# ```
#
# ## Summary
#
# - Photographs show people. Ask whether they agreed to it.
# - A label is what somebody perceived, recorded or drew. Ask who.
# - The built-in faces show nobody, and everything about them is known.
# - Exercises check properties of your answer and tell you where to look.
# - An explanation is a claim about a model. The rest of the course is about testing such claims.
#
# ## References
#
# - Kärkkäinen and Joo. [FairFace: face attribute dataset for balanced race, gender, and age](https://arxiv.org/abs/1908.04913).
#   WACV 2021.
# - van der Walt et al. [scikit-image](https://scikit-image.org), which carries the portrait. PeerJ 2014.
#
# **Next:** [chapter 01](01_faces_as_data.ipynb) looks at faces as data. [Chapter 07](07_cam_variants.ipynb) builds this explanation from
# scratch and tests it.
