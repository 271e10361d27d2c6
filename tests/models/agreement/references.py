# SPDX-License-Identifier: Apache-2.0
"""The workloads that have a peer in plain PyTorch, at scale tiny."""
from torch.nn import functional as F

import ai_benchmark
import inception
import language
import modern
import segmentation
import vision
from inception import Inception
from ladder import LADDER


def width(full):
    """Config::width at scale tiny."""
    return max(8, full // 8)


def depth(full):
    return min(2, full)


def class_loss(output, target):
    return F.cross_entropy(output.flatten(0, -2), target.flatten())


def inception_v4(**options):
    return Inception(inception.inception_v4_blocks(depth), width, **options)


def noise_loss(output, target):
    """The channels after the latent's are a learned variance."""
    return F.mse_loss(output[:, :target.shape[1]], target)


def click_loss(output, target):
    return F.binary_cross_entropy_with_logits(output[:, 0], target)


def squared_error(output, target):
    """As AI Benchmark trains its classifiers."""
    return (output - F.one_hot(target, output.shape[-1])).square().sum()


# Whose images lie channels last. PyTorch sums over a batch in another order there, and rounds with more error: its own
# gradients of inception_v4 differ by 3e-4 from those in float64.
CHANNELS_LAST = ("lenet5", "cnn_s", "cnn_m", "resnet20", "resnet50", "convnext_tiny", "mobilenet_v2", "inception_v3",
                 "inception_v4", "inception_resnet_v2", "resnet_v2_50", "vgg16", "srcnn_955", "vgg19_sr",
                 "resnet_srgan", "deeplab", "pspnet", "icnet")

# workload: (module at scale tiny, loss). The rungs of the ladder have one scale.
REFERENCES = {
    **{name: (build, class_loss) for name, build in LADDER.items()},
    "resnet50": (lambda: vision.ResNet(8, (2, 2, 2, 2)), class_loss),
    "vit_ti16": (lambda: vision.VisionTransformer(24, 3, 2, side=4, classes=10), class_loss),
    "convnext_tiny": (lambda: vision.ConvNeXt(12, (2, 2, 2, 2), classes=10), class_loss),
    "mobilenet_v2": (lambda: vision.MobileNetV2(width, depth), class_loss),
    "inception_v3": (lambda: Inception(inception.inception_v3_blocks(), width), class_loss),
    "inception_v4": (inception_v4, class_loss),
    "inception_resnet_v2": (lambda: Inception(inception.inception_resnet_v2_blocks(depth), width), class_loss),
    "resnet_v2_50": (lambda: ai_benchmark.ResNetV2(8, (2, 2, 2, 2)), class_loss),
    "vgg16": (lambda: ai_benchmark.Vgg16(width, 64), class_loss),
    "srcnn_955": (lambda: ai_benchmark.Srcnn(width), F.mse_loss),
    "vgg19_sr": (lambda: ai_benchmark.Vdsr(width, 2), F.mse_loss),
    "resnet_dped": (lambda: ai_benchmark.Dped(width, 2), F.mse_loss),
    "resnet_srgan": (lambda: ai_benchmark.Srgan(width, 2), F.mse_loss),
    "unet": (lambda: vision.UNet(width), F.mse_loss),
    "deeplab": (lambda: segmentation.DeepLab(8, (2, 2, 2, 2)), F.mse_loss),
    "pspnet": (lambda: segmentation.PspNet(8, (2, 2, 2, 2), (7, 3, 2, 1)), F.mse_loss),
    "icnet": (lambda: segmentation.IcNet(width, depth, ((4, 6), (2, 3), (1, 2), (1, 1))), F.mse_loss),
    "bert_base": (lambda: language.Bert(96, 12, 2, words=128), class_loss),
    "gpt2_124m": (lambda: language.Gpt2(96, 12, 2, words=128), class_loss),
    "llama_mini": (lambda: language.Decoder(64, 8, 4, 176, 2, 128, 5e5), class_loss),
    "llama_8b": (lambda: language.Decoder(512, 32, 8, 1792, 2, 128, 5e5, tied=False), class_loss),
    "moe_mini": (lambda: language.Decoder(64, 8, 8, 128, 2, 128, 1e4, experts=(8, 2)), class_loss),
    "olmoe_7b": (lambda: language.Decoder(256, 16, 16, 128, 2, 128, 1e4, tied=False, experts=(64, 8)), class_loss),
    "dit_s2": (lambda: modern.Dit(48, 6, 2, 2, 16, 10), noise_loss),
    "dit_b4": (lambda: modern.Dit(96, 12, 2, 4, 16, 10), noise_loss),
    "dlrm_dcnv2": (lambda: modern.Dlrm(width, depth, 100), click_loss),
    "graphsage": (lambda: modern.GraphSage((16, 32, 32, 5)), class_loss),
    "lstm_sentiment": (lambda: language.Sentiment(300, 128), class_loss),
}

# The same in profile alpha, as AI Benchmark's graphs have it: running statistics in training, too, and a softmax.
FAITHFUL = {
    "mobilenet_v2": (lambda: vision.MobileNetV2(width, depth), squared_error),
    "inception_v4": (lambda: inception_v4(probabilities=True), squared_error),
    "unet": (lambda: vision.UNet(width), lambda output, target: F.mse_loss(output, target, reduction="sum")),
}
