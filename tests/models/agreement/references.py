# SPDX-License-Identifier: Apache-2.0
"""Every workload of the catalogue in plain PyTorch, at both scales."""
from dataclasses import dataclass

from torch.nn import functional as F

import ai_benchmark
import inception
import language
import modern
import pixel_rnn
import segmentation
import spade
import translation
import vision
from inception import Inception
from ladder import LADDER


@dataclass(frozen=True)
class Scale:
    """Config of btrack/models; `fused`: attention by one operator, as for speed, and not from its definition."""

    tiny: bool
    fused: bool = False

    def width(self, full):
        return max(8, full // 8) if self.tiny else full

    def depth(self, full):
        return min(2, full) if self.tiny else full

    def depths(self, *full):
        return tuple(map(self.depth, full))

    def of(self, tiny, full):
        return tiny if self.tiny else full


def class_loss(output, target):
    return F.cross_entropy(output.flatten(0, -2), target.flatten())


def noise_loss(output, target):
    """The channels after the latent's are a learned variance."""
    return F.mse_loss(output[:, :target.shape[1]], target)


def click_loss(output, target):
    return F.binary_cross_entropy_with_logits(output[:, 0], target)


def squared_error(output, target):
    """As AI Benchmark trains its classifiers."""
    return (output - F.one_hot(target, output.shape[-1])).square().sum()


def squared_image_error(output, target):
    return F.mse_loss(output, target, reduction="sum")


# Whose images lie channels last. PyTorch sums over a batch in another order there, and rounds with more error: its own
# gradients of inception_v4 differ by 3e-4 from those in float64.
CHANNELS_LAST = ("lenet5", "cnn_s", "cnn_m", "resnet20", "resnet50", "convnext_tiny", "convnext_base", "mobilenet_v2",
                 "inception_v3", "inception_v4", "inception_resnet_v2", "resnet_v2_50", "resnet_v2_152", "vgg16",
                 "srcnn_955", "vgg19_sr", "resnet_srgan", "deeplab", "pspnet", "icnet")


def vit(width):
    return lambda s: vision.VisionTransformer(s.width(width), width // 64, s.depth(12), s.of(4, 14), s.of(10, 1000))


def convnext(width, *depths):
    return lambda s: vision.ConvNeXt(s.width(width), s.depths(*depths), s.of(10, 1000))


def resnet_v2(*depths):
    return lambda s: ai_benchmark.ResNetV2(s.width(64), s.depths(*depths))


def inception_v4(**options):
    return lambda s: Inception(inception.inception_v4_blocks(s.depth), s.width, **options)


def bert(width, heads, depth):
    return lambda s: language.Bert(s.width(width), heads, s.depth(depth), s.of(128, 30522))


def gpt2(width, heads, depth, context):
    return lambda s: language.Gpt2(s.width(width), heads, s.depth(depth), s.of(128, 50257), context)


def decoder(width, heads, key_heads, hidden, depth, words, theta, **options):
    return lambda s: language.Decoder(s.width(width), heads, key_heads, s.width(hidden), s.depth(depth),
                                      s.of(128, words), theta, fused=s.fused, **options)


def dit(width, heads, depth, patch):
    return lambda s: modern.Dit(s.width(width), heads, s.depth(depth), patch, s.of(16, 32), s.of(10, 1000))


def rung(build):
    return lambda _: build()  # has one scale


# workload: (scale -> module, loss; None: only inference).
REFERENCES = {
    **{name: (rung(build), class_loss) for name, build in LADDER.items()},
    "mobilenet_v2": (lambda s: vision.MobileNetV2(s.width, s.depth), class_loss),
    "inception_v3": (lambda s: Inception(inception.inception_v3_blocks(), s.width), class_loss),
    "inception_v4": (inception_v4(), class_loss),
    "inception_resnet_v2": (lambda s: Inception(inception.inception_resnet_v2_blocks(s.depth), s.width), class_loss),
    "resnet_v2_50": (resnet_v2(3, 4, 6, 3), class_loss),
    "resnet_v2_152": (resnet_v2(3, 8, 36, 3), class_loss),
    "vgg16": (lambda s: ai_benchmark.Vgg16(s.width, s.of(64, 224)), class_loss),
    "srcnn_955": (lambda s: ai_benchmark.Srcnn(s.width), F.mse_loss),
    "vgg19_sr": (lambda s: ai_benchmark.Vdsr(s.width, s.depth(18)), F.mse_loss),
    "resnet_srgan": (lambda s: ai_benchmark.Srgan(s.width, s.depth(16)), F.mse_loss),
    "resnet_dped": (lambda s: ai_benchmark.Dped(s.width, s.depth(4)), F.mse_loss),
    "unet": (lambda s: vision.UNet(s.width), F.mse_loss),
    "spade": (lambda s: spade.SpadeGenerator(s.width, s.depth, s.of(64, 128)), F.mse_loss),
    "icnet": (lambda s: segmentation.IcNet(s.width, s.depth, s.of(((4, 6), (2, 3), (1, 2), (1, 1)),
                                                                  ((32, 48), (16, 24), (10, 16), (8, 12)))),
              F.mse_loss),
    "pspnet": (lambda s: segmentation.PspNet(s.width(64), s.depths(3, 4, 6, 3), s.of((7, 3, 2, 1), (60, 30, 20, 10))),
               F.mse_loss),
    "deeplab": (lambda s: segmentation.DeepLab(s.width(64), s.depths(3, 4, 23, 3)), F.mse_loss),
    "pixel_rnn": (lambda s: pixel_rnn.PixelRnn(s.width, s.depth), F.mse_loss),
    "lstm_sentiment": (lambda s: language.Sentiment(300, s.width(1024)), class_loss),
    "gnmt": (lambda s: translation.Gnmt(s.width(1024), 2 + s.depth(6), s.of(500, 32316)), None),
    "resnet50": (lambda s: vision.ResNet(s.width(64), s.depths(3, 4, 6, 3)), class_loss),
    "convnext_tiny": (convnext(96, 3, 3, 9, 3), class_loss),
    "convnext_base": (convnext(128, 3, 3, 27, 3), class_loss),
    "vit_ti16": (vit(192), class_loss),
    "vit_s16": (vit(384), class_loss),
    "vit_b16": (vit(768), class_loss),
    "bert_base": (bert(768, 12, 12), class_loss),
    "bert_large": (bert(1024, 16, 24), class_loss),
    "gpt2_124m": (gpt2(768, 12, 12, 1024), class_loss),
    "gpt_800m": (gpt2(2048, 8, 16, 2048), class_loss),
    "llama_mini": (decoder(512, 8, 4, 1408, 8, 32_000, 5e5), class_loss),
    "llama_1b": (decoder(2048, 32, 8, 8192, 16, 128_256, 5e5), class_loss),
    "llama_8b": (decoder(4096, 32, 8, 14_336, 32, 128_256, 5e5, tied=False), class_loss),
    "moe_mini": (decoder(512, 8, 8, 1024, 8, 32_000, 1e4, experts=(8, 2)), class_loss),
    "olmoe_7b": (decoder(2048, 16, 16, 1024, 16, 50_304, 1e4, tied=False, experts=(64, 8)), class_loss),
    "dit_s2": (dit(384, 6, 12, 2), noise_loss),
    "dit_b4": (dit(768, 12, 12, 4), noise_loss),
    "dit_xl2": (dit(1152, 16, 28, 2), noise_loss),
    "dlrm_dcnv2": (lambda s: modern.Dlrm(s.width, s.depth, s.of(100, 100_000)), click_loss),
    "graphsage": (lambda s: modern.GraphSage(s.of((16, 32, 32, 5), (128, 256, 256, 40))), class_loss),
}

# The same in profile alpha, as AI Benchmark's graphs have it: running statistics in training, too, and a softmax.
FAITHFUL = {
    "mobilenet_v2": (lambda s: vision.MobileNetV2(s.width, s.depth), squared_error),
    "inception_v4": (inception_v4(probabilities=True), squared_error),
    "unet": (lambda s: vision.UNet(s.width), squared_image_error),
    "spade": (lambda s: spade.SpadeGenerator(s.width, s.depth, s.of(64, 128), faithful=True), squared_image_error),
}
