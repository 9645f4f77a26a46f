"""Laws of state: what an explainer leaves as it found it, after a call and after a failure."""

from helpers.explain.laws import networks
from helpers.explain.laws.surroundings import View, changes, guarded, view
from helpers.explain.laws.terms import Finding, NotTried, law
from helpers.explain.laws.trial import Trial, indices


@law("Weights and buffers are left as found.")
def weights(trial: Trial) -> Finding:
    return _changed(trial, "weights")


@law("The gradients of weights, as a training keeps them in .grad, are left as found.")
def gradients(trial: Trial) -> Finding:
    return _changed(trial, "gradients")


@law("Which weights need a gradient is left as found.")
def flags(trial: Trial) -> Finding:
    return _changed(trial, "flags")


@law("The mode of every layer, training or eval, is left as found.")
def mode(trial: Trial) -> Finding:
    return _changed(trial, "mode")


@law("No hook is left on a layer or a weight, and none is taken away.")
def hooks(trial: Trial) -> Finding:
    return _changed(trial, "hooks")


@law("The layers are left as found: none is exchanged, and none works otherwise.")
def layers(trial: Trial) -> Finding:
    return _changed(trial, "layers")


@law("The images are left as found, as are their gradients.")
def images(trial: Trial) -> Finding:
    return _changed(trial, "images")


@law("The random generators of torch, NumPy, Python and TensorFlow are left as found.")
def random_state(trial: Trial) -> Finding:
    _ = trial.aftermath
    # Not the first call: libraries that it imports may draw numbers while they are imported.
    return _told(*trial.watched(), "random state")


@law("Torch's switches, such as whether gradients are computed, are left as found.")
def switches(trial: Trial) -> Finding:
    return _changed(trial, "switches")


@law("Whether TensorFlow runs its functions eagerly is left as found.")
def eager(trial: Trial) -> Finding:
    return _changed(trial, "eager")


@law("A call that ends with an error leaves model, images and switches as found.")
def after_an_error(trial: Trial) -> Finding:
    network, pictures = networks.Small(), networks.pictures()
    classes = indices(network, pictures)
    network.blown = True
    with guarded():
        before = view(network, pictures)
        try:
            trial.call(network, pictures, classes, **trial.masks_of(pictures))
        # Whatever a library makes of the error, only what it leaves behind counts here.
        except Exception:  # noqa: BLE001
            return _all_changes(before, view(network, pictures), trial.aftermath)
    raise NotTried("it does not call the network, and so never meets its error")


def _changed(trial: Trial, kind: str) -> Finding:
    return _told(*trial.aftermath, kind)


def _told(before: View, after: View, kind: str) -> Finding:
    found = changes(before[kind], after[kind])
    more = f" and {len(found) - 3} more" if len(found) > 3 else ""
    said = ", ".join(name or "the network" for name in found[:3])
    return Finding(float(len(found)), f"changed: {said}{more}" if found else "")


def _all_changes(before: View, after: View, usual: tuple[View, View]) -> Finding:
    """What is changed after an error, of the kinds that a good call leaves alone."""
    kinds = [
        kind
        for kind in before
        if kind != "random state" and not changes(usual[0][kind], usual[1][kind])
    ]
    found = {kind: changes(before[kind], after[kind]) for kind in kinds}
    count = sum(map(len, found.values()))
    said = ", ".join(f"{kind} ({len(each)})" for kind, each in found.items() if each)
    return Finding(float(count), f"changed: {said}" if said else "")


LAWS = (
    weights, gradients, flags, mode, hooks, layers, images, random_state, switches, eager,
    after_an_error,
)  # fmt: skip
