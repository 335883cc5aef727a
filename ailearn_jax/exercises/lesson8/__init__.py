"""The exercises of lesson 8, a tiny GPT, in the order in which the lesson is built."""

ORDER = (
    "symbols",
    "encode_and_decode",
    "windows",
    "whole_text",
    "surprise",
    "embeddings",
    "split_heads",
    "scores_and_softmax",
    "causal_mask",
    "feed_forward",
    "dropout",
    "block",
    "tied_head",
    "whole_model",
    "temperature",
    "top_k",
    "top_p",
    "cache",
    "draw_on",
)
