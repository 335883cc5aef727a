"""How many floating-point operations a training step of lesson 8 needs, by formula.

An addition and a multiplication count as two. Only matrix products are counted; normalization, softmax, the activation
and the optimizer need a few operations a number and together below a hundredth of the whole.
"""


def gpt_step(batch_size: int, context_length: int, num_layers: int, embed_dim: int, vocab_size: int) -> int:
    """Operations of a step: forward, and twice that backward (gradients of the inputs and of the weights).

    With N = B T tokens, the forward pass needs
    2 N (12 L D² + D V) in dense layers: a block has 4 D² weights around attention and 8 D² in its feed-forward;
    2 N L 2 T D in attention: scores, and the values that they weigh, the masked half included.

    >>> gpt_step(batch_size=12, context_length=64, num_layers=4, embed_dim=128, vocab_size=65)
    3964207104
    """
    tokens = batch_size * context_length
    dense = 2 * tokens * (12 * num_layers * embed_dim**2 + embed_dim * vocab_size)
    attention = 2 * tokens * num_layers * 2 * context_length * embed_dim
    return 3 * (dense + attention)
