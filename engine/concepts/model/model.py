"""A network of one's own, layer after layer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from engine.mark import concept
from engine.network.filmed import Aim, NetworkInputs, filmed
from engine.network.groups import OpenChoice
from engine.network.network import Network
from engine.network.played import ModelPlay
from engine.network.wanted import Inputs, Vocabulary
from engine.trace import StateDict, TensorLike


@concept(
    title="Model",
    example={
        "input": "[[[1,3,-2,4],[0,8,6,5],[2,1,-9,0],[4,-1,3,7]]]",
        "net": "conv2d(1, 3) relu max_pool2d(2) flatten linear(2)",
        "params": {"0.weight": "[[[[1,0,-1],[2,0,-2],[1,0,-1]]]]", "4.weight": "[[1],[-1]]", "4.bias": "[0,2]", "0.bias": "[1]"},
    },
    options={"params": "set", "opened": "open"},
)
def model(
    input: Inputs | None,
    net: Network,
    *,
    tokens: str | None = None,
    vocabulary: Vocabulary | None = None,
    state_dict: StateDict | None = None,
    params: Mapping[str, TensorLike] = {},  # nobody writes into it
    opened: str | None = None,
    depth: int | None = None,
    target: TensorLike | None = None,
    loss: Literal["cross_entropy", "mse_loss", "bce", "half_squares"] | None = None,
    backward: bool = False,
    training: bool = False,
    film_error: bool = False,
    seed: int = 0,
) -> ModelPlay:
    """A network of any kind is run, and what every part of it computes is shown, one act after the other.

    The network is run as it is, and every operation that it calls is recorded with what it reads and makes. Operations are acts: in the
    picture of their concept, line by line where there is none, or whole with torch's own numbers. Nothing in it is changed.

    Args:
        input: what the network is called with: one tensor, or several by the names of its parameters; ids:101,2023 are whole numbers.
        net: a module or a function, by the name of its code such as net.py:Net, net.py:make() or torchvision.models:resnet18; or the text
            of layers, such as 'conv2d(8,3,padding=1) relu max_pool2d(2) flatten linear(10)'.
        tokens: a text instead of the input, or of the first one that is not given; its words are numbers by the vocabulary, and labels.
        vocabulary: a file with a word on each line, a JSON file with the numbers of words, or a tokenizer.json; without one the file of
            the network has a function tokenize that takes a text and returns numbers and words.
        state_dict: a trained module's weights.
        params: weights by their names, in place of those that the network has.
        opened: which parts are worked out step by step: module paths or patterns such as 'layer1.* fc'; '*' is all of them. Without it all
            are where there are few parts, else the first ones of every kind.
        depth: how deep the map goes, in modules within modules: what is not opened below that is one part.
        target: what is wanted of the output: the number of the true class of each row, or a number for each number of it. The loss is then
            an act of its own, behind the others.
        loss: how far the output is from the target: cross_entropy, mse_loss, bce, which takes logits, or half_squares, half the sum of all
            squares; if not given cross_entropy for whole numbers, otherwise mse_loss.
        backward: whether the gradient of the loss goes back, through every act to every parameter; without a target that of the output, if
            it is one number, or of the sum of its numbers.
        training: whether the network is in training mode: dropout drops, batch norms take the batch's own statistics.
        film_error: where the network fails, to show what it computes until then and what came to the line that fails, and no error.
        seed: of what is drawn at random: weights of a text, dropout.

    Returns:
        A trace of acts, each with its name, the module path, and its own trace; its outputs are the network's own, output or the keys
        that it gives; with a target also loss, and on the way back gradients, by the names of the parameters.

    Raises:
        InputError: code that there is not or that fails, inputs and weights that do not fit.

    Source: ``torch.nn.Module``; every act names the function of torch that its numbers were compared with.
    """
    choice = OpenChoice(None if opened is None else opened.split(), depth)
    given, aim = NetworkInputs(input, tokens, vocabulary), Aim(target, loss, backward)
    return filmed(given, net, state_dict, params, choice, aim, training=training, film_error=film_error, seed=seed)
