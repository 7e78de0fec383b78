"""A file of code in which there is everything that a text may name."""

NET = """
import torch
from torch import nn
from blocks import WIDTH

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(WIDTH, 2)
    def forward(self, x):
        return self.fc(x)

class Wide(nn.Module):
    def __init__(self, width, *, depth, bias=True):
        super().__init__()
        self.width, self.depth = width, depth

class Config:
    pass

def make(width=3, hidden=4):
    return nn.Linear(width, hidden)

def built():
    return Net()

def layer_norm(x, eps=1e-5):
    return (x - x.mean()) / (x.std() + eps)

def shift(x=None):
    return x

def pair():
    return 1, 2

def broken():
    return 1 / 0

def closed(width):
    return lambda x: x * width

model = Net()
size = 3
"""
