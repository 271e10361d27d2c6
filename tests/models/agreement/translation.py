# SPDX-License-Identifier: Apache-2.0
"""GNMT in plain PyTorch: Wu et al. 2016, section 3, as TensorFlow's NMT tutorial builds it (8 layers, gnmt_v2)."""
import torch
from torch import nn

from language import forget_one


class Encoder(nn.Module):
    """Figure 3: the lowest layer reads both ways; a layer adds its input from the third one on."""

    def __init__(self, width, layers):
        super().__init__()
        self.lowest = forget_one(nn.LSTM(width, width, bidirectional=True, batch_first=True))
        self.upper = nn.ModuleList(forget_one(nn.LSTM(width if i else 2 * width, width, batch_first=True))
                                   for i in range(layers - 1))

    def forward(self, words):
        """The states of the top layer at every word, and the last state of each layer: backwards of the lowest."""
        x, (hidden, cell) = self.lowest(words)
        last = [(hidden[1], cell[1])]
        for i, layer in enumerate(self.upper):
            y, (hidden, cell) = layer(x)
            last.append((hidden[0], cell[0]))
            x = y + x if i else y
        return x, last


class Attention(nn.Module):
    """Bahdanau et al. 2015, appendix A.1.2, with the vector's length a value of its own (Salimans and Kingma 2016)."""

    def __init__(self, width):
        super().__init__()
        self.memory = nn.Linear(width, width, bias=False)
        self.query = nn.Linear(width, width, bias=False)
        self.vector = nn.Parameter(torch.empty(width).uniform_(-width ** -0.5, width ** -0.5))
        self.bias = nn.Parameter(torch.zeros(width))
        self.length = nn.Parameter(torch.full((1,), width ** -0.5))

    def forward(self, query, keys, states):
        energies = torch.tanh(keys + self.query(query)[:, None] + self.bias)
        unit = self.vector / torch.linalg.vector_norm(self.vector)
        shares = (self.length * (energies @ unit)).softmax(1)
        return torch.einsum("bs,bsw->bw", shares, states)


class Decoder(nn.Module):
    """The lowest layer asks with what it has just found; all layers above see the answer, it sees the one before."""

    def __init__(self, width, layers, words):
        super().__init__()
        self.embedding = nn.Embedding(words, width)
        self.attention = Attention(width)
        self.layers = nn.ModuleList(forget_one(nn.LSTMCell(2 * width, width)) for _ in range(layers))
        self.projection = nn.Linear(width, words, bias=False)

    def forward(self, states, last, steps):
        keys, context = self.attention.memory(states), torch.zeros_like(states[:, 0])
        states_of, word, logits = list(last), torch.ones(len(states), dtype=torch.long), []
        for _ in range(steps):
            x = self.embedding(word)
            for i, layer in enumerate(self.layers):
                y, _ = states_of[i] = layer(torch.cat([x, context], 1), states_of[i])
                if i == 0:
                    context = self.attention(y, keys, states)
                x = y + x if i > 1 else y
            logits.append(self.projection(x))
            word = logits[-1].argmax(1)
        return torch.stack(logits, 1)


class Gnmt(nn.Module):
    """Greedy, twice as many words as the source has."""

    PATHS = [(r"lowest\.back", "backward"), (r"lowest\.", "forward."), (r"layers\.", "layer")]

    def __init__(self, width=1024, layers=8, words=32316):
        super().__init__()
        self.embedding = nn.Embedding(words, width)
        self.encoder = Encoder(width, layers)
        self.decoder = Decoder(width, layers, words)
        # Layers above the lowest count from 1.
        self.PATHS = [*self.PATHS, *((rf"upper\.{i}\.", f"layer{i + 1}.") for i in range(layers - 1))]

    def forward(self, words):
        return self.decoder(*self.encoder(self.embedding(words)), 2 * words.shape[1])
