"""What the programs of this folder share: words, labels, corpora, the networks, their files and their scores."""
