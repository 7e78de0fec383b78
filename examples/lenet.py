"""A small LeNet that reads handwritten digits of 8 x 8 pixels, with the training that made its weights.

    .venv/bin/python examples/lenet.py

trains it in seconds on the digits that scikit-learn carries, says how many of the digits it has never seen it reads right, and writes
``lenet.pt`` and two of those digits beside this file: one that it reads right and one that it does not.

Source: Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, Gradient-Based Learning Applied to Document Recognition, Proceedings of the IEEE, 1998.
"""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

FOLDER = Path(__file__).parent
WEIGHTS, RIGHT, WRONG = FOLDER / "lenet.pt", FOLDER / "digit8.png", FOLDER / "digit8_misread.png"
SEED, EPOCHS, BATCH_SIZE, LR = 0, 20, 32, 0.01
FOR_TEST = 360  # of 1797 digits
SHOWN = 8  # which digit the pictures show


class LeNet(nn.Module):
    """Two convolutions, each halved by a pool, and two linear layers."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 3, padding=1)
        self.conv2 = nn.Conv2d(6, 16, 3, padding=1)
        self.fc1 = nn.Linear(16 * 2 * 2, 32)
        self.fc2 = nn.Linear(32, 10)

    def forward(self, image: Tensor) -> Tensor:
        """From (..., 1, 8, 8), where 0 is paper and 1 is ink, to (..., 10), a score for each digit."""
        strokes = self.conv1(image)  # six kernels look for pieces of a stroke
        found = F.relu(strokes)  # what is there stays | what is not there becomes 0
        coarse = F.max_pool2d(found, 2)  # where about is enough: 8 x 8 becomes 4 x 4

        shapes = self.conv2(coarse)  # sixteen kernels look for shapes made of strokes
        seen = F.relu(shapes)
        pooled = F.max_pool2d(seen, 2)  # 4 x 4 becomes 2 x 2

        features = pooled.flatten(-3)  # channels, rows and columns in one row
        hidden = F.relu(self.fc1(features))
        scores = self.fc2(hidden)  # the largest one is what the network reads
        return scores


def digits() -> tuple[Tensor, Tensor]:
    """All digits, (1797, 1, 8, 8) between 0 and 1, in a shuffled order, and which they are."""
    from sklearn.datasets import load_digits

    data = load_digits()
    order = torch.randperm(len(data.target), generator=torch.Generator().manual_seed(SEED))
    images = torch.tensor(data.images, dtype=torch.float32).unsqueeze(1) / 16  # the data set has 17 greys
    return images[order], torch.tensor(data.target)[order]


def train(images: Tensor, labels: Tensor) -> LeNet:
    """A LeNet that has seen these digits again and again, a few at a time."""
    torch.manual_seed(SEED)
    net = LeNet()
    optimizer = torch.optim.Adam(net.parameters())
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LR, epochs=EPOCHS, steps_per_epoch=-(-len(images) // BATCH_SIZE))
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(images)).split(BATCH_SIZE):
            loss = F.cross_entropy(net(images[batch]), labels[batch], label_smoothing=0.1)  # never to be quite sure helps
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return net.eval()


@torch.no_grad()
def read(net: LeNet, images: Tensor) -> Tensor:
    """Which digit the network reads in each image."""
    return net(images).argmax(-1)


def save_picture(path: Path, image: Tensor) -> None:
    """A grey PNG."""
    Image.fromarray((image[0] * 255).round().to(torch.uint8).numpy()).save(path, optimize=True)


def main() -> None:
    """Trains, tells and writes the weights and two of the digits that were kept for the test."""
    images, labels = digits()
    net = train(images[FOR_TEST:], labels[FOR_TEST:])
    images, labels = images[:FOR_TEST], labels[:FOR_TEST]
    is_right = read(net, images) == labels
    print(f"{is_right.sum()} of {FOR_TEST} digits that it has never seen are read right ({is_right.float().mean():.1%})")
    torch.save(net.state_dict(), WEIGHTS)
    for path, chosen in ((RIGHT, is_right), (WRONG, ~is_right)):
        save_picture(path, images[chosen & (labels == SHOWN)][0])


if __name__ == "__main__":
    main()
