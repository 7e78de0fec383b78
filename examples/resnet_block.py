"""A residual block as torchvision writes it, small enough that its numbers can be read.

``BasicBlock`` is the block of ResNet-18 and ResNet-34, with a stride, a way around with a convolution of its own, ReLU in place and
``out += identity``. ``make()`` gives one from 2 to 3 channels, whose weights and running statistics are drawn once and rounded to tenths.

Source: K. He, X. Zhang, S. Ren, J. Sun, Deep Residual Learning for Image Recognition, CVPR 2016, figure 2, equation 2.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

SEED = 1


class BasicBlock(nn.Module):
    """Two convolutions, and a way around them."""

    def __init__(self, inplanes: int, planes: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inplanes, planes, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(planes, planes, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.downsample: nn.Module | None = None
        if stride != 1 or inplanes != planes:  # what goes around must have the shape of what goes through
            self.downsample = nn.Sequential(nn.Conv2d(inplanes, planes, 1, stride, bias=False), nn.BatchNorm2d(planes))

    def forward(self, x: Tensor) -> Tensor:
        """From (N, inplanes, H, W) to (N, planes, H / stride, W / stride)."""
        identity = x

        out = self.conv1(x)
        out = self.bn1(out)
        out = self.relu(out)

        out = self.conv2(out)
        out = self.bn2(out)

        if self.downsample is not None:
            identity = self.downsample(x)

        out += identity  # what the block has found is added to what came in
        out = self.relu(out)
        return out


def make() -> BasicBlock:
    """A block from 2 channels to 3, half as high and wide, ready to be used: in eval mode."""
    torch.manual_seed(SEED)
    block = BasicBlock(2, 3, stride=2).double()  # in double precision 0.3 is shown as 0.3
    with torch.no_grad():
        for name, tensor in block.state_dict().items():
            if tensor.is_floating_point():
                tensor.copy_(drawn(name, tensor.shape))
    return block.eval()


def drawn(name: str, shape: torch.Size) -> Tensor:
    """Numbers with one digit behind the point, of a size that suits what they are for."""
    if name.endswith("running_var") or (len(shape) == 1 and name.endswith("weight")):
        numbers = torch.empty(shape).uniform_(0.5, 2.0)  # a variance is above 0, and a scale is best so
    else:
        numbers = torch.randn(shape) * 0.5
    return (numbers.double() * 10).round() / 10 + 0.0  # -0.0 becomes 0
