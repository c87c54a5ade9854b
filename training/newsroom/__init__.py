"""What the four programs of this folder share: words, labels, corpora, the network and its scores."""
