"""Who gets which variant, and what that proves: biases, codebook, decoders, accusation. Nothing here touches sound."""
