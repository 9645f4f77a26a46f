"""An explainer against all laws: one row each."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from helpers.errors import InputError
from helpers.explain.catalogue import ROWS
from helpers.explain.laws import building, maps, promises, state
from helpers.explain.laws.subject import Explainer, subject_of
from helpers.explain.laws.terms import CONDITIONS, Finding, Law, NotTried, reason_against
from helpers.explain.laws.trial import Trial, copied
from helpers.explain.requirements import require
from helpers.explain.targets import Targets, resolve_targets
from helpers.models.contract import answers, check_images, plain_state, require_network
from helpers.models.trials import first_line

if TYPE_CHECKING:
    import pandas as pd

ALL: tuple[Law, ...] = (*maps.LAWS, *promises.LAWS, *state.LAWS, *building.LAWS)
"""Every law, in the order of the reports."""


def check_explainer(
    explainer: str | Explainer,
    model: nn.Module,
    images: Tensor,
    targets: Targets = None,
    promises: Iterable[str] = (),
    **options: Any,
) -> "pd.DataFrame":
    """Try an explainer against the laws of explainers.

    What scikit-learn's ``check_estimator`` is for estimators. Every law is measured and nothing is
    raised: a law during which the explainer fails is a law that is not kept.

    Parameters
    ----------
    explainer : str or callable
        A method of :data:`METHODS`, or any function of a network, images (N, 3, H, W) and class
        indices (N,) that returns maps (N, H, W) or (N, 3, H, W), as a tensor or an array. One that
        belongs to a network is built inside the function, since laws bring networks of their own:
        small ones of convolutions, with an attribute ``layer``, the name of the last layer with
        maps. If the function has parameters ``seed``, ``batch_size`` or ``masks`` (N, R, H, W), the
        laws about these apply.
    model : nn.Module
        In eval mode; takes images in [0, 1] and returns logits (N, classes). It is copied for every
        call, so that yours stays as it is.
    images : Tensor (N, 3, H, W)
        RGB in [0, 1]; two or more, since many laws compare images.
    targets : None, int, str, or one of them per image
        The class that is explained; None means the predicted class.
    promises : iterable of str
        What the explainer promises of its maps: "complete", "dummy", "symmetric", "flip", "shift",
        "zero", "scale", "offset", "twin", "classless". Those of a method of the table are known.
    **options
        Given to the explainer with every call.

    Returns
    -------
    DataFrame
        A row for each law, with the columns

        - law: its name in :data:`LAWS`;
        - passed: True, False, or None where the law does not apply or could not be tried;
        - figure: by how much the law is broken, 0 where it is kept exactly; NaN where nothing was
          measured;
        - note: what the figure is, what the explainer said, or why the law does not apply.

    Raises
    ------
    UnknownName
        If there is no such method, class or promise.
    InputError
        If the explainer is neither a name nor callable, the method's rule does not hold on this
        network, or model, images, targets or options cannot be used.

    Examples
    --------
    >>> import torch
    >>> from helpers import models
    >>> from helpers.explain import check_explainer
    >>> def saliency(model, images, targets):
    ...     images = images.detach().requires_grad_()
    ...     score = model(images).gather(1, targets[:, None]).sum()
    ...     return torch.autograd.grad(score, images)[0].abs().amax(1)
    >>> model = models.load("synthetic-lipstick")
    >>> report = check_explainer(saliency, model, torch.rand(2, 3, 112, 112))
    >>> list(report.law[report.passed.eq(False)])
    ['no grad', 'inference mode', 'autocast', 'training mode', 'nonsense']
    """
    import pandas as pd

    check_images(images)
    require_network(model)
    subject = subject_of(explainer, promises, options)
    if subject.row:
        require(model, images, subject.row)
    with plain_state(images.device), torch.no_grad():
        indices = resolve_targets(model, answers(copied(model), images), targets)
    if len(images) < 2:
        raise InputError("the laws compare images with each other: give two or more.")
    with torch.random.fork_rng(), plain_state(images.device), torch.enable_grad():
        trial = Trial(subject, model, images.detach().clone(), indices)
        # What a first call does to a process, none that follows can show.
        first = {each.name: _row(each, trial) for each in state.LAWS}
        if subject.row:
            _ = trial.known  # refuses options that are out of range, which says nothing about laws
        rows = [first.get(each.name) or _row(each, trial) for each in ALL]
    return pd.DataFrame(rows, columns=["law", "passed", "figure", "note"])


def table() -> "pd.DataFrame":
    """Return the laws as a table: statement, to whom each applies, and its tolerance."""
    import pandas as pd

    rows = [(each.name, each.statement, CONDITIONS[each.condition], each.tolerance) for each in ALL]
    found = pd.DataFrame(rows, columns=["law", "statement", "applies_to", "tolerance"])
    return found.set_index("law")


def applicability(methods: Iterable[str] | None = None) -> "pd.DataFrame":
    """Say which law applies to which method of the table.

    Parameters
    ----------
    methods : iterable of str, optional
        Names in :data:`METHODS`; all by default.

    Returns
    -------
    DataFrame
        A row for each law, a column for each method: "" where the law applies, and otherwise the
        reason why not.

    Raises
    ------
    UnknownName
        If there is no such method.
    """
    import pandas as pd

    subjects = [subject_of(name) for name in (ROWS if methods is None else methods)]
    columns = {
        subject.name: [reason_against(each, subject) for each in ALL] for subject in subjects
    }
    return pd.DataFrame(columns, index=pd.Index([each.name for each in ALL], name="law"))


def _row(each: Law, trial: Trial) -> tuple[str, bool | None, float, str]:
    reason = reason_against(each, trial.subject)
    if reason:
        return each.name, None, float("nan"), reason
    try:
        found: Finding = each.measure(trial)
    except NotTried as why:
        return each.name, None, float("nan"), str(why)
    # Whatever an explainer does, it is this law that it does not keep, and the rest goes on.
    except Exception as why:  # noqa: BLE001
        # One that gives no maps at all breaks the first law; nothing is known of the others.
        if trial.failure and each is not ALL[0]:
            return each.name, None, float("nan"), f"it gives no maps here: {trial.failure}"
        return each.name, False, float("nan"), f"{type(why).__name__}: {first_line(why)}"
    return each.name, found.figure <= each.tolerance, found.figure, found.note
